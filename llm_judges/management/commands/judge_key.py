"""`judge_key SLUG --judge NAME`: keeps a judge's key encrypted in the database. It is read, never shown."""

import getpass
import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser

from annotation.management.command import ProjectCommand
from llm_judges.models import judges_of
from llm_judges.registry import set_key


class Command(ProjectCommand):
    help = (
        "Reads a judge's key from the terminal or standard input and keeps it encrypted. Empty: forgets it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--judge", metavar="NAME", required=True, help="the judge whose endpoint it opens"
        )

    def run(self, **options: Any) -> dict[str, Any]:
        project = self.project(options)
        judges = judges_of(project, options["judge"])
        if not judges:
            raise CommandError(f"project {project.slug} has no judge {options['judge']!r}")
        (judge,) = judges
        if judge.api_key_env:
            raise CommandError(f"{judge} takes its key from {judge.api_key_env}; take api_key_env out first")
        key = getpass.getpass("Key: ") if sys.stdin.isatty() else sys.stdin.readline()
        try:
            set_key(judge, key.strip())
        except ValueError as error:
            raise CommandError(str(error)) from error
        return {"project": project.slug, "judge": str(judge), "stored": bool(judge.api_key_sealed)}

    def lines(self, result: dict[str, Any]) -> list[str]:
        return [f"{result['judge']}: the key is {'stored' if result['stored'] else 'forgotten'}"]

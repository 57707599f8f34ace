"""Base of every command: `--json` prints one object on standard output and nothing else there."""

from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ..models import Project


class JsonCommand(BaseCommand):
    """Subclasses give `run(**options) -> dict` and `lines(result)` for people."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        result = self.run(**options)
        if options["json"]:
            self.stdout.write(orjson.dumps(result, default=str, option=orjson.OPT_NON_STR_KEYS).decode())
        else:
            for line in self.lines(result):
                self.stdout.write(line)

    def run(self, **options: Any) -> dict[str, Any]:
        raise NotImplementedError

    def lines(self, result: dict[str, Any]) -> list[str]:
        return [f"{key}: {value}" for key, value in result.items()]


class ProjectCommand(JsonCommand):
    """A command about one project, named by its slug."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the project")
        super().add_arguments(parser)

    def project(self, options: dict[str, Any]) -> Project:
        """The named project, or CommandError."""
        try:
            return Project.objects.get(slug=options["slug"])
        except Project.DoesNotExist:
            raise CommandError(f"there is no project {options['slug']!r}; create_project makes one") from None

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from django.core.management.base import CommandError, CommandParser

from ...imports import ImportReport, Unreadable, load_comparisons
from ..command import ProjectCommand

SHOWN_ERRORS = 20


class Command(ProjectCommand):
    help = "Imports comparisons from JSONL, JSONL.gz, CSV or Parquet (docs/data-formats.md)."
    load: ClassVar[Callable[..., ImportReport]] = staticmethod(load_comparisons)

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument(
            "--skip-bad", action="store_true", help="import the good lines of a file that has bad ones"
        )
        if self.load is load_comparisons:
            parser.add_argument(
                "--media",
                type=Path,
                metavar="FOLDER",
                help="store pictures, sound and film that lines name by a path inside this folder",
            )

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if self.report.files_refused:
            first = self.report.errors[0]
            raise CommandError(
                f"{_place(first)}; {self.report.refused} refused, nothing imported from"
                f" {self.report.files_refused} of {len(options['files'])} files"
            )

    def run(self, **options: Any) -> dict[str, Any]:
        shows = self.stderr.isatty()

        def progress(file: str, lines: int) -> None:
            self.stderr.write(f"\r{file}: {lines:,} lines", ending="")

        try:
            self.report: ImportReport = self.load(
                self.project(options),
                options["files"],
                skip_bad=options["skip_bad"],
                progress=progress if shows else None,
                **({"media": options["media"]} if options.get("media") else {}),
            )
        except Unreadable as error:
            raise CommandError(error.message) from error
        if shows:
            self.stderr.write("")
        return self.report.as_dict()

    def lines(self, result: dict[str, Any]) -> list[str]:
        counts = (
            f"{name.replace('_', ' ')}: {value}" for name, value in result.items() if type(value) is int
        )
        errors = [_place(error) for error in result["errors"][:SHOWN_ERRORS]]
        more = result["refused"] - len(errors)
        return [
            *counts,
            *(f"warning: {text}" for text in result["warnings"]),
            *errors,
            *([f"… and {more} more; --json lists up to 1,000"] if more else []),
        ]


def _place(error: dict[str, Any]) -> str:
    line = f", line {error['line']}" if error["line"] else ""
    field = f", {error['field']}" if error["field"] else ""
    return f"{error['file']}{line}{field}: {error['message']}"

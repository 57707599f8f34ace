from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from ... import reports
from ...consensus import METHODS
from ..command import ProjectCommand


class Command(ProjectCommand):
    help = "Estimates the preference on every comparison from the votes that stand, and stores it."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--criterion", help="only this one (default: all current criteria)")
        parser.add_argument("--method", default="majority", help=f"one of: {', '.join(METHODS)}")
        parser.add_argument("--out", type=Path, help="also write one JSON line a comparison to this file")

    def run(self, **options: Any) -> dict[str, Any]:
        try:
            return reports.refresh_consensus(
                self.project(options), options["criterion"], options["method"], options["out"]
            )
        except (reports.Unknown, OSError) as error:
            raise CommandError(str(error)) from error

    def lines(self, result: dict[str, Any]) -> list[str]:
        lines = [
            f"{done['criterion']}: {done['comparisons']} comparisons by {result['method']}: "
            + (", ".join(f"{winner} {number}" for winner, number in done["winners"].items()) or "no votes")
            for done in result["criteria"]
        ]
        return lines + ([f"written to {result['out']}"] if result["out"] else [])

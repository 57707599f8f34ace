from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from ... import reports
from ...consensus import DEFAULT, METHODS
from ..command import ProjectCommand


class Command(ProjectCommand):
    help = "Estimates the preference on every comparison from the votes that stand, and stores it."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--criterion", help="only this one (default: all current criteria)")
        parser.add_argument(
            "--method", default=DEFAULT, help=f"one of: {', '.join(METHODS)} (default: {DEFAULT})"
        )
        parser.add_argument("--out", type=Path, help="also write one JSON line a comparison to this file")

    def run(self, **options: Any) -> dict[str, Any]:
        try:
            return reports.refresh_consensus(
                self.project(options), options["criterion"], options["method"], options["out"]
            )
        except (reports.Unknown, OSError) as error:
            raise CommandError(str(error)) from error

    def lines(self, result: dict[str, Any]) -> list[str]:
        lines = []
        for done in result["criteria"]:
            winners = ", ".join(f"{winner} {number}" for winner, number in done["winners"].items())
            lines.append(
                f"{done['criterion']}: {done['comparisons']} comparisons by {result['method']}: "
                + (winners or "no votes")
            )
            if done["differs_from_majority"]:
                lines.append(f"  {done['differs_from_majority']} differ from the majority")
            for fit in done["fits"]:
                of = f"  k = {fit['k']}: {fit['labels']} labels by {fit['annotators']} annotators"
                if fit["iterations"]:
                    end = "converged" if fit["converged"] else "did not converge"
                    of += f", {end} after {fit['iterations']} steps"
                lines.append(of + (f"; {fit['note']}" if fit["note"] else ""))
        return lines + ([f"written to {result['out']}"] if result["out"] else [])

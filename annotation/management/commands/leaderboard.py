from typing import Any

from django.core.management.base import CommandError, CommandParser

from ... import reports
from ...reports.leaderboard import METHODS, VOTES
from ..command import ProjectCommand


class Command(ProjectCommand):
    help = "How strong the models are that wrote the responses, with intervals."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--criterion", help="only this one (default: all current criteria)")
        parser.add_argument(
            "--method",
            help=f"one of: {', '.join(METHODS)} (default: plackett_luce above two responses)",
        )
        parser.add_argument("--votes", default="standing", help=f"one of: {', '.join(VOTES)}")
        parser.add_argument(
            "--length-controlled", action="store_true", help="ratings as if all responses were equally long"
        )

    def run(self, **options: Any) -> dict[str, Any]:
        try:
            return reports.leaderboard_of(
                self.project(options),
                options["criterion"],
                options["method"],
                options["votes"],
                options["length_controlled"],
            )
        except reports.Unknown as error:
            raise CommandError(str(error)) from error

    def lines(self, result: dict[str, Any]) -> list[str]:
        lines = []
        for one in result["criteria"]:
            lines += ["", f"{one['criterion']}  by {one['method']}, {one['labels']} labels"]
            lines.append(f"{'rank':>10}  {'rating':>6}  {'95 %':<14}{'battles':>8}  model")
            for model in one["models"]:
                low, high = model["rank_ci95"]
                ends = f"[{model['ci95'][0]:.0f}, {model['ci95'][1]:.0f}]"
                group = f"  (group {model['group'] + 1})" if one["groups"] > 1 else ""
                lines.append(
                    f"{model['rank']:>4} {f'{low}-{high}':>5}  {model['rating']:>6.0f}  {ends:<14}"
                    f"{model['battles']:>8}  {model['model']}{group}"
                )
            if effect := one.get("length_effect"):
                low, high = effect["ci95"]
                lines.append(f"  effect of length: {effect['value']:+.2f} [{low:+.2f}, {high:+.2f}]")
            lines += [f"  {note}" for note in one["notes"]]
        return lines[1:] or ["no criteria"]

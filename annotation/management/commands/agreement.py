from typing import Any

from django.core.management.base import CommandError, CommandParser

from ... import reports
from ..command import ProjectCommand


class Command(ProjectCommand):
    help = "How far annotators agree, by criterion: people, judges, and people with judges."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--criterion", help="only this one (default: all current criteria)")

    def run(self, **options: Any) -> dict[str, Any]:
        try:
            return reports.agreement_of(self.project(options), options["criterion"])
        except reports.Unknown as error:
            raise CommandError(str(error)) from error

    def lines(self, result: dict[str, Any]) -> list[str]:
        lines = []
        for criterion in result["criteria"]:
            lines += ["", f"{criterion['criterion']}  ({criterion['scale']})"]
            lines.append(
                f"  {'':<12}{'raw':>8}{'no ties':>9}{'alpha':>8}  {'95 %':<18}{'ordinal':>8}{'labels':>9}"
            )
            for name, group in criterion["groups"].items():
                ends = group["alpha_ci95"]
                interval = f"[{ends[0]:.3f}, {ends[1]:.3f}]" if ends else ""
                lines.append(
                    f"  {name:<12}{_figure(group['raw'], 8)}{_figure(group['raw_without_ties'], 9)}"
                    f"{_figure(group['alpha']['nominal'], 8)}  {interval:<18}"
                    f"{_figure(group['alpha']['ordinal'], 8)}{group['labels']:>9}"
                )
                lines += [f"    {reason}" for reason in dict.fromkeys(group["reasons"].values())]
            for name, judge in criterion["judges"].items():
                lines.append(
                    f"  {name}: agrees with the people's majority {_figure(judge['vs_majority'])} of"
                    f" {judge['n']}; without ties {_figure(judge['vs_majority_without_ties'])} of"
                    f" {judge['n_without_ties']}; kappa {_figure(judge['kappa'])}"
                )
        return lines[1:] or ["no criteria"]


def _figure(value: float | None, width: int = 0) -> str:
    return f"{'-' if value is None else f'{value:.3f}':>{width}}"

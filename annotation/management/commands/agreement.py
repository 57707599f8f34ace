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
            lines += ["", *_groups(criterion), *_judges(criterion), *_annotators(criterion)]
        return lines[1:] or ["no criteria"]


def _groups(criterion: dict[str, Any]) -> list[str]:
    level = criterion["level"]
    gwet = criterion["groups"]["human_human"]["gwet"]["name"]
    lines = [
        f"{criterion['criterion']}  ({criterion['scale']}, {level})",
        f"  {'':<12}{'raw':>8}{'no ties':>9}{'alpha':>8}  {'95 %':<18}{'others ±':>9}{gwet:>8}{'labels':>9}",
    ]
    for name, group in criterion["groups"].items():
        ends = group["intervals"][level]
        interval = f"[{ends[0]:.3f}, {ends[1]:.3f}]" if ends else ""
        others = group.get("other_annotators", {}).get("standard_error")
        lines.append(
            f"  {name:<12}{_figure(group['raw'], 8)}{_figure(group['raw_without_ties'], 9)}"
            f"{_figure(group['alpha'][level], 8)}  {interval:<18}{_figure(others, 9)}"
            f"{_figure(group['gwet']['value'], 8)}{group['labels']:>9}"
        )
        lines += [f"    {reason}" for reason in dict.fromkeys(group["reasons"].values())]
    return lines


def _judges(criterion: dict[str, Any]) -> list[str]:
    return [
        f"  {name}: agrees with the people's majority {_figure(judge['vs_majority'])} of"
        f" {judge['n']}; without ties {_figure(judge['vs_majority_without_ties'])} of"
        f" {judge['n_without_ties']}; kappa {_figure(judge['kappa'])}{_coverage(judge['coverage'])}"
        for name, judge in criterion["judges"].items()
    ]


def _coverage(found: dict[str, Any]) -> str:
    """What a judge refuses is no random part of what it was asked."""
    calls = found["calls"]
    return f"; {found['share']:.1%} of its {calls:,} calls gave a verdict" if calls else ""


def _annotators(criterion: dict[str, Any]) -> list[str]:
    """How many have figures of their own, and the one without whom alpha would rise most."""
    enough = [one for one in criterion["each_annotator"] if one["enough"]]
    lines = [f"  {len(enough)} of {len(criterion['each_annotator'])} annotators have 20 labels or more"]
    alpha = criterion["groups"]["human_human"]["alpha"][criterion["level"]]
    people = [one for one in enough if one["kind"] == "human" and one["alpha_without"] is not None]
    if alpha is not None and people:
        most = max(people, key=lambda one: one["alpha_without"])
        if most["alpha_without"] > alpha:
            lines.append(
                f"  without annotator {most['annotator']} alpha would be {_figure(most['alpha_without'])}"
            )
    return lines


def _figure(value: float | None, width: int = 0) -> str:
    return f"{'-' if value is None else f'{value:.3f}':>{width}}"

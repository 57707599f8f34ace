import argparse
from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import CommandError, CommandParser

from annotation.management.command import ProjectCommand
from annotation.reports import Unknown

from ...calibration import calibration_of, keep
from ...calibration.alternative import EPSILON
from ...calibration.answers import FEWEST_PEOPLE


class Command(ProjectCommand):
    help = (
        "How far each judge may be believed: against people, its leanings, and what its confidence is worth."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--judge", help="only this one, every version of it (default: all)")
        parser.add_argument("--criterion", help="only this one (default: all current criteria)")
        parser.add_argument(
            "--fewest-people",
            type=_number,
            default=FEWEST_PEOPLE,
            help=f"people who make a majority where there is no reference (default: {FEWEST_PEOPLE})",
        )
        parser.add_argument(
            "--epsilon",
            type=_share,
            default=EPSILON,
            help="how much worse than a person a judge may be in the alternative annotator test, for what it"
            f" saves: 0.2 beside experts, 0.15 trained people, 0.1 a crowd (default: {EPSILON})",
        )
        parser.add_argument("--out", type=Path, help="write the whole report to this file, as JSON")
        parser.add_argument(
            "--keep", action="store_true", help="store the maps from confidence to chance, for cascades"
        )

    def run(self, **options: Any) -> dict[str, Any]:
        project = self.project(options)
        chosen = {"criterion": options["criterion"], "judge": options["judge"]}
        people = options["fewest_people"]
        try:
            kept = keep(project, **chosen, fewest_people=people) if options["keep"] else []
            report = calibration_of(project, **chosen, fewest_people=people, epsilon=options["epsilon"])
        except Unknown as error:
            raise CommandError(str(error)) from error
        if options["keep"]:
            report["kept"] = [
                {"judge": str(row.annotator), "criterion": row.criterion.name} | row.summary() for row in kept
            ]
        if options["out"]:
            try:
                options["out"].write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))
            except OSError as error:
                raise CommandError(f"{options['out']}: {error.strerror}") from error
        return report

    def lines(self, result: dict[str, Any]) -> list[str]:
        lines = []
        for criterion in result["criteria"]:
            lines += ["", *_people(criterion, result["settings"])]
            for judge in criterion["judges"]:
                lines += ["", *_judge(judge)]
            lines += _persons(criterion)
        for row in result.get("kept", []):
            lines.append(
                f"kept: {row['judge']} on {row['criterion']}, version {row['version']}: {row['method']},"
                f" {row['comparisons']} comparisons"
            )
        if "kept" in result and not result["kept"]:
            lines.append("kept: nothing new")
        return lines[1:] or ["no criteria"]


def _people(criterion: dict[str, Any], settings: dict[str, Any]) -> list[str]:
    people = criterion["people"]
    on = people["comparisons"]
    return [
        f"{criterion['criterion']}  ({criterion['scale']}, {criterion['level']})",
        f"  people's answer: reference {on['reference']}, majority of at least {settings['fewest_people']}"
        f" {on['majority']}; none: undecided {on['undecided']}, too few people {on['single']}, nobody"
        f" {on['none']}",
    ]


def _judge(judge: dict[str, Any]) -> list[str]:
    held, bases = judge["against_people"], judge["by_basis"]
    rows = [
        ("accuracy", held["accuracy"]),
        ("without ties", held["accuracy_without_ties"]),
        ("kappa", held["kappa"]),
        ("alpha", held["alpha"]),
        ("kappa_x", judge["kappa_x"]),
        ("without noise", judge["kappa_x_corrected"]),
        ("also by one person", bases["all"]["accuracy"]),
        ("  without ties", bases["all"]["accuracy_without_ties"]),
        ("calls answered", judge["coverage"]["calls"]),
        ("first shown", judge["position"]["first_shown"]),
        ("orders agree", judge["position"]["consistency"]),
        ("turned to first", judge["position"]["to_first"]),
        ("takes the longer", judge["length"]["prefers_longer"]),
        ("  people do", judge["length"]["people_prefer_longer"]),
        ("twice as long", judge["length"]["slope"]),
        ("own family", judge["self_preference"]["difference"]),
    ]
    if judge["tau_b"]:
        rows.insert(6, ("tau_b", judge["tau_b"]))
    family = f", {judge['family']}" if judge["family"] else ""
    return [
        f"  {judge['name']}  ({judge['model']}{family}; {judge['labels']} labels)",
        *(f"    {name:<22}{_figure(value)}" for name, value in rows),
        f"    {'stands in for people':<22}{_alternative(judge['alternative'])}",
        f"    {'confidence':<22}{_soft(judge['soft'])}",
    ]


def _alternative(test: dict[str, Any]) -> str:
    if test["reason"]:
        return f"-      {test['reason']}"
    verdict = "yes" if test["passes"] else "no"
    return (
        f"{verdict}: wins against {test['winning_rate']:.2f} of {len(test['annotators'])} people at epsilon"
        f" {test['epsilon']:g}; advantage {test['advantage']:.2f}"
    )


def _soft(soft: dict[str, Any]) -> str:
    if soft["reason"]:
        return f"-      {soft['reason']}"
    before, after = soft["before"], soft["after"]
    return (
        f"calibration error {before['ece']['value']:.3f}, held out {after['ece']['value']:.3f} with"
        f" {soft['chosen']}; log loss {before['log_loss']:.3f}, {after['log_loss']:.3f}"
        f"  ({soft['n']} {soft['source']})"
    )


def _persons(criterion: dict[str, Any]) -> list[str]:
    """People by the same measure, best and worst named by number."""
    known = [
        one for one in criterion["each_person"] if one["against_people"]["accuracy"]["value"] is not None
    ]
    if not known:
        return []
    known.sort(key=lambda one: one["against_people"]["accuracy"]["value"])
    middle = known[len(known) // 2]
    named = (("lowest", known[0]), ("middle", middle), ("highest", known[-1]))
    return [
        "",
        f"  {len(known)} people against the others (own vote left out)",
        *(f"    {name:<22}{_figure(one['against_people']['accuracy'])}" for name, one in named),
    ]


def _figure(figure: dict[str, Any]) -> str:
    if figure["value"] is None:
        return f"-      {figure['reason']}"
    ends = figure["ci95"]
    interval = f"[{ends[0]:.3f}, {ends[1]:.3f}]" if ends else ""
    return f"{figure['value']:.3f}  {interval:<17}{figure['n']:>7}"


def _number(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected 1 or more, not {text}")
    return number


def _share(text: str) -> float:
    share = float(text)
    if not 0 <= share < 1:
        raise argparse.ArgumentTypeError(f"expected 0 or more and less than 1, not {text}")
    return share

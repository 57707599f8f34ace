"""`route SLUG --policy P (--human-share 0.25 | --budget 500)`: who labels what, people or judges."""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import CommandError, CommandParser

from annotation.management.command import ProjectCommand
from annotation.models import Project
from routing.limits import Asked, asked_of, settings_of
from routing.planning import make_plan
from routing.policies import POLICIES
from routing.policy import PlanError
from routing.results import PlanResult

LIMITS = {
    "least": ("CATEGORY=N", "comparisons of a category that people get at least; may be repeated"),
    "hours": ("POOL=HOURS", "hours that a pool works at most; may be repeated"),
    "capacity": ("POOL=LABELS", "labels that a pool gives at most; may be repeated"),
}


class Command(ProjectCommand):
    help = "Decides for every open comparison whether people or the judge label it; again if run again."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--policy", help=f"{', '.join(POLICIES)}; default: the project's")
        parser.add_argument("--human-share", help="0..1 of the open comparisons; the audit comes on top")
        parser.add_argument("--budget", help="money for people, the audit included; never exceeded")
        parser.add_argument(
            "--overlap",
            type=int,
            metavar="N",
            help="spend the budget on labels where they pay, up to N on one comparison; "
            "default: as many on each as the project says",
        )
        for name, of in LIMITS.items():
            parser.add_argument(f"--{name}", action="append", metavar=of[0], help=of[1])
        parser.add_argument("--judge", metavar="NAME", help="whose label stands where no person is asked")
        parser.add_argument("--seed", type=int, default=0, help="decides ties, lots and the audit")
        parser.add_argument("--dry-run", action="store_true", help="decide, but store nothing")
        parser.add_argument(
            "--out", type=Path, metavar="FILE", help="JSONL, a line for every open comparison"
        )

    def run(self, **options: Any) -> dict[str, Any]:
        project = self.project(options)
        share = _number(options["human_share"], float, "--human-share must be a number from 0 to 1")
        budget = _number(options["budget"], Decimal, "--budget must be an amount of money")
        if options["out"]:
            self._check(options["out"])
        try:
            plan = make_plan(
                project,
                options["policy"] or project.policy,
                human_share=share,
                budget=budget,
                judge=options["judge"],
                seed=options["seed"],
                dry_run=options["dry_run"],
                limits=_limits(project, options),
                overlap=options["overlap"],
            )
        except PlanError as error:
            raise CommandError(str(error)) from error
        if options["out"]:
            self._write(options["out"], plan)
        return plan.as_dict()

    def lines(self, result: dict[str, Any]) -> list[str]:
        cost = result["cost"]
        judge = f"to {result['judge']}" if result["judge"] else "to no judge"
        return [
            f"{result['policy']} over {result['open']} open comparisons: {result['human']} to people, "
            f"{result['ai']} {judge}, of which {result['audit']} are audited by people too.",
            f"Cost: {cost['human']:.2f} for people, {cost['judge']:.4f} for the judge"
            + (" (its price is not known yet)." if result["judge_price"] is None else "."),
            *_several(result["overlap"]),
            *result["warnings"],
            f"Plan {result['plan']}." if result["plan"] else "Nothing was stored (dry run).",
        ]

    def _check(self, path: Path) -> None:
        """Refuses a file that cannot be written before anything is decided."""
        try:
            with path.open("ab"):
                pass
        except OSError as error:
            raise CommandError(f"--out {path}: {error.strerror}") from error

    def _write(self, path: Path, plan: PlanResult) -> None:
        with path.open("wb") as file:
            for line in plan.lines():
                file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))


def _several(overlap: dict[int, int] | None) -> list[str]:
    counts = [f"{times} with {number}" for number, times in (overlap or {}).items()]
    return [f"Labels on a comparison of people: {', '.join(counts)}."] if counts else []


def _limits(project: Project, options: dict[str, Any]) -> Asked:
    """The project's own limits, each kind replaced by what the options name."""
    asked = asked_of(settings_of(project)).as_dict()
    for kind in LIMITS:
        if options[kind]:
            asked[kind] = dict(_limit(kind, text) for text in options[kind])
    return Asked(**asked)


def _limit(kind: str, text: str) -> tuple[str, float]:
    name, _, number = text.rpartition("=")
    try:
        value = float(number) if kind == "hours" else int(number)
    except ValueError:
        value = -1
    if not name or not 0 <= value < float("inf"):
        raise CommandError(f"--{kind} must be {LIMITS[kind][0]} with a number of at least 0, not {text!r}")
    return name, value


def _number(text: object, make: Callable[[str], Any], message: str) -> Any:
    try:
        return None if text is None else make(str(text))
    except (ValueError, InvalidOperation):
        raise CommandError(f"{message}, not {text!r}") from None

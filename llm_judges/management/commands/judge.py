"""`judge SLUG`: collects labels from the project's judges and panels, and steers their runs."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import CommandError, CommandParser

from annotation.management.command import ProjectCommand
from annotation.models import JudgeCall, JudgeRun
from llm_judges import runs
from llm_judges.demand import ask_for, held_by
from llm_judges.estimate import estimate
from llm_judges.labelling import JudgeError, label_all
from llm_judges.models import Judge, Panel, in_service, judges_of, panels_of
from llm_judges.outcome import Outcome
from llm_judges.panels import Worked, later_in_cascades, members_of, settle_again, work_through
from llm_judges.panels import ask_for as ask_for_panel
from llm_judges.progress import Pulse
from llm_judges.registry import annotator_of
from llm_judges.reparse import reparse

# `stopped` of a run that did not do what was asked of it.
FAILED = frozenset({"failing", "quota", "breaker"})


class Command(ProjectCommand):
    help = "Collects labels from AI judges until nothing is left or the money stops it. Can be run again."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--judge", metavar="NAME", help="only this judge, or this panel and its members")
        parser.add_argument("--limit", type=_count, metavar="N", help="at most N comparisons a judge")
        parser.add_argument("--cap", type=_money, metavar="AMOUNT", help="the most a judge's run may cost")
        parser.add_argument(
            "--retry-failed", action="store_true", help="ask again about comparisons whose calls failed"
        )
        instead = parser.add_mutually_exclusive_group()
        instead.add_argument("--estimate", action="store_true", help="say what a run would cost; ask nothing")
        instead.add_argument(
            "--pause", action="store_true", help="pause open runs, wherever they are worked on"
        )
        instead.add_argument(
            "--resume", action="store_true", help="let paused or stopped runs go on, and work"
        )
        instead.add_argument("--cancel", action="store_true", help="end open runs for good")
        instead.add_argument(
            "--reparse", action="store_true", help="read all stored replies again; ask nothing"
        )

    def run(self, **options: Any) -> dict[str, Any]:
        project = self.project(options)
        judges = judges_of(project, options["judge"])
        panels = panels_of(project, options["judge"])
        if not judges and not panels:
            named = [judge.version.name for judge in judges_of(project)]
            known = ", ".join(named + [panel.version.name for panel in panels_of(project)])
            raise CommandError(
                f"project {project.slug} has no judge {options['judge']!r}; it has {known}"
                if known
                else f"project {project.slug} has no judge; add one under `judges` in its project file"
            )
        for name in ("estimate", "pause", "cancel", "reparse"):
            if options[name]:
                return {"project": project.slug, "did": name} | self._steer(name, judges, panels)
        return {"project": project.slug, "did": "label"} | self._label(judges, panels, options)

    def _steer(self, name: str, judges: list[Judge], panels: list[Panel]) -> dict[str, Any]:
        """Does it to each judge, and to each member of a panel."""
        named = {judge.pk for judge in judges}
        for panel in panels:
            if name == "estimate":
                ask_for_panel(panel)
            judges = judges + [judge for judge in members_of(panel) if judge not in judges]
        figures = {}
        for judge in judges:
            if name == "estimate" and judge.pk in named:
                ask_for(judge, judge.version.project)  # an estimate of what a run would ask about
            figures[judge.version.name] = getattr(self, f"_{name}")(judge)
        if name != "reparse":
            return {"judges": figures}
        again = {panel.version.name: settle_again(panel).as_dict() for panel in panels}
        return {"judges": figures, "panels": again}

    def lines(self, result: dict[str, Any]) -> list[str]:
        every = result["judges"] | result.get("panels", {})
        if result["did"] == "label":
            lines = [line for name, figures in result["judges"].items() for line in _lines(name, figures)]
            return lines + [line for name, one in result["panels"].items() for line in _of_panel(name, one)]
        return [
            f"{name}: " + ", ".join(f"{key} {value}" for key, value in figures.items())
            for name, figures in every.items()
        ]

    def _label(self, judges: list[Judge], panels: list[Panel], options: dict[str, Any]) -> dict[str, Any]:
        """Judges about all that is undecided, and panels; a judge that a cascade comes to only where others
        are not sure is left to it, unless it is named."""
        outcomes: dict[int, Outcome] = {}
        settled: dict[str, Any] = {}
        later = set() if options["judge"] else later_in_cascades(panels)
        with _interruptible() as stop:
            for judge in judges:
                if not stop.is_set() and judge.pk not in later:
                    outcomes[judge.pk] = self._judge(judge, options, stop)
            for panel in panels:
                if not stop.is_set():
                    worked = self._panel(panel, options, stop)
                    settled[panel.version.name] = worked.settling.as_dict()
                    for pk, outcome in worked.members.items():
                        outcomes.setdefault(pk, Outcome()).add(outcome)
        by_name = dict(self._figures(outcomes))
        _check({name: outcome for name, (_, outcome) in by_name.items()})
        return {"judges": {name: figures for name, (figures, _) in by_name.items()}, "panels": settled}

    def _figures(self, outcomes: dict[int, Outcome]) -> Iterator[tuple[str, tuple[dict[str, Any], Outcome]]]:
        judges = {judge.pk: judge for judge in in_service().filter(pk__in=outcomes)}
        for pk, outcome in outcomes.items():
            judge = judges[pk]
            figures = {
                "version": judge.version.version,
                "annotator": annotator_of(judge).name,
                **outcome.summary(),
                "held": held_by(judge).count(),
            }
            yield judge.version.name, (figures, outcome)

    def _judge(self, judge: Judge, options: dict[str, Any], stop: threading.Event) -> Outcome:
        if options["retry_failed"]:
            runs.retry_failed(judge)
        beat = self._beat()
        try:
            if options["resume"]:
                self._resume(judge)
            return label_all(
                judge, options["limit"], stop.is_set, lambda total: beat(judge, total), options["cap"]
            )
        except JudgeError as error:
            raise CommandError(str(error)) from error

    def _panel(self, panel: Panel, options: dict[str, Any], stop: threading.Event) -> Worked:
        for judge in members_of(panel):
            if options["retry_failed"]:
                runs.retry_failed(judge)
            if options["resume"]:
                self._resume(judge)
        try:
            return work_through(panel, options["limit"], stop.is_set, self._beat(), options["cap"])
        except JudgeError as error:
            raise CommandError(str(error)) from error

    def _beat(self) -> Callable[[Judge, Outcome], None]:
        pulses: dict[int, Pulse] = {}

        def beat(judge: Judge, total: Outcome) -> None:
            pulse = pulses.setdefault(judge.pk, Pulse(judge))
            pulse.beat(total, lambda line: self.stderr.write(line, style_func=str))

        return beat

    def _resume(self, judge: Judge) -> None:
        last = runs.runs_of(judge).first()
        if last is not None and last.state in (JudgeRun.State.PAUSED, JudgeRun.State.STOPPED):
            runs.resume(last, judge)

    def _estimate(self, judge: Judge) -> dict[str, Any]:
        return estimate(judge).as_dict()

    def _pause(self, judge: Judge) -> dict[str, Any]:
        run = runs.open_run(judge)
        return {"paused": bool(run and runs.pause(run))}

    def _cancel(self, judge: Judge) -> dict[str, Any]:
        run = runs.open_run(judge)
        return {"cancelled": bool(run and runs.cancel(run))}

    def _reparse(self, judge: Judge) -> dict[str, Any]:
        return reparse(judge).as_dict()


def _check(outcomes: dict[str, Outcome]) -> None:
    """A run in which no call succeeded, or none any more, is an error; one with nothing to do is not."""
    made = [outcome for outcome in outcomes.values() if outcome.calls]
    if made and not any(outcome.answered or outcome.labelled for outcome in outcomes.values()):
        worst = max(made, key=lambda outcome: outcome.calls)
        calls = sum(outcome.calls for outcome in made)
        raise CommandError(f"nothing was labelled: all {calls} calls failed; {worst.commonest_reason}")
    for name, outcome in outcomes.items():
        if outcome.stopped in FAILED:
            raise CommandError(f"{name} stopped after {outcome.labelled} labels: {outcome.message}")


def _lines(name: str, figures: dict[str, Any]) -> Iterator[str]:
    share = figures["consistent_share"]
    agreed = "" if share is None else f", both orders agree on {share:.0%}"
    yield (
        f"{name}: {figures['labelled']} labelled with {figures['calls']} calls{agreed}, "
        f"cost {figures['cost']:.4f}"
    )
    if figures["failed"]:
        states = ", ".join(f"{number} {state}" for state, number in sorted(figures["failed"].items()))
        yield f"{name}: calls without a verdict: {states}{_advice(figures['failed'])}"
    if figures["undecided"]:
        yield f"{name}: {figures['undecided']} got no label: the answers leave nothing that may be said"
    if figures["stopped"]:
        yield f"{name}: {figures['stopped']}: {figures['message']}"
    if figures["held"]:
        held = figures["held"]
        yield f"{name}: {held} are held by another worker, or by one that died, until its lease ends"


def _of_panel(name: str, figures: dict[str, Any]) -> Iterator[str]:
    went_on = "".join(f", {number} went on to {member}" for member, number in figures["asked"].items())
    yield f"{name}: {figures['labelled']} labelled from its members' answers{went_on}"
    if figures["undecided"]:
        yield f"{name}: {figures['undecided']} got no label: the members leave nothing that may be said"
    if figures["below_quorum"]:
        yield f"{name}: {figures['below_quorum']} got no label: too few members answered"
    if figures["left"]:
        yield f"{name}: {figures['left']} wait for members that have not answered yet"


def _advice(failed: dict[str, int]) -> str:
    """Nobody asks by himself about a comparison whose replies were at fault."""
    in_vain = {*JudgeCall.PASSING, JudgeCall.State.INVALID_INPUT}
    return "" if failed.keys() <= in_vain else "; --retry-failed asks again"


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _money(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise ValueError from None
    if not amount.is_finite() or not 0 <= amount < 10**10:
        raise ValueError
    return amount


@contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """Ctrl-C or a termination signal sets the event, so that paid calls in flight are still recorded; a
    second one gives them up."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def handle(number: int, frame: Any) -> None:
        stop.set()
        sys.stderr.write("finishing the calls in flight; once more gives them up\n")
        for number, handler in before.items():
            signal.signal(number, handler)

    for number in before:
        signal.signal(number, handle)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

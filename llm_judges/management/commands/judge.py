"""`judge SLUG`: collects labels from the project's judges."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import CommandError, CommandParser

from annotation import leases
from annotation.management.command import ProjectCommand
from llm_judges.former.calls import TRANSIENT
from llm_judges.demand import ask_for, held_by
from llm_judges.labelling import JudgeError, label_all
from llm_judges.models import Judge, judges_of
from llm_judges.outcome import Outcome
from llm_judges.registry import annotator_of


class Command(ProjectCommand):
    help = "Collects labels from AI judges until nothing is left or the budget stops it. Can be run again."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--judge", metavar="NAME", help="only this judge")
        parser.add_argument("--limit", type=_count, metavar="N", help="at most N comparisons a judge")
        parser.add_argument(
            "--retry-failed", action="store_true", help="ask again about comparisons whose calls failed"
        )

    def run(self, **options: Any) -> dict[str, Any]:
        project = self.project(options)
        judges = judges_of(project, options["judge"])
        if not judges:
            known = ", ".join(judge.version.name for judge in judges_of(project))
            raise CommandError(
                f"project {project.slug} has no judge {options['judge']!r}; it has {known}"
                if known
                else f"project {project.slug} has no judge; add one under `judges` in its project file"
            )
        outcomes: dict[str, Outcome] = {}
        result: dict[str, Any] = {}
        with _interruptible() as stop:
            for judge in judges:
                if stop.is_set():
                    break
                outcome = self._judge(judge, options, stop)
                outcomes[judge.version.name] = outcome
                result[judge.version.name] = {
                    "version": judge.version.version,
                    "annotator": annotator_of(judge).name,
                    **outcome.summary(),
                    "held": held_by(judge).count(),
                }
        self._check(outcomes)
        return {"project": project.slug, "judges": result}

    def lines(self, result: dict[str, Any]) -> list[str]:
        return [line for name, figures in result["judges"].items() for line in _lines(name, figures)]

    def _judge(self, judge: Judge, options: dict[str, Any], stop: threading.Event) -> Outcome:
        if options["retry_failed"]:
            leases.lend_again(annotator_of(judge))
        ask_for(judge, judge.version.project)
        try:
            return label_all(judge, options["limit"], stop.is_set, lambda total: self._progress(judge, total))
        except JudgeError as error:
            raise CommandError(str(error)) from error

    def _progress(self, judge: Judge, total: Outcome) -> None:
        failed = sum(total.failed.values())
        line = f"{judge}: {total.labelled} labelled, {failed} calls failed, cost {total.cost:.4f}"
        self.stderr.write(line, style_func=str)

    def _check(self, outcomes: dict[str, Outcome]) -> None:
        """A run in which no call succeeded, or none any more, is an error; one with nothing to do is not."""
        made = [outcome for outcome in outcomes.values() if outcome.calls]
        if made and not any(outcome.answered or outcome.labelled for outcome in outcomes.values()):
            worst = max(made, key=lambda outcome: outcome.calls)
            calls = sum(outcome.calls for outcome in made)
            raise CommandError(f"nothing was labelled: all {calls} calls failed; {worst.commonest_reason}")
        for name, outcome in outcomes.items():
            if outcome.stopped == "failing":
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
        yield f"{name}: calls without a verdict: {states}; {_advice(figures['failed'])}"
    if figures["undecided"]:
        yield f"{name}: {figures['undecided']} got no label: the orders disagree on a scale without tie"
    if figures["stopped"]:
        yield f"{name}: {figures['stopped']}: {figures['message']}"
    if figures["held"]:
        yield f"{name}: {figures['held']} are held by another run, or by one that died until its lease ends"


def _advice(failed: dict[str, int]) -> str:
    """Who asks again: the next run where the endpoint was at fault, nobody by himself where the reply was."""
    by_itself = "the next run asks again" if TRANSIENT & failed.keys() else ""
    if TRANSIENT.issuperset(failed):
        return by_itself
    return "--retry-failed asks again" + (f"; where no answer came {by_itself}" if by_itself else "")


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


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

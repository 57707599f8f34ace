"""Judges at work: claim, ask in both orders, reconcile, submit. The command and the task call the same verb.

A comparison gets a label only when every order was answered and read. Otherwise it gets none. Where the reply
was at fault its lease goes back, so that the judge is not asked about it again until `leases.lend_again`.
Where the endpoint did not answer, or nothing was asked (stopped, no money left, an error here), it returns to
the queue: unanswered ones when the run ends, so that a run asks about each once.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from django.utils import timezone

from annotation import labels, leases
from annotation.models import Annotator, Assignment, Project
from annotation.ranking import RankingError, check_answer, reconcile

from . import budget
from .former import booking, calls
from .former.calls import TRANSIENT, Brief, Work
from .former.client import MAX_RETRIES, MAX_WAIT, Client, connect
from .models import Judge, in_service
from .outcome import Outcome
from .registry import annotator_of, is_current

log = logging.getLogger(__name__)
SHARD = 20
# So many calls in one batch without a single success: something is wrong with all of them.
FAILING = 8
BEAT_SECONDS = 15


class JudgeError(ValueError):
    """The judge cannot be run at all; the message says what to do."""


@dataclass(slots=True)
class _Run:
    """One judge at work, and the comparisons that this run keeps because the endpoint did not answer."""

    judge: Judge
    annotator: Annotator
    project: Project
    stop: Callable[[], bool]
    unanswered: list[Assignment] = field(default_factory=list)

    def renew(self, lent: Sequence[Assignment]) -> None:
        """Ends the leases a little after the longest call would: a worker that died is noticed soon, and one
        that is slow, but renews them after each call, is not taken for dead."""
        seconds = (MAX_RETRIES + 1) * self.judge.timeout_seconds + MAX_RETRIES * MAX_WAIT + 2 * BEAT_SECONDS
        Assignment.objects.filter(
            pk__in=[assignment.pk for assignment in (*lent, *self.unanswered)], state=Assignment.State.LIVE
        ).update(leased_until=timezone.now() + timedelta(seconds=seconds))


def label_all(
    judge: Judge,
    limit: int | None = None,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[Outcome], None] = lambda outcome: None,
) -> Outcome:
    """Labels until nothing is left, `limit` comparisons were taken, the budget is used up, nothing works, the
    judge is retired or `stop()` is true. Raises JudgeError."""
    total = Outcome()
    batch = max(SHARD, 4 * judge.concurrency)
    run = _start(judge, stop)
    try:
        while limit is None or total.taken < limit:
            some = _label(run, batch if limit is None else min(batch, limit - total.taken))
            total.add(some)
            progress(total)
            if some.stopped or not some.taken:
                return total
    finally:
        _put_down(run.annotator, run.unanswered)
    total.stop("limit", f"stopped after {total.taken} comparisons, as asked")
    return total


def label_some(judge: Judge, limit: int, stop: Callable[[], bool] = lambda: False) -> Outcome:
    """Takes up to `limit` comparisons, asks about each in both orders and submits what can be submitted.

    Safe to run many times at once, for the same judge too. Raises JudgeError when the judge cannot be run.
    """
    run = _start(judge, stop)
    try:
        return _label(run, limit)
    finally:
        _put_down(run.annotator, run.unanswered)


def _start(judge: Judge, stop: Callable[[], bool]) -> _Run:
    return _Run(judge, annotator_of(judge), judge.version.project, stop)


def _label(run: _Run, limit: int) -> Outcome:
    """One batch. What the endpoint did not answer stays with the run."""
    client = _client(run.judge)
    run.project = Project.objects.get(pk=run.judge.version.project_id)
    brief = calls.brief(run.judge, run.annotator, run.project)
    if not brief.questions:
        raise JudgeError(f"project {run.project.slug} asks no question: it has no criterion")
    outcome = Outcome()
    if run.stop():
        outcome.stop("interrupted", "stopped before the next batch")
    elif not in_service().filter(pk=run.judge.pk).exists():
        outcome.stop("interrupted", f"{run.judge} is not in service any more")
    elif _may_spend(run, outcome):
        lent = leases.claim(run.annotator, run.project, limit)
        try:
            run.renew(lent)
            works = _affordable(run, calls.plan(brief, lent), outcome)
            _ask(client, brief, run, works, outcome)
        finally:
            kept = {assignment.pk for assignment in run.unanswered}
            _put_down(run.annotator, [assignment for assignment in lent if assignment.pk not in kept])
    return outcome


def _client(judge: Judge) -> Client:
    if not is_current(judge.version):
        raise JudgeError(
            f"judge {judge}: its prompt templates have changed since it was set up; "
            "run create_project again to make a new version of it"
        )
    try:
        return connect(judge)
    except ValueError as error:
        raise JudgeError(f"judge {judge}: {error}") from error


def _may_spend(run: _Run, outcome: Outcome) -> bool:
    left = budget.remaining(run.project)
    if left is not None and left <= 0 and (run.judge.input_price or run.judge.output_price):
        money = f"{run.project.budget} {run.project.currency}"
        outcome.stop("budget_stopped", f"the budget of {money} is used up")
    return not outcome.stopped


def _affordable(run: _Run, works: list[Work], outcome: Outcome) -> list[Work]:
    """The first works that what is left of the budget pays for at their worst; the rest is not asked."""
    left = budget.remaining(run.project)
    if left is None:
        return works
    kept = []
    for work in works:
        left -= sum(budget.worst_case(run.judge, call.messages) for call in work.open)
        if left < 0 and work.open:
            break
        kept.append(work)
    if works and not kept:
        outcome.stop(
            "budget_stopped",
            f"what is left of the budget of {run.project.budget} {run.project.currency} "
            "may not pay for one more comparison",
        )
    return kept


def _ask(client: Client, brief: Brief, run: _Run, works: Sequence[Work], outcome: Outcome) -> None:
    """Sends what is open, books every reply and finishes each comparison once all its orders are there."""
    booking.book(brief.annotator, booking.refused(brief, works))
    for call in (call for work in works for call in work.calls if call.state):
        outcome.count_known(call.state, call.reason)
    waiting = _finish(brief, run, works, outcome)
    renewed = time.monotonic()
    for replies in calls.send(client, brief, waiting, lambda: bool(outcome.stopped) or run.stop()):
        booking.settle(brief, replies)
        for call, reply in replies:
            outcome.count_call(call.state, call.reason, call.cost)
            if reply.fatal:
                outcome.stop("failing", f"no call can succeed: {call.reason}")
        waiting = _finish(brief, run, waiting, outcome)
        if time.monotonic() - renewed > BEAT_SECONDS:
            run.renew([work.assignment for work in waiting])
            renewed = time.monotonic()
    if outcome.answered:
        _give_up_rejected(run, works)
    if outcome.stopped:
        return
    unanswered = any(call.state in TRANSIENT for work in works for call in work.calls)
    if outcome.calls and not outcome.answered and (unanswered or outcome.calls >= FAILING):
        outcome.stop("failing", f"no call succeeds: {outcome.commonest_reason}")
    elif waiting:
        outcome.stop("interrupted", "stopped; what was not asked about is back in the queue")


def _finish(brief: Brief, run: _Run, works: Sequence[Work], outcome: Outcome) -> list[Work]:
    """Submits, keeps or gives back the works that have all their calls; gives the others."""
    submissions, failed = [], []
    for work in works:
        if work.open:
            continue
        outcome.taken += 1
        submission = _submission(brief, work)
        if submission is not None:
            submissions.append(submission)
        elif work.failed and all(call.state in TRANSIENT for call in work.failed):
            run.unanswered.append(work.assignment)
        else:
            failed.append(work.assignment.pk)
            outcome.undecided += not work.failed
    for done in _submit(run, submissions, outcome):
        outcome.labelled += 1
        outcome.consistent += bool(done.order_consistent)
    leases.give_back(run.annotator, failed)
    return [work for work in works if work.open]


def _give_up_rejected(run: _Run, works: Sequence[Work]) -> None:
    """Gives back for good what an endpoint that answers other calls rejects: the comparison is at fault."""
    rejected = {work.assignment.pk for work in works if any(call.rejected for call in work.failed)}
    run.unanswered = [assignment for assignment in run.unanswered if assignment.pk not in rejected]
    leases.give_back(run.annotator, sorted(rejected))


def _submission(brief: Brief, work: Work) -> labels.Submission | None:
    """The reconciled answer, or None where a call failed or the orders leave nothing the scale offers.

    A judge's assignment is in stored order, so stored letters are the letters shown.
    """
    answers = {}
    consistent = True
    for question in brief.questions:
        verdicts = [call.verdicts[question.name] for call in work.calls if call.verdicts]
        if len(verdicts) < len(work.calls):
            return None
        ranking, strength, same = reconcile([(verdict.ranking, verdict.strength) for verdict in verdicts])
        try:
            k = len(work.assignment.shown)
            check_answer(ranking, strength, question.scale, k, question.both_bad, question.task)
        except RankingError:
            return None
        # The rationale of the stored order: its letters are the stored ones.
        answers[question.name] = labels.Answer(str(ranking), strength, rationale=verdicts[0].rationale)
        consistent = consistent and same
    return labels.Submission(work.assignment.pk, answers, order_consistent=consistent)


def _submit(run: _Run, submissions: list[labels.Submission], outcome: Outcome) -> list[labels.Submission]:
    """Records them together; gives those that this worker recorded. One that the project refuses is given
    back and counts as undecided."""
    try:
        receipts = labels.submit_many(run.annotator, run.project, submissions)
    except (labels.NotLent, labels.SubmissionError) as error:
        # A lease ran out and another worker gave that comparison back, or one is refused: the rest counts.
        if len(submissions) > 1:
            return [done for one in submissions for done in _submit(run, [one], outcome)]
        if isinstance(error, labels.SubmissionError):
            log.warning("judge %s: an answer on %s was refused: %s", run.judge, error.field, error)
            leases.give_back(run.annotator, [submissions[0].assignment_id])
            outcome.undecided += 1
        return []
    new = {receipt.assignment_id for receipt in receipts if not receipt.replayed}
    return [submission for submission in submissions if submission.assignment_id in new]


def _put_down(annotator: Annotator, lent: Sequence[Assignment]) -> None:
    """Gives back what was not answered, to be taken up again; what has been lent anew since stays."""
    claims = {assignment.pk: assignment.claimed_at for assignment in lent}
    live = Assignment.objects.filter(pk__in=list(claims), state=Assignment.State.LIVE)
    untouched = [pk for pk, claimed_at in live.values_list("pk", "claimed_at") if claims[pk] == claimed_at]
    leases.give_back(annotator, untouched, again=True)

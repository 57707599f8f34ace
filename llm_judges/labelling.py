"""Judges at work: claim, ask in both orders, reconcile, submit. The command and the task call the same verb.

A comparison gets a label only when every order was answered and read. Otherwise it gets none and its lease
goes back, so that the judge is not asked about it again until `leases.lend_again`. What was taken up but
never asked (stopped, no money left, an error here) returns to the queue as if it had not been touched.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta

from django.utils import timezone

from annotation import labels, leases
from annotation.models import Annotator, Assignment, Project
from annotation.ranking import RankingError, check_answer, reconcile

from . import booking, budget, calls
from .calls import Brief, Work
from .client import MAX_RETRIES, Client, connect
from .demand import ask_for
from .models import Judge
from .outcome import Outcome
from .registry import annotator_of, is_current

__all__ = ["JudgeError", "ask_for", "label_all", "label_some"]

SHARD = 20
# So many calls in one batch without a single success: something is wrong with all of them.
FAILING = 8


class JudgeError(ValueError):
    """The judge cannot be run at all; the message says what to do."""


def label_all(
    judge: Judge,
    limit: int | None = None,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[Outcome], None] = lambda outcome: None,
) -> Outcome:
    """Labels until nothing is left, `limit` comparisons were taken, the budget is used up, nothing works or
    `stop()` is true. Raises JudgeError."""
    total = Outcome()
    batch = max(SHARD, 4 * judge.concurrency)
    while limit is None or total.taken < limit:
        some = label_some(judge, batch if limit is None else min(batch, limit - total.taken), stop)
        total.add(some)
        progress(total)
        if some.stopped or not some.taken:
            return total
    total.stop("limit", f"stopped after {total.taken} comparisons, as asked")
    return total


def label_some(judge: Judge, limit: int, stop: Callable[[], bool] = lambda: False) -> Outcome:
    """Takes up to `limit` comparisons, asks about each in both orders and submits what can be submitted.

    Safe to run many times at once, for the same judge too. Raises JudgeError when the judge cannot be run.
    """
    client = _client(judge)
    project = Project.objects.get(pk=judge.version.project_id)
    annotator = annotator_of(judge)
    brief = calls.brief(judge, annotator, project)
    if not brief.questions:
        raise JudgeError(f"project {project.slug} asks no question: it has no criterion")
    outcome = Outcome()
    if stop():
        outcome.stop("interrupted", "stopped before the next batch")
    elif _may_spend(judge, project, outcome):
        lent = leases.claim(annotator, project, limit)
        try:
            works = _affordable(calls.plan(brief, lent), judge, project, outcome)
            _extend(works, judge, project)
            _ask(client, brief, project, works, outcome, stop)
        finally:
            _put_down(annotator, lent)
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


def _may_spend(judge: Judge, project: Project, outcome: Outcome) -> bool:
    left = budget.remaining(project)
    if left is not None and left <= 0 and (judge.input_price or judge.output_price):
        outcome.stop("budget_stopped", f"the budget of {project.budget} {project.currency} is used up")
    return not outcome.stopped


def _affordable(works: list[Work], judge: Judge, project: Project, outcome: Outcome) -> list[Work]:
    """The first works that what is left of the budget pays for at their worst; the rest is not asked."""
    left = budget.remaining(project)
    if left is None:
        return works
    kept = []
    for work in works:
        left -= sum(budget.worst_case(judge, call.messages) for call in work.open)
        if left < 0 and work.open:
            break
        kept.append(work)
    if works and not kept:
        outcome.stop(
            "budget_stopped",
            f"what is left of the budget of {project.budget} {project.currency} "
            "may not pay for one more comparison",
        )
    return kept


def _extend(works: Sequence[Work], judge: Judge, project: Project) -> None:
    """Lengthens the leases where the batch may take longer than the project lends to people for."""
    rounds = -(-sum(len(work.open) for work in works) // judge.concurrency)
    seconds = rounds * judge.timeout_seconds * (MAX_RETRIES + 1)
    if seconds > project.lease_seconds:
        Assignment.objects.filter(
            pk__in=[work.assignment.pk for work in works], state=Assignment.State.LIVE
        ).update(leased_until=timezone.now() + timedelta(seconds=seconds))


def _ask(
    client: Client,
    brief: Brief,
    project: Project,
    works: Sequence[Work],
    outcome: Outcome,
    stop: Callable[[], bool],
) -> None:
    """Sends what is open, books every reply and finishes each comparison once all its orders are there."""
    booking.book(brief.annotator, booking.refused(brief, works))
    for call in (call for work in works for call in work.calls if call.state):
        outcome.count_known(call.state, call.reason)
    waiting = _finish(brief, project, works, outcome)
    for replies in calls.send(client, brief, waiting, lambda: bool(outcome.stopped) or stop()):
        booking.settle(brief, replies)
        for call, reply in replies:
            outcome.count_call(call.state, call.reason, call.cost)
            if reply.fatal:
                outcome.stop("failing", f"no call can succeed: {call.reason}")
        waiting = _finish(brief, project, waiting, outcome)
    if outcome.stopped:
        return
    if outcome.calls >= FAILING and not outcome.answered:
        outcome.stop("failing", f"no call succeeds: {outcome.commonest_reason}")
    elif waiting:
        outcome.stop("interrupted", "stopped; what was not asked about is back in the queue")


def _finish(brief: Brief, project: Project, works: Sequence[Work], outcome: Outcome) -> list[Work]:
    """Submits or gives back the works that have all their calls; gives the others."""
    submissions, failed = [], []
    for work in works:
        if work.open:
            continue
        outcome.taken += 1
        submission = _submission(brief, work)
        if submission is None:
            failed.append(work.assignment.pk)
            outcome.undecided += all(call.verdicts for call in work.calls)
        else:
            submissions.append(submission)
    for submission in _submit(brief.annotator, project, submissions):
        outcome.labelled += 1
        outcome.consistent += bool(submission.order_consistent)
    leases.give_back(brief.annotator, failed)
    return [work for work in works if work.open]


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
            check_answer(ranking, strength, question.scale, len(work.assignment.shown), question.both_bad)
        except RankingError:
            return None
        # The rationale of the stored order: its letters are the stored ones.
        answers[question.name] = labels.Answer(str(ranking), strength, rationale=verdicts[0].rationale)
        consistent = consistent and same
    return labels.Submission(work.assignment.pk, answers, order_consistent=consistent)


def _submit(
    annotator: Annotator, project: Project, submissions: list[labels.Submission]
) -> list[labels.Submission]:
    """Records them together; gives those that this worker recorded."""
    try:
        receipts = labels.submit_many(annotator, project, submissions)
    except labels.NotLent:
        # A lease ran out and another worker gave that comparison back: the others still count.
        if len(submissions) == 1:
            return []
        return [done for one in submissions for done in _submit(annotator, project, [one])]
    new = {receipt.assignment_id for receipt in receipts if not receipt.replayed}
    return [submission for submission in submissions if submission.assignment_id in new]


def _put_down(annotator: Annotator, lent: Sequence[Assignment]) -> None:
    """Gives back what was not asked about, to be taken up again; what has been lent anew since stays."""
    claims = {assignment.pk: assignment.claimed_at for assignment in lent}
    live = Assignment.objects.filter(pk__in=list(claims), state=Assignment.State.LIVE)
    untouched = [pk for pk, claimed_at in live.values_list("pk", "claimed_at") if claims[pk] == claimed_at]
    leases.give_back(annotator, untouched, again=True)

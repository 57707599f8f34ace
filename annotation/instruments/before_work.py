"""What stands before the work: consent, a qualification test, training with feedback, and what is to be read.

Each is asked for once. What somebody has behind them is kept on the annotator, so that no answer waits for a
look at it.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import people
from ..consensus.answers import top_of
from ..leases.order import shown_order
from ..models import (
    Annotator,
    Assignment,
    Comparison,
    Consent,
    ConsentGiven,
    Gold,
    Label,
    Notice,
    Project,
    QualificationTry,
)
from ..votes import Vote
from . import lending
from .known import known_of
from .settings import Qualification, quality_of

Stage = Literal["consent", "notice", "qualification", "training", "work"]
Purpose = Assignment.Purpose
State = Assignment.State


def stage(annotator: Annotator, project: Project) -> Stage:
    """Where somebody stands. No SQL beyond what `known_of` caches."""
    quality = quality_of(project)
    if quality.consent and annotator.consented < quality.consent:
        return "consent"
    if annotator.notice_id is not None:
        return "notice"
    if (
        quality.qualification.comparisons
        and annotator.qualified_at is None
        and known_of(project, Gold.Use.QUALIFICATION)
    ):
        return "qualification"
    if quality.training and annotator.trained_at is None and known_of(project, Gold.Use.TRAINING):
        return "training"
    return "work"


def is_over(annotator: Annotator, project: Project) -> bool:
    """Whether they may work now."""
    return stage(annotator, project) == "work"


def waits(annotator: Annotator, project: Project) -> bool:
    """Whether they have to agree to something or read something before they are lent anything."""
    return stage(annotator, project) in ("consent", "notice")


def newest_consent(project: Project) -> Consent | None:
    """What people agree to, or None."""
    version = quality_of(project).consent
    return Consent.objects.filter(project=project, version=version).first() if version else None


def agree(annotator: Annotator, consent: Consent) -> None:
    """Notes that this annotator agreed; saying it again changes nothing. Raises ValueError for the consent of
    another project."""
    if consent.project_id != annotator.project_id:
        raise ValueError("this consent belongs to another project")
    with transaction.atomic():
        ConsentGiven.objects.get_or_create(annotator=annotator, consent=consent)
        if annotator.consented < consent.version:
            _set(annotator, consented=consent.version)


def tell(
    annotator: Annotator,
    kind: str,
    text: str = "",
    assignment_id: int | None = None,
    attempt: QualificationTry | None = None,
) -> None:
    """Something that they read before they are lent anything more."""
    notice = Notice.objects.create(
        annotator=annotator, kind=kind, text=text[:500], assignment_id=assignment_id, attempt=attempt
    )
    _set(annotator, notice_id=notice.pk)


def read_notice(annotator: Annotator, notice_id: int) -> None:
    """They have read it. Another notice than the one that waits changes nothing."""
    if annotator.notice_id == notice_id:
        with transaction.atomic():
            Notice.objects.filter(pk=notice_id).update(read_at=timezone.now())
            _set(annotator, notice_id=None)


def lend(annotator: Annotator, project: Project, n: int, lent_for: float) -> None:
    """Lends what comes next of test or training, at most `n` at a time, of a training one: its answer is
    discussed before the next. At the end of either says how it went. Some five statements."""
    before: Stage = "work"
    with transaction.atomic():
        _lock(annotator)
        while (now := stage(annotator, project)) in ("qualification", "training") and now != before:
            if now == "qualification":
                _test(annotator, project, n, lent_for)
            else:
                _train(annotator, project, lent_for)
            before = now


def is_right(known: str, said: str, k: int) -> bool:
    """Whether both put the same response on top, or say tie, or both bad, alike."""
    return top_of(Vote(known, k)) == top_of(Vote(said, k))


def answers_of(annotator: Annotator, comparisons: Sequence[int], number: int) -> dict[int, dict[int, str]]:
    """What they say as it stands, by comparison and criterion, in this round. One statement."""
    found: dict[int, dict[int, str]] = {}
    labels = Label.objects.filter(
        annotator=annotator,
        current=True,
        comparison__in=comparisons,
        annotation__assignment__round=number,
    )
    for comparison, criterion, ranking in labels.values_list("comparison", "criterion", "ranking"):
        found.setdefault(comparison, {})[criterion] = ranking
    return found


def _test(annotator: Annotator, project: Project, n: int, lent_for: float) -> None:
    rules = quality_of(project).qualification
    tries = QualificationTry.objects.filter(annotator=annotator).count()
    begun, order = _theirs(annotator, project, Gold.Use.QUALIFICATION)
    size = min(rules.comparisons, len(order))
    if not size:  # everything that could be asked was theirs before it became a test
        _set(annotator, qualified_at=timezone.now())
        return
    places = range(tries * size, (tries + 1) * size)
    asked = [(order[place % len(order)], place // len(order)) for place in places]
    states = [begun.get(one) for one in asked]
    if not tries and not any(states) and _introduce(annotator, Notice.Kind.QUALIFICATION):
        return
    if all(state in (State.SUBMITTED, State.RETURNED) for state in states):
        _finish(annotator, project, rules, asked, tries + 1)
        return
    free = n - states.count(State.LIVE)
    missing = [one for one, state in zip(asked, states, strict=True) if state in (None, State.EXPIRED)]
    _lend(annotator, Purpose.QUALIFICATION, missing[: max(free, 0)], lent_for)


def _finish(
    annotator: Annotator, project: Project, rules: Qualification, asked: list[tuple[int, int]], number: int
) -> None:
    known = known_of(project, Gold.Use.QUALIFICATION)
    sizes = _sizes(asked)
    said = {
        (pk, turn): answers
        for turn in {turn for _pk, turn in asked}
        for pk, answers in answers_of(annotator, [pk for pk, at in asked if at == turn], turn).items()
    }
    right = sum(
        all(
            criterion in said.get(one, {}) and is_right(ranking, said[one][criterion], sizes[one[0]])
            for criterion, ranking in known[one[0]].answers.items()
        )
        for one in asked
    )
    needed = Qualification(len(asked), rules.share).needed
    passed = right >= needed
    attempt = QualificationTry.objects.create(
        annotator=annotator, number=number, right=right, of=len(asked), passed=passed
    )
    if passed:
        _set(annotator, qualified_at=timezone.now())
    if passed or number <= rules.retries:
        tell(annotator, Notice.Kind.QUALIFICATION, attempt=attempt)
        return
    reason = _(
        "In the qualification test you gave %(right)s of %(of)s answers as we expected them, and %(needed)s "
        "are needed. There is no further try, unless the owner grants one."
    ) % {"right": right, "of": len(asked), "needed": needed}
    people.pause(annotator, None, reason)
    annotator.refresh_from_db(fields=["paused_at", "told"])


def _train(annotator: Annotator, project: Project, lent_for: float) -> None:
    begun, order = _theirs(annotator, project, Gold.Use.TRAINING)
    asked = [(pk, 0) for pk in order[: quality_of(project).training]]
    if asked and not begun and _introduce(annotator, Notice.Kind.TRAINING):
        return
    undiscussed = (
        Assignment.objects.filter(annotator=annotator, purpose=Purpose.TRAINING, state=State.SUBMITTED)
        .filter(notice=None)
        .order_by("pk")
        .values_list("pk", flat=True)
        .first()
    )
    if undiscussed is not None:
        tell(annotator, Notice.Kind.TRAINING, assignment_id=undiscussed)
        return
    if any(begun.get(one) == State.LIVE for one in asked):
        return
    missing = [one for one in asked if begun.get(one) in (None, State.EXPIRED)]
    if missing:
        _lend(annotator, Purpose.TRAINING, missing[:1], lent_for)
    else:
        _set(annotator, trained_at=timezone.now())


def _theirs(annotator: Annotator, project: Project, use: str) -> tuple[dict[tuple[int, int], str], list[int]]:
    """States of what they have had of this use, by comparison and round; and the comparisons that may be
    asked, in an order of their own. What they have had for another purpose tells nothing any more."""
    known = list(known_of(project, use))
    purpose = Purpose.QUALIFICATION if use == Gold.Use.QUALIFICATION else Purpose.TRAINING
    begun, elsewhere = {}, set()
    rows = Assignment.objects.filter(annotator=annotator, comparison__in=known)
    for comparison, number, lent_for, state in rows.values_list("comparison", "round", "purpose", "state"):
        if lent_for == purpose:
            begun[comparison, number] = state
        else:
            elsewhere.add(comparison)
    order = sorted(known, key=lambda pk: lending.draw(annotator.pk, pk, use))
    return begun, [pk for pk in order if pk not in elsewhere]


def _introduce(annotator: Annotator, kind: str) -> bool:
    """Says once what begins now; False where that was read."""
    if Notice.objects.filter(annotator=annotator, kind=kind).exists():
        return False
    tell(annotator, kind)
    return True


def _lend(annotator: Annotator, purpose: str, asked: list[tuple[int, int]], lent_for: float) -> None:
    sizes = _sizes(asked)
    rows = [(pk, number, shown_order(annotator, pk, sizes[pk])) for pk, number in asked]
    lending.lend(annotator, purpose, rows, lent_for)


def _sizes(asked: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Numbers of responses."""
    found = Comparison.objects.filter(pk__in=[pk for pk, _turn in asked])
    return dict(found.values_list("pk", "k"))


def _lock(annotator: Annotator) -> None:
    """Two tabs that come to the end of a test at once must not both finish it."""
    fields = ["qualified_at", "trained_at", "notice", "paused_at", "told"]
    locked = Annotator.objects.select_for_update(of=("self",))
    annotator.refresh_from_db(fields=fields, from_queryset=locked)


def _set(annotator: Annotator, **values: object) -> None:
    for name, value in values.items():
        setattr(annotator, name, value)
    Annotator.objects.filter(pk=annotator.pk).update(**values)

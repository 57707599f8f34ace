"""Hidden instruments: known comparisons, repeats and mirrors, lent behind the work.

Whether one follows a comparison is drawn from a secret, so nobody can foresee it, and the same draw comes out
however often a page is loaded. Nothing is drawn without work: nobody is kept busy with instruments alone, and
none takes a slot of the queue.
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Exists, OuterRef
from django.utils import timezone

from ..leases.order import shown_order
from ..models import Annotator, Assignment, Comparison, Gold, Project
from ..rows import listed
from .known import known_of
from .settings import Quality, quality_of

Purpose = Assignment.Purpose

# The round of what somebody has answered before, once more.
AGAIN = 1

# A repeat is drawn among so many answers behind the gap.
_REACH = 200

# A lease that ran out comes back to life for the same purpose only.
_LEND = """
INSERT INTO annotation_assignment ({columns}) {rows}
ON CONFLICT (comparison_id, annotator_id, round) DO UPDATE SET state = 'live',
    claimed_at = excluded.claimed_at, leased_until = excluded.leased_until
    WHERE annotation_assignment.state = 'expired' AND annotation_assignment.purpose = excluded.purpose
"""

_COLUMNS = (
    *("comparison_id", "annotator_id", "round", "purpose", "state", "skip_reason", "shown"),
    *("claimed_at", "leased_until"),
)

Lent = tuple[int, int, str]  # comparison, round, order shown


def behind(annotator: Annotator, project: Project, assignments: Sequence[int], lent_for: float) -> None:
    """Lends what follows this work, just lent, as drawn. No statement where nothing was drawn; two or three
    for each instrument."""
    quality = quality_of(project)
    if not quality.instruments:
        return
    for assignment in assignments:
        purpose = drawn(quality, annotator.pk, assignment)
        if purpose is None:
            continue
        chance = draw(annotator.pk, assignment, "which")
        found = (
            _gold(annotator, project, chance)
            if purpose == Purpose.GOLD
            else _again(annotator, quality.repeat_gap, purpose == Purpose.MIRROR, chance)
        )
        if found:
            lend(annotator, purpose, [found], lent_for)


def drawn(quality: Quality, annotator: int, assignment: int) -> str | None:
    """Which instrument follows this assignment of work, if any.

    Of all that somebody is lent a share `quality.instruments` is to be instruments, so one follows a
    comparison of work with the odds of that share.
    """
    left = draw(annotator, assignment, "follows") * (1 - quality.instruments)
    for purpose, share in (
        (Purpose.GOLD, quality.gold),
        (Purpose.REPEAT, quality.repeats),
        (Purpose.MIRROR, quality.mirrors),
    ):
        if left < share:
            return purpose
        left -= share
    return None


def lend(annotator: Annotator, purpose: str, lent: Iterable[Lent], lent_for: float) -> None:
    """Lends comparisons for a purpose that takes no slot. What is lent or was answered stays as it is."""
    now = timezone.now()
    until = now + timedelta(seconds=lent_for)
    rows = [
        (comparison, annotator.pk, number, purpose, "live", "", shown, now, until)
        for comparison, number, shown in lent
    ]
    if rows:
        table, values = listed(Assignment, _COLUMNS, rows)
        with connection.cursor() as cursor:
            cursor.execute(_LEND.format(columns=", ".join(_COLUMNS), rows=table), values)


def draw(*parts: object) -> float:
    """A number from 0 to 1, the same for the same parts, that nobody can foresee who lacks our secret."""
    text = "/".join(map(str, ("instruments", *parts))).encode()
    digest = hmac.new(settings.SECRET_KEY.encode(), text, hashlib.blake2b).digest()
    return int.from_bytes(digest[:8]) / 2**64


def _gold(annotator: Annotator, project: Project, chance: float) -> Lent | None:
    """A known comparison that they have not seen, or whose lease ran out."""
    known = list(known_of(project, Gold.Use.MONITORING))
    if not known:
        return None
    theirs = Assignment.objects.filter(annotator=annotator, comparison__in=known)
    seen = set(
        theirs.exclude(state=Assignment.State.EXPIRED, purpose=Purpose.GOLD).values_list(
            "comparison", flat=True
        )
    )
    left = [pk for pk in known if pk not in seen]
    if not left:
        return None
    found = left[int(chance * len(left))]
    k = Comparison.objects.values_list("k", flat=True).get(pk=found)
    return found, 0, shown_order(annotator, found, k)


def _again(annotator: Annotator, gap: int, mirror: bool, chance: float) -> Lent | None:
    """Something they answered at least `gap` answers ago, and once only."""
    once_more = Assignment.objects.filter(comparison=OuterRef("comparison"), annotator=annotator, round=AGAIN)
    answered = Assignment.objects.filter(
        annotator=annotator, state=Assignment.State.SUBMITTED, purpose=Purpose.WORK, round=0
    ).order_by("-pk")
    reached = answered.values_list("pk", flat=True)[gap : gap + _REACH]
    found = list(
        Assignment.objects.filter(~Exists(once_more), pk__in=list(reached))
        .order_by("pk")
        .values_list("comparison", "shown")
    )
    if not found:
        return None
    comparison, shown = found[int(chance * len(found))]
    return comparison, AGAIN, shown[::-1] if mirror else shown

"""A person's own pace: what they did today, how long an answer takes them, and what that pays.

Every answer takes the time of all its revisions: changing one's mind is work too.
"""

from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from math import ceil
from statistics import median

from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from .models import Annotation, Annotator, Assignment, Project

# Answers that the usual time is taken from, how few of them say nothing yet, and how few seconds of them do:
# of answers given faster than anybody reads, even all of them.
RECENT = 50
FEWEST = 5
ENOUGH = 300.0

# The latest answers among which those of today are looked for: more than anybody gives in a day.
REACH = 2000

# The first row is today's; the others are the latest answers. An answer counts for the day it was first given
# on, its time for the day it was spent on. Ranges and subqueries in place of an equality and a join, so that
# PostgreSQL cannot but go down the index of what this annotator has submitted, newest first, and from there
# to single annotations: its guess is that a scan of everybody's would soon meet 50 of theirs.
_PACE = """
WITH mine AS MATERIALIZED (
    SELECT a.id FROM annotation_assignment a
    WHERE a.annotator_id BETWEEN %(annotator)s AND %(annotator)s
        AND a.state = 'submitted' AND a.purpose <> 'import'
    ORDER BY a.annotator_id DESC, a.id DESC LIMIT %(reach)s
)
SELECT sum(today.answers), sum(today.seconds) FROM (
    SELECT (SELECT count(*) FROM annotation_annotation n WHERE n.assignment_id = mine.id
            AND n.revision = 0 AND n.created_at >= %(midnight)s) AS answers,
           (SELECT sum(n.active_seconds) FROM annotation_annotation n WHERE n.assignment_id = mine.id
            AND n.created_at >= %(midnight)s) AS seconds
    FROM mine
) AS today
UNION ALL
SELECT 1, (SELECT sum(n.active_seconds) FROM annotation_annotation n WHERE n.assignment_id = latest.id)
FROM (SELECT id FROM mine ORDER BY id DESC LIMIT %(recent)s) AS latest
"""


@dataclass(frozen=True, slots=True)
class Pace:
    """What a person did today and how long an answer takes them.

    `median_seconds` is over the `timed` latest answers whose time is known, at most RECENT, which took
    `timed_seconds`; None where they are fewer than FEWEST or took less than ENOUGH, because so little work
    says nothing about the next answer, and less about an hour of them.
    """

    answers_today: int = 0
    seconds_today: float = 0.0
    median_seconds: float | None = None
    timed: int = 0
    timed_seconds: float = 0.0


def pace_of(annotator: Annotator) -> Pace:
    """This annotator's pace; imported answers are left out. The day begins at midnight of the current time
    zone. One SQL statement, whose cost neither the project nor a long history raises; for that, what was done
    today to an answer older than the latest REACH is not counted."""
    midnight = timezone.make_aware(datetime.combine(timezone.localdate(), time.min))
    with connection.cursor() as cursor:
        cursor.execute(
            _PACE,
            {
                "annotator": annotator.pk,
                "midnight": connection.ops.adapt_datetimefield_value(midnight),
                "reach": REACH,
                "recent": RECENT,
            },
        )
        (answers, seconds), *latest = cursor.fetchall()
    times = [took for _, took in latest if took is not None]
    worked = sum(times, 0.0)
    usual = median(times) if len(times) >= FEWEST and worked >= ENOUGH else None
    return Pace(int(answers or 0), seconds or 0.0, usual, len(times), worked)


def answers_needed(pace: Pace) -> int:
    """How many answers it takes until the pace is known, if the next ones take as long as those so far."""
    return max(FEWEST, ceil(ENOUGH * pace.timed / pace.timed_seconds)) if pace.timed_seconds else FEWEST


def minutes_left(pace: Pace, left: int) -> float | None:
    """Minutes that `left` answers take at this pace; None where the pace is not known yet."""
    return None if pace.median_seconds is None else left * pace.median_seconds / 60


def hourly_pay(median_seconds: float | None, price: Decimal) -> Decimal | None:
    """What an hour pays at `price` an answer (one submission, whatever the number of its questions).

    In the currency of the price, rounded to cents; None without a price or a known pace.
    """
    if not price or not median_seconds:
        return None
    return (3600 * price / Decimal(median_seconds)).quantize(Decimal("0.01"))


def fairness(project: Project, hourly: Decimal | None) -> str:
    """``below`` or ``kept``: how an hour's pay stands to the least that the project states. Empty where it
    states none or the pay is not known yet."""
    if project.minimum_hourly_pay is None or hourly is None:
        return ""
    return "below" if hourly < project.minimum_hourly_pay else "kept"


def earned(answers: int, price: Decimal) -> Decimal | None:
    """What this many answers pay, in the currency of the price; None without a price."""
    return answers * price if price else None


def usual_pace(project: Project) -> tuple[float | None, int]:
    """The median over people of the median active seconds of their answers, and how many people that is over:
    those with FEWEST answers that took ENOUGH seconds. One statement, which reads the project's answers."""
    given = (
        Annotation.objects.filter(
            assignment__annotator__project=project, assignment__annotator__kind=Annotator.Kind.HUMAN
        )
        .exclude(assignment__purpose=Assignment.Purpose.IMPORT)
        .exclude(active_seconds=None)
        .order_by()
        .values_list("assignment__annotator", "assignment")
        .annotate(Sum("active_seconds"))
    )
    times: dict[int, list[float]] = {}
    for annotator, _assignment, seconds in given.iterator():
        times.setdefault(annotator, []).append(seconds)
    each = [median(some) for some in times.values() if len(some) >= FEWEST and sum(some) >= ENOUGH]
    return (median(each) if each else None), len(each)

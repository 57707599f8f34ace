"""Storing a plan: Decisions, and the Demand that follows from them. A dozen statements whatever the size.

Labelling goes on meanwhile. No statement waits for a row of the queue that somebody is claiming or answering
at this moment (SKIP LOCKED; NOT EXISTS, because ON CONFLICT alone would wait), so a plan and a batch of
answers cannot deadlock. Such a row says that its comparison has been started, and a plan leaves what was
started alone. What is held or done is never taken back: `wanted` stays at least at that.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from annotation.bulk import insert
from annotation.models import Annotator, Decision, Project

from .models import Plan
from .standing import can_be_asked


class Row(NamedTuple):
    """What a plan decided for one comparison; `answered` says that the judge's label is there already."""

    comparison_id: int
    destination: str
    audit: bool
    probability: float
    score: float
    reason: str
    answered: bool


# The plan in a table of its own for one transaction: statements over the queue become joins with a table
# whose size PostgreSQL knows. Right after an import it knows no other, and a wrong guess costs hours.
_STAGE = """
CREATE TEMPORARY TABLE routing_planned
    (comparison_id bigint PRIMARY KEY, people boolean NOT NULL, judge boolean NOT NULL,
     score double precision NOT NULL)
"""
_SUPERSEDE = """
UPDATE annotation_decision SET superseded_at = %(now)s
WHERE superseded_at IS NULL AND comparison_id IN (SELECT comparison_id FROM routing_planned)
"""
_TAKE_BACK = """
UPDATE annotation_demand SET wanted = live + done WHERE wanted > live + done AND id IN (
    SELECT d.id FROM annotation_demand d JOIN routing_planned p ON p.comparison_id = d.comparison_id
    WHERE d.pool_id IS NOT NULL AND NOT (p.people AND d.pool_id IN ({pools}))
       OR d.judge_id IS NOT NULL AND NOT (p.judge AND d.judge_id = %(judge)s)
    {lock})
"""
_ASK_POOL_MORE = """
UPDATE annotation_demand SET priority = p.score,
    wanted = CASE WHEN annotation_demand.live + annotation_demand.done > %(wanted)s
                  THEN annotation_demand.live + annotation_demand.done ELSE %(wanted)s END
FROM routing_planned p
WHERE p.comparison_id = annotation_demand.comparison_id AND annotation_demand.id IN (
    SELECT d.id FROM annotation_demand d JOIN routing_planned p ON p.comparison_id = d.comparison_id
    WHERE p.people AND d.pool_id = %(pool)s {lock})
"""
_ASK_POOL = """
INSERT INTO annotation_demand (comparison_id, pool_id, wanted, live, done, priority)
SELECT p.comparison_id, %(pool)s, %(wanted)s, 0, 0, p.score FROM routing_planned p
WHERE p.people AND NOT EXISTS (
    SELECT 1 FROM annotation_demand d WHERE d.comparison_id = p.comparison_id AND d.pool_id = %(pool)s)
ON CONFLICT (comparison_id, pool_id) DO NOTHING
"""
_ASK_JUDGE_MORE = """
UPDATE annotation_demand SET wanted = 1 WHERE wanted < 1 AND id IN (
    SELECT d.id FROM annotation_demand d JOIN routing_planned p ON p.comparison_id = d.comparison_id
    WHERE p.judge AND d.judge_id = %(judge)s {lock})
"""
_ASK_JUDGE = """
INSERT INTO annotation_demand (comparison_id, judge_id, wanted, live, done, priority)
SELECT p.comparison_id, %(judge)s, 1, 0, 0, 0 FROM routing_planned p
WHERE p.judge AND NOT EXISTS (
    SELECT 1 FROM annotation_demand d WHERE d.comparison_id = p.comparison_id AND d.judge_id = %(judge)s)
ON CONFLICT (comparison_id, judge_id) DO NOTHING
"""


@transaction.atomic
def store(
    plan: Plan, rows: Callable[[], Iterable[Row]], wanted: dict[int, int], judge: Annotator | None
) -> None:
    """Saves the plan with its Decisions and asks people and judges for exactly what they say.

    `rows` gives the plan's rows, each time it is called; `wanted` is labels by pool id for a comparison that
    people are asked about; `judge` is whose label stands elsewhere (an imported judge has no version, so it
    is not asked for anything). Earlier current Decisions of the same comparisons are superseded.
    """
    # Two plans of one project at a time would both become current. NO KEY: labels refer to this row.
    Project.objects.select_for_update(no_key=True).get(pk=plan.project_id)
    plan.save(force_insert=True)
    now = timezone.now()
    with connection.cursor() as cursor:
        _stage(rows())
        cursor.execute(_SUPERSEDE, {"now": connection.ops.adapt_datetimefield_value(now)})
        _decide(plan, rows(), judge)
        _change_demand(wanted, judge)
        cursor.execute("DROP TABLE routing_planned")


def _stage(rows: Iterable[Row]) -> None:
    ai = Decision.Destination.AI.value
    values = (
        (
            row.comparison_id,
            row.destination != ai or row.audit,
            row.destination == ai and not row.answered,
            row.score,
        )
        for row in rows
    )
    with connection.cursor() as cursor:
        cursor.execute(_STAGE)
        if connection.vendor == "postgresql":
            with connection.wrap_database_errors, cursor.copy("COPY routing_planned FROM STDIN") as copy:
                for value in values:
                    copy.write_row(value)
            cursor.execute("ANALYZE routing_planned")
        else:
            cursor.executemany("INSERT INTO routing_planned VALUES (%s, %s, %s, %s)", list(values))


def _decide(plan: Plan, rows: Iterable[Row], judge: Annotator | None) -> None:
    standing = {Decision.Destination.AI.value: judge.pk if judge else None}
    insert(
        Decision,
        ("comparison_id", "destination", "audit", "probability", "score", "reason", "judge_id"),
        ((*row[:-1], standing.get(row.destination)) for row in rows),
        policy=plan.policy,
        policy_version=plan.policy_version,
        plan=plan.pk,
    )


def _change_demand(wanted: dict[int, int], judge: Annotator | None) -> None:
    """Takes back every open slot that was not decided, then asks for what was."""
    lock = "FOR UPDATE OF d SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""
    asked = {"judge": judge.pk if judge and can_be_asked(judge) else 0}
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_BACK.format(lock=lock, pools=", ".join(map(str, wanted))), asked)
        for pool, number in wanted.items():
            values = {"pool": pool, "wanted": number}
            cursor.execute(_ASK_POOL_MORE.format(lock=lock), values)
            cursor.execute(_ASK_POOL, values)
        if asked["judge"]:
            cursor.execute(_ASK_JUDGE_MORE.format(lock=lock), asked)
            cursor.execute(_ASK_JUDGE, asked)

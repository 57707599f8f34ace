"""Storing a slice of a plan: Decisions, and the Demand that follows. Some twenty statements for any size.

Labelling goes on meanwhile, and since the plan was read. So `stage` first holds the slice's part of the queue
until the end of the transaction and drops from the plan every comparison that is not open any more: a person
has labelled or holds it, or somebody is claiming, answering or giving it back at this moment. Such rows are
locked; they are skipped, never waited for (SKIP LOCKED; NOT EXISTS, because ON CONFLICT alone would wait), so
a plan and a batch of answers cannot deadlock.

What is done is never taken back, and no person loses what they hold. A judge does lose its lease on what is
not wanted of it any more: otherwise the slot would come back to the queue with the lease. What it answers
all the same is surplus.
"""

from collections.abc import Iterable
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models.expressions import RawSQL
from django.utils import timezone

from annotation.bulk import insert, stage_rows
from annotation.models import Annotator, Decision, Project

from .models import Plan
from .signals import open_comparisons
from .standing import can_be_asked


class Row(NamedTuple):
    """What a plan decided for one comparison; `answered` says that the judge's label is there already, and
    `labels` how many the default pool is asked for, None where that is what the project says."""

    comparison_id: int
    destination: str
    audit: bool
    probability: float
    score: float
    reason: str
    answered: bool
    labels: int | None


# The slice in a table of its own for one transaction: statements over the queue become joins with a table
# whose size PostgreSQL knows. Right after an import it knows no other, and a wrong guess costs hours.
_PLANNED = (
    "comparison_id bigint PRIMARY KEY",
    "people boolean NOT NULL",
    "judge boolean NOT NULL",
    "score double precision NOT NULL",
    "labels integer",
)
_DROP_TOUCHED = """
WITH held AS MATERIALIZED (
    SELECT d.id FROM annotation_demand d JOIN routing_planned p ON p.comparison_id = d.comparison_id {lock})
DELETE FROM routing_planned WHERE comparison_id IN (
    SELECT d.comparison_id
    FROM annotation_demand d JOIN routing_planned p ON p.comparison_id = d.comparison_id
    WHERE NOT EXISTS (SELECT 1 FROM held h WHERE h.id = d.id))
RETURNING comparison_id
"""
_DROP_STARTED = """
DELETE FROM routing_planned WHERE comparison_id IN (SELECT comparison_id FROM routing_planned EXCEPT {open})
RETURNING comparison_id
"""
# Judges' leases that the plan ends.
_UNWANTED_LEASES = """
FROM annotation_assignment a JOIN annotation_demand d ON d.id = a.demand_id
    JOIN routing_planned p ON p.comparison_id = d.comparison_id
WHERE a.state = 'live' AND d.judge_id IS NOT NULL AND NOT (p.judge AND d.judge_id = %(judge)s)
"""
_STAGE_ENDED = """
CREATE TEMPORARY TABLE routing_ended
    (id bigint PRIMARY KEY, demand_id bigint NOT NULL, comparison_id bigint NOT NULL)
"""
_HOLD_LEASES = """
INSERT INTO routing_ended SELECT a.id, a.demand_id, a.comparison_id {leases} {lock}
"""
_DROP_ANSWERED = """
DELETE FROM routing_planned WHERE comparison_id IN (
    SELECT a.comparison_id {leases} AND NOT EXISTS (SELECT 1 FROM routing_ended e WHERE e.id = a.id))
RETURNING comparison_id
"""
_FREE_SLOTS = """
UPDATE annotation_demand SET live = live - 1 WHERE id IN (
    SELECT e.demand_id FROM routing_ended e JOIN routing_planned p ON p.comparison_id = e.comparison_id)
"""
# Expired rather than returned: a later plan may want the same judge again.
_END_LEASES = """
UPDATE annotation_assignment SET state = 'expired', demand_id = NULL WHERE id IN (
    SELECT e.id FROM routing_ended e JOIN routing_planned p ON p.comparison_id = e.comparison_id)
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
    wanted = CASE WHEN annotation_demand.live + annotation_demand.done > {wanted}
                  THEN annotation_demand.live + annotation_demand.done ELSE {wanted} END
FROM routing_planned p
WHERE p.comparison_id = annotation_demand.comparison_id AND annotation_demand.id IN (
    SELECT d.id FROM annotation_demand d JOIN routing_planned p ON p.comparison_id = d.comparison_id
    WHERE p.people AND d.pool_id = %(pool)s {lock})
"""
_ASK_POOL = """
INSERT INTO annotation_demand (comparison_id, pool_id, wanted, live, done, priority)
SELECT p.comparison_id, %(pool)s, {wanted}, 0, 0, p.score FROM routing_planned p
WHERE p.people AND NOT EXISTS (
    SELECT 1 FROM annotation_demand d WHERE d.comparison_id = p.comparison_id AND d.pool_id = %(pool)s)
ON CONFLICT (comparison_id, pool_id) DO NOTHING
"""
# What a plan says of the default pool's labels on one comparison goes before what the project says.
_AS_MANY = {True: "COALESCE(p.labels, %(wanted)s)", False: "%(wanted)s"}
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
# What people have begun of earlier plans, and the same again with its new probability.
_EARLIER = """
plan <> %(plan)s AND probability < 1 AND (destination = 'human' OR audit)
AND comparison_id IN (SELECT id FROM annotation_comparison WHERE project_id = %(project)s)
"""
_CLOSE = """
UPDATE annotation_decision SET superseded_at = %(now)s WHERE superseded_at IS NULL AND {earlier}
"""
_STATE_AGAIN = """
INSERT INTO annotation_decision ({same}, probability)
SELECT {same}, 1 FROM annotation_decision WHERE superseded_at = %(now)s AND {earlier}
"""
_SAME = (
    "comparison_id, destination, audit, score, reason, labels, judge_id, policy, policy_version, plan, "
    "created_at"
)


def stage(project: Project, rows: Iterable[Row], judge: Annotator | None) -> set[int]:
    """Holds what these rows are about, to be stored in the same transaction. Gives what to leave alone.

    `judge` is whose label stands where no person is asked. The ids returned are of comparisons that were
    started since the plan was read, or are being lent, answered or given back now; `store` is not given them.
    """
    # Two plans of one project at a time would both become current. NO KEY: labels refer to this row.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    _copy(rows)
    here = open_comparisons(project).filter(pk__in=RawSQL("SELECT comparison_id FROM routing_planned", []))
    still_open, arguments = here.order_by().values("pk").query.sql_with_params()
    asked = {"judge": _asked(judge)}
    left: set[int] = set()
    with connection.cursor() as cursor:
        cursor.execute(_DROP_TOUCHED.format(lock=_lock("d")))
        left.update(pk for (pk,) in cursor.fetchall())
        cursor.execute(_DROP_STARTED.format(open=still_open), arguments)
        left.update(pk for (pk,) in cursor.fetchall())
        cursor.execute(_STAGE_ENDED)
        cursor.execute(_HOLD_LEASES.format(leases=_UNWANTED_LEASES, lock=_lock("a")), asked)
        cursor.execute(_DROP_ANSWERED.format(leases=_UNWANTED_LEASES), asked)
        left.update(pk for (pk,) in cursor.fetchall())
    return left


def store(plan: Plan, rows: Iterable[Row], wanted: dict[int, int], judge: Annotator | None) -> None:
    """Saves the staged rows of a plan as Decisions and asks people and judges for exactly what they say.

    `rows` are those that were staged, without the ones to be left alone; `wanted` is labels by pool id for a
    comparison that people are asked about; `judge` is the one that `stage` was given (an imported judge has
    no version, so it is not asked for anything). Earlier current Decisions of the same comparisons are
    superseded.
    """
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(_SUPERSEDE, {"now": connection.ops.adapt_datetimefield_value(now)})
        _decide(plan, rows, judge)
        cursor.execute(_FREE_SLOTS)
        cursor.execute(_END_LEASES)
        _change_demand(wanted, judge, _varied(plan))
        both = ("routing_ended, routing_planned",)
        for tables in both if connection.vendor == "postgresql" else ("routing_ended", "routing_planned"):
            cursor.execute(f"DROP TABLE {tables}")


def close_earlier(plan: Plan) -> None:
    """What people have begun of earlier plans stands for itself once a new one is in effect: seen from there
    they were asked about it for certain, and it is no sample of what the new plan left to the judge. Such
    Decisions are stored again with probability 1; the former ones are kept as superseded."""
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    by = Decision._meta.get_field("plan").get_db_prep_value(plan.pk, connection)
    values = {"now": now, "plan": by, "project": plan.project_id}
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(_CLOSE.format(earlier=_EARLIER), values)
        if cursor.rowcount:
            cursor.execute(_STATE_AGAIN.format(same=_SAME, earlier=_EARLIER), values)


def _copy(rows: Iterable[Row]) -> None:
    ai = Decision.Destination.AI.value
    values = (
        (
            row.comparison_id,
            row.destination != ai or row.audit,
            row.destination == ai and not row.answered,
            row.score,
            row.labels,
        )
        for row in rows
    )
    stage_rows("routing_planned", _PLANNED, values)


def _decide(plan: Plan, rows: Iterable[Row], judge: Annotator | None) -> None:
    standing = {Decision.Destination.AI.value: judge.pk if judge else None}
    insert(
        Decision,
        ("comparison_id", "destination", "audit", "probability", "score", "reason", "labels", "judge_id"),
        ((*row[:6], row.labels, standing.get(row.destination)) for row in rows),
        policy=plan.policy,
        policy_version=f"{plan.policy_version}.{plan.refit.number}" if plan.refit else plan.policy_version,
        plan=plan.pk,
    )


def _varied(plan: Plan) -> int | None:
    """The pool whose labels this plan varies by comparison, None where all get as many."""
    if plan.parameters.get("overlap") is None:
        return None
    return plan.project.pools.filter(default=True).values_list("pk", flat=True).first()


def _change_demand(wanted: dict[int, int], judge: Annotator | None, varied: int | None) -> None:
    """Takes back every open slot that was not decided, then asks for what was."""
    lock = _lock("d")
    asked = {"judge": _asked(judge)}
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_BACK.format(lock=lock, pools=", ".join(map(str, wanted))), asked)
        for pool, number in wanted.items():
            values = {"pool": pool, "wanted": number}
            as_many = _AS_MANY[pool == varied]
            cursor.execute(_ASK_POOL_MORE.format(lock=lock, wanted=as_many), values)
            cursor.execute(_ASK_POOL.format(wanted=as_many), values)
        if asked["judge"]:
            cursor.execute(_ASK_JUDGE_MORE.format(lock=lock), asked)
            cursor.execute(_ASK_JUDGE, asked)


def _asked(judge: Annotator | None) -> int:
    """The id of the judge that is asked for labels, 0 where none is."""
    return judge.pk if judge and can_be_asked(judge) else 0


def _lock(table: str) -> str:
    skips = connection.features.has_select_for_update_skip_locked
    return f"FOR UPDATE OF {table} SKIP LOCKED" if skips else ""

"""Storing a plan: Decisions, and the Demand that follows from them. A dozen statements whatever the size.

The new Decisions are inserted as already superseded, so that they can serve as the list of comparisons that
the other statements read; then they take the place of the old ones.
"""

from collections.abc import Iterable

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from annotation.bulk import insert
from annotation.models import Annotator, Decision, Demand, Project

from .models import Plan

# (comparison id, destination, audit, probability, score, reason)
Row = tuple[int, str, bool, float, float, str]

# Labelling goes on while a plan is stored. No statement on the queue waits for a row that somebody is
# claiming or answering at this moment (SKIP LOCKED; NOT EXISTS, because ON CONFLICT waits), so a plan and a
# batch of answers cannot deadlock. Such a row says that its comparison has been started, and a plan leaves
# what was started alone. What is held or done is never taken back: `wanted` stays at least at that.
_ASK_PEOPLE_MORE = """
UPDATE annotation_demand SET priority = decided.score,
    wanted = CASE WHEN annotation_demand.live + annotation_demand.done > %(wanted)s
                  THEN annotation_demand.live + annotation_demand.done ELSE %(wanted)s END
FROM annotation_decision decided
WHERE decided.plan = %(plan)s AND (decided.destination = 'human' OR decided.audit)
  AND annotation_demand.comparison_id = decided.comparison_id AND annotation_demand.id IN (
    SELECT d.id FROM annotation_demand d JOIN annotation_decision x ON x.comparison_id = d.comparison_id
    WHERE x.plan = %(plan)s AND d.pool_id = %(pool)s {lock})
"""
_ASK_PEOPLE = """
INSERT INTO annotation_demand (comparison_id, pool_id, wanted, live, done, priority)
SELECT x.comparison_id, %(pool)s, %(wanted)s, 0, 0, x.score FROM annotation_decision x
WHERE x.plan = %(plan)s AND (x.destination = 'human' OR x.audit) AND NOT EXISTS (
    SELECT 1 FROM annotation_demand d WHERE d.comparison_id = x.comparison_id AND d.pool_id = %(pool)s)
ON CONFLICT (comparison_id, pool_id) DO NOTHING
"""

# A label that the judge already has stands; asking again would only buy it twice.
_ASK_JUDGE_MORE = """
UPDATE annotation_demand SET wanted = 1 WHERE wanted < 1 AND id IN (
    SELECT d.id FROM annotation_demand d JOIN annotation_decision x ON x.comparison_id = d.comparison_id
    WHERE x.plan = %(plan)s AND x.destination = 'ai' AND d.judge_id = %(judge)s AND NOT EXISTS (
        SELECT 1 FROM annotation_label l
        WHERE l.comparison_id = x.comparison_id AND l.annotator_id = %(judge)s AND l.current)
    {lock})
"""
_ASK_JUDGE = """
INSERT INTO annotation_demand (comparison_id, judge_id, wanted, live, done, priority)
SELECT x.comparison_id, %(judge)s, 1, 0, 0, 0 FROM annotation_decision x
WHERE x.plan = %(plan)s AND x.destination = 'ai' AND NOT EXISTS (
    SELECT 1 FROM annotation_label l
    WHERE l.comparison_id = x.comparison_id AND l.annotator_id = %(judge)s AND l.current)
  AND NOT EXISTS (
    SELECT 1 FROM annotation_demand d WHERE d.comparison_id = x.comparison_id AND d.judge_id = %(judge)s)
ON CONFLICT (comparison_id, judge_id) DO NOTHING
"""


@transaction.atomic
def store(plan: Plan, rows: Iterable[Row], wanted: dict[int, int], judge: Annotator | None) -> None:
    """Saves the plan with its Decisions and asks people and judges for exactly what they say.

    `wanted` is labels by pool id for a comparison that goes to people; `judge` is whose label stands
    elsewhere (an imported judge has no version, so it is not asked for anything). Earlier current Decisions
    of the same comparisons are superseded.
    """
    # Two plans of one project at a time would both become current. NO KEY: labels refer to this row.
    Project.objects.select_for_update(no_key=True).get(pk=plan.project_id)
    plan.save(force_insert=True)
    _insert(plan, rows, judge)
    mine = Decision.objects.filter(plan=plan.pk)
    Decision.objects.filter(superseded_at=None, comparison__in=mine.values("comparison")).update(
        superseded_at=timezone.now()
    )
    mine.update(superseded_at=None)
    _lower(plan, wanted, judge)
    lock = "FOR UPDATE OF d SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""
    identity = Plan._meta.pk.get_db_prep_value(plan.pk, connection)
    with connection.cursor() as cursor:
        for pool, number in wanted.items():
            values = {"plan": identity, "pool": pool, "wanted": number}
            cursor.execute(_ASK_PEOPLE_MORE.format(lock=lock), values)
            cursor.execute(_ASK_PEOPLE, values)
        if judge is not None and judge.judge_version_id is not None:
            values = {"plan": identity, "judge": judge.pk}
            cursor.execute(_ASK_JUDGE_MORE.format(lock=lock), values)
            cursor.execute(_ASK_JUDGE, values)


def _lower(plan: Plan, wanted: dict[int, int], judge: Annotator | None) -> None:
    """Takes back every open slot of the plan's comparisons that was not decided."""
    mine = Decision.objects.filter(plan=plan.pk)
    human = mine.filter(destination=Decision.Destination.HUMAN)
    people = mine.filter(Q(destination=Decision.Destination.HUMAN) | Q(audit=True))
    undecided = Q(pool__isnull=False) & ~(
        Q(pool__in=list(wanted)) & Q(comparison__in=people.values("comparison"))
    )
    undecided |= Q(judge__isnull=False) & (~Q(judge=judge) | Q(comparison__in=human.values("comparison")))
    free = Demand.objects.filter(
        undecided, comparison__in=mine.values("comparison"), wanted__gt=F("live") + F("done")
    ).select_for_update(skip_locked=True)
    Demand.objects.filter(pk__in=free.values("pk")).update(wanted=F("live") + F("done"))


def _insert(plan: Plan, rows: Iterable[Row], judge: Annotator | None) -> None:
    standing = {Decision.Destination.AI.value: judge.pk if judge else None}
    insert(
        Decision,
        ("comparison_id", "destination", "audit", "probability", "score", "reason", "judge_id"),
        ((*row, standing.get(row[1])) for row in rows),
        policy=plan.policy,
        policy_version=plan.policy_version,
        plan=plan.pk,
        superseded_at=timezone.now(),
    )

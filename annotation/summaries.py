"""Summaries of comparisons follow their labels in the background, so that nobody who answers waits for them.

Labels are only ever added, so what changed is found by id. A transaction may commit a smaller id than those
already seen: what is younger than LAG is looked at again, and an import, which takes longer, says where it
began (`look_again`, in its own transaction).
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from .models import Comparison, Criterion, Label, Project, SearchText, Summary, SummaryMark

LAG = timedelta(seconds=60)
BATCH = 1000
LONGEST_TEXT = 2000  # characters of a prompt that searching knows

# Counts are cast because PostgreSQL's sums are of another type, whose division does not cut off.
COUNT = """
WITH said AS (
    SELECT l.comparison_id, l.criterion_id, l.ranking,
        SUM(CASE WHEN a.kind = 'human' THEN 1 ELSE 0 END) AS people,
        SUM(CASE WHEN a.kind = 'judge' THEN 1 ELSE 0 END) AS judges,
        SUM(CASE WHEN a.kind = 'human' AND l.independent THEN 1 ELSE 0 END) AS p,
        SUM(CASE WHEN a.kind = 'judge' AND l.independent THEN 1 ELSE 0 END) AS j
    FROM annotation_label l JOIN annotation_annotator a ON a.id = l.annotator_id
    WHERE l.comparison_id IN ({ids}) AND l.current
    GROUP BY l.comparison_id, l.criterion_id, l.ranking
), asked AS (
    SELECT comparison_id, SUM(people) AS people, SUM(judges) AS judges,
        CAST(SUM(p) AS bigint) AS p, CAST(SUM(j) AS bigint) AS j,
        CAST(SUM(p * (p - 1)) AS bigint) AS alike, CAST(SUM(p * j) AS bigint) AS across
    FROM said GROUP BY comparison_id, criterion_id
), counted AS (
    SELECT comparison_id,
        CASE WHEN SUM(people) > 0 THEN 1 ELSE 0 END + CASE WHEN SUM(judges) > 0 THEN 2 ELSE 0 END AS source,
        MAX(CASE WHEN p > 1 THEN 100 - 100 * alike / (p * (p - 1)) ELSE 0 END) AS people_differ,
        MAX(CASE WHEN p > 0 AND j > 0 THEN 100 - 100 * across / (p * j) ELSE 0 END) AS judges_differ
    FROM asked GROUP BY comparison_id
)
INSERT INTO annotation_summary (comparison_id, project_id, category, source, people_differ, judges_differ)
SELECT c.id, c.project_id, c.category,
    COALESCE(n.source, 0), COALESCE(n.people_differ, 0), COALESCE(n.judges_differ, 0)
FROM annotation_comparison c LEFT JOIN counted n ON n.comparison_id = c.id WHERE c.id IN ({ids})
ON CONFLICT (comparison_id) DO UPDATE SET source = excluded.source,
    people_differ = excluded.people_differ, judges_differ = excluded.judges_differ
WHERE annotation_summary.source <> excluded.source
    OR annotation_summary.people_differ <> excluded.people_differ
    OR annotation_summary.judges_differ <> excluded.judges_differ
"""


def recount(comparison_ids: Iterable[int]) -> None:
    """Summarises these comparisons anew. One SQL statement a thousand."""
    ids = sorted(set(comparison_ids))
    for start in range(0, len(ids), BATCH):
        some = ids[start : start + BATCH]
        with connection.cursor() as cursor:
            cursor.execute(COUNT.format(ids=", ".join(["%s"] * len(some))), [*some, *some])


def catch_up(project: Project) -> int:
    """Summarises what is new since the last time; gives the number of comparisons looked at."""
    mark, _ = SummaryMark.objects.get_or_create(project=project)
    comparisons, added = _add_new(project, mark.comparisons)
    labels, counted = _count_new(project, mark.labels)
    # Unless an import has set it back meanwhile: then all of that is looked at again.
    SummaryMark.objects.filter(pk=mark.pk, comparisons=mark.comparisons, labels=mark.labels).update(
        comparisons=comparisons, labels=labels
    )
    return added + counted


def behind() -> list[Project]:
    """Projects with comparisons or labels that no summary knows for sure yet. Three SQL statements."""
    label = Label.objects.filter(criterion=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    labels: dict[int, int] = defaultdict(int)
    for project_id, pk in Criterion.objects.order_by().values_list("project", Subquery(label)):
        labels[project_id] = max(labels[project_id], pk or 0)
    comparison = Comparison.objects.filter(project=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    marks = {mark.pk: mark for mark in SummaryMark.objects.all()}
    return [
        project
        for project in Project.objects.annotate(newest=Subquery(comparison))
        for mark in [marks.get(project.pk, SummaryMark())]
        if (project.newest or 0) > mark.comparisons or labels[project.pk] > mark.labels
    ]


def newest_known(project: Project) -> tuple[int, int]:
    """(comparison, label): the newest ids there are, before an import adds its own."""
    label = Label.objects.order_by("-pk").values_list("pk", flat=True).first()
    comparison = (
        Comparison.objects.filter(project=project).order_by("-pk").values_list("pk", flat=True).first()
    )
    return comparison or 0, label or 0


def look_again(project: Project, comparisons: int, labels: int) -> None:
    """Sets the marks back to these ids, in the transaction of an import that added what is newer."""
    mark = SummaryMark.objects.select_for_update().filter(project=project).first()
    if mark is not None:
        mark.comparisons, mark.labels = min(mark.comparisons, comparisons), min(mark.labels, labels)
        mark.save()


def _add_new(project: Project, last: int) -> tuple[int, int]:
    """Rows for comparisons with an id above `last`: (the newest id, their number)."""
    number = 0
    new = Comparison.objects.filter(project=project).order_by("pk").values_list("pk", "category", "prompt")
    while rows := list(new.filter(pk__gt=last)[:BATCH]):
        with transaction.atomic():
            SearchText.objects.bulk_create(
                [SearchText(comparison_id=pk, text=_text(prompt)) for pk, _, prompt in rows],
                ignore_conflicts=True,
            )
            Summary.objects.bulk_create(
                [Summary(comparison_id=pk, project=project, category=name) for pk, name, _ in rows],
                ignore_conflicts=True,
            )
        last, number = rows[-1][0], number + len(rows)
    return last, number


def _count_new(project: Project, last: int) -> tuple[int, int]:
    """Counts comparisons with a label above `last`: (the id up to which no other can come, their number)."""
    young = timezone.now() - LAG
    new = Label.objects.filter(criterion__in=_criteria(project)).order_by("pk")
    rows = new.values_list("pk", "comparison_id", "annotation__created_at")
    settled, number, all_old = last, 0, True
    while some := list(rows.filter(pk__gt=last)[:BATCH]):
        touched = {comparison for _, comparison, _ in some}
        recount(touched)
        last, number = some[-1][0], number + len(touched)
        for pk, _, written in some if all_old else ():
            all_old = written < young
            if not all_old:
                break
            settled = pk
    return settled, number


def _text(prompt: Any) -> str:
    """The words of a prompt, the last message first: it is what was asked."""
    messages = prompt if isinstance(prompt, list) else []
    parts: list[str] = []
    for message in reversed(messages):
        content = message.get("content") if isinstance(message, dict) else None
        pieces = content if isinstance(content, list) else [{"text": content}]
        parts += [
            piece["text"]
            for piece in pieces
            if isinstance(piece, dict) and isinstance(piece.get("text"), str)
        ]
    return " ".join(" ".join(parts).split())[:LONGEST_TEXT]


def _criteria(project: Project) -> list[int]:
    """All of the project's, retired ones too: their labels are labels."""
    return list(project.criteria.values_list("pk", flat=True))

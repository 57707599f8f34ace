"""Makers for routing's tests: judges, what they have said, and projects of some size."""

from decimal import Decimal

from django.utils import timezone

from annotation import labels, leases
from annotation.models import Annotator, Comparison, Demand, JudgeCall, JudgeVersion, Project


def make_judge(project: Project, name: str = "north", version: int = 1) -> Annotator:
    """A judge that can be asked; an earlier version of it is retired."""
    JudgeVersion.objects.filter(project=project, name=name).update(retired_at=timezone.now())
    identity = JudgeVersion.objects.create(
        project=project,
        name=name,
        version=version,
        model="m",
        template="pairwise",
        fingerprint=f"{name}{version}",
    )
    label = name if version == 1 else f"{name}@{version}"
    return Annotator.objects.create(project=project, kind="judge", name=label, judge_version=identity)


def says(
    judge: Annotator,
    comparison: Comparison,
    ranking: str = "a>b",
    consistent: bool | None = True,
    cost: str | None = None,
) -> None:
    """The judge labels the comparison through the real queue; `cost` books a call for it."""
    Demand.objects.update_or_create(comparison=comparison, judge=judge, defaults={"wanted": 1})
    answered = labels.Answer(ranking)
    for assignment in leases.claim(judge, judge.project, n=1000):
        if assignment.comparison_id == comparison.pk:
            submission = labels.Submission(
                assignment.pk, {"overall": answered}, order_consistent=consistent, active_seconds=1.0
            )
            labels.submit_many(judge, judge.project, [submission])
    if cost is not None:
        JudgeCall.objects.create(
            annotator=judge, comparison=comparison, order="ab", state="ok", cost=Decimal(cost)
        )


def make_many(project: Project, number: int) -> None:
    """Comparisons without texts, a label wanted on each: enough for the queue, and quickly made."""
    comparisons = Comparison.objects.bulk_create(
        Comparison(project=project, external_id=f"m{index}", prompt=[], k=2, group="g", content_hash="0")
        for index in range(number)
    )
    pool = project.pools.get(default=True)
    Demand.objects.bulk_create(
        Demand(comparison=comparison, pool=pool, wanted=1) for comparison in comparisons
    )


def best(shown: str, winner: str) -> labels.Answer:
    """The answer that puts a pair's response (as stored) first, in letters as shown."""
    return labels.Answer("a>b" if shown[0] == winner else "b>a")


def says_all(judge: Annotator, project: Project, winner: str = "a") -> None:
    """The judge prefers the same response, as stored, of every pair, through the real queue."""
    comparisons = project.comparisons.all()
    Demand.objects.bulk_create(Demand(comparison=one, judge=judge, wanted=1) for one in comparisons)
    while lent := leases.claim(judge, project, n=1000):
        given = [
            labels.Submission(one.pk, {"overall": best(one.shown, winner)}, order_consistent=True)
            for one in lent
        ]
        labels.submit_many(judge, project, given)

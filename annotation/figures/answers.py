"""What was answered and how long it took: two distributions, each of one scan."""

from collections import Counter, defaultdict
from typing import Any

from django.db.models import Case, Count, F, IntegerField, Value, When
from django.db.models.functions import Length, Substr

from ..models import Annotation, Annotator, Assignment, Label, Project
from ..ranking import BOTH_BAD

# Seconds at which the bars of the times begin; the last one has no end.
TIMES = (0, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600)


def answers_of(project: Project) -> dict[str, Any]:
    """As JSON: `labels`, by criterion what people and judges said ([what, strength, people, judges]; of more
    than two responses, which stood first), and `times`, people's answers by active time. Two statements."""
    return {"labels": _labels(project), "times": _times(project)}


def _labels(project: Project) -> dict[str, list[list[Any]]]:
    said = Case(
        When(ranking=BOTH_BAD, then=Value(BOTH_BAD)),
        default=Case(
            When(length=3, then=F("ranking")),
            default=Substr("ranking", 1, 1),
        ),
    )
    rows = (
        Label.objects.filter(project=project, current=True, criterion__retired_at=None)
        .annotate(length=Length("ranking"))
        .annotate(said=said)
        .order_by("criterion__position", "criterion")
        .values_list("criterion__name", "said", "strength", "annotator__kind")
        .annotate(Count("pk"))
    )
    found: dict[str, dict[tuple[str, int], Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for criterion, what, strength, kind, number in rows:
        found[criterion][what, strength or 0][kind] += number
    human, judge = Annotator.Kind.HUMAN, Annotator.Kind.JUDGE
    return {
        criterion: [
            [what, strength, count[human], count[judge]]
            for (what, strength), count in sorted(answers.items(), key=lambda item: _place(*item[0]))
        ]
        for criterion, answers in found.items()
    }


def _place(what: str, strength: int) -> tuple[int, int, str]:
    """Best for a first, a tie in the middle, both bad last: as the scale is shown."""
    if what == BOTH_BAD:
        return (4, 0, what)
    if what == "a=b":
        return (2, 0, what)
    return (3, strength, what) if what == "b>a" else (1, -strength, what)


def _times(project: Project) -> list[int]:
    """How many answers began each of TIMES and were done before the next."""
    bins = [When(active_seconds__lt=end, then=Value(at)) for at, end in enumerate(TIMES[1:])]
    rows = (
        Annotation.objects.filter(
            assignment__annotator__project=project,
            assignment__annotator__kind=Annotator.Kind.HUMAN,
            superseded_at=None,
            active_seconds__gt=0,
        )
        .exclude(assignment__purpose=Assignment.Purpose.ADJUDICATION)
        .annotate(bin=Case(*bins, default=Value(len(TIMES) - 1), output_field=IntegerField()))
        .order_by()
        .values_list("bin")
        .annotate(Count("pk"))
    )
    found = dict(rows)
    return [found.get(at, 0) for at in range(len(TIMES))]

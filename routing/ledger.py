"""What labels take: people's minutes and the judge's tokens, as measured so far."""

from statistics import median
from typing import Any

from django.db.models import Count, Sum

from annotation.models import Annotation, Annotator, Assignment, JudgeCall, Project

from .standing import Standing

RECENT = 1000  # answers that people's usual time is taken from
FEWEST = 10  # below so many, their time says nothing of the next ones


def ledger(project: Project, standing: Standing | None) -> dict[str, Any]:
    """`seconds`: the median time of people's latest answers, None where fewer than FEWEST were timed.

    `judge`: calls and tokens for one comparison, on average over all that it has labelled; None where it has
    labelled none by itself. JSON throughout.
    """
    answers = Annotation.objects.filter(
        assignment__comparison__project=project,
        assignment__annotator__kind=Annotator.Kind.HUMAN,
        assignment__purpose__in=[Assignment.Purpose.WORK, Assignment.Purpose.IMPORT],
        superseded_at=None,
        active_seconds__gt=0,
    )
    rows = answers.order_by("-pk").values_list("active_seconds", flat=True)[:RECENT]
    times = [seconds for seconds in rows if seconds is not None]
    return {
        "seconds": median(times) if len(times) >= FEWEST else None,
        "timed": len(times),
        "judge": _judge(standing) if standing else None,
    }


def _judge(standing: Standing) -> dict[str, Any] | None:
    calls = JudgeCall.objects.filter(
        annotator=standing.judge, purpose=JudgeCall.Purpose.WORK, state=JudgeCall.State.OK
    )
    found = calls.aggregate(
        calls=Count("pk"),
        comparisons=Count("comparison", distinct=True),
        input=Sum("input_tokens"),
        output=Sum("output_tokens"),
    )
    number = found["comparisons"]
    if not number:
        return None
    return {
        "comparisons": number,
        "calls": found["calls"] / number,
        "input": (found["input"] or 0) / number,
        "output": (found["output"] or 0) / number,
    }

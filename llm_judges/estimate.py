"""What a run would take, before anybody pays for it, from the prompts of a sample of what is asked."""

import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from statistics import fmean
from typing import Any

from django.db.models import Avg, QuerySet, Window
from django.db.models.functions import RowNumber

from annotation.models import Comparison, Demand, JudgeCall

from . import calls
from .asking import Prepared
from .demand import open_for
from .models import Judge
from .preparing import Brief, orders, prepare
from .prices import Usage, cost_of, discounted
from .prompts import Unshowable
from .registry import annotator_of

SAMPLE = 50
# Answers looked at to say how long they are and how long they take.
RECENT = 200
# Output tokens on one question by a judge that has not answered yet: a verdict and two sentences.
GUESS = 120


@dataclass(frozen=True, slots=True)
class Estimate:
    """`comparisons` and `calls` to be asked, and from a sample of `sampled` comparisons: tokens, what they
    cost (None: the price is unknown), what they cost `at_most` (every answer as long as it may be, after a
    first one that was cut off), and `seconds` at the declared limits (None where nothing is known of the
    endpoint's pace).
    """

    comparisons: int
    calls: int
    sampled: int
    input_tokens: int
    output_tokens: int
    cost: Decimal | None
    at_most: Decimal | None
    seconds: float | None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def estimate(judge: Judge) -> Estimate:
    """Of all that the judge is asked for now. Changes nothing."""
    open_demand = open_for(judge)
    number = open_demand.count()
    judge = discounted(judge)
    brief = calls.brief(judge, annotator_of(judge), judge.version.project)
    return _estimate(brief, number, [_asked(brief, one) for one in _sample(open_demand, number)])


def estimate_trial(judge: Judge, comparisons: Sequence[Comparison]) -> Estimate:
    """Of a trial on these comparisons; calls whose very request is answered already are not counted. Changes
    nothing."""
    project = judge.version.project
    brief = calls.brief(judge, annotator_of(judge), project, JudgeCall.Purpose.TRIAL)
    asked = [_asked(brief, comparison) for comparison in comparisons]
    hashes = {one.call.request_hash for calls_of_one in asked for one in calls_of_one}
    answered = JudgeCall.objects.filter(
        annotator__project=project, state=JudgeCall.State.OK, request_hash__in=hashes
    )
    known = set(answered.values_list("request_hash", flat=True))
    open_calls = [[one for one in some if one.call.request_hash not in known] for some in asked]
    return _estimate(brief, len(comparisons), open_calls)


def _estimate(brief: Brief, number: int, asked: Sequence[Sequence[Prepared]]) -> Estimate:
    """For `number` comparisons, from the calls on some of them."""
    judge = brief.judge
    prepared = [one for calls_of_one in asked for one in calls_of_one]
    if not prepared:
        return Estimate(number, 0, len(asked), 0, 0, *_money(judge, Decimal(0), Decimal(0)), None)
    calls_each = len(prepared) / len(asked)
    in_all = round(number * calls_each)
    output, latency = _answers(brief)
    cap = brief.settings.get("max_tokens")
    output = min(output, cap) if cap else output
    # `tokens` counts the answer's cap, which is seldom needed.
    prompt = fmean(_prompt(brief, one, cap) for one in prepared)
    usage = Usage(round(in_all * prompt), round(in_all * output))
    at_most = number * calls_each * float(fmean(one.worst_case for one in prepared))
    return Estimate(
        number,
        in_all,
        len(asked),
        usage.input or 0,
        usage.output or 0,
        *_money(judge, cost_of(judge, usage), Decimal(at_most).quantize(Decimal("0.0001"))),
        _seconds(judge, in_all, (usage.input or 0) + (usage.output or 0), latency),
    )


def _sample(open_demand: QuerySet[Demand], number: int) -> list[Comparison]:
    """Up to SAMPLE comparisons, any as likely as any other, always the same ones while nothing changes. As
    many statements for ten demands as for a million."""
    draw = random.Random(number)  # noqa: S311 (a sample, no secret)
    places = draw.sample(range(1, number + 1), min(number, SAMPLE))
    in_order = open_demand.annotate(place=Window(RowNumber(), order_by="pk"))
    asked = list(in_order.filter(place__in=places).values_list("comparison", flat=True))
    return list(Comparison.objects.filter(pk__in=asked).order_by("pk").prefetch_related("responses"))


def _asked(brief: Brief, comparison: Comparison) -> list[Prepared]:
    responses = sorted(comparison.responses.all(), key=lambda response: response.position)
    made = []
    for order in orders(brief, comparison):
        for sample in range(brief.settings.get("samples", 1)):
            call = JudgeCall(annotator=brief.annotator, comparison=comparison, order=order, sample=sample)
            try:
                made.append(prepare(brief, call, comparison, responses))
            except Unshowable:
                return []
    return made


def _prompt(brief: Brief, one: Prepared, cap: int | None) -> int:
    """Input tokens of a call; samples that share a request have only one input."""
    if one.call.sample and brief.known.get("n") is True:
        return 0
    return one.tokens - (one.request.most_usage[1] if cap is None else cap)


def _answers(brief: Brief) -> tuple[float, float | None]:
    """(output tokens, seconds) of an answer: of this judge's latest, else a guess and None."""
    purposes = (*JudgeCall.LABELLING, JudgeCall.Purpose.TRIAL)
    mine = JudgeCall.objects.filter(annotator=brief.annotator, purpose__in=purposes)
    latest = mine.filter(state=JudgeCall.State.OK).order_by("-pk")
    known = JudgeCall.objects.filter(pk__in=list(latest.values_list("pk", flat=True)[:RECENT])).aggregate(
        output=Avg("output_tokens"), latency=Avg("latency_ms")
    )
    output = known["output"] or GUESS * len(brief.questions)
    return output, known["latency"] / 1000 if known["latency"] else None


def _money(judge: Judge, cost: Decimal, at_most: Decimal) -> tuple[Decimal | None, Decimal | None]:
    return (cost, at_most) if judge.priced else (None, None)


def _seconds(judge: Judge, number: int, tokens: int, latency: float | None) -> float | None:
    known = [
        number * latency / judge.concurrency if latency else None,
        60 * number / judge.requests_per_minute if judge.requests_per_minute else None,
        60 * tokens / judge.tokens_per_minute if judge.tokens_per_minute else None,
    ]
    return max((seconds for seconds in known if seconds is not None), default=None)

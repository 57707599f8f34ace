"""Money: what has been spent in a project, what a call may cost and what it did cost."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Sum

from annotation.models import Demand, JudgeCall, Project

from .models import Judge

if TYPE_CHECKING:
    from .former.client import Reply

MILLION = Decimal(1_000_000)
SMALLEST = Decimal("0.00000001")
DEAREST = Decimal(999_999)  # what the cost of one call can be booked as at most
FRAME = 1000  # tokens at most for the chat format and the JSON schema
UNCAPPED_OUTPUT = 4096  # tokens to expect of a judge whose max_tokens is not sent


def spent(project: Project) -> Decimal:
    """Booked cost of all judge calls and of all labels that people gave to the queue, in the currency."""
    calls = JudgeCall.objects.filter(annotator__project=project).aggregate(total=Sum("cost"))["total"]
    total: Decimal = calls or Decimal(0)
    if project.human_label_price:
        done = Demand.objects.filter(pool__project=project).aggregate(total=Sum("done"))["total"]
        total += (done or 0) * project.human_label_price
    return total


def remaining(project: Project) -> Decimal | None:
    """What is left of the project's budget, or None where it has none."""
    return None if project.budget is None else project.budget - spent(project)


def estimate_tokens(text: str) -> int:
    """About four characters a token in English; other scripts take more bytes and more tokens."""
    return -(-len(text.encode()) // 4)


def worst_case(judge: Judge, messages: Sequence[Mapping[str, str]]) -> Decimal:
    """What a call may cost at most: no token is shorter than a byte, and the answer as long as it may be."""
    prompt = sum(len(message["content"].encode()) for message in messages)
    answer = judge.version.settings.get("max_tokens") or UNCAPPED_OUTPUT
    return price(judge, prompt + FRAME, answer)


def price(judge: Judge, input_tokens: int, output_tokens: int) -> Decimal:
    """Cost of a call in the project's currency, from prices per million tokens."""
    cost = (input_tokens * judge.input_price + output_tokens * judge.output_price) / MILLION
    return min(cost, DEAREST).quantize(SMALLEST)


def used_tokens(reply: "Reply", messages: Sequence[Mapping[str, str]]) -> tuple[int | None, int | None, bool]:
    """(input, output, estimated): as reported; estimated where a completion came without its usage."""
    if not reply.completed or None not in (reply.input_tokens, reply.output_tokens):
        return reply.input_tokens, reply.output_tokens, False
    prompt = sum(estimate_tokens(message["content"]) for message in messages)
    return (
        prompt if reply.input_tokens is None else reply.input_tokens,
        estimate_tokens(reply.text) if reply.output_tokens is None else reply.output_tokens,
        True,
    )

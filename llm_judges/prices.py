"""What a call costs, from the tokens it took and the judge's prices."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from decimal import Decimal

from .models import Judge
from .models.judges import PRICES

MILLION = Decimal(1_000_000)
SMALLEST = Decimal("0.00000001")
DEAREST = Decimal(99_999)  # what one answer can be booked as at most: the column holds many of them
UNCAPPED_OUTPUT = 4096  # tokens to expect of a judge whose max_tokens is not sent
FRAME = 1000  # tokens at most for the chat format and the JSON schema


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one or more requests. `cached` is a part of `input`, `reasoning` one of `output`; None where
    the endpoint does not say."""

    input: int | None = None
    output: int | None = None
    cached: int = 0
    reasoning: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            _sum(self.input, other.input),
            _sum(self.output, other.output),
            self.cached + other.cached,
            self.reasoning + other.reasoning,
        )

    @property
    def complete(self) -> bool:
        return self.input is not None and self.output is not None

    def completed(self, messages: Sequence[Mapping[str, str]], reply: str) -> "Usage":
        """With estimates in place of what was not reported."""
        prompt = sum(estimate_tokens(message["content"]) for message in messages)
        return Usage(
            prompt if self.input is None else self.input,
            estimate_tokens(reply) if self.output is None else self.output,
            self.cached,
            self.reasoning,
        )


def estimate_tokens(text: str) -> int:
    """About four characters a token in English; other scripts take more bytes and more tokens."""
    return -(-len(text.encode("utf-8", "surrogatepass")) // 4)


def most_tokens(messages: Sequence[Mapping[str, str]]) -> int:
    """What a prompt may take at most: no token is shorter than a byte."""
    return FRAME + sum(len(message["content"].encode("utf-8", "surrogatepass")) for message in messages)


def cost_of(judge: Judge, usage: Usage) -> Decimal:
    """Cost in the project's currency. A price that is not known counts nothing: who cares refuses to start.

    Without a price of their own, cached input costs what input does and reasoning what output does.
    """
    cached = min(usage.cached, usage.input or 0)
    reasoning = min(usage.reasoning, usage.output or 0)
    input_price, output_price = judge.input_price or Decimal(0), judge.output_price or Decimal(0)
    cost = (
        ((usage.input or 0) - cached) * input_price
        + cached * _or(judge.cached_price, input_price)
        + ((usage.output or 0) - reasoning) * output_price
        + reasoning * _or(judge.reasoning_price, output_price)
    )
    return min(cost / MILLION, DEAREST).quantize(SMALLEST)


def dearest_of(judge: Judge, input_tokens: int, output_tokens: int) -> Decimal:
    """Cost of so many tokens if each is the dearest of its kind."""
    input_price = max(filter(None, (judge.input_price, judge.cached_price)), default=Decimal(0))
    output_price = max(filter(None, (judge.output_price, judge.reasoning_price)), default=Decimal(0))
    cost = (input_tokens * input_price + output_tokens * output_price) / MILLION
    return min(cost, DEAREST).quantize(SMALLEST)


def discounted(judge: Judge) -> Judge:
    """The judge at the prices of its transport: in a batch a part of the others. Not to be saved."""
    cheaper = copy(judge)
    if judge.transport == "batch":
        for name in PRICES:
            if (price := getattr(judge, name)) is not None:
                setattr(cheaper, name, price * judge.batch_share)
    return cheaper


def _sum(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else one + other


def _or(price: Decimal | None, otherwise: Decimal) -> Decimal:
    return otherwise if price is None else price

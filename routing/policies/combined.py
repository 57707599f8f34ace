"""The policy to use: the error model, with whatever else proves itself on the labelled comparisons."""

from collections.abc import Mapping
from typing import Any

from ..combining import BASE, PARTS, choose, error_alone
from ..error_model import TooFew
from ..policy import Problem, Scored, Signals, Terms, policy
from .learned import error_model, error_terms


def combined_terms(signals: Signals, model: Mapping[str, Any]) -> Terms | None:
    """The error model's terms; None where another part gave the score."""
    return error_terms(signals, model) if model.get("part", BASE) == BASE else None


@policy("combined", "1", texts=True, gain=True, terms=combined_terms)
def combined(problem: Problem, seed: int) -> Scored:
    """The error model, joined by other parts where cross-validation of the routed labels says they help."""
    base = error_model(problem, seed)
    try:
        choice = choose(problem.labelled, seed)
    except TooFew:
        return base  # which says so
    tried = {
        name: {"value": one.value, "low": one.low, "high": one.high} for name, one in choice.gains.items()
    }
    model = {**base.model, "part": choice.name, "tried": tried}
    if choice.name == BASE:
        return Scored(base.values, base.reasons, base.notes, model)
    judge = error_alone(problem.labelled, seed)
    values = PARTS[choice.name](problem.labelled, seed, judge)(problem.open)
    return Scored(values, base.reasons, [*base.notes, f"scores come from {choice.name}"], model)

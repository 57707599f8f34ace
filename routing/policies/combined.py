"""The policy to use: the error model, with whatever else proves itself on the labelled comparisons."""

from ..combining import BASE, PARTS, choose
from ..error_model import TooFew
from ..policy import Problem, Scored, policy
from .learned import error_model


@policy("combined", "1", texts=True)
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
    values = PARTS[choice.name](problem.labelled, seed)(problem.open)
    return Scored(values, base.reasons, [*base.notes, f"scores come from {choice.name}"], model)

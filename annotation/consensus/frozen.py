"""The posterior of one comparison from what a fit left behind: what stops asking after every answer. Pure.

No arrays: it runs once a submission, on a handful of votes.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from .mace import Priors

PRIORS = Priors()
UNKNOWN = PRIORS.knows / (
    PRIORS.knows + PRIORS.guesses
)  # the competence of somebody of whom nothing is known
# Somebody may give an answer for the first time: as if it had been one in fifty, not none.
LEAST_SHARE = 0.02


class Said(NamedTuple):
    """A vote's class, and what is known of who gave it; None: nothing."""

    answer: str
    competence: float | None = None
    strategy: Mapping[str, float] | None = None
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a comparison stands: the probability of each class."""

    probabilities: dict[str, float]

    @property
    def confidence(self) -> float:
        """The probability of the most plausible answer."""
        return max(self.probabilities.values())


def posterior(
    votes: Iterable[Said], classes: Mapping[str, float], correlation: float = PRIORS.correlation
) -> Stand:
    """As `Mace.posterior` has it for one comparison, given the classes' prior (any positive shares)."""
    said = list(votes)
    names = {*classes, *(vote.answer for vote in said)}
    shares = {name: max(classes.get(name, 0.0), LEAST_SHARE) for name in names}
    total = sum(shares.values())
    logs = {name: math.log(share / total) for name, share in shares.items()}
    for vote in said:
        knows = UNKNOWN if vote.competence is None else vote.competence
        guess = (vote.strategy or {}).get(vote.answer, 0.0) or shares[vote.answer] / total
        logs[vote.answer] += vote.weight * math.log1p(knows / ((1 - knows) * guess))
    effect = 1 + max(len(said) - 1, 0) * correlation
    most = max(logs.values())
    chances = {name: math.exp((log - most) / effect) for name, log in logs.items()}
    whole = sum(chances.values())
    return Stand({name: chance / whole for name, chance in chances.items()})

"""Which parts a policy should have: what nested cross-validation of the routed accuracy selects. Pure.

The error model is the base. Every other part has to earn its place: it is taken only where the labels routed
with it, on comparisons whose groups it has not seen, are better by more than chance (the paired interval over
groups is clear of zero). A part's own fit, however good, counts for nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import hyper, performance
from .error_model import FOLDS, fit, folds_of, splits
from .evaluation import SHARES, Cases, Estimate, intervals
from .learning import categories_of, gains_of, inputs, tags_of
from .policy import Floats, Labelled, Signals

Scorer = Callable[[Signals], Floats]
MIXES = 200
LEAST = 100  # labelled comparisons below which a choice between parts would be one of chance


@dataclass(frozen=True, slots=True)
class Choice:
    """The part that was taken, and what each alternative gained over the base (mean of the shares)."""

    name: str
    gains: dict[str, Estimate]


def error_alone(labelled: Labelled, seed: int) -> Scorer:
    """P(judge wrong). Raises TooFew."""
    categories = categories_of(labelled)
    model = fit(inputs(labelled.signals, categories), labelled.wrong, labelled.signals.groups, seed)
    return lambda signals: model.probability(inputs(signals, categories))


def error_difference(labelled: Labelled, seed: int, judge: Scorer) -> Scorer:
    """P(judge wrong) - P(person wrong), both learned. Raises TooFew."""
    paired = np.flatnonzero(~np.isnan(labelled.human_wrong))
    known = part(labelled, paired)
    person = error_alone(Labelled(known.signals, known.human_wrong, known.human_wrong), seed)
    return lambda signals: judge(signals) - person(signals)


def with_mixes(labelled: Labelled, seed: int, judge: Scorer) -> Scorer:
    """Mean of the z-scores of P(judge wrong) and of the gain by a ridge PPM."""
    tags = tags_of(labelled.signals)
    mixes = np.array(list(hyper.candidates(tags, MIXES, seed)))
    gain = gains_of(labelled)
    ppm = performance.fit(mixes, tags, mixes @ gain / len(gain))
    # Both on the scale they have where they were learned: a score must not depend on its batch.
    one = _standard(judge(labelled.signals))
    other = _standard(ppm.gains(tags))
    return lambda signals: one(judge(signals)) + other(ppm.gains(tags_of(signals)))


# From labelled comparisons, a seed and P(judge wrong) as learned from them; the base is that alone.
PARTS: dict[str, Callable[[Labelled, int, Scorer], Scorer]] = {
    "the error model with people's errors": error_difference,
    "the error model with a model of mixes": with_mixes,
}
BASE = "the error model"


def choose(labelled: Labelled, seed: int) -> Choice:
    """The part to score with. Below LEAST comparisons, or without clear gain, the base. Raises TooFew."""
    if len(labelled) < LEAST:
        return Choice(BASE, {})
    gain = gains_of(labelled)
    cases = Cases(gain, np.zeros(len(gain)), labelled.signals.groups)
    base, scores = held_out(labelled, seed)
    found = {name: intervals([score], cases, SHARES, [base], seed=seed)[-1] for name, score in scores.items()}
    better = {name: one.value for name, one in found.items() if one.low > 0}
    return Choice(max(better, key=better.__getitem__) if better else BASE, found)


def held_out(labelled: Labelled, seed: int) -> tuple[Floats, dict[str, Floats]]:
    """Scores (m,) of labelled comparisons by the base, and by every part, that has not seen their groups.
    Raises TooFew."""
    base = np.empty(len(labelled))
    scores = {name: np.empty(len(labelled)) for name in PARTS}
    for train, test in splits(folds_of(labelled.signals.groups, FOLDS, seed)):
        rows = np.flatnonzero(test)
        known, asked = part(labelled, np.flatnonzero(train)), labelled.signals.at(rows)
        judge = error_alone(known, seed)
        base[rows] = judge(asked)
        for name, make in PARTS.items():
            scores[name][rows] = make(known, seed, judge)(asked)
    return base, scores


def part(labelled: Labelled, rows: NDArray[np.int64]) -> Labelled:
    """Some of the labelled comparisons."""
    return Labelled(labelled.signals.at(rows), labelled.wrong[rows], labelled.human_wrong[rows])


def _standard(values: Floats) -> Callable[[Floats], Floats]:
    centre, spread = float(values.mean()), float(values.std()) or 1.0
    return lambda new: (new - centre) / spread

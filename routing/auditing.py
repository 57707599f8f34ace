"""How well routing worked, measured where people looked by lot. Pure: no Django.

What people were asked for its score says nothing of what they were not asked. The audit slice does: it was
drawn with a known probability from all that was left to the judge. With both, the gain over people drawn at
random is known without any model: of n comparisons a share s went to people, who contradicted the judge on
`top` of them and on `rest` of the audited ones. Random people would have met the judge's errors at the mean
of both, so routing gained s x (top - (s x top + (1 - s) x rest)) = s x (1 - s) x (top - rest).

What people contradict they may not better: where a judge errs most, people differ most too. So both are
lessened by how often people contradict each other there, where enough comparisons have answers of two.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .evaluation import Estimate, resampled
from .policy import Floats

FEWEST = 10  # audited comparisons below which there is nothing to say
DONE = 0.95  # of people's comparisons: the first ones are the most doubtful, so a part of them would flatter
REPLICATES = 2000


@dataclass(frozen=True, slots=True)
class Audited:
    """m decided comparisons that both people and the judge have labelled.

    `top` (m,): people were asked for its score; the others were drawn for the audit. `wrong` (m,) is the
    share of people's answers that contradict the judge, `human_wrong` (m,) each other (NaN with one answer),
    `expected` (m,) what the model had said `wrong` would be (NaN where none had).
    """

    top: NDArray[np.bool_]
    wrong: Floats
    human_wrong: Floats
    expected: Floats
    groups: Sequence[str]


@dataclass(frozen=True, slots=True)
class Measure:
    """Shares of one. `rest` and `top`: how often people contradicted the judge on audited comparisons, and on
    those they were asked for their score. Gains are None while too few of the latter are labelled.
    `expected`: what the model had said of the audited ones. `alike`: people are taken to err alike
    everywhere, because too few comparisons have answers of two of them."""

    audited: int
    asked: int
    rest: Estimate
    top: Estimate | None
    over_random: Estimate | None
    over_ai: Estimate | None
    expected: float | None
    alike: bool = False


def measure(found: Audited, people: int, decided: int, seed: int = 0) -> Measure | None:
    """Of `decided` comparisons `people` were meant for people. None below FEWEST audited ones."""
    audited = int(np.count_nonzero(~found.top))
    asked = int(np.count_nonzero(found.top))
    if audited < FEWEST:
        return None
    weights = np.vstack([np.ones(len(found.top)), resampled(found.groups, REPLICATES, seed)])
    rest = _mean(weights, found.wrong, ~found.top)
    top = _mean(weights, found.wrong, found.top) if asked >= FEWEST else None
    known = ~np.isnan(found.human_wrong)
    told = ~found.top & ~np.isnan(found.expected)
    over_random = over_ai = None
    alike = bool(min(np.count_nonzero(known & one) for one in (found.top, ~found.top)) < FEWEST)
    if top is not None and asked >= DONE * people:
        share = people / decided
        apart = top - rest
        if not alike:
            gain = found.wrong - found.human_wrong
            asked_gain = _mean(weights, gain, known & found.top)
            apart = asked_gain - _mean(weights, gain, known & ~found.top)
            over_ai = _figure(share * asked_gain)
        elif np.count_nonzero(known) >= FEWEST:
            over_ai = _figure(share * (top - _mean(weights, found.human_wrong, known)))
        over_random = _figure(share * (1 - share) * apart)
    return Measure(
        audited=audited,
        asked=asked,
        rest=_figure(rest),
        top=None if top is None else _figure(top),
        over_random=over_random,
        over_ai=over_ai,
        expected=float(found.expected[told].mean()) if told.any() else None,
        alike=alike,
    )


def _mean(weights: Floats, values: Floats, mask: NDArray[np.bool_]) -> Floats:
    """Mean of the masked values in every replicate; NaN where none of them was drawn."""
    number = weights[:, mask].sum(axis=1)
    return np.where(number > 0, weights[:, mask] @ values[mask] / np.maximum(number, 1), np.nan)


def _figure(values: Floats) -> Estimate:
    low, high = np.nanpercentile(values[1:], [2.5, 97.5])
    return Estimate(float(values[0]), float(low), float(high))

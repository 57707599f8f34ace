"""Whether the next batch of human labels still pays. Pure: no Django.

What asking people about the next batch gains is predicted by the model and corrected by what was seen: among
labelled comparisons that the model, not having seen their groups, scored as it scores the batch, the mean of
(observed - predicted). So the figure is right on average even where the model is not, and its interval, a
bootstrap over groups of that correction, is as wide as what is known.

The rule: the batch pays while (labels it puts right) x (worth of one) covers its cost. Where nobody has said
what a right label is worth, it pays while the interval of its gain lies above zero.
"""

from dataclasses import dataclass

import numpy as np

from .evaluation import Estimate, resampled
from .policy import Floats

REPLICATES = 1000
# Labelled comparisons that the correction rests on at least: fewer of them say little.
LEAST_ALIKE = 100
LEAST_PART = 10


@dataclass(frozen=True, slots=True)
class NextBatch:
    """`size` comparisons; `gain` labels that people put right, net of those they spoil, with its interval.

    `cost` and `worth` (of one right label; None where it is not known) are in the project's currency.
    """

    size: int
    gain: Estimate
    cost: float
    worth: float | None

    @property
    def pays(self) -> bool:
        return self.gain.low > 0 if self.worth is None else self.gain.value * self.worth >= self.cost

    @property
    def sure(self) -> bool:
        """The interval leaves no doubt about `pays`."""
        if self.worth is None:
            return self.gain.clear
        return self.gain.low * self.worth >= self.cost or self.gain.high * self.worth < self.cost

    def as_dict(self) -> dict[str, object]:
        return {
            "size": self.size,
            "gain": self.gain.value,
            "low": self.gain.low,
            "high": self.gain.high,
            "cost": self.cost,
            "worth": self.worth,
            "pays": self.pays,
            "sure": self.sure,
        }


def gain_of(
    batch: Floats,
    held_out: Floats,
    observed: Floats,
    groups: list[str],
    replicates: int = REPLICATES,
    seed: int = 0,
) -> Estimate:
    """Labels that asking people about a batch puts right, net.

    `batch` (b,) are the model's gains of the batch's comparisons; of the m labelled ones `held_out` (m,) are
    gains by a model that has not seen their groups and `observed` (m,) what people's labels did gain; all
    are fractions of a label.
    """
    if not len(batch):
        return Estimate(0.0, 0.0, 0.0)
    alike = _alike(batch, held_out)
    error = (observed - held_out)[alike]
    weights = resampled([groups[row] for row in alike], replicates, seed)
    drawn = batch.mean() + weights @ error / weights.sum(axis=1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    size = len(batch)
    return Estimate(float(batch.mean() + error.mean()) * size, float(low) * size, float(high) * size)


def _alike(batch: Floats, held_out: Floats) -> list[int]:
    """Labelled comparisons scored within the batch's range, or the nearest to it where those are few."""
    beyond = np.maximum(held_out - batch.max(), 0.0) + np.maximum(batch.min() - held_out, 0.0)
    inside = int(np.count_nonzero(beyond == 0))
    number = max(inside, LEAST_ALIKE, len(held_out) // LEAST_PART)
    nearest = np.argsort(beyond, kind="stable")[:number]
    return sorted(nearest.tolist())

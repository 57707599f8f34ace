"""What routing gains, measured on comparisons whose people's labels are known. Pure: no Django.

Protocol (ordered annotator pairs): wherever at least two people labelled a comparison, each in turn is the
truth and each other one the person who was asked. So person and judge are scored against the same single
other person; "the majority of the others" would be biased against people. A policy's curve is the accuracy of
the routed labels when the best-scored share is asked of people; equal scores share a place evenly, and a
random order is the straight line between its ends.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .policy import Floats

SHARES = (0.10, 0.25, 0.50)
REPLICATES = 2000
CELLS = 200_000  # replicates times comparisons at a time


@dataclass(frozen=True, slots=True)
class Cases:
    """n comparisons: accuracy of one person and of the judge against one other person, (n,) each."""

    human: Floats
    judge: Floats
    groups: Sequence[str]

    def __len__(self) -> int:
        return len(self.human)

    @property
    def gain(self) -> Floats:
        """What asking a person changes, (n,)."""
        return self.human - self.judge


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval, in the unit of whoever made it."""

    value: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """The interval does not hold zero."""
        return self.low > 0 or self.high < 0


def person_accuracy(votes: NDArray[np.int64]) -> float:
    """Mean agreement over ordered pairs of the m >= 2 people's classes (m,)."""
    m = len(votes)
    return float(((votes[:, None] == votes[None, :]).sum() - m) / (m * (m - 1)))


def gains(
    score: Floats, gain: Floats, shares: Sequence[float] = SHARES, weights: Floats | None = None
) -> Floats:
    """Mean gain over asking nobody when the best-scored shares are asked; (len(shares),), as a fraction.

    `weights` (n,) count comparisons several times or not at all, as a bootstrap does.
    """
    return _at(*_curve(score, gain, np.ones((1, len(score))) if weights is None else weights[None]), shares)[
        0
    ]


def advantage(
    score: Floats, cases: Cases, shares: Sequence[float] = SHARES, over: Floats | None = None
) -> Floats:
    """Gain of `score` minus that of the score `over`, or of a random order; (len(shares),), in points."""
    mine = gains(score, cases.gain, shares)
    other = np.array(shares) * cases.gain.mean() if over is None else gains(over, cases.gain, shares)
    return 100 * (mine - other)


def intervals(
    scores: Sequence[Floats],
    cases: Cases,
    shares: Sequence[float] = SHARES,
    over: Sequence[Floats] | None = None,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> list[Estimate]:
    """`advantage` with bootstrap intervals over groups: one for each share, then one for their mean.

    `scores` are the same policy's under several fold seeds and are averaged; `over` has one for each of
    them, None stands for a random order. The scores stay as they are (a conditional interval).
    """
    weights = resampled(cases.groups, replicates, seed)
    drawn = np.mean(
        [_paired(score, over[i] if over else None, cases, shares, weights) for i, score in enumerate(scores)],
        axis=0,
    )
    seen = np.mean(
        [
            advantage(score, cases, shares, None if over is None else over[i])
            for i, score in enumerate(scores)
        ],
        axis=0,
    )
    return estimates(seen, 100 * drawn)


def refitted(
    make: Callable[[NDArray[np.int64]], tuple[Floats, Floats | None]],
    seen: Floats,
    cases: Cases,
    shares: Sequence[float] = SHARES,
    replicates: int = 200,
    seed: int = 0,
) -> list[Estimate]:
    """As `intervals`, but with the policy learned again in every replicate.

    `make(times)` gives the policy's and the baseline's scores (n,) where comparison i was drawn `times[i]`
    times; `seen` is the advantage on the whole, one for each share.
    """
    drawn = []
    for weights in resampled(cases.groups, replicates, seed):
        score, other = make(weights.astype(np.int64))
        drawn.append(_paired(score, other, cases, shares, weights[None])[0])
    return estimates(seen, 100 * np.array(drawn))


def estimates(seen: Floats, drawn: Floats) -> list[Estimate]:
    """Percentile intervals: `seen` (s,), `drawn` (replicates, s), both in points; the mean comes last."""
    columns = np.column_stack([drawn, drawn.mean(axis=1)])
    low, high = np.percentile(columns, [2.5, 97.5], axis=0)
    values = np.append(seen, np.mean(seen))
    return [Estimate(float(v), float(lo), float(hi)) for v, lo, hi in zip(values, low, high, strict=True)]


def resampled(groups: Sequence[str], replicates: int, seed: int) -> Floats:
    """How often each comparison is drawn when groups are drawn with replacement: (replicates, n)."""
    _, at = np.unique(np.asarray(groups), return_inverse=True)
    number = int(at.max()) + 1
    rng = np.random.default_rng(seed)
    times = np.stack(
        [np.bincount(rng.integers(0, number, number), minlength=number) for _ in range(replicates)]
    )
    return times[:, at].astype(np.float64)


def _paired(
    score: Floats, other: Floats | None, cases: Cases, shares: Sequence[float], weights: Floats
) -> Floats:
    """Differences of gains, (replicates, shares), as fractions; a few replicates at a time, which a
    processor's cache holds."""
    step = max(CELLS // max(len(score), 1), 1)
    blocks = (weights[start : start + step] for start in range(0, len(weights), step))
    return np.concatenate([_differences(score, other, cases, shares, block) for block in blocks])


def _differences(
    score: Floats, other: Floats | None, cases: Cases, shares: Sequence[float], weights: Floats
) -> Floats:
    mine = _at(*_curve(score, cases.gain, weights), shares)
    if other is not None:
        return mine - _at(*_curve(other, cases.gain, weights), shares)
    everybody = (weights @ cases.gain) / weights.sum(axis=1)
    return np.asarray(mine - everybody[:, None] * np.array(shares))


def _curve(score: Floats, gain: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Cumulated weight and gain along falling scores, equal scores as one step: (replicates, steps) each."""
    steps, at = np.unique(-score, return_inverse=True)
    member = np.argsort(at, kind="stable")
    starts = np.searchsorted(at[member], np.arange(len(steps)))
    size = np.add.reduceat(weights[:, member], starts, axis=1)
    worth = np.add.reduceat((weights * gain)[:, member], starts, axis=1)
    return np.cumsum(size, axis=1), np.cumsum(worth, axis=1)


def _at(size: Floats, worth: Floats, shares: Sequence[float]) -> Floats:
    """The curve's height at shares of its length, linear within a step: (replicates, shares)."""
    total = size[:, -1]
    rows = zip(size, worth, total, strict=True)
    heights = [
        np.interp(np.array(shares) * end, np.append(0.0, x), np.append(0.0, y)) / end for x, y, end in rows
    ]
    return np.array(heights)

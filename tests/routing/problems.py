"""Problems for policies: signals by hand, and worlds in which the judge is wrong for a reason."""

from collections.abc import Sequence

import numpy as np

from routing.features import EACH, SHARED
from routing.features.judging import COLUMNS
from routing.policy import Labelled, Problem, Signals

Row = tuple[int, float, float, float]  # judges, differing, flipped, tied


def signals_of(rows: Sequence[Row]) -> Signals:
    """What judges said, summed up; where there is one, the judge whose label stands is like the others."""
    judges, differing, flipped, tied = np.array(rows, dtype=float).reshape(-1, 4).T
    n = len(rows)
    judging = np.zeros((n, len(COLUMNS)))
    for name, values in (("tied", tied), ("order changed it", flipped), ("others differ", differing)):
        judging[:, COLUMNS.index(name)] = values
    judging[:, COLUMNS.index("unsure")] = np.nan
    judging[judges == 0] = np.nan
    shared = np.full((n, len(SHARED)), np.nan, dtype=np.float32)
    toward = np.full((n, len(EACH)), np.nan, dtype=np.float32)
    keys = [f"q{number}" for number in range(n)]
    groups, categories = [f"g{number % 7}" for number in range(n)], [""] * n
    return Signals(
        keys, groups, categories, judges.astype(np.int64), differing, flipped, tied, judging, shared, toward
    )


def problem_of(rows: Sequence[Row], labelled: Labelled | None = None, share: float | None = None) -> Problem:
    return Problem(signals_of(rows), labelled or nothing_labelled(), share)


def nothing_labelled() -> Labelled:
    return Labelled(signals_of([]), np.zeros(0), np.zeros(0))


def world(n: int, seed: int = 0, informative: bool = True) -> Labelled:
    """Comparisons on which the judge is wrong nine times of ten where it agrees with others about science,
    hardly ever where they differ, and at chance level for everybody when not `informative`."""
    rng = np.random.default_rng(seed)
    differ = rng.integers(0, 2, n).astype(float)
    science = rng.integers(0, 2, n).astype(float)
    signals = signals_of([(2, float(one), 0.0, 0.0) for one in differ])
    signals.shared[:] = rng.normal(size=signals.shared.shape)
    signals.shared[:, SHARED.index("about science")] = science
    signals.toward[:] = rng.normal(size=signals.toward.shape)
    chance = np.where((differ == 0) & (science == 1), 0.9, 0.1) if informative else np.full(n, 0.3)
    wrong = (rng.random(n) < chance).astype(float)
    return Labelled(signals, wrong, np.full(n, 0.2))

"""One annotator against people's answers: accuracy, kappa, alpha and the table behind them. Pure.

All of them are functions of the table of who says what, so that a resample of groups costs one product.
"""

from typing import Any, NamedTuple

import numpy as np

from annotation.agreement.alpha import alpha_of_sums
from annotation.agreement.groups import Floats
from annotation.agreement.kappa import kappas
from annotation.votes import Ints, Mask

from .answers import CLASSES, TIE, UNKNOWN, A, B, merged
from .figures import Figure, figure, share, too_few

DECISIVE = (A, B)


class Against(NamedTuple):
    """An annotator against people's answers on `comparisons` of `groups`, over three classes."""

    comparisons: int
    groups: int
    accuracy: Figure
    accuracy_without_ties: Figure
    kappa: Figure
    alpha: Figure

    def json(self) -> dict[str, Any]:
        return {
            name: value.json() if isinstance(value, Figure) else value
            for name, value in self._asdict().items()
        }


def against(people: Ints, said: Ints, comparison: Ints, group: Ints) -> Against:
    """From one element a unit: people's answer, the annotator's (UNKNOWN left out), its comparison and group.

    Accuracy without ties leaves out units on which either says tie. Alpha is Krippendorff's, nominal, the
    annotator and people's answer being the two who say something.
    """
    both = (people != UNKNOWN) & (said != UNKNOWN)
    one, two = merged(people[both]), merged(said[both])
    comparison, group = comparison[both], group[both]
    n = len(np.unique(comparison))
    groups = len(np.unique(group))
    if not n:
        return Against(0, 0, *[too_few(0)] * 4)
    same, decided = (one == two).astype(np.int64), (one != TIE) & (two != TIE)
    right = np.stack([same, np.ones_like(same)], axis=1)
    cells = np.eye(9, dtype=np.int64)[one * 3 + two]
    return Against(
        n,
        groups,
        share(right, group, n),
        share(right[decided], group[decided], len(np.unique(comparison[decided]))),
        figure(cells, group, _kappa, n),
        figure(cells, group, _alpha, n),
    )


def confusion(people: Ints, said: Ints) -> list[list[int]]:
    """(people's answer x the annotator's) over the four CLASSES."""
    both = (people != UNKNOWN) & (said != UNKNOWN)
    size = len(CLASSES)
    cells = np.bincount(people[both] * size + said[both], minlength=size * size)
    table: list[list[int]] = cells.reshape(size, size).tolist()
    return table


def turned(said: Ints, swapped: Mask) -> Ints:
    """Answers over stored letters as first shown (0), tie (1), second shown (2): both bad is a tie."""
    three = merged(said)
    return np.where(swapped & (three != UNKNOWN), 2 - three, three)


def confusion_shown(people: Ints, said: Ints) -> list[list[int]]:
    """(people's answer x the annotator's) over first, tie and second; answers are `turned`."""
    both = (people != UNKNOWN) & (said != UNKNOWN)
    table: list[list[int]] = np.bincount(people[both] * 3 + said[both], minlength=9).reshape(3, 3).tolist()
    return table


def _kappa(sums: Floats) -> Floats:
    tables = sums.reshape(-1, 3, 3)
    return kappas(tables, np.eye(3))[0].reshape(sums.shape[:-1])


def _alpha(sums: Floats) -> Floats:
    tables = sums.reshape(*sums.shape[:-1], 3, 3)
    coincidences = tables + np.swapaxes(tables, -1, -2)
    return alpha_of_sums(coincidences.reshape(*sums.shape[:-1], 9), "nominal")

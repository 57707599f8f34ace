"""Rankings of models as orderings with a depth, which is what Plackett-Luce takes. Pure."""

from dataclasses import dataclass
from math import lcm

import numpy as np

from ..ranking import Ranking
from ..votes import Ints
from .strengths import Floats

MOST_ORDERS = 60


@dataclass(frozen=True)
class Orderings:
    """`order` is (orderings, k): models best first, -1 where there is none. The first `depth` places were
    given; who comes after was only seen to be behind them. `weight` is each ordering's part of a vote and
    `cluster` numbers what is not independent, from 0 on."""

    models: int
    order: Ints
    depth: Ints
    weight: Floats
    cluster: Ints

    @classmethod
    def full(cls, models: int, order: Ints) -> "Orderings":
        """Complete orderings, each by itself; the last place of each follows from the others."""
        n, k = order.shape
        return cls(models, order, np.full(n, k - 1), np.ones(n), np.arange(n))


def ways(ranking: Ranking) -> tuple[list[str], int]:
    """The orderings, as letters best first, that stand for a ranking in equal parts, and their depth.

    Members of a tier take turns (every one has every place of it equally often). A last tier that was not
    compared is behind all others, and no order within it counts. Both bad has no ordering.
    """
    tiers = ranking.tiers
    if not tiers:
        return [], 0
    last = len(tiers) - 1
    open_end = last in ranking.uncompared
    turns = [len(tier) for index, tier in enumerate(tiers) if not (open_end and index == last)]
    number = min(lcm(*turns) if turns else 1, MOST_ORDERS)
    orders = ["".join(_turned(tier, turn) for tier in tiers) for turn in range(number)]
    if open_end:  # its order says nothing: one for all
        tail = "".join(tiers[last])
        orders = [order[: -len(tail)] + tail for order in orders]
    k = sum(map(len, tiers))
    return orders, sum(turns) if open_end else k - 1


def _turned(tier: tuple[str, ...], turn: int) -> str:
    at = turn % len(tier)
    return "".join(tier[at:] + tier[:at])

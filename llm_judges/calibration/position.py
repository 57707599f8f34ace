"""What a judge makes of the order in which it sees two responses. Pure."""

from typing import Any, NamedTuple

import numpy as np

from annotation.agreement import leanings
from annotation.agreement.leanings import FIRST, TIED
from annotation.votes import Ints, Mask

from .figures import FEWEST, Figure, missing, share, too_few

ONE_ORDER = "asked in one order only: what was shown first cannot be told from what is better"
NO_ORDER = "no reply in a known order"


class Replies(NamedTuple):
    """Single replies to pairs: comparison, whether the second was shown first, and the sign of the answer
    over stored letters (above 0: a)."""

    comparison: Ints
    swapped: Mask
    value: Ints


class Position(NamedTuple):
    """`first_shown`: share of the replies that choose which choose what was shown first; Wilson's interval,
    and `first_shown_ci95_groups` with groups kept together. `consistency`: share of comparisons on which both
    orders say the same. `to_first`: of those on which they choose one side and then the other, the share that
    took the first both times."""

    first_shown: Figure
    first_shown_ci95_groups: list[float] | None
    consistency: Figure
    to_first: Figure
    in_order: int
    swapped: int

    def json(self) -> dict[str, Any]:
        return {
            name: value.json() if isinstance(value, Figure) else value
            for name, value in self._asdict().items()
        }


def first_shown(value: Ints, swapped: Mask) -> Figure:
    """The share of the choices that took what was shown first, with Wilson's interval. Where nearly all were
    in one order there is none: that side may be the better one."""
    each = (int((~swapped).sum()), int(swapped.sum()))
    if not sum(each):
        return missing(NO_ORDER)
    if min(each) < FEWEST:
        return missing(ONE_ORDER, sum(each)) if sum(each) >= 2 * FEWEST else too_few(sum(each), "replies")
    found = leanings.prefers_first(leanings.sides(value, swapped))
    return Figure(found.value, found.ends, found.n) if found.n >= FEWEST else too_few(found.n, "choices")


def position(replies: Replies, group: Ints, known: Ints | None = None) -> Position:
    """From a judge's replies; `group` has one element a comparison, for all of the project's.

    `known`: 1 and 0 for comparisons whose orders are said to agree or not, -1 elsewhere: what counts for
    those of which the single replies were never kept.
    """
    first = first_shown(replies.value, replies.swapped)
    ends = None
    if first.value is not None:
        side = leanings.sides(replies.value, replies.swapped)
        chosen = np.flatnonzero(side != TIED)
        took = np.stack([side[chosen] == FIRST, np.ones(len(chosen))], axis=1).astype(np.int64)
        ends = share(took, group[replies.comparison[chosen]]).ci95
    ahead, behind = ~replies.swapped, replies.swapped
    both, one, two = np.intersect1d(
        replies.comparison[ahead], replies.comparison[behind], return_indices=True
    )
    value, value_swapped = replies.value[ahead][one], replies.value[behind][two]
    same = np.full(len(group), -1) if known is None else known.copy()
    same[both] = np.sign(value) == np.sign(value_swapped)
    at = np.flatnonzero(same >= 0)
    rows = np.stack([same[at], np.ones_like(at)], axis=1)
    turned = (np.sign(value) * np.sign(value_swapped)) < 0
    stuck = np.stack([value[turned] > 0, np.ones(int(turned.sum()))], axis=1).astype(np.int64)
    return Position(
        first,
        ends,
        share(rows, group[at]) if len(at) else missing("not computable: asked in one order only"),
        share(stuck, group[both[turned]]),
        int(ahead.sum()),
        int(behind.sum()),
    )

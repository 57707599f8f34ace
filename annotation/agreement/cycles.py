"""Intransitive cycles: a beats b, b beats c, and c beats a. Pure.

A ranking cannot hold one; the majority of several rankings can (Condorcet), and so can pairs of the same
prompt's responses that were judged one by one.
"""

from collections import defaultdict, deque
from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from ..ranking import pairs
from ..votes import Ints, Vote, Votes

MOST_LISTED = 1000


class Cycle(NamedTuple):
    """Items that beat each other in a ring, `items[0]` beating `items[1]` and the last beating the first.

    `graph` says where; `margin` is the smallest majority on the way round, in votes.
    """

    graph: int
    items: tuple[int, ...]
    margin: int


def majority_cycles(votes: Votes) -> list[Cycle]:
    """Cycles in the majorities of single comparisons of more than two responses.

    `graph` is the index of the comparison, items are positions of responses.
    """
    implied = [_implied(vote) if vote.k > 2 else [] for vote in votes.distinct]
    size = np.array([len(pairs_) for pairs_ in implied], dtype=np.int64)
    table = np.array([pair for pairs_ in implied for pair in pairs_], dtype=np.int64).reshape(-1, 3)
    number = size[votes.code]
    within = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
    one, two, sign = table[np.repeat((np.cumsum(size) - size)[votes.code], number) + within].T
    return cycles(np.repeat(votes.comparison, number), one, two, sign).listed


class Cycles(NamedTuple):
    """The shortest cycle of every knot of items that beat each other in a ring, the first MOST_LISTED; the
    graphs that hold one; and those that could have, because their pairs close a ring."""

    listed: list[Cycle]
    graphs: Ints
    possible: Ints


def cycles(graph: Ints, one: Ints, two: Ints, net: Ints) -> Cycles:
    """Where items beat each other in a ring.

    Every element is a pair of items of a graph: above 0, `one` beats `two` by `net` votes; below 0 the other
    way; 0 is a draw. A pair may come several times in a graph, and its votes add up. One linear pass over
    the strongly connected components.
    """
    if not len(graph):
        return Cycles([], np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    size = int(max(one.max(), two.max())) + 1
    nodes, index = np.unique(np.concatenate([graph * size + one, graph * size + two]), return_inverse=True)
    left, right = np.split(index, 2)
    low, high, votes = np.minimum(left, right), np.maximum(left, right), np.where(left < right, net, -net)
    pair, place = np.unique(low * len(nodes) + high, return_inverse=True)
    total = np.bincount(place, weights=votes).astype(np.int64)
    low, high = pair // len(nodes), pair % len(nodes)
    possible = _closed(low, high, nodes // size)
    beats = np.where(total > 0, low, high)[total != 0]
    beaten = np.where(total > 0, high, low)[total != 0]
    margin = np.abs(total[total != 0])
    edges = sparse.csr_array((margin, (beats, beaten)), shape=(len(nodes), len(nodes)))
    _, knot = connected_components(edges, directed=True, connection="strong")
    inside = (knot[beats] == knot[beaten]) & (beats != beaten)
    by_knot: dict[int, dict[int, dict[int, int]]] = defaultdict(lambda: defaultdict(dict))
    for start, end, votes_ in zip(beats[inside], beaten[inside], margin[inside], strict=True):
        by_knot[int(knot[start])][int(start)][int(end)] = int(votes_)
    found = []
    for knotted in sorted(by_knot.values(), key=min)[:MOST_LISTED]:
        ring = _shortest(knotted)
        margins = [knotted[a][b] for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)]
        where, items = nodes[ring[0]] // size, tuple(int(nodes[node] % size) for node in ring)
        found.append(Cycle(int(where), items, min(margins)))
    return Cycles(found, np.unique(nodes[beats[inside]] // size), possible)


def _closed(low: Ints, high: Ints, graph: Ints) -> Ints:
    """The graphs whose pairs of different nodes close a ring: they have more pairs than a tree would."""
    apart = low != high
    low, high = low[apart], high[apart]
    met = sparse.csr_array((np.ones(len(low)), (low, high)), shape=(len(graph), len(graph)))
    _, part = connected_components(met, directed=False)
    nodes, pairs_ = np.bincount(part), np.bincount(part[low], minlength=int(part.max()) + 1)
    return np.unique(graph[pairs_[part] >= nodes[part]])


def _shortest(edges: dict[int, dict[int, int]]) -> list[int]:
    """A shortest ring of a strongly connected graph, beginning with its smallest node."""
    best: list[int] = []
    for start in sorted(edges):
        came = {start: start}
        queue = deque([start])
        while queue:
            node = queue.popleft()
            if start in edges[node]:
                ring = [node]
                while ring[-1] != start:
                    ring.append(came[ring[-1]])
                if not best or len(ring) < len(best):
                    best = ring[::-1]
                break
            for following in edges[node]:
                if following not in came:
                    came[following] = node
                    queue.append(following)
        if len(best) == 3:  # none is shorter: two items cannot beat each other
            break
    first = best.index(min(best))
    return best[first:] + best[:first]


def _implied(vote: Vote) -> list[tuple[int, int, int]]:
    return [(ord(x) - ord("a"), ord(y) - ord("a"), sign) for x, y, sign in pairs(vote.parsed, vote.k)]

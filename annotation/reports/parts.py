"""Agreement of parts: by category, by pool, over time; and of rankings of more than two responses."""

from typing import Any

import numpy as np

from ..agreement import rankings, slices
from ..agreement.alpha import alpha
from ..agreement.annotators import reference_of
from ..agreement.cycles import majority_cycles
from ..agreement.disputes import disputes
from ..agreement.groups import CLASSES, Group, Interval, value_counts
from ..agreement.intervals import alpha_sums, interval
from ..votes import Ints, Mask
from . import circumstances as around
from .evidence import Evidence

# Time is shown in parts of this many comparisons or more, at most TIMES of them.
FEWEST_IN_TIME = 30
TIMES = 12
MOST_DISPUTED = 1000


def parts_of(evidence: Evidence) -> dict[str, Any]:
    """Alpha at the scale's level by category, by pool and over time, with intervals and numbers."""
    level = evidence.level
    sums = {name: alpha_sums(group, level) for name, group in evidence.groups.items()}
    categories, category = around.read_categories(evidence.project, evidence.votes)
    times, time = _times(evidence)
    pools = around.read_pools(evidence.project, evidence.votes)
    by_category: list[dict[str, Any]] = [{"category": name} for name in categories]
    for name, of in sums.items():
        for part in slices.by_code(of, category):
            by_category[part.code][name] = _part(part)
        for part in slices.by_code(of, time):
            times[part.code][name] = _part(part)
    return {
        "level": level,
        "category": by_category,
        "pool": [_pool(evidence, name, of) for name, of in pools],
        "time": times,
    }


def rankings_of(evidence: Evidence) -> dict[str, Any] | None:
    """Kendall's tau-b and W among people (judges where no person votes), and cycles of majorities."""
    if all(vote.k == 2 for vote in evidence.votes.distinct):
        return None
    votes = evidence.votes
    among = votes.where(reference_of(votes)[votes.voter])
    cycles = majority_cycles(among)
    return {
        "tau_b": _concordance(rankings.tau_b(among)),
        "w": _concordance(rankings.concordance(among)),
        "cycles": [
            {
                "comparison": int(among.comparison_ids[cycle.graph]),
                "beats": "".join(chr(ord("a") + item) for item in cycle.items),
                "margin": cycle.margin,
            }
            for cycle in cycles
        ],
    }


def disputed_of(evidence: Evidence) -> dict[str, Any]:
    """By group, the `number` of comparisons on which votes differ, and those that differ `most`, at most
    MOST_DISPUTED: heat (see `disputes`) and how many votes say what, of people and, across kinds, judges.

    With more than two responses a comparison stands for the most disputed pair of its responses.
    """
    found = {}
    for name, group in evidence.groups.items():
        units = disputes(group)
        comparison = group.comparison[units.unit]
        _, first = np.unique(comparison, return_index=True)
        rows = []
        for at in np.sort(first)[:MOST_DISPUTED].tolist():
            row = {
                "comparison": int(evidence.votes.comparison_ids[comparison[at]]),
                "heat": float(units.heat[at]),
                "votes": dict(zip(CLASSES, units.tally[at].tolist(), strict=True)),
            }
            if units.others is not None:
                row["judges"] = dict(zip(CLASSES, units.others[at].tolist(), strict=True))
            rows.append(row)
        found[name] = {"number": len(first), "most": rows}
    return found


def _pool(evidence: Evidence, name: str, of: Mask) -> dict[str, Any]:
    level = evidence.level
    counts = value_counts(evidence.judgements, of[evidence.judgements.voter])
    group = Group(counts, evidence.judgements.comparison)
    figure = alpha(group, level)
    ends = interval(alpha_sums(group, level)) if figure.value is not None else Interval(None)
    comparisons = len(np.unique(group.comparison[group.paired]))
    part = slices.Slice(0, figure, ends, comparisons)
    return {"pool": name, "annotators": int(of.sum()), "within": _part(part)}


def _times(evidence: Evidence) -> tuple[list[dict[str, Any]], Ints]:
    """Equal parts of the comparisons in the order of their newest vote, and each one's part."""
    votes = evidence.votes
    newest = np.zeros(len(votes.comparison_ids), dtype=np.int64)
    np.maximum.at(newest, votes.comparison, evidence.circumstances.annotation)
    shared = np.flatnonzero(np.bincount(votes.comparison, minlength=len(newest)) > 1)
    number = min(TIMES, len(shared) // FEWEST_IN_TIME)
    order = shared[np.argsort(newest[shared], kind="stable")] if number else shared[:0]
    part = np.full(len(newest), -1)
    part[order] = np.arange(len(order)) * number // max(1, len(order))
    edges = [(members[0], members[-1]) for members in np.array_split(order, number or 1) if number]
    moments = around.moments_of({int(newest[at]) for edge in edges for at in edge})
    times: list[dict[str, Any]] = [
        {"from": moments.get(int(newest[first])), "to": moments.get(int(newest[last]))}
        for first, last in edges
    ]
    return times, part


def _part(part: slices.Slice) -> dict[str, Any]:
    return {
        "alpha": part.alpha.value,
        "ci95": part.interval.ends,
        "comparisons": part.comparisons,
        "reason": part.alpha.reason,
    }


def _concordance(found: rankings.Concordance) -> dict[str, Any]:
    return {
        "value": found.value,
        "ci95": found.interval.ends,
        "comparisons": found.comparisons,
        "reason": found.interval.reason,
    }

"""Figures over all comparisons of a release, from the part that people answered (`annotation.audited`)."""

from collections import defaultdict
from dataclasses import asdict
from typing import Any

import numpy as np

from ..audited import Floats, whole
from ..models import Comparison, ReleaseItem, Response
from ..votes import Ints, Mask, Votes
from .frozen import BATCH, Frozen


def estimates_of(frozen: Frozen, votes: Votes) -> dict[str, Any] | None:
    """How often the judge that stands agrees with people and how often each model wins, over all pairs that
    routing decided; None where it decided none, or where the votes are not those of the routed mix.

    A pair's answer is 1 for response a, 0 for b, 0.5 for a tie and both bad, the mean where several people
    answered. The judge agrees where its answer is the people's mean on the same side, or both are ties.
    """
    if frozen.options.source != "routed":
        return None
    decided = _decisions(frozen)
    if decided is None:
        return None
    ids, probability, judges = decided
    people = _mean(votes, votes.human, ids)
    judge = _mean(votes, _of_judges(votes, ids, judges), ids)
    known = ~np.isnan(judge)
    agrees = np.where(np.isnan(people) | ~known, np.nan, np.sign(people - 0.5) == np.sign(judge - 0.5))
    none = np.full(len(ids), np.nan)  # nothing stands in for it
    return {
        "comparisons": len(ids),
        "agreement": asdict(whole(agrees[known], none[known], probability[known])),
        "win_rates": _win_rates(ids, people, judge, probability),
    }


def _win_rates(ids: Ints, people: Floats, judge: Floats, probability: Floats) -> list[dict[str, Any]]:
    """Each model's, over the pairs of it and another one that is named; the most successful first."""
    first, second, names = _models(ids)
    found = []
    for number, name in enumerate(names):
        own = (first == number) ^ (second == number)
        turned = second[own] == number
        figure = whole(
            np.where(turned, 1 - people[own], people[own]),
            np.where(turned, 1 - judge[own], judge[own]),
            probability[own],
        )
        found.append({"model": name} | asdict(figure))
    return sorted(found, key=lambda row: (row["value"] is None, -(row["value"] or 0), row["model"]))


def _decisions(frozen: Frozen) -> tuple[Ints, Floats, Ints] | None:
    """(comparison ids ascending, probability that a person was to be asked, id of the judge or 0) of pairs
    that routing decided."""
    items = ReleaseItem.objects.filter(release=frozen.release).exclude(destination="")
    rows = items.values_list("comparison_id", "probability", "judge").iterator(BATCH)
    table = np.array([(pk, p, judge or 0) for pk, p, judge in rows], dtype=float).reshape(-1, 3)
    pairs = Comparison.objects.filter(project=frozen.project, k=2, fit=True).values_list("pk", flat=True)
    table = table[np.isin(table[:, 0], np.fromiter(pairs.iterator(BATCH), dtype=float))]
    if not len(table):
        return None
    table = table[np.argsort(table[:, 0])]
    return table[:, 0].astype(np.int64), table[:, 1], table[:, 2].astype(np.int64)


def _of_judges(votes: Votes, ids: Ints, judges: Ints) -> Mask:
    """The votes of the judge that each decision names; of any judge where it names none."""
    at = np.searchsorted(ids, votes.comparison_ids)
    inside = (at < len(ids)) & (ids[np.minimum(at, len(ids) - 1)] == votes.comparison_ids)
    named = np.where(inside, judges[np.minimum(at, len(ids) - 1)], -1)[votes.comparison]
    voter = np.array([one.id for one in votes.voters], dtype=np.int64)[votes.voter]
    mask: Mask = ~votes.human & ((named == 0) | (named == voter))
    return mask


def _mean(votes: Votes, of: Mask, ids: Ints) -> Floats:
    """Mean answer of these votes on each comparison, nan where there is none."""
    answer = np.array(
        [{"a": 1.0, "b": 0.0}.get(vote.parsed.winner or "", 0.5) for vote in votes.distinct], dtype=float
    )
    comparison = votes.comparison[of]
    number = np.bincount(comparison, minlength=len(votes.comparison_ids))
    total = np.bincount(comparison, answer[votes.code[of]], len(votes.comparison_ids))
    mean = np.where(number > 0, total / np.maximum(number, 1), np.nan)
    at = np.minimum(np.searchsorted(votes.comparison_ids, ids), max(len(mean) - 1, 0))
    if not len(mean):
        return np.full(len(ids), np.nan)
    return np.where(votes.comparison_ids[at] == ids, mean[at], np.nan)


def _models(ids: Ints) -> tuple[Ints, Ints, list[str]]:
    """(number of a's model, of b's, names); -1 where it is not named."""
    numbers: dict[str, int] = {}
    sides: dict[int, Ints] = defaultdict(lambda: np.full(len(ids), -1, dtype=np.int64))
    for start in range(0, len(ids), BATCH):
        part = ids[start : start + BATCH].tolist()
        rows = Response.objects.filter(comparison_id__in=part, position__lt=2).exclude(model="")
        for pk, position, model in rows.values_list("comparison_id", "position", "model"):
            at = int(np.searchsorted(ids, pk))
            sides[position][at] = numbers.setdefault(model, len(numbers))
    return sides[0], sides[1], list(numbers)

"""Every annotator's figures, every two of them, and what they lean to."""

from typing import Any

import numpy as np

from ..agreement import annotators as held
from ..agreement import leanings
from ..agreement.groups import Floats
from ..agreement.influence import leave_one_annotator_out
from ..agreement.kappa import FEWEST_SHARED, Pairwise, by_likeness, pairwise_kappa
from ..models import AnnotatorSkill
from ..votes import HUMAN, Ints, Mask, Votes
from . import circumstances as around
from .evidence import Evidence

MOST_PAIRED = 1000  # annotators in the table of pairs: the busiest


def each_annotator(evidence: Evidence) -> list[dict[str, Any]]:
    """Every annotator's own figures, people first; those with too few labels have numbers alone."""
    votes, judgements = evidence.votes, evidence.judgements
    reference = held.reference_of(votes)
    against = held.held_against(votes, judgements, reference)
    labels = np.bincount(votes.voter, minlength=len(votes.voters))
    without = _without_each(evidence)
    skills = around.read_skills(evidence.criterion)
    sides, known = evidence.sides, evidence.circumstances.ordered
    strategies = leanings.strategies(sides[known], votes.voter[known], len(votes.voters))
    order = np.argsort(votes.voter, kind="stable")
    seconds = np.split(evidence.circumstances.seconds[order], np.cumsum(labels)[:-1])
    rows = []
    for index in np.lexsort((-labels, ~votes.people)).tolist():
        voter = votes.voters[index]
        row: dict[str, Any] = {
            "annotator": voter.id,
            "kind": voter.kind,
            "name": voter.name,
            "labels": int(labels[index]),
            "comparisons_shared": int(against.comparisons[index]),
            "median_seconds": _median(seconds[index]) if voter.kind == HUMAN else None,
            "enough": bool(labels[index] >= held.FEWEST_LABELS),
        }
        if row["enough"]:
            row |= _against(against, index)
            row["competence"] = _competence(skills.get(voter.id))
            row["alpha_without"] = _number(without[index])
            row["strategy"] = _strategy(strategies[index])
            row["repeats"] = _repeats(evidence.again, index)
            row["mirrors"] = _mirrors(evidence.again, index)
        rows.append(row)
    return rows


def pairs_of(evidence: Evidence) -> dict[str, Any]:
    """Cohen's kappa of every two annotators, ordered by likeness, people first."""
    votes = evidence.votes
    labels = np.bincount(votes.voter, minlength=len(votes.voters))
    busiest = np.argsort(-labels, kind="stable")[:MOST_PAIRED]
    found = pairwise_kappa(evidence.judgements, np.sort(busiest[labels[busiest] >= held.FEWEST_LABELS]))
    order = by_likeness(found)
    order = order[np.argsort(~votes.people[found.voters[order]], kind="stable")]
    return _pairs(found, order, votes)


def leanings_of(evidence: Evidence) -> dict[str, Any]:
    """The first shown, the longer one, and what changes with the order: people together, each judge."""
    votes = evidence.votes
    pairs = evidence.pairs
    sides, known = evidence.sides, evidence.circumstances.ordered
    longer = around.read_longer(votes, evidence.project)[votes.comparison]
    values = evidence.values
    people = {
        "kind": HUMAN,
        "name": "",
        "first": leanings.prefers_first(sides[known])._asdict(),
        "longer": leanings.prefers_longer(values[pairs & votes.human], longer[pairs & votes.human])._asdict(),
        "mirrored": _mirrors(evidence.again, None),
    }
    orders = around.read_orders(evidence.project, evidence.criterion)
    rows = [people] if votes.people.any() else []
    labels = np.bincount(votes.voter, minlength=len(votes.voters))
    judges = np.flatnonzero(~votes.people)
    for index in judges[np.argsort(-labels[judges], kind="stable")].tolist():
        of = pairs & (votes.voter == index)
        by_order = orders.annotator == votes.voters[index].id
        side = leanings.sides(orders.value[by_order], orders.swapped[by_order])
        rows.append(
            {
                "kind": votes.voters[index].kind,
                "name": votes.voters[index].name,
                "first": leanings.prefers_first(side)._asdict(),
                "longer": leanings.prefers_longer(values[of], longer[of])._asdict(),
                "mirrored": _both_orders(orders, by_order, side),
            }
        )
    return {"rows": rows}


def _without_each(evidence: Evidence) -> Floats:
    votes, level = evidence.votes, evidence.level
    found = np.full(len(votes.voters), np.nan)
    for of in (votes.people, votes.judges):
        without = leave_one_annotator_out(evidence.judgements, of[evidence.judgements.voter], len(of), level)
        found = np.where(of, without.alpha, found)
    return found


def _against(against: held.Held, index: int) -> dict[str, Any]:
    return {
        "agrees": {
            "value": _number(against.agrees[index]),
            "ci95": _ends(against.low[index], against.high[index]),
            "kappa": _number(against.kappa[index]),
            "comparisons": int(against.comparisons[index]),
        },
        "consensus": {
            "value": _number(against.right[index]),
            "ci95": _ends(against.right_low[index], against.right_high[index]),
            "comparisons": int(against.decided[index]),
        },
    }


def _pairs(found: Pairwise, order: Ints, votes: Votes) -> dict[str, Any]:
    def table(values: Floats) -> list[list[float | None]]:
        ordered = values[np.ix_(order, order)].astype(object)
        ordered[~np.isfinite(values[np.ix_(order, order)])] = None
        known: list[list[float | None]] = ordered.tolist()
        return known

    shared = found.shared[np.ix_(order, order)]
    return {
        "annotators": [votes.voters[index].id for index in found.voters[order].tolist()],
        "kappa": table(found.kappa),
        "standard_error": table(found.error),
        "shared": shared.tolist(),
        "number": int((np.triu(shared, 1) > 0).sum()),
        "fewest_shared": FEWEST_SHARED,
    }


def _competence(skill: AnnotatorSkill | None) -> dict[str, Any] | None:
    """The share of votes that are no guess, and how they guess (by answer over stored letters)."""
    if skill is None:
        return None
    ends = None if skill.low is None or skill.high is None else [skill.low, skill.high]
    return {"value": skill.competence, "ci95": ends, "labels": skill.labels, "guesses": skill.strategy}


def _strategy(strategy: leanings.Strategy | None) -> dict[str, Any] | None:
    return None if strategy is None or strategy.n < held.FEWEST_LABELS else strategy._asdict()


def _repeats(again: around.Again, index: int) -> dict[str, Any] | None:
    of = (again.voter == index) & ~again.mirror
    if of.sum() < held.FEWEST_LABELS:
        return None
    found = leanings.repeated(again.before[of], again.after[of])
    return {"same": found.same._asdict(), "alpha": found.alpha.value, "ci95": found.ends}


def _mirrors(again: around.Again, index: int | None) -> dict[str, Any] | None:
    """Of one annotator, or with None of all people."""
    of = again.mirror if index is None else again.mirror & (again.voter == index)
    if of.sum() < held.FEWEST_LABELS:
        return None
    one = leanings.sides(again.before[of], again.swapped[of])
    two = leanings.sides(again.after[of], ~again.swapped[of])
    return _mirrored(leanings.mirrored(one, two))


def _both_orders(orders: around.Orders, of: Mask, side: Ints) -> dict[str, Any] | None:
    """A judge's answers to the same pair in both orders; `side` has one element a call of `of`."""
    comparison, swapped = orders.comparison[of], orders.swapped[of]
    _, one, two = np.intersect1d(comparison[~swapped], comparison[swapped], return_indices=True)
    if len(one) < held.FEWEST_LABELS:
        return None
    return _mirrored(leanings.mirrored(side[~swapped][one], side[swapped][two]))


def _mirrored(found: leanings.Mirrored) -> dict[str, Any]:
    return {"changes": found.changes._asdict(), "to_first": found.to_first._asdict()}


def _median(seconds: Floats) -> float | None:
    known = seconds[np.isfinite(seconds)]
    return float(np.median(known)) if len(known) >= held.FEWEST_LABELS else None


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _ends(low: float, high: float) -> list[float] | None:
    return [float(low), float(high)] if np.isfinite(low) else None

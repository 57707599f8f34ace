"""The same report for people: each one held against a Reference, else against the majority of the others."""

from typing import Any

import numpy as np

from annotation.reports.circumstances import Circumstances

from .answers import CLASSES, UNKNOWN, without
from .case import Case
from .figures import FEWEST
from .held import beside, by_category, kappa_x, pulls
from .position import first_shown
from .tables import against, confusion

MOST = 100  # people with figures of their own: the busiest


def each_person(case: Case) -> tuple[list[dict[str, Any]], int]:
    """(people with enough labels, the busiest first; how many have too few)."""
    people = np.flatnonzero(case.votes.people)
    labels = np.bincount(case.votes.voter, minlength=len(case.votes.voters))[people]
    order = np.argsort(-labels, kind="stable")
    enough = order[labels[order] >= FEWEST]
    around = case.evidence.circumstances  # read for nobody too, so the report always takes as many statements
    rows = [_person(case, around, int(people[at]), int(labels[at])) for at in enough[:MOST].tolist()]
    return rows, len(people) - len(enough)


def _person(case: Case, around: Circumstances, index: int, labels: int) -> dict[str, Any]:
    voter = case.votes.voters[index]
    unit, others = without(case.answers, case.counts, case.reference, index, case.fewest)
    people = np.where(others.known, others.said, UNKNOWN)
    said = case.answers.of(index)[unit]
    return {
        "annotator": voter.id,
        "name": case.ground.names.get(voter.id, ""),
        "labels": labels,
        "against_people": against(people, said, case.answers.comparison[unit], case.group[unit]).json(),
        "by_category": by_category(case, index, unit, people, said),
        "confusion": {"classes": list(CLASSES), "counts": confusion(people, said), "shown": None},
        "kappa_x": kappa_x(case, beside(case, index).group).json(),
        "position": {"first_shown": _first_shown(case, around, voter.id)},
        **pulls(case, unit, people, said),
    }


def _first_shown(case: Case, around: Circumstances, annotator: int) -> dict[str, Any]:
    """From labels, whose order is a person's own."""
    evidence = case.evidence
    ids = np.array([voter.id for voter in evidence.votes.voters])
    at = (ids[evidence.votes.voter] == annotator) & evidence.pairs & around.ordered
    return first_shown(evidence.values[at], around.swapped[at]).json()

"""The calibration of judges against people, as the command prints it and the page shows it."""

from typing import Any

import numpy as np

from annotation.models import Project
from annotation.reports import criteria_named, snapshot

from ..models import Calibration
from .alternative import EPSILON
from .answers import FEWEST_PEOPLE, Basis
from .case import Case
from .ground import read_ground
from .keeping import newest
from .maps import FOLDS
from .of_judges import judge_row
from .of_people import each_person
from .reliability import BINS


def calibration_of(
    project: Project,
    criterion: str | None = None,
    judge: str | None = None,
    *,
    fewest_people: int = FEWEST_PEOPLE,
    epsilon: float = EPSILON,
) -> dict[str, Any]:
    """Every judge version, or those of one judge, against people; and every person against the others.

    People's answer is the Reference where there is one, else the unique most frequent answer of at least
    `fewest_people`. `epsilon` is that of the alternative annotator test. A constant number of SQL statements
    for each criterion. Raises annotation.reports.Unknown, and ValueError for settings that make no sense.
    """
    if fewest_people < 1:
        raise ValueError(f"a majority needs at least one person, not {fewest_people}")
    if not 0 <= epsilon < 1:
        raise ValueError(f"epsilon is a share from 0 to below 1, not {epsilon}")
    criteria = criteria_named(project, criterion)
    with snapshot():
        ground = read_ground(project, judge)
        kept = newest([one.annotator for one in ground.judges], [one.pk for one in criteria])
        found = [_criterion(Case.of(project, one, ground, fewest_people), epsilon, kept) for one in criteria]
    return {
        "project": project.slug,
        "settings": {"fewest_people": fewest_people, "epsilon": epsilon, "folds": FOLDS, "bins": BINS},
        "criteria": found,
    }


def _criterion(case: Case, epsilon: float, kept: dict[tuple[int, int], Calibration]) -> dict[str, Any]:
    criterion = case.evidence.criterion
    persons, too_few = each_person(case)
    return {
        "criterion": criterion.name,
        "version": criterion.version,
        "scale": criterion.scale,
        "level": case.evidence.level,
        "people": {
            "annotators": int(case.votes.people.sum()),
            "labels": int(case.votes.human.sum()),
            "comparisons": _bases(case),
        },
        "judges": [
            judge_row(case, one, epsilon, kept.get((one.annotator, criterion.pk)))
            for one in case.ground.judges
            if one.annotator in case.index_of
        ],
        "each_person": persons,
        "too_few_labels": too_few,
    }


def _bases(case: Case) -> dict[str, int]:
    """What people's answer rests on, in comparisons; with more than two responses the best of their pairs."""
    best = np.zeros(len(case.votes.comparison_ids), dtype=np.int64)
    np.maximum.at(best, case.answers.comparison, case.target.basis)
    numbers = np.bincount(best, minlength=len(Basis))
    return {basis.name.lower(): int(numbers[basis]) for basis in reversed(Basis)}

"""Keeping a judge's map from confidence to chance, and reading it: what a cascade decides by."""

from collections.abc import Iterable, Mapping

import numpy as np
from django.db import transaction
from django.utils import timezone

from annotation.models import Criterion, Project
from annotation.ranking import BOTH_BAD
from annotation.reports import criteria_named, snapshot
from annotation.reports.circumstances import newest_label

from ..models import Calibration
from .answers import FEWEST_PEOPLE
from .case import Case
from .confidence import confidence_of, soft_of
from .ground import Ground, Judge, read_ground
from .maps import ProbabilityMap


def keep(
    project: Project,
    criterion: str | None = None,
    judge: str | None = None,
    fewest_people: int = FEWEST_PEOPLE,
    annotator: int | None = None,
) -> list[Calibration]:
    """Fits the map of every judge on each criterion (or on one) and stores it as a new version; of those
    called `judge`, or of this `annotator` alone.

    A judge without enough answers that people gave too gets none: nothing is made up. A map like the one in
    use, fitted on the same answers, is not stored again. Raises annotation.reports.Unknown.
    """
    criteria = criteria_named(project, criterion)
    rows: list[Calibration] = []
    with snapshot():
        ground = read_ground(project, judge)
        through = newest_label(project)
        for one in criteria:
            rows += _fitted(project, one, ground, fewest_people, through, annotator)
    with transaction.atomic():
        return [row for row in rows if _store(row)]


def stop_using(project: Project, annotator: int, criterion: str) -> Calibration | None:
    """Puts the map of a judge on a criterion out of use: its confidence is read as it says it, until another
    is kept. Gives that map; None where none was in use. Raises annotation.reports.Unknown."""
    [asked] = criteria_named(project, criterion)
    with transaction.atomic():
        found = newest([annotator], [asked.pk]).get((annotator, asked.pk))
        if found is not None:
            found.stopped_at = timezone.now()
            found.save(update_fields=["stopped_at"])
    return found


def held_out(
    project: Project, criterion: Criterion, annotator: int, fewest_people: int = FEWEST_PEOPLE
) -> list[tuple[float, bool]]:
    """For each answer of a judge that people gave too: the chance that a map fitted without its group gives
    it, and whether it was right. What a threshold may be chosen by; empty where there are too few."""
    with snapshot():
        case = Case.of(project, criterion, read_ground(project), fewest_people)
        judge = next((one for one in case.ground.judges if one.annotator == annotator), None)
        if judge is None or annotator not in case.index_of:
            return []
        found = confidence_of(case, judge, case.answers.of(case.index_of[annotator]))
        chosen = soft_of(case, found)[1]
    return list(zip(chosen.held_out.tolist(), found.right.tolist(), strict=True)) if chosen else []


def newest(annotators: Iterable[int], criteria: Iterable[int]) -> dict[tuple[int, int], Calibration]:
    """The newest map of each judge on each criterion, by (annotator id, criterion id), but for those that
    are out of use. One statement."""
    rows = Calibration.objects.filter(annotator__in=list(annotators), criterion__in=list(criteria))
    found = {(row.annotator_id, row.criterion_id): row for row in rows.order_by("version")}
    return {key: row for key, row in found.items() if row.stopped_at is None}


def calibrated_probability(
    calibration: Calibration, soft: Mapping[str, float], answer: str, consistent: bool | None = None
) -> float:
    """The chance that people would give the judge's answer to a pair.

    `soft` are its chances by answer (SoftLabel.probabilities), `answer` is what its label says (`a`, `b`,
    `tie` or `both_bad`), `consistent` False where its orders contradict each other. Raises ValueError for an
    answer that a pair does not have.
    """
    if answer not in ("a", "b", "tie", BOTH_BAD):
        raise ValueError(f"{answer!r} is no answer to a pair: a, b, tie or both_bad")
    sure = soft.get(answer, 0.0)
    if answer in ("tie", BOTH_BAD):  # both bad counts as a tie
        sure = soft.get("tie", 0.0) + soft.get(BOTH_BAD, 0.0)
    found = ProbabilityMap.of_json(calibration.map).apply(
        np.array([min(max(sure, 0.0), 1.0)]), np.array([consistent is False])
    )
    return float(found[0])


def _fitted(
    project: Project, criterion: Criterion, ground: Ground, fewest: int, through: int, only: int | None
) -> list[Calibration]:
    case = Case.of(project, criterion, ground, fewest)
    judges = [one for one in ground.judges if one.annotator in case.index_of]
    judges = [one for one in judges if only in (None, one.annotator)]
    rows = [_row(case, one, through) for one in judges]
    return [row for row in rows if row is not None]


def _row(case: Case, judge: Judge, through: int) -> Calibration | None:
    said = case.answers.of(case.index_of[judge.annotator])
    report, chosen = soft_of(case, confidence_of(case, judge, said))
    if chosen is None:
        return None
    return Calibration(
        annotator_id=judge.annotator,
        criterion=case.evidence.criterion,
        method=chosen.map.method,
        map=chosen.map.json(),
        comparisons=report["n"],
        groups=report["groups"],
        held_out={
            when: {
                "log_loss": report[when]["log_loss"],
                "brier": report[when]["brier"],
                "ece": report[when]["ece"]["value"],
            }
            for when in ("before", "after")
        },
        fewest_people=case.fewest,
        through=through,
    )


def _store(row: Calibration) -> bool:
    """Whether it says something new; then it is the next version."""
    earlier = Calibration.objects.filter(annotator=row.annotator_id, criterion=row.criterion_id)
    last = earlier.order_by("-version").first()
    if last and not last.stopped_at and (last.map, last.comparisons) == (row.map, row.comparisons):
        return False
    row.version = last.version + 1 if last else 1
    row.save()
    return True

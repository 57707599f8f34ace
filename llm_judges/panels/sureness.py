"""How sure a member of a cascade is, and from where on that is enough."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from annotation.agreement.intervals import wilson
from annotation.models import Annotator, Criterion
from annotation.projects import criteria_of

from ..calibration import calibrated_probability, held_out, keep, newest
from ..models import Calibration, Judge, Panel
from ..reconcile import vote_of
from ..runs import JudgeError
from .heard import Heard

# A threshold rests on at least so many comparisons that it lets through.
FEWEST = 30
Calibrations = dict[tuple[int, int], Calibration]


@dataclass(frozen=True, slots=True)
class Sure:
    """`probability` that a member's label is right, on the criterion where it is least so; `calibrated`
    against people, or its own figure."""

    probability: float
    calibrated: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """A threshold with what it did on comparisons whose right answer is known: `kept` of `comparisons` reach
    it, with `accuracy`, whose 95 % interval begins at `low`."""

    threshold: float
    comparisons: int
    kept: int
    accuracy: float
    low: float


def sure(heard: Heard, known: Calibrations) -> Sure:
    """How sure a member that has answered is; not at all where its own orders disagree."""
    if heard.consistent is False:
        return Sure(0.0, True)
    found = [_sure(heard, name, known) for name in heard.said]
    return Sure(min(one.probability for one in found), all(one.calibrated for one in found))


def _sure(heard: Heard, criterion: str, known: Calibrations) -> Sure:
    said = heard.said[criterion]
    assert said.ranking is not None
    k = sum(map(len, said.ranking.tiers)) or len(said.probabilities)
    (answer, share), *others = vote_of(said.ranking, k).items()
    if others:  # several share the top of more than two
        return Sure(sum(said.probabilities.get(name, 0.0) for name, _ in [(answer, share), *others]), False)
    calibration = known.get((heard.annotator.pk, heard.criteria[criterion]))
    if calibration is None or k > 2:
        return Sure(float(said.probabilities.get(answer, 0.0)), False)
    p = calibrated_probability(calibration, said.probabilities, answer, said.consistent)
    return Sure(float(p), True)


def calibrations(members: Sequence[tuple[Judge, Annotator]], criteria: Sequence[Criterion]) -> Calibrations:
    return newest([annotator.pk for _, annotator in members], [criterion.pk for criterion in criteria])


def ensure_threshold(panel: Panel, members: Sequence[tuple[Judge, Annotator]]) -> float:
    """The cascade's threshold; found and kept where the owner has named the accuracy instead.

    It is the lowest one at which the first member's labels reach the accuracy on comparisons that people have
    answered: the lower end of the 95 % interval does, on every criterion, with each comparison's probability
    predicted from other groups. Raises JudgeError where people have answered too few to tell.
    """
    if panel.threshold is not None:
        return panel.threshold
    target = float(panel.version.settings["target_accuracy"])
    judge, annotator = members[0]
    project = panel.version.project
    keep(project, judge=judge.version.name)  # its labels are weighed by the map that the threshold is for
    choices = {}
    for criterion in criteria_of(project):
        points = held_out(project, criterion, annotator.pk)
        choice = choose(points, target)
        if choice is None:
            raise JudgeError(
                f"panel {panel}: no threshold reaches {target:.0%} on {criterion.name} with"
                f" {FEWEST} comparisons or more ({len(points)} of {judge} have people's answer to go by);"
                " give a threshold, a lower target_accuracy, or have people label more"
            )
        choices[criterion.name] = choice
    panel.threshold = max(choice.threshold for choice in choices.values())
    chosen: dict[str, Any] = {name: asdict(choice) for name, choice in choices.items()}
    panel.chosen = {"target_accuracy": target, "criteria": chosen}
    Panel.objects.filter(pk=panel.pk, threshold=None).update(threshold=panel.threshold, chosen=panel.chosen)
    return panel.threshold


def choose(points: Sequence[tuple[float, bool]], target: float) -> Choice | None:
    """The lowest threshold whose labels are right at least that often; None where there is none. Points are
    (probability, whether it was right)."""
    if len(points) < FEWEST:
        return None
    probability = np.array([p for p, _ in points], dtype=np.float64)
    right = np.array([is_right for _, is_right in points], dtype=np.float64)
    order = np.argsort(-probability, kind="stable")
    probability, right = probability[order], right[order].cumsum()
    kept = np.arange(1, len(points) + 1, dtype=np.float64)
    low, _ = wilson(right, kept)
    whole = np.append(probability[1:] < probability[:-1], True)  # equal probabilities go together
    good = np.flatnonzero((low >= target) & whole & (kept >= FEWEST))
    if not len(good):
        return None
    at = int(good[-1])
    # Rounded down: the last one let through must still reach it.
    threshold = np.floor(probability[at] * 1e6) / 1e6
    return Choice(
        float(threshold),
        len(points),
        at + 1,
        round(float(right[at] / kept[at]), 6),
        round(float(low[at]), 6),
    )

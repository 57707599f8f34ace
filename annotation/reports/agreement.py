"""Agreement of a project: reads votes and calls the pure functions on them."""

from typing import Any

from .. import agreement
from ..models import Criterion, Project
from ..votes import Votes
from .annotators import each_annotator, leanings_of, pairs_of
from .coverage import coverage_of
from .cycles import cycles_of
from .evidence import Evidence
from .parts import disputed_of, parts_of, rankings_of
from .reading import criteria_named, snapshot


def agreement_of(project: Project, criterion: str | None = None) -> dict[str, Any]:
    """What the `agreement` command prints: `project` and `criteria`, one object each. Raises Unknown."""
    criteria = [criterion_agreement(project, one) for one in criteria_named(project, criterion)]
    return {"project": project.slug, "criteria": criteria}


def criterion_agreement(project: Project, criterion: Criterion, details: bool = True) -> dict[str, Any]:
    """One criterion's totals and the figures of `agreement.report`; with `details` beside them `by`
    (category, pool, time), `each_annotator`, `pairs_of_annotators`, `leanings`, `rankings` (None with pairs
    alone), `cycles` (None where there can be none) and `disputed`, the comparisons on which votes differ
    most, by group. Each of `judges` has its `coverage` beside its figures (see `coverage_of`).

    In a project that stops asking early, alphas are those of the random layer, and `layer` is its share.
    """
    with snapshot():
        evidence = Evidence.of(project, criterion)
        layer = evidence.layer()
        around = _details(evidence, layer) if details else {}
        report = agreement.report(layer.votes, layer.scale)
        for name, coverage in coverage_of(project, layer.votes).items():
            report["judges"][name]["coverage"] = coverage
    return (
        {"criterion": criterion.name, "version": criterion.version, "scale": criterion.scale}
        | totals(evidence.votes)
        | {"layer": None if layer is evidence else project.overlap_share}
        | report
        | around
    )


def totals(votes: Votes) -> dict[str, Any]:
    """How many comparisons have a vote at all, and how many votes people and judges gave; panels aside, which
    say what their members have said."""
    return {
        "comparisons": len(votes.comparison_ids),
        "labels": {"human": int(votes.human.sum()), "judge": int(votes.judges[votes.voter].sum())},
        "annotators": {"human": int(votes.people.sum()), "judge": int(votes.judges.sum())},
    }


def _details(evidence: Evidence, layer: Evidence) -> dict[str, Any]:
    return {
        "by": parts_of(layer),
        "each_annotator": each_annotator(evidence),
        "pairs_of_annotators": pairs_of(evidence),
        "leanings": leanings_of(evidence),
        "rankings": rankings_of(layer),
        "cycles": cycles_of(evidence),
        "disputed": disputed_of(evidence),
    }

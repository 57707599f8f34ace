"""Agreement of a project: reads votes and calls the pure functions on them."""

from typing import Any

from .. import agreement
from ..models import Project
from ..votes import Votes
from .reading import criteria_named, read_votes


def agreement_of(project: Project, criterion: str | None = None) -> dict[str, Any]:
    """What the `agreement` command prints: `project` and `criteria`, one object each. Raises Unknown."""
    return {
        "project": project.slug,
        "criteria": [
            {"criterion": one.name, "version": one.version, "scale": one.scale}
            | totals(votes := read_votes(project, one))
            | agreement.report(votes)
            for one in criteria_named(project, criterion)
        ],
    }


def totals(votes: Votes) -> dict[str, Any]:
    """How many comparisons have a vote at all, and how many votes people and judges gave."""
    people = int(votes.human.sum())
    return {
        "comparisons": len(votes.comparison_ids),
        "labels": {"human": people, "judge": len(votes) - people},
        "annotators": {"human": int(votes.people.sum()), "judge": int((~votes.people).sum())},
    }

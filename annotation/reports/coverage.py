"""How much of what judges were asked got an answer: it belongs beside every rate of theirs."""

from typing import Any

from django.db.models import Count

from ..models import JudgeCall, Project
from ..votes import Votes

_State = JudgeCall.State
_OPEN = (_State.PENDING, _State.IN_FLIGHT)


def coverage_of(project: Project, votes: Votes) -> dict[str, dict[str, Any]]:
    """By the name of each judge in the votes its ended `calls` for a label, how many of them gave a verdict
    (`answered`), and their `share`: None where none was asked here, as with imported labels, which do not
    tell what failed. One statement."""
    calls = JudgeCall.objects.filter(annotator__project=project, purpose=JudgeCall.Purpose.WORK)
    ended: dict[int, dict[str, int]] = {}
    by_state = calls.exclude(state__in=_OPEN).order_by().values_list("annotator", "state")
    for annotator, state, number in by_state.annotate(Count("pk")):
        ended.setdefault(annotator, {})[state] = number
    found = {}
    for voter, person in zip(votes.voters, votes.people.tolist(), strict=True):
        if not person:
            states = ended.get(voter.id, {})
            number, answered = sum(states.values()), states.get(_State.OK, 0)
            share = answered / number if number else None
            found[voter.name] = {"calls": number, "answered": answered, "share": share}
    return found

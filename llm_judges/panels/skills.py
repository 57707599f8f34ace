"""What is known of the members of a panel: how often each of them knows the answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from annotation.consensus import DEFAULT, METHODS, Skill
from annotation.models import Annotator, Criterion
from annotation.reports import read_votes
from annotation.reports.estimates import gold_of


@dataclass(frozen=True, slots=True)
class Known:
    """Of one criterion and number of responses: members' skills by annotator id, and how frequent each answer
    is. Both are empty where too little has been labelled to tell."""

    skills: Mapping[int, Skill]
    classes: Mapping[str, float]


NOTHING = Known({}, {})


def skills_of(criteria: Sequence[Criterion], members: Sequence[Annotator]) -> dict[tuple[str, int], Known]:
    """By criterion's name and k, learnt from people's and the members' own votes, gold as known. No panel's
    vote is among them: it would confirm itself."""
    ids = [annotator.pk for annotator in members]
    found = {}
    for criterion in criteria:
        votes = read_votes(criterion.project, criterion)
        ours = np.isin([voter.id for voter in votes.voters], ids)
        some = votes.where(votes.human | ours[votes.voter])
        for fit in METHODS[DEFAULT](some, gold=gold_of(criterion)).fits:
            skills = {skill.voter.id: skill for skill in fit.skills if skill.voter.id in ids}
            found[criterion.name, fit.k] = Known(skills, fit.classes or {})
    return found

"""Optional questions about the people themselves: asked, stored, shown to the owner as counts only.

The project names them (`Project.profile`): a list of {name, question, answers, screen_out, release}. Whoever
gives one of the answers in `screen_out` is not for this project. Answers enter a release's description as
counts, and only those of questions that say `release`.
"""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Count

from . import crowd
from .models import Annotator, Participation, ProfileAnswer, Project

# An answer that fewer people gave is not told apart, neither to the owner nor in a release.
FEWEST = 5


def answers_of(annotator: Annotator) -> dict[str, str]:
    """What this person said, by question."""
    return dict(annotator.profile_answers.values_list("question", "answer"))


def unknown(project: Project, given: Mapping[str, str]) -> set[str]:
    """Questions whose answer is none of those offered: they changed since the person saw them."""
    asked = {one["name"]: one["answers"] for one in project.profile}
    return {name for name, offered in asked.items() if given.get(name) and given[name] not in offered}


def say(annotator: Annotator, project: Project, given: Mapping[str, str]) -> None:
    """Stores answers; one that is none of those offered, or is missing, counts as rather not said.

    Guests whose answer screens out end their part.
    """
    out = False
    with transaction.atomic():
        for question in project.profile:
            said = given.get(question["name"], "")
            said = said if said in question["answers"] else ""
            out = out or said in question.get("screen_out", [])
            ProfileAnswer.objects.update_or_create(
                annotator=annotator, question=question["name"], defaults={"answer": said}
            )
        part = crowd.part_of(annotator) if out else None
        if part is not None:
            crowd.end(part, Participation.State.SCREENED_OUT, by=None)


def counts(project: Project, released: bool = False) -> list[dict[str, Any]]:
    """How many people gave each answer, by question: [{name, question, people, answers: {answer: n}, few}].

    Answers of fewer than FEWEST people are put together in `few`. `released`: only questions that may enter
    a release. One statement.
    """
    asked = [one for one in project.profile if one.get("release") or not released]
    if not asked:
        return []
    rows = (
        ProfileAnswer.objects.filter(annotator__project=project, question__in=[one["name"] for one in asked])
        .order_by()
        .values_list("question", "answer")
        .annotate(Count("pk"))
    )
    found: dict[str, dict[str, int]] = {}
    for name, answer, number in rows:
        found.setdefault(name, {})[answer] = number
    return [_counted(one, found.get(one["name"], {})) for one in asked]


def _counted(question: Mapping[str, Any], given: Mapping[str, int]) -> dict[str, Any]:
    many = {answer: number for answer, number in sorted(given.items()) if number >= FEWEST}
    return {
        "name": question["name"],
        "question": question["question"],
        "people": sum(given.values()),
        "answers": many,
        "few": sum(given.values()) - sum(many.values()),
    }

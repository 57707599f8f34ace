"""Cards: the HTML of one comparison each.

A card is much text around a few things that differ from one comparison to the next. Rendering its template
takes twenty times as long as putting those in their places, so a process renders it once for every shape and
keeps that: a blank, which holds nothing of a comparison, of a person or of a request.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import count
from secrets import randbelow
from typing import Any, NamedTuple, TypedDict

from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext

from annotation.models import Annotator, Assignment, Project
from annotation.projects import criteria_of

from ...forms import issue_key
from ...questions import Question, questions
from ...rendering import Content, Turn, content_of, with_media
from ...templatetags.humanise import number as grouped

_TEMPLATE = "frontend/label.html#desk"

# Things that differ in a card of which a blank is kept: chats of more turns hardly ever have the same shape.
_MOST = 60


class Card(TypedDict):
    """One comparison as the browser gets it."""

    assignment: int
    html: str


def card(annotator: Annotator, project: Project, assignment: Assignment, number: int) -> Card:
    """A comparison that has not been answered, the `number`-th of this annotator."""
    content = with_media(content_of(assignment.comparison, save=False), project)
    values = [str(assignment.pk), str(number), issue_key(annotator, assignment)]
    values += _values(content, assignment.shown)
    if len(values) > _MOST:
        return filled_in(annotator, project, assignment, number)
    parts, holes = _blank(
        project,
        (project.revision, project.created_at, project.slug, project.name),
        get_language(),
        _shape(content, assignment.shown),
    )
    filled = list(parts)
    filled[1::2] = [values[hole] for hole in holes]
    return {"assignment": assignment.pk, "html": "".join(filled)}


def filled_in(
    annotator: Annotator, project: Project, assignment: Assignment, number: int, **more: Any
) -> Card:
    """A comparison with what was answered so far; `more` is passed on to `in_hand`."""
    context = in_hand(annotator, project, assignment, number, **more)
    return {"assignment": assignment.pk, "html": render_to_string(_TEMPLATE, context)}


def in_hand(
    annotator: Annotator,
    project: Project,
    assignment: Assignment,
    number: int,
    *,
    asked: Sequence[Question] | None = None,
    revision: int = 0,
    save: bool = False,
) -> dict[str, Any]:
    """Template context of a comparison as this annotator sees it, `asked` being what was answered so far.

    `save` keeps a rendering that had to be made.
    """
    content = with_media(content_of(assignment.comparison, save=save), project)
    sides = [
        {
            "turns": side["turns"],
            "context": side["context"],
            "size": _size(side["words"], get_language()),
            "empty": _empty(side),
            "opening": side["opening"],
        }
        for side in _in_order(content, assignment.shown)
    ]
    key = issue_key(annotator, assignment, revision)
    context = _context(project, assignment, number, key, _prompt(content), sides, asked)
    return context | {"editing": revision > 0}


def _context(
    project: Project,
    assignment: Any,
    number: Any,
    key: str,
    prompt: Sequence[Turn],
    sides: Sequence[dict[str, Any]],
    asked: Sequence[Question] | None = None,
) -> dict[str, Any]:
    asked = asked or questions(criteria_of(project), len(sides))
    for question in asked:
        for item, side in zip(question.items, sides, strict=False):
            item.opening = side["opening"]
    *earlier, last = prompt
    return {
        "project": project,
        "assignment": assignment,
        "number": number,
        "key": key,
        "pair": len(sides) == 2,
        "earlier": earlier,
        "prompt": last,
        "responses": [{"letter": chr(ord("a") + index), **side} for index, side in enumerate(sides)],
        "questions": asked,
        "detailed": any(question.has_detail for question in asked),
        "apart": any(question.apart for question in asked),
    }


def _in_order(content: Content, shown: str) -> list[Any]:
    return [content["responses"][ord(letter) - ord("a")] for letter in shown]


def _prompt(content: Content) -> list[Turn]:
    return content["prompt"] or [{"role": "user", "html": ""}]


@lru_cache(maxsize=4096)
def _size(words: int, language: str | None) -> SafeString:
    """How long a response is, in two lines of the language in use."""
    text = ngettext("%(number)s <br>word", "%(number)s <br>words", words) % {"number": grouped(words)}
    return mark_safe(text)  # noqa: S308 (a number in our own words)


def _empty(side: Any) -> bool:
    return not side["words"] and not (side["turns"] and side["turns"][0]["html"])


# --- blanks -------------------------------------------------------------------------------------------


class _Shape(NamedTuple):
    """All that the template's branches depend on beside the project: who speaks in the prompt, and for each
    response, as shown, who speaks in its context and in itself, and whether it is empty."""

    prompt: tuple[str, ...]
    sides: tuple[tuple[tuple[str, ...], tuple[str, ...], bool], ...]


# What stands in a blank's holes: a number that no text has, and a count. A number, because addresses have
# some in them.
_MARK = 10**13 + randbelow(9 * 10**13)
_HOLE = re.compile(rf"{_MARK}(\d{{4}})")


def _roles(turns: Sequence[Turn]) -> tuple[str, ...]:
    return tuple(turn["role"] for turn in turns)


def _shape(content: Content, shown: str) -> _Shape:
    sides = _in_order(content, shown)
    return _Shape(
        _roles(_prompt(content)),
        tuple((_roles(side["context"]), _roles(side["turns"]), _empty(side)) for side in sides),
    )


def _values(content: Content, shown: str) -> Iterator[str]:
    """What fills the holes from the third on, in the order in which `_blank` makes them."""
    for turn in _prompt(content):
        yield turn["html"]
    for side in _in_order(content, shown):
        yield _size(side["words"], get_language())
        yield escape(side["opening"])
        for turn in (*side["context"], *side["turns"]):
            yield turn["html"]


@lru_cache(maxsize=512)
def _blank(
    project: Project, version: tuple[Any, ...], language: str | None, shape: _Shape
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """A rendered card in parts, every other one a hole, and which value goes into each hole.

    `version` tells states of the project apart, of which only its primary key is compared.
    """
    marks = map(str, count(_MARK * 10_000))

    def turns(roles: Sequence[str]) -> list[Turn]:
        return [{"role": role, "html": next(marks)} for role in roles]

    assignment, number, key = {"pk": int(next(marks))}, next(marks), next(marks)
    prompt = turns(shape.prompt)
    sides = [
        {
            "size": next(marks),
            "opening": next(marks),
            "context": turns(context),
            "turns": turns(said),
            "empty": empty,
        }
        for context, said, empty in shape.sides
    ]
    html = render_to_string(_TEMPLATE, _context(project, assignment, number, key, prompt, sides))
    parts = _HOLE.split(html)
    return tuple(parts), tuple(map(int, parts[1::2]))

"""Reading what callers send: every mistake is a 4xx with JSON that names the field."""

import math
from collections.abc import Mapping
from typing import Any

from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.request import Request

from ..labels import Answer, Submission, SubmissionError
from ..models import Criterion, Project
from ..projects import criteria_of
from ..ranking import Scale, from_preference
from .problems import Unprocessable

MAX_BODY = 1_000_000  # bytes; a rationale of the longest kind is a hundredth of it
MAX_RATIONALE = 10_000
MAX_RANKING = 120
REVISION = 0  # the only one that `claim` issues
ANSWER_KEYS = {"ranking", "preference", "strength", "confidence", "reasons", "rationale"}


class TooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE

    def __init__(self, most: int) -> None:
        super().__init__(f"The body of this call has at most {most} bytes.")


def body_of(request: Request) -> Mapping[str, Any]:
    """The JSON object sent, or a 4xx."""
    try:
        data = request.data
    except RecursionError:
        raise ParseError("The JSON is nested too deeply.") from None
    if not isinstance(data, dict):
        raise ParseError("A JSON object is expected.")
    return data


def storable(value: Any) -> bool:
    """Whether every text in a JSON value can be stored: PostgreSQL has no NUL in texts, UTF-8 no lone
    surrogates."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, str):
            if "\x00" in one or any("\ud800" <= character <= "\udfff" for character in one):
                return False
        elif isinstance(one, dict):
            left += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            left += one
    return True


def whole_number(value: Any, field: str, least: int, most: int) -> int:
    """An integer (or its text, from an address) within bounds, or Unprocessable."""
    try:
        number = int(value) if isinstance(value, str) and len(value) < 20 else value
    except ValueError:
        number = None
    if type(number) is not int or not least <= number <= most:
        raise Unprocessable(field, f"must be a whole number from {least} to {most}")
    return number


def submission_of(body: Mapping[str, Any], project: Project, guidelines_id: int | None) -> Submission:
    """The submission that a body describes, given under these guidelines. Raises SubmissionError naming the
    field at fault."""
    for name in body:
        if name not in {"key", "answers", "active_seconds", "idle_seconds"}:
            raise SubmissionError(_named(name), "unknown field")
    answers = answers_of(body, project)
    assignment, revision = key_of(body)
    return Submission(
        assignment,
        answers,
        revision,
        active_seconds=_seconds(body, "active_seconds"),
        idle_seconds=_seconds(body, "idle_seconds"),
        guidelines_id=guidelines_id,
    )


def answers_of(body: Mapping[str, Any], project: Project) -> dict[str, Answer]:
    """The answers in a body by criterion. Raises SubmissionError naming the field at fault."""
    answers = body.get("answers")
    if not isinstance(answers, dict):
        raise SubmissionError("answers", "must be an object: an answer for each criterion")
    criteria = {criterion.name: criterion for criterion in criteria_of(project)}
    for name in answers:
        if name not in criteria:
            raise SubmissionError(_named(name), "this project has no such criterion")
    return {name: _answer(answer, criteria[name]) for name, answer in answers.items()}


def key_of(body: Mapping[str, Any]) -> tuple[int, int]:
    """Assignment and revision of the submission key that `claim` issued, or SubmissionError."""
    value = body.get("key")
    parts = value.split(".") if isinstance(value, str) and len(value) < 30 else []
    if len(parts) != 2 or not all(part.isascii() and part.isdecimal() for part in parts):
        raise SubmissionError("key", "must be a submission key as `claim` gives it")
    assignment, revision = int(parts[0]), int(parts[1])
    if assignment >= 2**63 or revision != REVISION:
        # Recorded under another revision, the key that was issued would not find its answer any more.
        raise SubmissionError("key", "must be a submission key as `claim` gives it")
    return assignment, revision


def _answer(value: Any, criterion: Criterion) -> Answer:
    field = criterion.name
    if not isinstance(value, dict):
        raise SubmissionError(field, "must be an object with `ranking` or `preference`")
    for name in value:
        if name not in ANSWER_KEYS:
            raise SubmissionError(field, f"has an unknown field {_named(name)!r}")
    if ("ranking" in value) == ("preference" in value):
        raise SubmissionError(field, "needs either `ranking` or `preference`")
    ranking, strength = value.get("ranking"), value.get("strength")
    if "preference" in value:
        ranking, strength = _preference(value, criterion)
    if not isinstance(ranking, str) or len(ranking) > MAX_RANKING:
        raise SubmissionError(field, "`ranking` must be text such as a>b")
    if strength is not None and type(strength) is not int:
        raise SubmissionError(field, "`strength` must be a whole number")
    reasons = value.get("reasons", [])
    if not isinstance(reasons, list) or not all(isinstance(reason, str) for reason in reasons):
        raise SubmissionError(field, "`reasons` must be a list of texts")
    return Answer(
        ranking,
        strength,
        _text(value.get("confidence", ""), field, "confidence", 20),
        tuple(reasons),
        _text(value.get("rationale", ""), field, "rationale", MAX_RATIONALE),
    )


def _preference(value: Mapping[str, Any], criterion: Criterion) -> tuple[str, int | None]:
    """A signed preference (above 0: shown a is better) as ranking and strength."""
    preference, scale = value["preference"], Scale(criterion.scale)
    if type(preference) is not int or abs(preference) > scale.steps:
        raise SubmissionError(criterion.name, f"`preference` must be -{scale.steps} to {scale.steps}")
    if value.get("strength") is not None:
        raise SubmissionError(criterion.name, "`preference` already says the strength")
    return str(from_preference(preference)), abs(preference) if scale.graded and preference else None


def _seconds(body: Mapping[str, Any], field: str) -> float | None:
    value = body.get(field)
    if value is None:
        return None
    # A float's bound keeps whole numbers too large for a float out as well.
    if type(value) not in (int, float) or not 0 <= value <= 1e9 or not math.isfinite(value):
        raise SubmissionError(field, "must be a number of seconds, 0 or more")
    return float(value)


def _text(value: Any, field: str, name: str, longest: int) -> str:
    if not isinstance(value, str) or len(value) > longest:
        raise SubmissionError(field, f"`{name}` must be text of at most {longest} characters")
    if not storable(value):
        raise SubmissionError(field, f"`{name}` holds characters that cannot be stored")
    return value


def _named(name: str) -> str:
    """A field's name as it may be repeated in a message."""
    return name[:60].encode("utf-8", "replace").decode()

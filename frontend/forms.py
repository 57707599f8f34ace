"""What people send besides answers: the submission key and measured times."""

import json
from dataclasses import dataclass
from math import isfinite
from typing import Any

from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, QueryDict

from annotation.models import Annotator, Assignment
from annotation.ranking import MAX_K, letters

AIDS = ("diff", "plain", "sync", "touch")
LAYOUTS = ("side", "stacked", "grid", "two")
LONGEST_TIME = 24 * 3600.0
LETTERS = tuple(letters(MAX_K))
DIGITS = 18  # of the largest whole number that every database holds


@dataclass(frozen=True, slots=True)
class Key:
    """The submission key of a form: which assignment, which revision of it, how many responses."""

    assignment_id: int
    revision: int
    k: int


def issue_key(annotator: Annotator, assignment: Assignment, revision: int = 0) -> str:
    """A key that only this annotator can use."""
    return _signer(annotator).sign(f"{assignment.pk}.{revision}.{len(assignment.shown)}")


def read_key(annotator: Annotator, text: str) -> Key | None:
    """The key's content, or None when it was forged or issued to somebody else."""
    try:
        return Key(*map(int, _signer(annotator).unsign(text).split(".")))
    except (BadSignature, ValueError):
        return None


def seconds(text: str | None) -> float | None:
    """A measured time of the browser, or None where it is missing or cannot be true."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return round(value, 1) if isfinite(value) and 0 <= value <= LONGEST_TIME else None


def number(text: str | None) -> int | None:
    """A whole number that any database holds, or None for any other text."""
    text = text or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS else None


def sent(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: what was posted, be it nothing at all; None where the page is only opened."""
    return request.POST if request.method == "POST" else None


def view_of(text: str | None) -> dict[str, Any]:
    """How the answer was read, as the page's script tells it: known names with plain values only."""
    try:
        said = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    if not isinstance(said, dict):
        return {}
    view: dict[str, Any] = {aid: True for aid in AIDS if said.get(aid) is True}
    if said.get("layout") in LAYOUTS:
        view["layout"] = said["layout"]
    if isinstance(full := said.get("full"), list):
        view["full"] = [letter for letter in full[:MAX_K] if letter in LETTERS]
    return view


def _signer(annotator: Annotator) -> Signer:
    return Signer(salt=f"tandem.label.{annotator.pk}")

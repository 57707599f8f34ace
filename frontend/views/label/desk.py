"""Who sits at the label page, and what lies before them: cards, or what is shown in their place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from time import time
from typing import Any

import orjson
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from annotation import crowd, leases
from annotation.guidelines import acknowledged, diff, to_acknowledge
from annotation.instruments import before_work
from annotation.models import Annotator, AuditEntry, Guidelines
from annotation.pace import hourly_pay, minutes_left, pace_of
from annotation.people import LONGEST_REASON
from annotation.permissions import Access, project_for

from ...rendering import to_html
from ..signed_in import SignedInRequest
from .cards import Card, card
from .telling import notice_of

# Comparisons a browser holds: the one shown and two fetched ahead.
AHEAD = 3

# Seconds after which what is left is counted anew.
RECOUNT_WHEN_OPENED = 30
_RECOUNT = 300
_KEPT = 24 * 3600

_DIGITS = 18  # of the largest number that every database has


@dataclass(slots=True)
class Desk:
    """A person at work in a project. `acknowledged` is the newest version of the guidelines they read."""

    access: Access
    annotator: Annotator
    acknowledged: int | None
    _done: int | None = None

    @property
    def done(self) -> int:
        """How many they have submitted; counted when first asked for, which no answer waits for."""
        if self._done is None:
            self._done = leases.done_by(self.annotator)
        return self._done

    def unread(self) -> Guidelines | None:
        """The guidelines that have to be read before anything else, if any."""
        return to_acknowledge(self.access.project, self.acknowledged)


def sit_down(request: SignedInRequest, slug: str) -> Desk:
    """The caller's desk in this project. Raises what `project_for` raises, where there is no seat."""
    if seat := request.seat:
        return Desk(seat.access, seat.access.annotator(), seat.acknowledged)
    access = project_for(request.user, slug, "label", acknowledged=acknowledged())
    membership: Any = access.membership
    return Desk(access, access.annotator(), membership.acknowledged)


def cards(request: HttpRequest, desk: Desk, have: Sequence[int] = ()) -> list[Card]:
    """What the browser lacks of the comparisons it may hold, as cards in the order of work."""
    lent = leases.claim(desk.annotator, desk.access.project, n=AHEAD, have=have, ahead=True, lean=True)
    first = given(request) + len(have) + 1
    return [
        card(desk.annotator, desk.access.project, assignment, first + index)
        for index, assignment in enumerate(lent)
    ]


def given(request: HttpRequest) -> int:
    """How many answers the browser counts that asks: it numbers the cards, and nothing else depends on it."""
    return next(iter(numbers(request.POST.get("done"))), 0)


def end_card(request: HttpRequest, desk: Desk, unread: Guidelines | None) -> dict[str, str]:
    """What is shown in place of a comparison: guidelines to read, or that there is nothing to do now."""
    kind, context = end(desk, unread)
    html = render_to_string(f"frontend/parts/{_END[kind]}.html", context, request)
    return {"kind": kind, "html": html}


_END = {
    "consent": "consent",
    "guidelines": "acknowledge",
    "notice": "notice",
    "done": "end",
    "paused": "paused",
    "closed": "closed",
    "left": "left",
}


def end(desk: Desk, unread: Guidelines | None) -> tuple[str, dict[str, Any]]:
    """Kind and template context of an end card."""
    context: dict[str, Any] = {"project": desk.access.project, "done": desk.done}
    part = crowd.part_of(desk.annotator)
    if part is not None:
        context["part"] = part
        if part.ended_at:
            return "left", context | {"back": crowd.way_back_of(part, desk.done)}
    if not desk.annotator.may_be_lent:
        said = AuditEntry.objects.filter(annotator=desk.annotator, act="appeal").order_by("-pk").first()
        return "paused", context | {"annotator": desk.annotator, "appeal": said, "longest": LONGEST_REASON}
    if not desk.access.project.lends:
        return "closed", context
    stage = before_work.stage(desk.annotator, desk.access.project)
    if stage == "consent":
        return "consent", context | agreement(desk)
    if unread is not None:
        return "guidelines", context | reading(desk, unread)
    if stage == "notice":
        return "notice", context | notice_of(desk.annotator, desk.access.project)
    return "done", context | pace_line(desk, counted=True)


def agreement(desk: Desk) -> dict[str, Any]:
    """Template context of the consent: its HTML, and whether an earlier version was agreed to."""
    consent = before_work.newest_consent(desk.access.project)
    return {
        "consent": consent,
        "consent_turn": {"html": guidelines_html(consent.text if consent else "")},
        "again": desk.annotator.consented > 0,
    }


def reading(desk: Desk, unread: Guidelines) -> dict[str, Any]:
    """Template context of guidelines to acknowledge: their HTML, and what changed since the version read."""
    before = Guidelines.objects.filter(pk=desk.acknowledged).first() if desk.acknowledged else None
    return {
        "guidelines": unread,
        "guidelines_turn": {"html": guidelines_html(unread.text)},
        "before": before,
        "changes": diff(before, unread) if before else [],
    }


def pace_line(desk: Desk, counted: bool = False, recount_after: float = _RECOUNT) -> dict[str, Any]:
    """Template context of the bar's pace line; counts what is left where that is `recount_after` s old."""
    project = desk.access.project
    left = 0 if counted else _left(desk, recount_after)
    if left is not None and project.labels_per_person is not None:
        left = min(left, max(0, project.labels_per_person - desk.done))
    pace = pace_of(desk.annotator)
    return {
        "done": desk.done,
        "left": left,
        "all": None if left is None else desk.done + left,
        "pace": pace,
        "minutes": None if left is None else minutes_left(pace, left),
        "pay": hourly_pay(pace.median_seconds, project.human_label_price),
        "currency": project.currency,
    }


def answer(
    request: HttpRequest, desk: Desk, have: Sequence[int], more: Mapping[str, Any] | None = None
) -> HttpResponse:
    """The browser's next cards, or what is shown in their place, as JSON."""
    unread = desk.unread()
    brought = [] if unread else cards(request, desk, have)
    nothing = unread or not (brought or have)
    told = {
        **(more or {}),
        "cards": brought,
        "end": end_card(request, desk, unread) if nothing else None,
    }
    return HttpResponse(orjson.dumps(told), content_type="application/json")


def scripted(request: HttpRequest) -> bool:
    """True for requests of the page's own script, which reads JSON."""
    return bool(request.META.get("HTTP_ACCEPT") == "application/json")


def numbers(text: str | None) -> list[int]:
    """``12,13`` as numbers; whatever is none is left out."""
    parts = (text or "").split(",")[:AHEAD]
    return [int(part) for part in parts if part.isascii() and part.isdigit() and len(part) <= _DIGITS]


def _left(desk: Desk, recount_after: float) -> int | None:
    """Comparisons left for this annotator, counted anew when the count is old, counted down in between.

    None where they are too many to count.
    """
    name = f"label/left/{desk.annotator.pk}"
    known = cache.get(name)
    if known is None or time() - known[2] > recount_after:
        known = (leases.open_count(desk.annotator, desk.access.project), desk.done, time())
        cache.set(name, known, _KEPT)
    counted, done_then, _when = known
    return None if counted is None else max(counted - (desk.done - done_then), 0)


# A version of the guidelines never changes, so its HTML is made once per process.
guidelines_html = lru_cache(maxsize=64)(to_html)

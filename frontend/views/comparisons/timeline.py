"""What happened to one comparison, in the order of time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from annotation.models import Annotation, Assignment, Comparison, Flag

from ...words import who

SHOWN = 200


@dataclass(frozen=True, slots=True)
class Event:
    """One line: when, whose it is (human, judge, or empty: the project's), and what it was in words."""

    at: datetime
    kind: str
    name: str
    what: str


def timeline(comparison: Comparison, flags: Iterable[Flag]) -> list[Event]:
    """Import, routing, answers with their revisions, flags. Two SQL statements; the first SHOWN events."""
    events = [
        Event(comparison.created_at, "", "", _("Imported")),
        *_decided(comparison),
        *_answered(comparison),
        *_flagged(flags),
    ]
    return sorted(events, key=lambda event: event.at)[:SHOWN]


def _decided(comparison: Comparison) -> Iterator[Event]:
    decisions = comparison.decisions.order_by("pk")
    columns = ("plan", "created_at", "destination", "audit", "policy")
    # A plan speaks once, however often what it said is stored.
    said = {row[0]: row[1:] for row in decisions.values_list(*columns)[:SHOWN]}
    for at, destination, audit, policy in said.values():
        to = (
            _("to both, as an audit")
            if audit
            else _("to a judge")
            if destination == "ai"
            else _("to a person")
        )
        yield Event(at, "", "", _("Routed %(to)s by %(policy)s") % {"to": to, "policy": policy})


def _answered(comparison: Comparison) -> Iterator[Event]:
    given = Annotation.objects.filter(assignment__comparison=comparison).order_by("pk")
    for one in given.select_related("assignment__annotator").defer("view")[:SHOWN]:
        annotator = one.assignment.annotator
        yield Event(one.created_at, annotator.kind, who(annotator), _act(one))


def _act(annotation: Annotation) -> str:
    purpose = annotation.assignment.purpose
    if purpose == Assignment.Purpose.ADJUDICATION:
        return _("Decided anew") if annotation.revision else _("Decided")
    if annotation.revision:
        return _("Changed the answer")
    return _("Answered elsewhere, imported") if purpose == Assignment.Purpose.IMPORT else _("Answered")


def _flagged(flags: Iterable[Flag]) -> Iterator[Event]:
    for flag in flags:
        yield Event(flag.created_at, flag.annotator.kind, who(flag.annotator), _("Flagged it"))
        if flag.resolved_at:
            yield Event(flag.resolved_at, "", "", _("Flag settled"))

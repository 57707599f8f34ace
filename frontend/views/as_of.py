"""Of what moment the reports on a page are, and how the page asks for newer ones."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from annotation.figures import Found

from .signed_in import SignedInRequest

SINCE = "since"  # the newest report that the page has


@dataclass(frozen=True, slots=True)
class AsOf:
    """`at`: when the oldest of the reports was worked out; None where all are as things stand now, and while
    `missing` ones are worked out for the first time. `late`: no worker seems to be there.

    `address` is the page's own; `poll` answers 204 until there is something newer (`unchanged`).
    """

    at: datetime | None
    missing: bool
    being_renewed: bool
    late: bool
    address: str
    poll: str
    unchanged: bool

    @classmethod
    def of(cls, request: SignedInRequest, reports: Iterable[Found]) -> "AsOf":
        found = list(reports)
        missing = any(one.computed_at is None for one in found)
        past = [] if missing else [_when(one) for one in found if not one.exact]
        newest = f"{max(past).timestamp()}" if past else ""
        query = request.GET.copy()
        polled, seen = SINCE in query, query.pop(SINCE, [""])[0]
        address = _address(request, query.urlencode())
        query[SINCE] = newest
        return cls(
            min(past, default=None),
            missing,
            any(one.being_renewed for one in found),
            any(one.late for one in found),
            address,
            _address(request, query.urlencode()),
            bool(request.htmx) and polled and (missing or (bool(seen) and seen == newest)),
        )


def dated(name: str, reports: Iterable[Found]) -> str:
    """The name of a file, with the moment that its figures are of where that is not now."""
    moments = [_when(one) for one in reports if not one.exact]
    if not moments:
        return name
    stem, dot, ending = name.rpartition(".")
    return f"{stem}-as-of-{min(moments):%Y-%m-%dT%H%M}Z{dot}{ending}"


def _when(found: Found) -> datetime:
    assert found.computed_at
    return found.computed_at


def _address(request: SignedInRequest, query: str) -> str:
    return f"{request.path}?{query}" if query else request.path

"""Figures are kept in the database, so that what a worker works out is there for every page.

Quick ones are worked out when asked for. Those that take long are shown as they were, with the time they were
worked out, while a worker renews them: one renewal, however many people ask.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypedDict

import orjson
from django.db.models import Q
from django.utils import timezone

from ..models import Figures, Label, Project
from ..planned import planned_anew

QUICK = 1.0  # seconds: what takes longer is left to a worker and kept
PATIENCE = 20  # kept so many times as long as it took
LARGE = 20_000  # labels: with more, no page waits for what rests on all of them
LATE = timedelta(minutes=1)  # and thrice as long as it took last: no worker seems to be there
LOST = timedelta(minutes=10)  # and ten times as long as it took last: a worker is asked again


class Basis(NamedTuple):
    """What figures rest on. `setup` is what somebody decided: when it changes they are renewed at once.
    `newest` tells what keeps coming, labels above all: they are renewed when they have been kept a while."""

    setup: str
    newest: str


@dataclass(frozen=True, slots=True)
class Kind:
    """Figures of one kind: `make(project, *asked)` works them out, `basis(project)(*asked)` says what they
    rest on. Without `basis` that is too much to say, and only the clock tells how old they are."""

    make: Callable[..., dict[str, Any]]
    basis: Callable[[Project], Callable[..., Basis]] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Figures as they were worked out at `computed_at`; None, and no `content`, while there are none yet.

    `exact`: as things stand now. `being_renewed`: a worker has been asked for newer ones; `late`: so long ago
    that it seems that none is running.
    """

    content: dict[str, Any]
    computed_at: datetime | None
    exact: bool = True
    being_renewed: bool = False
    late: bool = False


class Moment(TypedDict):
    """Of when figures are: `computed_at`, when the oldest of them were worked out; `being_renewed`: a worker
    has been asked for newer ones."""

    computed_at: datetime
    being_renewed: bool


_KINDS: dict[str, Kind] = {}


def register(kind: str, made: Kind) -> None:
    """Makes a kind of figures known; rooms above this one bring their own."""
    _KINDS[kind] = made


def kept(project: Project, names: Iterable[str]) -> dict[str, Figures]:
    """What is kept under these names, by name. One SQL statement."""
    return {one.name: one for one in Figures.objects.filter(project=project, name__in=list(names))}


def find_all(project: Project, names: Iterable[str], wait: bool = False) -> dict[str, Found]:
    """`find` for several names, which are a kind and what is asked of it, with colons between."""
    names = list(names)
    known, bases = kept(project, names), _Bases(project)
    return {name: find(project, name, known.get(name), wait, bases) for name in names}


def find(
    project: Project,
    name: str,
    known: Figures | None,
    wait: bool = False,
    bases: "_Bases | None" = None,
) -> Found:
    """Figures as they are now where that is quick, else as they were (`known`, of `kept`) while a worker
    renews them. Where none are kept yet, there are none to show, or, with `wait`, they are worked out now.

    Raises KeyError for an unknown name.
    """
    bases = bases or _Bases(project)
    basis = bases.of(name)
    if known and known.computed_at and not _changed(known, basis):
        return Found(known.content, known.computed_at, exact=basis is not None)
    if _at_once(known, basis, wait, bases):
        now = timezone.now()
        return Found(_make(project, name, known, basis), now)
    asked_at = known.asked_at if known else None
    if _due(known, basis):
        known, asked_at = _ask(project, name, known)
    late = asked_at is not None and timezone.now() - asked_at > LATE + 3 * _took(known)
    content, computed_at = (known.content, known.computed_at) if known else ({}, None)
    return Found(content, computed_at, False, asked_at is not None, late)


def moment(found: Iterable[Found]) -> Moment:
    """Of when these are, none of which is missing; now where there are none at all."""
    found = list(found)
    return {
        "computed_at": min((one.computed_at for one in found if one.computed_at), default=timezone.now()),
        "being_renewed": any(one.being_renewed for one in found),
    }


def current(project: Project, name: str) -> dict[str, Any]:
    """Figures as they are now, for others that are made of them, however long that takes."""
    known, basis = kept(project, [name]).get(name), _Bases(project).of(name)
    if known is None or known.computed_at is None or _changed(known, basis):
        return _make(project, name, known, basis)
    return known.content


def renew(project: Project, name: str) -> dict[str, Any]:
    """Works figures out, and keeps them unless that is quick and only the clock tells how old they are.

    Raises KeyError for an unknown name.
    """
    return _make(project, name, kept(project, [name]).get(name), _Bases(project).of(name))


def renew_stale(project: Project, name: str) -> None:
    """`renew`, unless somebody else has just done it."""
    known, basis = kept(project, [name]).get(name), _Bases(project).of(name)
    if _due(known, basis):
        _make(project, name, known, basis)
    else:
        Figures.objects.filter(project=project, name=name).update(asked_at=None)


class _Bases:
    """What the figures of one project rest on, each kind's read once."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._read: dict[str, Callable[..., Basis]] = {}
        self._large: bool | None = None

    def of(self, name: str) -> Basis | None:
        kind, *asked = name.split(":")
        read = _KINDS[kind].basis
        if read is None:
            return None
        if kind not in self._read:
            self._read[kind] = read(self._project)
        return self._read[kind](*asked)

    @property
    def large(self) -> bool:
        if self._large is None:
            self._large = Label.objects.filter(project=self._project)[LARGE : LARGE + 1].exists()
        return self._large


def _at_once(known: Figures | None, basis: Basis | None, wait: bool, bases: _Bases) -> bool:
    if known is None or known.computed_at is None:
        return wait or basis is None or not bases.large
    return known.seconds < QUICK and (basis is None or not bases.large)


def _make(project: Project, name: str, known: Figures | None, basis: Basis | None) -> dict[str, Any]:
    """`basis` was read before: what comes meanwhile makes the figures old."""
    kind, *asked = name.split(":")
    computed_at, began = timezone.now(), time.monotonic()
    with planned_anew():
        made = _KINDS[kind].make(project, *asked)
    content: dict[str, Any] = orjson.loads(orjson.dumps(made))  # the same whether it was kept or not
    seconds = time.monotonic() - began
    if basis or known or seconds >= QUICK:
        setup, newest = basis or ("", "")
        Figures.objects.update_or_create(
            project=project,
            name=name,
            defaults={
                "content": content,
                "seconds": seconds,
                "computed_at": computed_at,
                "setup": setup,
                "newest": newest,
                "asked_at": None,
            },
        )
    return content


def _ask(project: Project, name: str, known: Figures | None) -> tuple[Figures, datetime]:
    """Asks a worker, unless one was asked already. The row and when that was."""
    if known is None:
        known, _ = Figures.objects.get_or_create(project=project, name=name)
    now = timezone.now()
    lost = now - LOST - 10 * _took(known)
    if known.asked_at and known.asked_at >= lost:
        return known, known.asked_at
    free = Q(asked_at=None) | Q(asked_at__lt=lost)
    if Figures.objects.filter(free, pk=known.pk).update(asked_at=now):
        from ..tasks import renew_figures  # tasks call this module

        renew_figures.delay(project.pk, name)
    return known, now


def _changed(known: Figures, basis: Basis | None) -> bool:
    """Whether they are other figures now, as far as one can tell."""
    return _old(known) if basis is None else (known.setup, known.newest) != basis


def _due(known: Figures | None, basis: Basis | None) -> bool:
    """Whether they are to be renewed."""
    if known is None or known.computed_at is None:
        return True
    if basis is not None and known.setup != basis.setup:
        return True
    return _changed(known, basis) and _old(known)


def _old(known: Figures) -> bool:
    return known.computed_at is None or timezone.now() - known.computed_at > PATIENCE * _took(known)


def _took(known: Figures | None) -> timedelta:
    return timedelta(seconds=known.seconds if known else 0)

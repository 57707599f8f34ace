"""A panel worked on: its members label what they are asked for, then it answers; by command or by itself."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from functools import partial

from django.db.models import Q
from django.utils import timezone

from ..demand import open_for, open_to
from ..labelling import label_all
from ..models import Judge, Panel, panels_in_service
from ..outcome import Outcome
from .asking import annotator_of, ask_for, ask_members, members_of
from .settling import Settling, settle

# What is asked of a panel is looked at again by itself after so long.
REST = timedelta(seconds=60)


@dataclass(slots=True)
class Worked:
    """What came of it: by primary key of a member its runs together, and what the panel made of the
    answers."""

    members: dict[int, Outcome] = field(default_factory=dict)
    settling: Settling = field(default_factory=Settling)


def work_through(
    panel: Panel,
    limit: int | None = None,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[Judge, Outcome], None] = lambda judge, outcome: None,
    cap: Decimal | None = None,
) -> Worked:
    """Asks the panel about all that is undecided, runs its members on what they are asked for, and settles;
    of a cascade one member after the other. `limit` and `cap` are for each run of a member. Raises
    JudgeError."""
    ask_for(panel)
    worked = Worked()
    while not stop():
        for judge in members_of(panel):
            if stop() or not open_for(judge).exists():
                continue
            outcome = label_all(judge, limit, stop, partial(progress, judge), cap, only_asked=True)
            worked.members.setdefault(judge.pk, Outcome()).add(outcome)
        found = settle(panel)
        worked.settling.add(found)
        if not found.asked:
            break
    return worked


def tend(panel: Panel, at_once: bool = False) -> Settling | None:
    """Passes on what is asked of the panel to its members, and settles what they have answered; not more
    often than every REST unless `at_once`. None where it was left alone. Raises JudgeError."""
    now = timezone.now()
    rested = Panel.objects.filter(pk=panel.pk)
    if not at_once:
        rested = rested.filter(Q(looked_at=None) | Q(looked_at__lt=now - REST))
    if not rested.update(looked_at=now) or not open_to(annotator_of(panel)).exists():
        return None
    ask_members(panel)
    return settle(panel)


def panels_with(judge: Judge) -> list[Panel]:
    """The panels in service that the judge is a member of."""
    return list(panels_in_service().filter(members__judge=judge))


def later_in_cascades(panels: Iterable[Panel]) -> set[int]:
    """Primary keys of the judges that a cascade asks only where others are not sure, and no other of these
    panels about everything."""
    about_all: set[int] = set()
    later: set[int] = set()
    for panel in panels:
        first, *others = [judge.pk for judge in members_of(panel)]
        about_all.add(first)
        (later if panel.rule == Panel.Rule.CASCADE else about_all).update(others)
    return later - about_all

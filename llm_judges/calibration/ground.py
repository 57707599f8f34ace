"""What a project's comparisons and judges are, whatever the criterion: read once, in a few statements."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import orjson
from django.db.models import Exists, OuterRef, TextField
from django.db.models.functions import Cast

from annotation.agreement.groups import Floats
from annotation.models import Annotator, Comparison, JudgeCall, Label, Project, Reference, Response
from annotation.reports import Unknown, voters_of
from annotation.reports.circumstances import names_of
from annotation.reports.columns import numbers_by
from annotation.votes import Ints

from .families import family_of
from .texts import FEATURES, counts, text_of

CHUNK = 5000
State = JudgeCall.State


class Judge(NamedTuple):
    """One judge version as an annotator, or a panel, which is of no family: its members may be of several.
    Imported ones have no version; their name is what is known."""

    annotator: int
    name: str  # with its version where there are several
    judge: str
    version: int | None
    model: str
    retired: bool
    panel: bool

    @property
    def family(self) -> str | None:
        return None if self.panel else family_of(self.model)


@dataclass(frozen=True)
class Ground:
    """One element a comparison, ascending by id, but for `judges`, `names` and `calls`.

    `group` and `category` index `groups` and `categories` (-1: none). `features` is (comparisons, 2,
    FEATURES), 0 but for pairs that a person or a Reference answers. `calls`: of each judge by annotator id,
    the ended calls as (state, comparison ids).
    """

    ids: Ints
    k: Ints
    group: Ints
    groups: list[str]
    category: Ints
    categories: list[str]
    features: Floats
    judges: list[Judge]
    names: dict[int, str]
    calls: dict[int, list[tuple[str, Ints]]]

    def at(self, comparison_ids: Ints) -> Ints:
        """Where these comparisons stand."""
        return np.searchsorted(self.ids, comparison_ids)


def read_ground(project: Project, judge: str | None = None) -> Ground:
    """Six statements, whatever the number of comparisons. Raises Unknown where no judge is called `judge`."""
    judges = _judges(project, judge)
    rows = list(
        Comparison.objects.filter(project=project).order_by("pk").values_list("pk", "k", "group", "category")
    )
    ids = np.array([row[0] for row in rows], dtype=np.int64)
    groups, group = _coded([row[2] for row in rows])
    categories, category = _coded([row[3] for row in rows])
    if categories and not categories[0]:
        categories, category = categories[1:], category - 1
    return Ground(
        ids,
        np.array([row[1] for row in rows], dtype=np.int64),
        group,
        groups,
        category,
        categories,
        _features(project, ids),
        judges,
        names_of(project),
        _calls(project),
    )


def _judges(project: Project, name: str | None) -> list[Judge]:
    """By name, the newest version first."""
    shown = voters_of(project)
    rows = Annotator.objects.filter(project=project, kind=Annotator.Kind.JUDGE).values_list(
        "pk",
        "name",
        "judge_version__name",
        "judge_version__version",
        "judge_version__model",
        "judge_version__retired_at",
    )
    judges = [
        Judge(
            pk, shown[pk].name, of or own, version, model or own, retired is not None, bool(shown[pk].members)
        )
        for pk, own, of, version, model, retired in rows
    ]
    judges.sort(key=lambda one: (one.judge, -(one.version or 0), one.annotator))
    if name is None:
        return judges
    found = [one for one in judges if name in (one.judge, one.name)]
    if not found:
        names = ", ".join(dict.fromkeys(one.judge for one in judges)) or "none"
        raise Unknown(f"{project.slug} has no judge {name!r}; it has: {names}")
    return found


def _features(project: Project, ids: Ints) -> Floats:
    """Only where people answered: a leaning is measured against what they said."""
    features = np.zeros((len(ids), 2, len(FEATURES)))
    by_people = Label.objects.filter(
        comparison=OuterRef("comparison"),
        annotator__kind=Annotator.Kind.HUMAN,
        current=True,
        independent=True,
    )
    known = Reference.objects.filter(comparison=OuterRef("comparison"))
    responses = Response.objects.filter(comparison__project=project, comparison__k=2).filter(
        Exists(by_people) | Exists(known)
    )
    rows = responses.order_by().values_list("comparison_id", "position", Cast("messages", TextField()))
    keys, found = [], []
    for pk, position, messages in rows.iterator(CHUNK):
        keys.append((pk, position))
        found.append(counts(text_of(orjson.loads(messages))))
    if keys:
        comparison, position = np.array(keys, dtype=np.int64).T
        features[np.searchsorted(ids, comparison), position] = found
    return features


def _calls(project: Project) -> dict[int, list[tuple[str, Ints]]]:
    """Ended calls that were asked here; imported ones do not tell what failed."""
    ended = JudgeCall.objects.filter(annotator__project=project, purpose=JudgeCall.Purpose.WORK).exclude(
        state__in=(State.PENDING, State.IN_FLIGHT)
    )
    found: dict[int, list[tuple[str, Ints]]] = {}
    for (annotator, state), ids in numbers_by(ended, ("annotator_id", "state"), ("comparison_id",)):
        found.setdefault(annotator, []).append((state, ids[:, 0]))
    return found


def _coded(names: list[str]) -> tuple[list[str], Ints]:
    """(distinct names sorted, which one each is)."""
    distinct = sorted(set(names))
    place = {name: index for index, name in enumerate(distinct)}
    return distinct, np.array([place[name] for name in names], dtype=np.int64)

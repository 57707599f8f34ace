"""Matchmaking in a project: people are lent first what tells most about which model is better.

It sets the priority of what is open, and nothing else: how many labels are wanted, and of whom, stays. What
has no two named models keeps its place. Gold is not among it: nobody is asked for its labels.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from annotation import leases
from annotation.audit import record
from annotation.models import Comparison, Criterion, Demand, Project, Response, User
from annotation.models.queue import OPEN
from annotation.ratings.strengths import ELO, Z95, elo
from annotation.reports.leaderboard import Written, implied, read_written
from annotation.reports.reading import criteria_named, read_votes, snapshot
from annotation.votes import Votes

from .matchmaking import Skills, learn, priorities
from .policy import PlanError, draws

CHUNK = 20_000
SHOWN = 20


def begin(project: Project, criterion: Criterion, by: User | None) -> None:
    """Has what is open put in order in the background, and notes whose word that was."""
    from .tasks import matchmake_project  # tasks call this module

    with transaction.atomic():
        record(project, by, "matchmake", criterion.name)
        transaction.on_commit(lambda: matchmake_project.delay(project.pk, criterion.name))


def matchmake(project: Project, criterion: str | None = None, seed: int = 0) -> dict[str, Any]:
    """Learns skills from people's votes on one criterion (the first, unless named), and puts what is open for
    people in order of what its answer should tell about them. `seed` decides between equals.

    Raises Unknown for a criterion that is not there, and PlanError where the project has none.
    """
    asked = criteria_named(project, criterion)
    if not asked:
        raise PlanError(f"{project.slug} has no criterion")
    with snapshot():
        votes = read_votes(project, asked[0])
        votes = votes.where(votes.human)
        written = read_written(project, votes, lengths=False)
        waiting = _waiting(project)
        keys = dict(waiting.values_list("pk", "external_id").iterator(CHUNK))
        models = _models_of(waiting)
    names = sorted({*written.names, *(name for found in models.values() for name in found)})
    number = {name: at for at, name in enumerate(names)}
    skills = _learned(votes, written, number)
    sets: dict[tuple[int, ...], int] = {}
    ids: list[int] = []
    of: list[int] = []
    for pk in sorted(keys):
        between = tuple(sorted(number[name] for name in models.get(pk, ())))
        if len(between) > 1:
            ids.append(pk)
            of.append(sets.setdefault(between, len(sets)))
    ties = draws([keys[pk] for pk in ids], seed, "match")
    found = priorities(list(sets), np.array(of, dtype=np.int64), ties, skills)
    leases.set_priorities(zip(ids, found.tolist(), strict=True))
    first = np.argsort(-found)[:SHOWN].tolist()
    between_names = [[names[at] for at in models] for models in sets]
    return {
        "project": project.slug,
        "criterion": asked[0].name,
        "labels": len(votes),
        "models": _as_told(names, skills),
        "ordered": len(ids),
        "unnamed": len(keys) - len(ids),
        "first": [{"comparison": keys[ids[at]], "models": between_names[of[at]]} for at in first],
    }


def _waiting(project: Project) -> QuerySet[Comparison]:
    """Comparisons that people may still be lent, but not those that only wait to be adjudicated."""
    demand = Demand.objects.filter(OPEN, comparison=OuterRef("pk"), pool__adjudicates=False)
    found = Comparison.objects.filter(Exists(demand), project=project)
    return (found if project.lend_unfit else found.filter(fit=True)).order_by()


def _models_of(comparisons: QuerySet[Comparison]) -> dict[int, set[str]]:
    """The named models of each comparison."""
    found: dict[int, set[str]] = {}
    rows = Response.objects.filter(comparison__in=comparisons.values("pk")).exclude(model="").order_by()
    for pk, name in rows.values_list("comparison_id", "model").iterator(CHUNK):
        found.setdefault(pk, set()).add(name)
    return found


def _learned(votes: Votes, written: Written, number: dict[str, int]) -> Skills:
    """Skills of the models, in the order of `number`, by every pair that a vote compares."""
    place = np.array([*(number[name] for name in written.names), -1], dtype=np.int64)
    parts = [np.zeros((4, 0))]
    for code, compared in implied(votes):
        models, k = place[written.model[votes.comparison[votes.code == code]]], votes.distinct[code].k
        for x, y, sign in compared:
            first, second = models[:, x], models[:, y]
            met = (first >= 0) & (second >= 0) & (first != second)
            both = np.ones(met.sum())
            parts.append(np.stack([first[met], second[met], both * (sign + 1) / 2, both * k]))
    first, second, score, k = np.concatenate(parts, axis=1)
    ints = np.int64
    return learn(len(number), first.astype(ints), second.astype(ints), score, k.astype(ints))


def _as_told(names: Sequence[str], skills: Skills) -> list[dict[str, Any]]:
    """Best first, on the scale of the leaderboard."""
    rating, half = elo(skills.mean), ELO * Z95 * skills.error
    order = np.lexsort((np.arange(len(names)), -skills.mean))
    return [
        {
            "model": names[at],
            "rating": float(rating[at]),
            "ci95": [float(rating[at] - half[at]), float(rating[at] + half[at])],
        }
        for at in order.tolist()
    ]

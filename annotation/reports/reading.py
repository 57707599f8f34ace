"""Reading votes: a project's labels as the pure functions take them."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from django.db import connection, transaction

from ..models import Annotator, Criterion, Label, Project
from ..ranking import BOTH_BAD
from ..votes import JUDGE, Vote, Voter, Votes, responses_in
from .columns import numbers_by

BATCH = 2000


class Unknown(ValueError):
    """There is no such criterion or method; the message names what there is."""


@contextmanager
def snapshot() -> Iterator[None]:
    """Every read inside sees the database at one instant; writers are not held up. Nested ones join in.

    Nothing may be written inside, unless the caller had opened a transaction of its own.
    """
    if connection.vendor == "postgresql" and not connection.in_atomic_block:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
        return
    connection.ensure_connection()
    if connection.vendor != "sqlite" or connection.connection.in_transaction:
        yield
        return
    # `atomic` would take SQLite's write lock; a deferred transaction only pins what it reads.
    with connection.cursor() as cursor:
        cursor.execute("BEGIN DEFERRED")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ROLLBACK")


def criteria_named(project: Project, name: str | None = None) -> list[Criterion]:
    """The project's current criteria in order, or the one called `name`. Raises Unknown."""
    criteria = list(Criterion.objects.filter(project=project, retired_at=None))
    if name is None:
        return criteria
    found = [criterion for criterion in criteria if criterion.name == name]
    if not found:
        names = ", ".join(criterion.name for criterion in criteria) or "none"
        raise Unknown(f"{project.slug} has no criterion {name!r}; it has: {names}")
    return found


def read_votes(project: Project, criterion: Criterion) -> Votes:
    """All current independent votes on one criterion. Three SQL statements, whatever the number of votes."""
    labels = Label.objects.filter(project=project, criterion=criterion, current=True, independent=True)
    with snapshot():
        # A ranking names its responses; only both_bad does not say how many there are.
        k_of = dict(
            labels.filter(ranking=BOTH_BAD, comparison__k__gt=2).values_list("comparison_id", "comparison__k")
        )
        answers = []
        for (ranking, strength), ids in numbers_by(
            labels, ("ranking", "strength"), ("comparison_id", "annotator_id")
        ):
            if k := responses_in(ranking):
                answers.append((Vote(ranking, k, strength), ids))
                continue
            sizes = np.fromiter((k_of.get(pk, 2) for pk in ids[:, 0].tolist()), np.int64, len(ids))
            answers += [(Vote(ranking, k, strength), ids[sizes == k]) for k in np.unique(sizes).tolist()]
        voters = voters_of(project)
    answers.sort(key=lambda answer: (answer[0].ranking, answer[0].k, answer[0].strength or 0))
    code = np.repeat(np.arange(len(answers)), [len(ids) for _, ids in answers])
    pairs = np.concatenate([np.zeros((0, 2), dtype=np.int64), *(ids for _, ids in answers)])
    distinct = tuple(vote for vote, _ in answers)
    return Votes.from_columns(pairs[:, 0], pairs[:, 1], code, distinct, voters)


def voters_of(project: Project) -> dict[int, Voter]:
    """Everybody who may have voted, by id. People are not named; a judge in several versions has a number."""
    found = Annotator.objects.filter(project=project)  # a row for every member of a panel
    rows = found.values_list("pk", "kind", "name", "judge_version__version", "members")
    members: dict[int, set[int]] = {}
    known: dict[int, tuple[str, str, int | None]] = {}
    for pk, kind, name, version, member in rows:
        known[pk] = (kind, name, version)
        if member is not None:
            members.setdefault(pk, set()).add(member)
    same = Counter(name for kind, name, _ in known.values() if kind == JUDGE)
    voters = {}
    for pk, (kind, name, number) in known.items():
        if kind != JUDGE:
            name = ""
        elif same[name] > 1:
            name = f"{name} v{number}" if number else f"{name} #{pk}"
        voters[pk] = Voter(pk, kind, name, frozenset(members.get(pk, ())))
    return voters

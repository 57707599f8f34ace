"""Agreement and consensus of a project: reads votes and calls the pure functions on them."""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import orjson
from django.db import connection, transaction

from . import agreement, consensus
from .models import Annotator, Comparison, Consensus, Criterion, Decision, Label, Project
from .ranking import BOTH_BAD
from .votes import JUDGE, Vote, Voter, Votes, responses_in

BATCH = 2000
Item = TypeVar("Item")


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


def method_named(name: str) -> consensus.Method:
    """The consensus method called `name`. Raises Unknown."""
    try:
        return consensus.METHODS[name]
    except KeyError:
        available = ", ".join(consensus.METHODS)
        raise Unknown(
            f"consensus method {name!r} is not available in this version; there is: {available}"
        ) from None


def read_votes(project: Project, criterion: Criterion) -> Votes:
    """All current independent votes on one criterion. Three SQL statements, whatever the number of votes."""
    labels = Label.objects.filter(project=project, criterion=criterion, current=True, independent=True)
    with snapshot():
        # A ranking names its responses; only both_bad does not say how many there are.
        k_of = dict(
            labels.filter(ranking=BOTH_BAD, comparison__k__gt=2).values_list("comparison_id", "comparison__k")
        )
        rows = labels.values_list("comparison_id", "annotator_id", "ranking", "strength").iterator(BATCH)
        votes = (
            (comparison, annotator, Vote(ranking, responses_in(ranking) or k_of.get(comparison, 2), strength))
            for comparison, annotator, ranking, strength in rows
        )
        return Votes.of(votes, voters_of(project))


def voters_of(project: Project) -> dict[int, Voter]:
    """Everybody who may have voted, by id. People are not named; a judge in several versions has a number."""
    rows = list(
        Annotator.objects.filter(project=project).values_list("pk", "kind", "name", "judge_version__version")
    )
    same = Counter(name for _, kind, name, _ in rows if kind == JUDGE)
    voters = {}
    for pk, kind, name, version in rows:
        if kind != JUDGE:
            name = ""
        elif same[name] > 1:
            name = f"{name} v{version}" if version else f"{name} #{pk}"
        voters[pk] = Voter(pk, kind, name)
    return voters


def agreement_of(project: Project, criterion: str | None = None) -> dict[str, Any]:
    """What the `agreement` command prints: `project` and `criteria`, one object each. Raises Unknown."""
    return {
        "project": project.slug,
        "criteria": [
            {"criterion": one.name, "version": one.version, "scale": one.scale}
            | totals(votes := read_votes(project, one))
            | agreement.report(votes)
            for one in criteria_named(project, criterion)
        ],
    }


def totals(votes: Votes) -> dict[str, Any]:
    """How many comparisons have a vote at all, and how many votes people and judges gave."""
    people = int(votes.human.sum())
    return {
        "comparisons": len(votes.comparison_ids),
        "labels": {"human": people, "judge": len(votes) - people},
        "annotators": {"human": int(votes.people.sum()), "judge": int((~votes.people).sum())},
    }


def standing_votes(project: Project, votes: Votes) -> Votes:
    """The votes that stand, given the project's current Decisions (see `consensus.standing`)."""
    decisions = Decision.objects.filter(comparison__project=project, superseded_at=None)
    rows = decisions.values_list("comparison_id", "destination", "judge_id").iterator(BATCH)
    human = Decision.Destination.HUMAN
    return votes.where(consensus.standing(votes, ((pk, where == human, judge) for pk, where, judge in rows)))


def refresh_consensus(
    project: Project, criterion: str | None = None, method: str = "majority", out: Path | None = None
) -> dict[str, Any]:
    """Recomputes and stores the consensus, and writes it to `out` as JSON lines. Raises Unknown, OSError.

    Rows are stored in batches, each a transaction of its own: every row is right by itself, and labelling is
    not held up. Rows of comparisons that no longer have a standing vote are removed.
    """
    estimate = method_named(method)
    criteria = criteria_named(project, criterion)
    with _replacing(out) as file:
        done = [_refresh(project, one, method, estimate, file) for one in criteria]
    return {"project": project.slug, "method": method, "criteria": done, "out": out and str(out)}


def _refresh(
    project: Project, criterion: Criterion, method: str, estimate: consensus.Method, file: BinaryIO | None
) -> dict[str, Any]:
    stored = Consensus.objects.filter(criterion=criterion, method=method)
    stale = set(stored.values_list("comparison_id", flat=True).iterator(BATCH))
    winners: Counter[str] = Counter()
    with snapshot():
        votes = standing_votes(project, read_votes(project, criterion))
    for batch in _batched(estimate(votes)):
        Consensus.objects.bulk_create(
            [
                Consensus(
                    comparison_id=comparison_id,
                    criterion=criterion,
                    method=method,
                    probabilities=one.probabilities,
                    winner=one.winner,
                    ranking=one.ranking,
                    support=one.support,
                )
                for comparison_id, one in batch
            ],
            update_conflicts=True,
            unique_fields=["comparison", "criterion", "method"],
            update_fields=["probabilities", "winner", "ranking", "support", "computed_at"],
        )
        stale.difference_update(comparison_id for comparison_id, _ in batch)
        winners.update(one.winner for _, one in batch)
        if file:
            file.writelines(_lines(criterion, batch))
    removed = sorted(stale)
    for start in range(0, len(removed), BATCH):
        stored.filter(comparison_id__in=removed[start : start + BATCH]).delete()
    return {
        "criterion": criterion.name,
        "comparisons": winners.total(),
        "winners": dict(sorted(winners.items())),
        "removed": len(removed),
    }


def _lines(criterion: Criterion, batch: list[tuple[int, consensus.Estimate]]) -> Iterator[bytes]:
    names = dict(Comparison.objects.filter(pk__in=[pk for pk, _ in batch]).values_list("pk", "external_id"))
    for comparison_id, one in batch:
        line = {
            "comparison": names[comparison_id],
            "criterion": criterion.name,
            "probabilities": one.probabilities,
            "winner": one.winner,
            "ranking": one.ranking,
            "support": one.support,
        }
        yield orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


@contextmanager
def _replacing(path: Path | None) -> Iterator[BinaryIO | None]:
    """A file that takes `path`'s place when all went well, and leaves nothing behind when it did not."""
    if path is None:
        yield None
        return
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as file:
            yield file
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _batched(items: Iterator[Item]) -> Iterator[list[Item]]:
    while batch := list(islice(items, BATCH)):
        yield batch

"""Consensus of a project: reads the votes that stand, estimates, stores."""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import orjson

from .. import consensus
from ..models import Comparison, Consensus, Criterion, Decision, Project
from ..votes import Votes
from .reading import BATCH, Unknown, criteria_named, read_votes, snapshot

Item = TypeVar("Item")


def method_named(name: str) -> consensus.Method:
    """The consensus method called `name`. Raises Unknown."""
    try:
        return consensus.METHODS[name]
    except KeyError:
        available = ", ".join(consensus.METHODS)
        raise Unknown(
            f"consensus method {name!r} is not available in this version; there is: {available}"
        ) from None


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

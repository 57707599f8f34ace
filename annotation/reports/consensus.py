"""Consensus of a project: estimated, stored, written to a file."""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import orjson
from django.db import transaction
from django.db.models import Max

from .. import consensus
from ..consensus import Estimate, Fit
from ..models import (
    AnnotatorSkill,
    Comparison,
    Consensus,
    ConsensusFit,
    Criterion,
    Label,
    Project,
)
from ..votes import Vote
from .estimates import estimates_of, fit_facts, method_named
from .reading import BATCH, criteria_named, snapshot

Item = TypeVar("Item")


def refresh_consensus(
    project: Project,
    criterion: str | None = None,
    method: str = consensus.DEFAULT,
    out: Path | None = None,
) -> dict[str, Any]:
    """Recomputes and stores the consensus, and writes it to `out` as JSON lines. Raises Unknown, OSError.

    Annotators are learnt about from all independent votes, gold as known; the estimates rest on the votes
    that stand. Rows are stored in batches, each a transaction of its own: every row is right by itself, and
    labelling is not held up. Rows of comparisons that no longer have a standing vote are removed.
    """
    method_named(method)
    criteria = criteria_named(project, criterion)
    with _replacing(out) as file:
        done = [_refresh(project, one, method, file) for one in criteria]
    return {"project": project.slug, "method": method, "criteria": done, "out": out and str(out)}


def _refresh(project: Project, criterion: Criterion, method: str, file: BinaryIO | None) -> dict[str, Any]:
    stored = Consensus.objects.filter(criterion=criterion, method=method)
    stale = set(stored.values_list("comparison_id", flat=True).iterator(BATCH))
    winners: Counter[str] = Counter()
    differs = 0
    with snapshot():
        through = Label.objects.filter(criterion=criterion).aggregate(newest=Max("pk"))["newest"] or 0
        estimated = estimates_of(project, criterion, method)
    _keep_fits(criterion, method, estimated.fits, through)
    for batch in _batched(iter(estimated)):
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
        differs += sum(one.winner != _most_frequent(one.k, one.votes) for _, one in batch)
        if file:
            file.writelines(_lines(criterion, batch))
    removed = sorted(stale)
    for start in range(0, len(removed), BATCH):
        stored.filter(comparison_id__in=removed[start : start + BATCH]).delete()
    return {
        "criterion": criterion.name,
        "comparisons": winners.total(),
        "winners": dict(sorted(winners.items())),
        "differs_from_majority": differs,
        "gold": estimated.gold,
        "fits": [fit_facts(fit) for fit in estimated.fits],
        "removed": len(removed),
    }


def _keep_fits(criterion: Criterion, method: str, fits: tuple[Fit, ...], through: int) -> None:
    """Puts what was learnt in the place of what was learnt before."""
    kept = ConsensusFit.objects.filter(criterion=criterion, method=method)
    with transaction.atomic():
        # Two runs at once: the second waits here for the first.
        Criterion.objects.select_for_update(no_key=True).get(pk=criterion.pk)
        kept.exclude(k__in=[fit.k for fit in fits]).delete()
        rows = ConsensusFit.objects.bulk_create(
            [
                ConsensusFit(
                    criterion=criterion,
                    method=method,
                    k=fit.k,
                    classes=dict(fit.classes or {}),
                    comparisons=fit.comparisons,
                    labels=fit.labels,
                    iterations=fit.iterations,
                    converged=fit.converged,
                    note=fit.note,
                    through=through,
                )
                for fit in fits
            ],
            update_conflicts=True,
            unique_fields=["criterion", "method", "k"],
            update_fields=[
                *("classes", "comparisons", "labels", "iterations", "converged", "note", "through"),
                "computed_at",
            ],
        )
        AnnotatorSkill.objects.filter(fit__in=rows).delete()
        AnnotatorSkill.objects.bulk_create(
            [
                AnnotatorSkill(
                    fit=row,
                    annotator_id=skill.voter.id,
                    competence=skill.competence,
                    low=skill.low,
                    high=skill.high,
                    strategy=skill.strategy or {},
                    weight=skill.weight,
                    labels=skill.labels,
                )
                for row, fit in zip(rows, fits, strict=True)
                for skill in fit.skills
            ],
            batch_size=BATCH,
        )


@lru_cache(maxsize=65536)
def _most_frequent(k: int, said: tuple[tuple[Vote, int], ...]) -> str:
    """The winner by majority of these votes."""
    return consensus.majority_of([vote for vote, times in said for _ in range(times)]).winner


def _lines(criterion: Criterion, batch: list[tuple[int, Estimate]]) -> Iterator[bytes]:
    names = dict(Comparison.objects.filter(pk__in=[pk for pk, _ in batch]).values_list("pk", "external_id"))
    for comparison_id, one in batch:
        (first, _), (second, _) = one.top_two
        line = {
            "comparison": names[comparison_id],
            "criterion": criterion.name,
            "probabilities": one.probabilities,
            "winner": one.winner,
            "ranking": one.ranking,
            "support": one.support,
            "top_two": [first, second],
            "confusion": one.confusion,
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

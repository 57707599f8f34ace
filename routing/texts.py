"""What the texts of comparisons look like: worked out once, kept, and read for a plan."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from numpy.typing import NDArray

from annotation.models import Comparison, Project, Response

from .features import EACH, SHARED, VERSION, Described, describe, directed
from .features.judging import preferred
from .models import TextFeatures

BATCH = 500
PIECE = 5000  # comparisons of one Celery message
_FLOATS = np.dtype("<f4")


def undescribed(project: Project) -> QuerySet[Comparison]:
    """Comparisons without features of the present version."""
    described = TextFeatures.objects.filter(comparison=OuterRef("pk"), version=VERSION)
    return Comparison.objects.filter(~Exists(described), project=project)


def pieces(project: Project, size: int = PIECE, most: int = 1000) -> list[tuple[int, int]]:
    """First and last ids of pieces of `size` comparisons that are not described yet, at most `most` pieces.

    Reads an index; the ids of a million comparisons are never in memory at once.
    """
    found: list[tuple[int, int]] = []
    last = 0
    while len(found) < most:
        waiting = undescribed(project).filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:size]
        ids = list(waiting)
        if not ids:
            break
        last = ids[-1]
        found.append((ids[0], last))
    return found


def describe_project(project: Project, first: int = 0, last: int | None = None) -> int:
    """Describes what is not described yet, with ids from `first` to `last`; gives how many it was.

    In batches, so that memory stays flat. Several workers may do so at once: a comparison described twice is
    described alike.
    """
    done, seen = 0, first - 1
    responses = Prefetch("responses", Response.objects.order_by("position"))
    while True:
        waiting = undescribed(project).filter(pk__gt=seen).order_by("pk")
        if last is not None:
            waiting = waiting.filter(pk__lte=last)
        batch = list(waiting.only("prompt").prefetch_related(responses)[:BATCH])
        if not batch:
            return done
        _keep({comparison.pk: _described(comparison) for comparison in batch})
        done, seen = done + len(batch), batch[-1].pk


def read_texts(
    project: Project, place: Mapping[int, int], sizes: Sequence[int], standing: Mapping[int, str]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """`Signals.shared` and `Signals.toward` of n comparisons, NaN where nothing is known.

    `place` maps ids to rows, `sizes` (n) are their numbers of responses, `standing` the ranking that the
    judge gave, by row. One streamed statement.
    """
    n = len(sizes)
    shared = np.full((n, len(SHARED)), np.nan, dtype=np.float32)
    toward = np.full((n, len(EACH)), np.nan, dtype=np.float32)
    kept = TextFeatures.objects.filter(comparison__project=project, version=VERSION)
    for pk, one, each in kept.values_list("comparison_id", "shared", "each").iterator(chunk_size=5000):
        row = place.get(pk)
        if row is None:
            continue
        shared[row] = np.frombuffer(one, dtype=_FLOATS)
        if row in standing:
            k = sizes[row]
            rows = np.frombuffer(each, dtype=_FLOATS).reshape(1, k, len(EACH))
            toward[row] = directed(rows, np.array([preferred(standing[row], k)]))[0]
    return shared, toward


def _described(comparison: Comparison) -> Described:
    responses = list(comparison.responses.all())
    earlier = [_texts(response.context, "user") for response in responses]
    # Earlier questions are mostly the same on every side; each is counted once, in order.
    asked = list(dict.fromkeys(text for side in earlier for text in side))
    said = ["\n".join(_texts(response.messages)) for response in responses]
    return describe([*asked, *_texts(comparison.prompt)], said)


def _texts(messages: Sequence[Mapping[str, Any]], role: str | None = None) -> list[str]:
    """The text of every message, or of those of one role."""
    return [_text(message) for message in messages if role is None or message.get("role") == role]


def _text(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "\n".join(str(part["text"]) for part in parts if isinstance(part, dict) and "text" in part)


def _keep(described: Mapping[int, Described]) -> None:
    TextFeatures.objects.bulk_create(
        [
            TextFeatures(
                comparison_id=pk,
                version=VERSION,
                shared=one.shared.astype(_FLOATS).tobytes(),
                each=one.each.astype(_FLOATS).tobytes(),
            )
            for pk, one in described.items()
        ],
        update_conflicts=True,
        unique_fields=["comparison", "version"],
        update_fields=["shared", "each"],
    )

"""What the texts of comparisons look like: worked out once, kept, and read for a plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import Count, Exists, Max, OuterRef, Prefetch, Q, QuerySet
from numpy.typing import NDArray

from annotation import tagging
from annotation.models import Comparison, Project, Response, Tag

from .features import EACH, SHARED, TAGGED, VERSION, Described, describe, directed, overlaid
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


def describe_last(project: Project) -> int:
    """Describes a piece from the end of what is not described yet: other workers begin at the front."""
    ids = list(undescribed(project).order_by("-pk").values_list("pk", flat=True)[:PIECE])
    return describe_project(project, ids[-1], ids[0]) if ids else 0


def describe_tagged(project: Project) -> int:
    """Lays a judge's tags over the rules where both are there and that is not done; gives how many it was.

    The first tags that a comparison got count: rows never change once a plan may rest on them.
    """
    theirs = {"source__startswith": tagging.prefix_of()}
    done, seen = 0, 0
    embedded: bool | None = None
    while True:
        waiting = with_tags(project).filter(pk__gt=seen).order_by("pk").values_list("pk", flat=True)
        batch = list(waiting[:BATCH])
        if not batch:
            return done
        if embedded is None:
            similar = Tag.objects.filter(comparison__project=project, name=tagging.SIMILARITY, **theirs)
            embedded = similar.exists()
        tags: dict[int, dict[str, str]] = {pk: {} for pk in batch}
        rows = Tag.objects.filter(comparison__in=batch, **theirs).order_by("pk")
        for pk, name, value in rows.values_list("comparison_id", "name", "value"):
            tags[pk].setdefault(name, value)
        kept = TextFeatures.objects.filter(comparison__in=batch, version=VERSION)
        TextFeatures.objects.bulk_create(
            [
                TextFeatures(
                    comparison_id=one.comparison_id,
                    version=TAGGED,
                    shared=overlaid(_row(one.shared), tags[one.comparison_id], embedded).tobytes(),
                    each=bytes(one.each),
                )
                for one in kept
            ],
            ignore_conflicts=True,
        )
        done, seen = done + len(batch), batch[-1]


def with_tags(project: Project) -> QuerySet[Comparison]:
    """Described comparisons with tags that are not laid over yet."""
    here = {"comparison": OuterRef("pk")}
    described = TextFeatures.objects.filter(version=VERSION, **here)
    laid = TextFeatures.objects.filter(version=TAGGED, **here)
    tags = Tag.objects.filter(source__startswith=tagging.prefix_of(), **here)
    return Comparison.objects.filter(Exists(tags), Exists(described), ~Exists(laid), project=project)


@dataclass(frozen=True, slots=True)
class Basis:
    """What a plan's texts are described by: rules (`version` is VERSION), or a judge's tags laid over them
    (TAGGED) in rows of `TextFeatures` up to the id `through`."""

    version: int = VERSION
    through: int = 0

    def as_dict(self) -> dict[str, int]:
        return {"features": self.version, "features_through": self.through}

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> "Basis":
        return cls(parameters.get("features", 0), parameters.get("features_through", 0))

    def rows(self) -> QuerySet[TextFeatures]:
        """The rows it goes by: rules first, so that tags come on top."""
        rules = Q(version=self.version % 100)
        if self.version >= 100:
            rules |= Q(version=self.version, pk__lte=self.through)
        return TextFeatures.objects.filter(rules).order_by("version")

    def read(self, version: int, shared: bytes | memoryview) -> NDArray[np.float32]:
        """A row (len(SHARED),) as the plan knows it."""
        row = _row(shared)
        return overlaid(row, {}) if self.version >= 100 and version < 100 else row


RULES = Basis()


def basis_of(project: Project, number: int) -> Basis:
    """Tags, where at least half of the `number` comparisons to be looked at have some; else rules."""
    laid = TextFeatures.objects.filter(comparison__project=project, version=TAGGED)
    found = laid.aggregate(number=Count("pk"), through=Max("pk"))
    return Basis(TAGGED, found["through"]) if found["number"] and 2 * found["number"] >= number else RULES


def read_texts(
    project: Project, place: Mapping[int, int], sizes: Sequence[int], standing: Mapping[int, str]
) -> tuple[NDArray[np.float32], NDArray[np.float32], Basis]:
    """`Signals.shared` and `Signals.toward` of n comparisons, NaN where nothing is known, and their basis.

    `place` maps ids to rows, `sizes` (n) are their numbers of responses, `standing` the ranking that the
    judge gave, by row. Two statements, one streamed.
    """
    n = len(sizes)
    basis = basis_of(project, n)
    shared = np.full((n, len(SHARED)), np.nan, dtype=np.float32)
    toward = np.full((n, len(EACH)), np.nan, dtype=np.float32)
    kept = basis.rows().filter(comparison__project=project)
    if basis.version == VERSION:
        kept = kept.order_by()  # one row each: no need to sort a million
    columns = ("comparison_id", "version", "shared", "each")
    for pk, version, one, each in kept.values_list(*columns).iterator(chunk_size=5000):
        row = place.get(pk)
        if row is None:
            continue
        shared[row] = basis.read(version, one)
        if row in standing:
            k = sizes[row]
            rows = np.frombuffer(each, dtype=_FLOATS).reshape(1, k, len(EACH))
            toward[row] = directed(rows, np.array([preferred(standing[row], k)]))[0]
    return shared, toward, basis


def _row(shared: bytes | memoryview) -> NDArray[np.float32]:
    return np.frombuffer(bytes(shared), dtype=_FLOATS)


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

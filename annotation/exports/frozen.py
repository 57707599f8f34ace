"""What a release is made from, as it was when it was frozen.

`freeze` lists every comparison with the ids of its current labels, its decision and its flags in one
statement, so that all of it is one instant of the database. Labels, annotations and the texts of comparisons
are never changed, so reading them later, as often as one likes, gives the same release.
"""

import hashlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import compress, islice
from typing import Any, NamedTuple

import numpy as np
import orjson
from django.db import connection, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from ..consensus import spoken, standing
from ..models import Comparison, Criterion, Label, Project, Release, ReleaseItem, Response
from ..ranking import BOTH_BAD
from ..reports import voters_of
from ..reports.columns import numbers_by
from ..votes import HUMAN, Ints, Mask, Vote, Voter, Votes, responses_in
from .facts import facts_of
from .options import Options
from .rows import pseudonym

BATCH = 1000
CONTENTS = 250  # comparisons with their texts, which may be long

# Ordered by UTF-8 bytes whatever the database's language, so that every database gives one order.
_FREEZE = """
INSERT INTO annotation_releaseitem (release_id, comparison_id, labels, "references", destination, judge,
    probability, score, audit, flagged, instrument)
SELECT %s, c.id, COALESCE(l.ids, ''), COALESCE(r.ids, ''), COALESCE(d.destination, ''), d.judge_id,
    d.probability, d.score, COALESCE(d.audit, FALSE),
    EXISTS (SELECT 1 FROM annotation_flag f WHERE f.comparison_id = c.id AND f.resolved_at IS NULL),
    COALESCE(r.gold, 0) > 0
FROM annotation_comparison c
LEFT JOIN (
    SELECT comparison_id, {joined_labels} AS ids FROM annotation_label
    WHERE project_id = %s AND "current" AND criterion_id IN ({criteria}) GROUP BY comparison_id
) l ON l.comparison_id = c.id
LEFT JOIN (
    SELECT k.comparison_id, {joined_references} AS ids, COUNT(g.id) AS gold
    FROM annotation_reference k LEFT JOIN annotation_gold g ON g.reference_id = k.id
    JOIN annotation_comparison o ON o.id = k.comparison_id AND o.project_id = %s
    GROUP BY k.comparison_id
) r ON r.comparison_id = c.id
LEFT JOIN annotation_decision d ON d.comparison_id = c.id AND d.superseded_at IS NULL
WHERE c.project_id = %s ORDER BY c.external_id COLLATE {bytewise}
"""


class ResponseText(NamedTuple):
    """What one response says: its messages, and the earlier ones that only its side has."""

    messages: list[dict[str, Any]]
    context: list[dict[str, Any]]
    media: list[Any]
    model: str


class Item(NamedTuple):
    """A frozen comparison with its content; responses in stored order."""

    pk: int
    external_id: str
    group: str
    category: str
    k: int
    fit: bool
    prompt: list[dict[str, Any]]
    flagged: bool
    instrument: bool
    labels: str
    responses: list[ResponseText]

    @property
    def label_ids(self) -> list[int]:
        return sorted(map(int, self.labels.split()))


def freeze(release: Release, criteria: list[Criterion]) -> None:
    """Fixes what the release is made from; a release that was frozen before stays as it is."""
    postgres = connection.vendor == "postgresql"
    join = "STRING_AGG(CAST({} AS TEXT), ' ')" if postgres else "GROUP_CONCAT({}, ' ')"
    statement = _FREEZE.format(
        joined_labels=join.format("id"),
        joined_references=join.format("CASE WHEN g.id IS NULL THEN k.id END"),
        criteria=", ".join(["%s"] * len(criteria)),
        bytewise='"C"' if postgres else "BINARY",
    )
    project = release.project
    with transaction.atomic():
        locked = Release.objects.select_for_update(no_key=True).get(pk=release.pk)
        if locked.frozen_at is None:
            with connection.cursor() as cursor:
                ids = [criterion.pk for criterion in criteria]
                cursor.execute(statement, [release.pk, project.pk, *ids, project.pk, project.pk])
                locked.items = cursor.rowcount
                if postgres:  # the statements that follow read all of what is new
                    cursor.execute("ANALYZE annotation_releaseitem")
            locked.facts = facts_of(release.project, criteria)
            locked.frozen_at = timezone.now()
            locked.save(update_fields=["items", "facts", "frozen_at"])
    release.items, release.facts, release.frozen_at = locked.items, locked.facts, locked.frozen_at


@dataclass(frozen=True)
class Frozen:
    """A frozen release's data."""

    release: Release
    options: Options
    criteria: list[Criterion]

    @property
    def project(self) -> Project:
        return self.release.project

    @cached_property
    def label_ids(self) -> Ints:
        """Ids of all frozen labels, ascending."""
        return self._of_items[0]

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over what is asked for and what was frozen."""
        return self._of_items[1]

    @cached_property
    def _of_items(self) -> tuple[Ints, str, Ints]:
        digest = hashlib.sha256(orjson.dumps(self.options.as_dict(), option=orjson.OPT_SORT_KEYS))
        labels, comparisons = array("q"), array("q")
        for comparison, ids in self._items().values_list("comparison_id", "labels").iterator(BATCH):
            own = array("q", sorted(map(int, ids.split())))
            digest.update(str(comparison).encode() + own.tobytes())
            labels += own
            comparisons.append(comparison)
        return _sorted(labels), digest.hexdigest(), _sorted(comparisons)

    @cached_property
    def names(self) -> dict[int, str]:
        """What annotators are called in this release, by id: a person's pseudonym, a judge's name.

        The key comes from the data themselves: the same release built again has the same names, and those
        of two releases cannot be joined.
        """
        key = salted_hmac(
            "tandem.releases.annotators", f"{self.project.pk}:{self.fingerprint}", algorithm="sha256"
        ).digest()
        return {
            pk: pseudonym(pk, key) if voter.kind == HUMAN else voter.name for pk, voter in self.voters.items()
        }

    @cached_property
    def pools(self) -> dict[int, str]:
        """The pools of each person when the release was frozen, by annotator id; judges are in none.

        A release that was frozen by an earlier version does not know them.
        """
        return {int(pk): names for pk, names in self.release.facts.get("pools_of", {}).items()}

    @cached_property
    def voters(self) -> dict[int, Voter]:
        return voters_of(self.project)

    def items(self) -> Iterator[list[Item]]:
        """Every comparison with its content, a batch at a time; two statements a batch."""
        last = 0
        columns = ("pk", "comparison_id", "flagged", "instrument", "labels")
        while rows := list(self._items().filter(pk__gt=last).values_list(*columns)[:CONTENTS]):
            last = rows[-1][0]
            ids = [row[1] for row in rows]
            about: dict[int, list[Any]] = {
                pk: rest
                for pk, *rest in Comparison.objects.filter(pk__in=ids).values_list(
                    "pk", "external_id", "group", "category", "k", "fit", "prompt"
                )
            }
            responses: dict[int, list[ResponseText]] = {pk: [] for pk in ids}
            found = Response.objects.filter(comparison_id__in=ids).order_by("position")
            texts = found.values_list("comparison_id", "messages", "context", "media", "model")
            for comparison, *content in texts:
                responses[comparison].append(ResponseText(*content))
            yield [Item._make([pk, *about[pk], *rest, responses[pk]]) for _, pk, *rest in rows]

    def conversations(self) -> Iterator[tuple[str, list[str]]]:
        """(group, what people say in its prompt) of every comparison, oldest first; one statement a batch."""
        last = 0
        while True:
            ids = Comparison.objects.filter(project=self.project, pk__gt=last).order_by("pk")
            rows = list(ids.values_list("pk", "group", "prompt")[:BATCH])
            if not rows:
                return
            last = rows[-1][0]
            contexts = dict(
                Response.objects.filter(comparison_id__in=[row[0] for row in rows], position=0)
                .exclude(context=[])
                .values_list("comparison_id", "context")
            )
            frozen = among(np.array([row[0] for row in rows]), self._of_items[2])
            for pk, group, prompt in compress(rows, frozen.tolist()):
                yield group, [_text(m) for m in [*contexts.get(pk, []), *prompt] if m.get("role") == "user"]

    def votes(self, criterion: Criterion) -> Votes:
        """Frozen independent votes on one criterion, of the sources asked for (see `reports.read_votes`)."""
        labels = Label.objects.filter(project=self.project, criterion=criterion, independent=True)
        if self.options.source in ("human", "judge"):
            labels = labels.filter(annotator__kind=self.options.source)
        k_of = dict(
            labels.filter(ranking=BOTH_BAD, comparison__k__gt=2).values_list("comparison_id", "comparison__k")
        )
        answers = []
        columns = ("comparison_id", "annotator_id", "id")
        for (ranking, strength), numbers in numbers_by(labels, ("ranking", "strength"), columns):
            ids = numbers.astype(np.int64)
            ids = ids[among(ids[:, 2], self.label_ids)]
            if k := responses_in(ranking):
                answers.append((Vote(ranking, k, strength), ids))
                continue
            sizes = np.fromiter((k_of.get(pk, 2) for pk in ids[:, 0].tolist()), np.int64, len(ids))
            answers += [(Vote(ranking, k, strength), ids[sizes == k]) for k in np.unique(sizes).tolist()]
        answers = sorted(
            ((vote, ids) for vote, ids in answers if len(ids)),
            key=lambda answer: (answer[0].ranking, answer[0].k, answer[0].strength or 0),
        )
        code = np.repeat(np.arange(len(answers)), [len(ids) for _, ids in answers])
        rows = np.concatenate([np.zeros((0, 3), dtype=np.int64), *(ids for _, ids in answers)])
        distinct = tuple(vote for vote, _ in answers)
        return Votes.from_columns(rows[:, 0], rows[:, 1], code, distinct, self.voters)

    def standing(self, votes: Votes) -> Mask:
        """Which votes stand, by the decisions that were frozen; without routing all, and nobody's twice."""
        if self.options.source != "routed":
            return spoken(votes)
        rows = self._items().exclude(destination="").values_list("comparison_id", "destination", "judge")
        return standing(votes, ((pk, where == HUMAN, judge) for pk, where, judge in rows.iterator(BATCH)))

    def gold(self, criterion: Criterion) -> dict[int, str]:
        """By comparison id, the class of what the owner had made gold."""
        return self._known("gold", criterion)

    def decided(self, criterion: Criterion) -> dict[int, str]:
        """By comparison id, the ranking that an adjudicator had decided on."""
        return self._known("decided", criterion)

    def reference_ids(self) -> Iterator[list[int]]:
        """Ids of the source's known answers, by comparison in order, a batch at a time."""
        rows = self._items().exclude(references="").values_list("references", flat=True).iterator(BATCH)
        while batch := list(islice(rows, BATCH)):
            yield [pk for ids in batch for pk in sorted(map(int, ids.split()))]

    def _known(self, fact: str, criterion: Criterion) -> dict[int, str]:
        # A release that was frozen by an earlier version knows of fewer facts.
        known: dict[str, str] = self.release.facts.get(fact, {}).get(str(criterion.pk), {})
        return {int(pk): answer for pk, answer in known.items()}

    def _items(self) -> Any:
        return ReleaseItem.objects.filter(release=self.release).order_by("pk")


def among(ids: Ints, frozen: Ints) -> Mask:
    """Which ids are frozen (ascending)."""
    at = np.minimum(np.searchsorted(frozen, ids), max(len(frozen) - 1, 0))
    return frozen[at] == ids if len(frozen) else np.zeros(len(ids), dtype=bool)


def _sorted(values: "array[int]") -> Ints:
    return np.sort(np.array(values, dtype=np.int64))


def _text(message: dict[str, Any]) -> str:
    content = message.get("content")
    return content if isinstance(content, str) else ""

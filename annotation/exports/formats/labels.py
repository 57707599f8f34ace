"""`labels`: every current label, one row each, people under pseudonyms. Worked out column by column."""

from collections.abc import Collection, Iterator

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection

from ...models import Criterion, Reference
from ...votes import HUMAN, Ints, Mask
from ..columns import stream
from ..facts import scrubber_of
from ..frozen import Frozen, among
from ..rows import Account

CONFIG = "labels"
REFERENCES = "references"
UNIT = "labels"
SCHEMA = pa.schema(
    [
        pa.field("comparison", pa.string()),
        pa.field("annotator", pa.string()),
        pa.field("kind", pa.string()),
        pa.field("pool", pa.string()),
        pa.field("criterion", pa.string()),
        pa.field("ranking", pa.string()),
        pa.field("strength", pa.int64()),
        pa.field("confidence", pa.string()),
        pa.field("reasons", pa.list_(pa.string())),
        pa.field("shown", pa.string()),
        pa.field("seconds", pa.float64()),
        pa.field("created", pa.date32()),
        pa.field("purpose", pa.string()),
        pa.field("independent", pa.bool_()),
        pa.field("surplus", pa.bool_()),
        pa.field("weight", pa.float64()),
    ]
)
RATIONALE = pa.field("rationale", pa.string())
REFERENCE_SCHEMA = pa.schema(
    [pa.field(name, pa.string()) for name in ("comparison", "criterion", "ranking", "source")]
)

ABOUT = "Every label, of people and of judges."
COLUMNS = {
    "comparison": "the comparison's id",
    "annotator": "a person's pseudonym in this release, or a judge's name",
    "kind": "human or judge",
    "pool": "the pool that a person belongs to, or several; null for judges and imported people",
    "criterion": "the question that was asked",
    "ranking": "responses best first: a>b=c; ~ joins what was not compared; or both_bad",
    "strength": "of a pair's preference, 1 upwards; null where there is none",
    "confidence": "not, somewhat, fairly, very, or empty",
    "reasons": "reasons ticked, of those that the criterion offers; beside rationales all that were given",
    "shown": "letters in the order shown",
    "seconds": "time spent, where known",
    "created": "day of the label (UTC)",
    "purpose": "work, import, gold, repeat, …",
    "independent": "whether it counts as an independent vote",
    "surplus": "whether it came after its lease had gone back to the queue",
    "weight": "1 over the votes that stand on this comparison and criterion; 0: this one does not",
    "rationale": "free text of the annotator",
}
REFERENCE_COLUMNS = {"source": "where the known answer comes from"}

# Ordered as the comparisons were frozen, and from there on by us.
_READ = """
SELECT i.id, c.external_id, c."group", l.id, l.annotator_id, l.criterion_id, l.ranking, l.strength,
    l.confidence, CAST(r.reasons AS TEXT), {rationale}, a.shown, a.active_seconds, {created}, s.purpose,
    l.independent, a.surplus, i.destination, COALESCE(i.judge, 0), i.flagged, i.instrument
FROM annotation_releaseitem i
JOIN annotation_comparison c ON c.id = i.comparison_id
JOIN annotation_label l ON l.comparison_id = i.comparison_id AND l.criterion_id IN ({criteria})
JOIN annotation_annotation a ON a.id = l.annotation_id
JOIN annotation_assignment s ON s.id = a.assignment_id
LEFT JOIN annotation_rationale r ON r.label_id = l.id
WHERE i.release_id = %s ORDER BY i.id
"""
_READ_SCHEMA = pa.schema(
    [
        ("item", pa.int64()),
        ("comparison", pa.string()),
        ("group", pa.string()),
        ("id", pa.int64()),
        ("annotator", pa.int64()),
        ("criterion", pa.int64()),
        ("ranking", pa.string()),
        ("strength", pa.int64()),
        ("confidence", pa.string()),
        ("reasons", pa.string()),
        ("rationale", pa.string()),
        ("shown", pa.string()),
        ("seconds", pa.float64()),
        ("created", pa.date32()),
        ("purpose", pa.string()),
        ("independent", pa.bool_()),
        ("surplus", pa.bool_()),
        ("destination", pa.string()),
        ("judge", pa.int64()),
        ("flagged", pa.bool_()),
        ("instrument", pa.bool_()),
    ]
)


def schema(rationales: bool) -> pa.Schema:
    return SCHEMA.append(RATIONALE) if rationales else SCHEMA


def tables(
    frozen: Frozen, account: Account, disputed: Collection[Criterion] = ()
) -> Iterator[tuple[pa.Array, pa.Table]]:
    """(split unit of each row, rows under `schema`) in the order of the frozen comparisons, whole ones at a
    time. Candidates are all frozen labels; `min_labels` counts independent votes. Of `disputed` criteria
    annotators agree too little for this release."""
    writer = _Writer(frozen, account, disputed)
    left: pa.Table | None = None
    for batch in stream(*_statement(frozen), _READ_SCHEMA):
        table = pa.Table.from_batches([batch])
        table = table if left is None else pa.concat_tables([left, table])
        items = table.column("item").to_numpy()
        end = int(np.searchsorted(items, items[-1]))  # the last comparison may go on in the next batch
        left = table.slice(end)
        if end:
            yield writer.table(table.slice(0, end))
    if left is not None and len(left):
        yield writer.table(left)


def references(frozen: Frozen) -> Iterator[tuple[str, dict[str, str]]]:
    """(split unit, row) of every known answer of the source that is no instrument, in order of comparison."""
    for ids in frozen.reference_ids():
        found = Reference.objects.filter(pk__in=ids, criterion__in=frozen.criteria)
        rows = found.values_list(
            "pk", "comparison__group", "comparison__external_id", "criterion__name", "ranking", "source"
        )
        known = {pk: (group, values) for pk, group, *values in rows}
        for pk in ids:
            if pk in known:
                group, values = known[pk]
                yield group, dict(zip(REFERENCE_SCHEMA.names, values, strict=True))


def _statement(frozen: Frozen) -> tuple[str, list[int]]:
    utc = "CAST(l.created_at AT TIME ZONE 'UTC' AS DATE)"
    statement = _READ.format(
        rationale="r.text" if frozen.options.rationales else "NULL",
        created=utc if connection.vendor == "postgresql" else "DATE(l.created_at)",
        criteria=", ".join(["%s"] * len(frozen.criteria)),
    )
    return statement, [*(criterion.pk for criterion in frozen.criteria), frozen.release.pk]


class _Writer:
    """Makes a release's columns of the database's."""

    def __init__(self, frozen: Frozen, account: Account, disputed: Collection[Criterion]) -> None:
        self.frozen = frozen
        self.disputed = [one.pk for one in disputed]
        self.options = frozen.options
        self.account = account
        self.scrub = scrubber_of(frozen.project)
        names = sorted(frozen.names.items())
        self.annotator_ids = np.array([pk for pk, _ in names], dtype=np.int64)
        self.annotators = pa.array([name for _, name in names], pa.string())
        self.human = np.array([frozen.voters[pk].kind == HUMAN for pk, _ in names], dtype=bool)
        self.kinds = pa.array([frozen.voters[pk].kind for pk, _ in names], pa.string())
        self.pools = pa.array([frozen.pools.get(pk) for pk, _ in names], pa.string())
        self.criteria: dict[int, Criterion] = {one.pk: one for one in frozen.criteria}

    def table(self, read: pa.Table) -> tuple[pa.Array, pa.Table]:
        read = read.filter(pa.array(among(read.column("id").to_numpy(), self.frozen.label_ids)))
        self.account.read += len(read)
        who = np.searchsorted(self.annotator_ids, read.column("annotator").to_numpy())
        unit = _units(read)
        votes = read.column("independent").to_numpy(zero_copy_only=False) & self._asked_for(who)
        read, who, unit, votes = self._without_held_back(read, who, unit, votes)
        standing = votes & self._stands(read, who, unit, votes)
        number = np.bincount(unit, standing, minlength=int(unit.max(initial=-1)) + 1)
        weight = np.where(standing, 1 / np.maximum(number[unit], 1), 0.0).round(6)
        columns = {name: read.column(name) for name in SCHEMA.names if name in read.column_names} | {
            "annotator": self.annotators.take(pa.array(who)),
            "kind": self.kinds.take(pa.array(who)),
            "pool": self.pools.take(pa.array(who)),
            "criterion": self._criteria(read),
            "reasons": self._reasons(read),
            "weight": pa.array(weight),
        }
        if self.options.rationales:
            told = [self.scrub(text or "") for text in read.column("rationale").to_pylist()]
            columns["rationale"] = pa.array(told, pa.string())
        fields = schema(self.options.rationales)
        return read.column("group"), pa.table([columns[name] for name in fields.names], schema=fields)

    def _without_held_back(
        self, read: pa.Table, who: Ints, unit: Ints, votes: Mask
    ) -> tuple[pa.Table, Ints, Ints, Mask]:
        """Without what may not be told of, is of others than asked for, or has too few votes; counted."""
        number = np.bincount(unit, votes, minlength=int(unit.max(initial=-1)) + 1)
        gates = {
            "instrument": _flags(read, "instrument") & (not self.options.instruments),
            "flagged": _flags(read, "flagged") & (not self.options.flagged),
            "other_source": ~self._asked_for(who),
            "low_agreement": np.isin(read.column("criterion").to_numpy(), self.disputed),
            "too_few_votes": number[unit] < self.options.min_labels if len(unit) else np.zeros(0, dtype=bool),
        }
        kept = np.ones(len(read), dtype=bool)
        for reason, gone in gates.items():
            self._count(reason, read, kept & gone)
            kept &= ~gone
        if kept.all():
            return read, who, unit, votes
        return read.filter(pa.array(kept)), who[kept], unit[kept], votes[kept]

    def _count(self, reason: str, read: pa.Table, gone: Mask) -> None:
        if gone.any():
            examples = pc.unique(read.column("comparison").filter(pa.array(gone))).to_pylist()[:5]
            self.account.remove(reason, examples[0], int(gone.sum()))
            for example in examples[1:]:
                self.account.remove(reason, example, 0)

    def _asked_for(self, who: Ints) -> Mask:
        if self.options.source in ("human", "judge"):
            return self.human[who] == (self.options.source == "human")
        return np.ones(len(who), dtype=bool)

    def _stands(self, read: pa.Table, who: Ints, unit: Ints, votes: Mask) -> Mask:
        """As `consensus.standing`, by the decisions that were frozen."""
        quiet = self._spoken_for(who, unit, votes)
        if self.options.source != "routed":
            return votes & ~quiet
        by_person = self.human[who]
        labelled = np.bincount(unit, by_person & votes, minlength=int(unit.max(initial=-1)) + 1)[unit] > 0
        destination = read.column("destination")
        judge = read.column("judge").to_numpy()
        to_people = pc.equal(destination, "human").to_numpy(zero_copy_only=False)
        named = ((judge == 0) & ~quiet) | (judge == read.column("annotator").to_numpy())
        return by_person | (~labelled & ~to_people & named)

    def _spoken_for(self, who: Ints, unit: Ints, votes: Mask) -> Mask:
        """Members' rows where their panel has spoken, as `consensus.spoken`."""
        quiet = np.zeros(len(who), dtype=bool)
        for at in np.flatnonzero([bool(self.frozen.voters[int(pk)].members) for pk in self.annotator_ids])[
            ::-1
        ]:
            members = list(self.frozen.voters[int(self.annotator_ids[at])].members)
            speaks = (
                np.bincount(unit, votes & (who == at) & ~quiet, minlength=int(unit.max(initial=-1)) + 1) > 0
            )
            quiet |= np.isin(self.annotator_ids[who], members) & speaks[unit]
        return quiet

    def _criteria(self, read: pa.Table) -> pa.Array:
        encoded = read.column("criterion").combine_chunks().dictionary_encode()
        names = [self.criteria[pk].name for pk in encoded.dictionary.to_pylist()]
        return pa.array(names, pa.string()).take(encoded.indices)

    def _reasons(self, read: pa.Table) -> pa.Array:
        """Imported reasons may be free text: without rationales only those that the criterion offers."""
        criteria = read.column("criterion").to_numpy()
        kind = pa.list_(pa.string())
        encoded = read.column("reasons").combine_chunks().dictionary_encode()
        lists = [orjson.loads(text) or [] for text in encoded.dictionary.to_pylist()]
        if not any(lists):
            return pa.array([[]], kind).take(pa.array(np.zeros(len(read), dtype=np.int64)))
        # Each (criterion, list) once.
        codes = encoded.indices.to_numpy(zero_copy_only=False)
        codes = np.where(np.isnan(codes), -1, codes).astype(np.int64) if codes.dtype.kind == "f" else codes
        pairs, at = np.unique(np.stack((criteria, codes)), axis=1, return_inverse=True)
        told = [
            self._told(self.criteria[pk], lists[code] if code >= 0 else []) for pk, code in pairs.T.tolist()
        ]
        return pa.array(told, kind).take(pa.array(at.ravel()))

    def _told(self, criterion: Criterion, reasons: list[str]) -> list[str]:
        if self.options.rationales:
            return [reason if reason in criterion.reasons else self.scrub(reason) for reason in reasons]
        return [reason for reason in reasons if reason in criterion.reasons]


def _units(read: pa.Table) -> Ints:
    """A number for each comparison and criterion, one element a row."""
    items, criteria = read.column("item").to_numpy(), read.column("criterion").to_numpy()
    if not len(items):
        return np.zeros(0, dtype=np.int64)
    known, criterion = np.unique(criteria, return_inverse=True)
    comparison = np.concatenate(([0], np.cumsum(np.diff(items) != 0)))  # they come in order
    return np.asarray(comparison * len(known) + criterion)


def _flags(read: pa.Table, name: str) -> Mask:
    found: Mask = read.column(name).to_numpy(zero_copy_only=False).astype(bool)
    return found

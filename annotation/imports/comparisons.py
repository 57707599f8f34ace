"""Comparison lines into the database: comparisons, responses, references, demand, and the votes inside."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from .. import bulk
from ..identity import as_json
from ..leaks import STATES
from ..models import Comparison, Demand, IdentityLeak, Pool, Reference, Response
from ..projects import wanted_from
from .batches import Batches
from .columns import Columns, as_line
from .drafts import Draft, draft, treat
from .fields import encode
from .files import Line
from .known import Known, known_comparisons
from .media import Shelf
from .problems import Bad
from .session import Session

Read = tuple[int, Draft | Bad]

_COMPARISON = ["id", "external_id", "prompt", "k", "group", "category", "metadata", "content_hash", "fit"]
_RESPONSE = ["comparison_id", "position", "messages", "context", "media", "model", "key"]
_SHORT = 12  # leading digits of a content hash that a message shows


class ComparisonFile:
    """Imports the comparison lines of one file, and with `media` the files in that folder that they name.

    With `columns` the file's own columns stand for our keys.
    """

    def __init__(self, session: Session, media: Path | None = None, columns: Columns | None = None) -> None:
        project = session.project
        pools = list(project.pools.all())
        if not pools:
            pools = [Pool.objects.create(project=project, name="people", default=True)]
        self._wanted = wanted_from(project, pools)
        self._default = {pool.pk for pool in pools if pool.default}
        self._session = session
        self._treatment = project.identity_leaks
        self._marks = Marks()
        self._shelf = Shelf(project, media) if media else None
        self._columns = columns

    def read(self, line: Line) -> Read:
        """The line's number, and what it says or what is wrong with it. No SQL."""
        if isinstance(line.row, Bad):
            return line.number, line.row
        try:
            row = as_line(line.row, self._columns) if self._columns else line.row
            if self._shelf:
                self._shelf.take(row)
            made = draft(row, self._session.answers, bool(self._columns))
            return line.number, treat(made, self._treatment)
        except Bad as bad:
            return line.number, bad

    def store(self, batch: list[Read], batches: Batches[Read]) -> None:
        """Writes what can be written of a batch; counts all of it."""
        if self._shelf:
            self._shelf.record()
        drafts = [item for _, item in batch if isinstance(item, Draft)]
        known = known_comparisons(self._session.project, (one.external_id for one in drafts))
        for one in drafts:
            one.comparison_id = known[one.external_id].id if one.external_id in known else 0
        golds = self._golds([one for one in drafts if one.gold])
        self._session.ledger.load(
            {one.comparison_id: one.k for one in drafts if one.votes and one.comparison_id},
            {vote.annotator for one in drafts for vote in one.votes},
        )
        taken: dict[str, tuple[int, Draft]] = {}
        counts = self._session.tally.counts
        for line, item in batch:
            try:
                if isinstance(item, Bad):
                    raise item
                if self._is_repeat(item, taken.get(item.external_id), golds):
                    counts.unchanged += 1
                    continue
                self._admit(item, known.get(item.external_id), golds)
            except Bad as bad:
                self._session.tally.refuse(bad, line)
            else:
                taken[item.external_id] = (line, item)
                if item.tells:
                    self._session.tally.note_telling(item.external_id)
                if not item.fit and not item.excluded:
                    self._session.tally.note_unfit(item.external_id)
        self._write([item for _, item in taken.values()], golds, batches)

    def _golds(self, drafts: Sequence[Draft]) -> dict[tuple[int, int], str]:
        """Known answers by (comparison, criterion)."""
        ids = [one.comparison_id for one in drafts if one.comparison_id]
        if not ids:
            return {}
        rows = Reference.objects.filter(comparison_id__in=ids)
        return {
            (comparison, criterion): ranking
            for comparison, criterion, ranking in rows.values_list("comparison_id", "criterion_id", "ranking")
        }

    def _is_repeat(
        self, new: Draft, twin: tuple[int, Draft] | None, golds: Mapping[tuple[int, int], str]
    ) -> bool:
        """True for a row without an id that came before with the same answer. Raises Bad for a second id."""
        if twin is None and new.comparison_id not in self._marks:
            return False
        place = f"on line {twin[0]}" if twin else "on an earlier line"
        if not new.derived_id:
            raise Bad("id", f"{new.external_id!r} is {place} of this file already")
        known = twin[1].gold if twin else {one: golds.get((new.comparison_id, one.id)) for one in new.gold}
        if known != new.gold:
            raise Bad("chosen", f"the same two answers are {place} of this file, the other one chosen")
        return True

    def _admit(self, new: Draft, known: Known | None, golds: Mapping[tuple[int, int], str]) -> None:
        """Raises Bad when a line contradicts what is known."""
        if known and known.content_hash != new.content_hash:
            raise Bad(
                "id",
                f"{new.external_id!r} is known with other content"
                f" (SHA-256 {known.content_hash[:_SHORT]}… is stored, {new.content_hash[:_SHORT]}… is here)",
            )
        for question, ranking in new.gold.items():
            stands = golds.get((new.comparison_id, question.id), ranking)
            if stands != ranking:
                raise Bad(
                    f"gold.{question.name}",
                    f"the known answer is {stands or 'none'}, not {ranking or 'none'}",
                )
        self._session.ledger.admit(new.votes, new.comparison_id or None)

    def _write(
        self,
        drafts: Sequence[Draft],
        golds: Mapping[tuple[int, int], str],
        batches: Batches[Read],
    ) -> None:
        project, ledger, counts = self._session.project, self._session.ledger, self._session.tally.counts
        new = [one for one in drafts if not one.comparison_id]
        counts.added += len(new)
        counts.unchanged += len(drafts) - len(new)
        if new:
            for one, pk in zip(new, bulk.reserve(Comparison, len(new)), strict=True):
                one.comparison_id = pk
            same = {"project_id": project.pk, "created_at": self._session.stamp}
            bulk.insert(Comparison, _COMPARISON, map(_comparison, new), batches.read_on, **same)
            bulk.insert(Response, _RESPONSE, _responses(new), batches.read_on)
            self._note_leaks([one for one in new if one.tells])
        self._marks.add(one.comparison_id for one in drafts)
        for one in drafts:
            if one.votes:
                ledger.record(one.votes, one.comparison_id, one.k)
        people = ledger.write()
        lent = [one.comparison_id for one in new if one.fit or project.lend_unfit]
        demand = self._demand(lent, people)
        bulk.insert(Demand, ["comparison_id", "pool_id", "wanted"], demand, batches.read_on)
        for one in new:
            people.pop(one.comparison_id, None)
        self._session.cover(people)
        self._write_golds(drafts, golds)

    def _demand(
        self, comparison_ids: Sequence[int], people: Mapping[int, int]
    ) -> Iterator[tuple[int, int, int]]:
        """What is still wanted of each pool; imported people's labels count for the default one."""
        for pool, number in self._wanted.items():
            for pk in comparison_ids:
                wanted = number - people.get(pk, 0) if pool in self._default else number
                if wanted > 0:
                    yield pk, pool, wanted

    def _note_leaks(self, telling: Sequence[Draft]) -> None:
        """Keeps which responses say who wrote them, for the owner to look at."""
        by_id = {one.comparison_id: one for one in telling}
        if not by_id:
            return
        stored = Response.objects.filter(comparison_id__in=by_id).values_list(
            "pk", "comparison_id", "position"
        )
        rows = [(pk, by_id[comparison].responses[position]) for pk, comparison, position in stored]
        state = STATES[self._treatment]
        bulk.insert(
            IdentityLeak,
            ["response_id", "found", "original"],
            [(pk, encode(as_json(one.leaks), ""), one.original) for pk, one in rows if one.leaks],
            project_id=self._session.project.pk,
            state=state,
        )

    def _write_golds(self, drafts: Sequence[Draft], golds: Mapping[tuple[int, int], str]) -> None:
        rows = [
            (one.comparison_id, question.id, ranking, one.gold_source or "import")
            for one in drafts
            for question, ranking in one.gold.items()
            if (one.comparison_id, question.id) not in golds
        ]
        if rows:
            bulk.insert(Reference, ["comparison_id", "criterion_id", "ranking", "source"], rows)
            self._session.tally.counts.references_added += len(rows)


class Marks:
    """A set of row ids, one bit each, so that ten million lines are remembered in a few megabytes."""

    def __init__(self) -> None:
        self._bits = bytearray()

    def add(self, ids: Iterator[int]) -> None:
        for pk in ids:
            if pk >> 3 >= len(self._bits):
                self._bits.extend(bytes((pk >> 3) - len(self._bits) + 1024))
            self._bits[pk >> 3] |= 1 << (pk & 7)

    def __contains__(self, pk: int) -> bool:
        return pk >> 3 < len(self._bits) and bool(self._bits[pk >> 3] & 1 << (pk & 7))


def _comparison(one: Draft) -> tuple[Any, ...]:
    return (
        one.comparison_id,
        one.external_id,
        one.prompt,
        one.k,
        one.group,
        one.category,
        one.metadata,
        one.content_hash,
        one.fit,
    )


def _responses(drafts: Sequence[Draft]) -> Iterator[tuple[Any, ...]]:
    for one in drafts:
        for position, response in enumerate(one.responses):
            yield (
                one.comparison_id,
                position,
                response.messages,
                response.context,
                response.media,
                response.model,
                response.key,
            )

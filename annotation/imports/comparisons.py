"""Comparison lines into the database: comparisons, responses, references, demand, and the votes inside."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .. import bulk
from ..models import Comparison, Demand, Pool, Reference, Response
from ..projects import wanted_from
from .drafts import Draft, draft
from .files import Line
from .problems import Bad
from .session import Session

_COMPARISON = ["id", "external_id", "prompt", "k", "group", "category", "metadata", "content_hash", "fit"]
_RESPONSE = ["comparison_id", "position", "messages", "context", "media", "model", "key"]
_HASH = 12  # leading digits of a content hash that a message shows


@dataclass(slots=True)
class Drafted:
    """A line and what it says, or what is wrong with it; `comparison_id` is 0 while it has no row."""

    line: int
    draft: Draft | Bad
    comparison_id: int = 0


class ComparisonFile:
    """Imports the comparison lines of one file."""

    def __init__(self, session: Session) -> None:
        project = session.project
        pools = list(project.pools.all()) or [Pool.objects.create(project=project, name="people", default=True)]
        self._wanted = wanted_from(project, pools)
        self._default = {pool.pk for pool in pools if pool.default}
        self._session = session
        self._tally = session.tally
        self._marks = Marks()

    def read(self, line: Line) -> Drafted:
        """The line checked and encoded; no SQL, another thread runs it."""
        if isinstance(line.row, Bad):
            return Drafted(line.number, line.row)
        try:
            return Drafted(line.number, draft(line.row, self._session.answers))
        except Bad as bad:
            return Drafted(line.number, bad)

    def store(self, batch: list[Drafted]) -> None:
        """Writes what can be written of a batch; counts all of it."""
        drafts = [item.draft for item in batch if isinstance(item.draft, Draft)]
        known = self._known([one.external_id for one in drafts])
        golds = self._golds([known[one.external_id][0] for one in drafts if one.gold and one.external_id in known])
        self._session.ledger.load(
            [known[one.external_id][0] for one in drafts if one.votes and one.external_id in known],
            {vote.annotator for one in drafts for vote in one.votes},
        )
        taken: dict[str, Drafted] = {}
        for item in batch:
            try:
                if isinstance(item.draft, Bad):
                    raise item.draft
                if self._admit(item, item.draft, taken, known, golds):
                    taken[item.draft.external_id] = item
            except Bad as bad:
                self._tally.refuse(item.line, bad.field, bad.message)
        self._write([(item, item.draft) for item in taken.values() if isinstance(item.draft, Draft)], golds)

    def _known(self, external_ids: list[str]) -> dict[str, tuple[int, str]]:
        """Row id and content hash of the comparisons that the project has, by the imported id."""
        rows = Comparison.objects.filter(project=self._session.project, external_id__in=external_ids)
        return {
            external_id: (pk, content_hash)
            for external_id, pk, content_hash in rows.values_list("external_id", "pk", "content_hash")
        }

    def _golds(self, comparison_ids: list[int]) -> dict[tuple[int, int], str]:
        if not comparison_ids:
            return {}
        rows = Reference.objects.filter(comparison_id__in=comparison_ids)
        return {(pk, criterion): text for pk, criterion, text in rows.values_list(*_REFERENCE)}

    def _admit(
        self,
        item: Drafted,
        new: Draft,
        taken: Mapping[str, Drafted],
        known: Mapping[str, tuple[int, str]],
        golds: Mapping[tuple[int, int], str],
    ) -> bool:
        """True when there is something to write. Raises Bad when the line contradicts what is known."""
        item.comparison_id, content_hash = known.get(new.external_id, (0, ""))
        twin = taken.get(new.external_id)
        if twin or item.comparison_id in self._marks:
            same = new.derived_id and (twin is None or twin.draft.gold == new.gold)  # type: ignore[union-attr]
            ...

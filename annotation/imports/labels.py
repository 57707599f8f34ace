"""Label lines into the database: votes on comparisons that the project has."""

from collections.abc import Iterable, Sequence

from ..models import Response
from .answers import Vote
from .batches import Batches
from .drafts import MAX_ID, keys_of
from .fields import Row, name
from .files import Line
from .known import known_comparisons
from .problems import Bad
from .session import Session

Read = tuple[int, Row | Bad]


class LabelFile:
    """Imports the label lines of one file."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def read(self, line: Line) -> Read:
        """The line's number, and its fields or what is wrong with it. No SQL."""
        return line.number, line.row

    def store(self, batch: list[Read], _batches: Batches[Read]) -> None:
        """Writes what can be written of a batch; counts all of it."""
        tally, ledger = self._session.tally, self._session.ledger
        votes: list[tuple[int, int, int, Vote]] = []
        known = self._known([item for _, item in batch if not isinstance(item, Bad)])
        for line, item in batch:
            try:
                if isinstance(item, Bad):
                    raise item
                external_id = name(item, "comparison", MAX_ID)
                if external_id not in known:
                    raise Bad("comparison", f"this project has no comparison {external_id!r}")
                pk, k, keys = known[external_id]
                votes.append((line, pk, k, self._session.answers.vote(item, k, keys)))
            except Bad as bad:
                tally.refuse(bad, line)
        ledger.load({pk: k for _, pk, k, _ in votes}, {vote.annotator for *_, vote in votes})
        for line, pk, k, vote in votes:
            try:
                ledger.admit([vote], pk)
            except Bad as bad:
                tally.refuse(bad, line)
                continue
            new = ledger.record([vote], pk, k)
            tally.counts.added += new
            tally.counts.unchanged += 1 - new
        self._session.cover(ledger.write())

    def _known(self, rows: Iterable[Row]) -> dict[str, tuple[int, int, dict[str, str]]]:
        """Row id, k and letters by response id of the comparisons named, by imported id."""
        named = [(str(row.get("comparison")), row) for row in rows]
        known = known_comparisons(self._session.project, {external_id for external_id, _ in named})
        by_id = {
            name
            for name, row in named
            if isinstance(row.get("ranking"), list) or isinstance(row.get("shown"), list)
        }
        keys = _keys([known[external_id].id for external_id in by_id & known.keys()])
        return {external_id: (one.id, one.k, keys.get(one.id, {})) for external_id, one in known.items()}


def _keys(comparison_ids: Sequence[int]) -> dict[int, dict[str, str]]:
    names: dict[int, list[str]] = {}
    if comparison_ids:
        rows = Response.objects.filter(comparison_id__in=comparison_ids).order_by("comparison_id", "position")
        for pk, key in rows.values_list("comparison_id", "key"):
            names.setdefault(pk, []).append(key)
    return {pk: keys_of(listed) for pk, listed in names.items()}

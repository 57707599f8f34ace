"""Votes of one file against what is known: which are new, which stand already, which contradict.

Several criteria by one annotator on one comparison are one annotation, whatever lines or files they come in.
A second answer to the same question in one file is another round; in a later file an equal answer is known
and a different one is refused. A judge's answers to single orders are calls, and the annotation is what they
reconcile to. A line is admitted or refused as a whole; `record` and `write` never refuse.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ..models import Assignment, JudgeCall, Label, Project
from .annotators import Annotators
from .answers import HUMAN, JUDGE, Question, Vote
from .fields import Row
from .problems import Bad
from .records import Answer, Call, Record, Sheet
from .report import Counts
from .writing import write_records

MAX_TIMES = 1000
FEW = 500  # annotators that a query names; of more it reads what others said too
_WHOSE = ("comparison_id", "annotator_id")


class Ledger:
    """The votes of one file, a batch at a time: `load`, then `admit` and `record` each line, then `write`."""

    def __init__(
        self, project: Project, questions: Iterable[Question], stamp: datetime, counts: Counts
    ) -> None:
        self._project = project
        self._names = {question.id: question.name for question in questions}
        self._stamp = stamp
        self._counts = counts
        self._annotators = Annotators(project)
        self._records: dict[tuple[int, str], Record] = {}

    def load(self, comparisons: Mapping[int, int], annotators: Iterable[str]) -> None:
        """Reads what these annotators said on these known comparisons (id: k): at most four statements."""
        self._annotators.look_up(annotators)
        names = self._annotators.names(annotators)
        if not comparisons or not names:
            return
        theirs: dict[str, Any] = {"comparison_id__in": comparisons}
        if len(names) <= FEW:
            theirs["annotator_id__in"] = names
        labels = Label.objects.filter(current=True, **theirs)
        for row in labels.order_by("annotation__assignment__round", "id").values(*_WHOSE, *_LABEL):
            if record := self._loaded(row, names, comparisons):
                self._add_label(record, row)
        for row in Assignment.objects.filter(**theirs).values(*_WHOSE, "round"):
            if record := self._loaded(row, names, comparisons):
                record.rounds.add(row["round"])
                record.was_there = True
        calls = JudgeCall.objects.filter(purpose=JudgeCall.Purpose.IMPORT, **theirs)
        for row in calls.order_by("order", "sample").values(*_WHOSE, *_CALL):
            if record := self._loaded(row, names, comparisons):
                old = row["created_at"] != self._stamp
                record.calls.append(Call(row["order"], row["sample"], row["verdict"], row["id"], old))

    def admit(self, votes: Sequence[Vote], comparison_id: int | None) -> None:
        """Raises Bad for the first vote of a line that cannot stand; None is a comparison not yet there."""
        kinds: dict[str, str] = {}
        ways: dict[tuple[str, int], bool] = {}
        times: Counter[tuple[str, int]] = Counter()
        for vote in votes:
            kind = self._annotators.kind(vote.annotator) or kinds.setdefault(vote.annotator, vote.kind)
            if kind != vote.kind:
                raise Bad(f"{vote.where}kind", f"{vote.annotator!r} is known as {kind}, not as {vote.kind}")
            asked = (vote.annotator, vote.criterion)
            record = self._records.get((comparison_id, vote.annotator)) if comparison_id else None
            if record:
                self._known(record, vote)
                if record.judged(self._names[vote.criterion]):
                    ways[asked] = True
                elif record.answers(vote.criterion):
                    ways[asked] = False
            if ways.setdefault(asked, vote.per_order) != vote.per_order:
                raise Bad(
                    f"{vote.where}shown", "a judge answers order by order or once for both, not either way"
                )
            times[asked] += 1
            if times[asked] + (len(record.rounds) + len(record.calls) if record else 0) > MAX_TIMES:
                raise Bad(f"{vote.where}annotator", f"expected at most {MAX_TIMES} answers to one question")
        for vote in votes:
            self._annotators.expect(vote.annotator, vote.kind)

    def record(self, votes: Iterable[Vote], comparison_id: int, k: int) -> int:
        """Takes the votes of a line that was admitted; gives the number of those that are new."""
        before = self._counts.labels_added
        for vote in votes:
            record = self._record(comparison_id, k, vote.annotator, vote.kind)
            if self._known(record, vote):
                self._counts.labels_unchanged += 1
                continue
            record.place(vote, self._names[vote.criterion])
            self._counts.labels_added += 1
            self._counts.labels_human += vote.kind == HUMAN
            self._counts.labels_judge += vote.kind == JUDGE
        return self._counts.labels_added - before

    def write(self) -> dict[int, int]:
        """Writes the batch; gives the number of people new to each comparison."""
        if not self._records:
            return {}
        self._counts.annotators_added += self._annotators.write()
        records = [record for record in self._records.values() if record.touched]
        self._records = {}
        return write_records(self._project, records, self._names, self._annotators, self._stamp)

    def _known(self, record: Record, vote: Vote) -> bool:
        """True where an earlier file said the same. Raises Bad where it said something else."""
        earlier = record.earlier(vote.criterion, self._names[vote.criterion], vote)
        for ranking, strength in earlier:
            # A strength left open says less than one given, nothing else.
            if vote.ranking == ranking and (vote.strength == strength or None in (vote.strength, strength)):
                return True
        if earlier:
            known, new = _said(*earlier[0]), _said(vote.ranking, vote.strength)
            raise Bad(f"{vote.where}ranking", f"{vote.annotator!r} is known to have said {known}, not {new}")
        return False

    def _record(self, comparison_id: int, k: int, annotator: str, kind: str) -> Record:
        key = (comparison_id, annotator)
        if key not in self._records:
            self._records[key] = Record(comparison_id, k, annotator, kind)
        return self._records[key]

    def _loaded(self, row: Row, names: Mapping[int, str], comparisons: Mapping[int, int]) -> Record | None:
        name = names.get(row["annotator_id"])
        if name is None:
            return None
        pk = row["comparison_id"]
        return self._record(pk, comparisons[pk], name, self._annotators.kind(name) or HUMAN)

    def _add_label(self, record: Record, row: Row) -> None:
        answer = Answer(
            row["ranking"],
            row["strength"],
            row["confidence"],
            created_at=row["created_at"],
            old=row["created_at"] != self._stamp,
        )
        if row["annotation__assignment__purpose"] != Assignment.Purpose.IMPORT:
            answer.old = True
            record.elsewhere.setdefault(row["criterion_id"], []).append(answer)
            return
        pk = row["annotation_id"]
        sheet = next((sheet for sheet in record.sheets if sheet.annotation_id == pk), None)
        if sheet is None:
            sheet = Sheet(
                row["annotation__assignment__round"],
                row["annotation__shown"],
                row["annotation__assignment_id"],
                pk,
                row["annotation__revision"],
                row["annotation__order_consistent"],
                row["annotation__active_seconds"],
            )
            record.sheets.append(sheet)
        sheet.standing[row["criterion_id"]] = answer


_CALL = ("id", "order", "sample", "verdict", "created_at")
_LABEL = (
    "criterion_id",
    "ranking",
    "strength",
    "confidence",
    "created_at",
    "annotation_id",
    "annotation__shown",
    "annotation__revision",
    "annotation__order_consistent",
    "annotation__active_seconds",
    "annotation__assignment_id",
    "annotation__assignment__round",
    "annotation__assignment__purpose",
)


def _said(ranking: str, strength: int | None) -> str:
    return ranking if strength is None else f"{ranking} with strength {strength}"

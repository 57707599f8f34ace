"""What the import of one file has at hand: the project's criteria, the votes' ledger, the tally."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from ..instruments.known import use_references
from ..instruments.settings import quality_of
from ..models import Demand, Project
from ..projects import criteria_of
from ..ranking import Scale
from .answers import DEFAULT_CRITERION, KINDS, Answers, Question
from .files import rows
from .ledger import Ledger
from .report import Tally

_CHUNK = 1000


class Session:
    """One file on its way into one project. `stamp` marks what the file brought in."""

    def __init__(self, project: Project, path: Path, tally: Tally) -> None:
        questions = {
            criterion.name: Question(criterion.pk, criterion.name, Scale(criterion.scale))
            for criterion in criteria_of(project)
        }
        self.project = project
        self.tally = tally
        self.stamp = timezone.now()
        self.answers = Answers(questions, Grades(path))
        self.ledger = Ledger(project, questions.values(), self.stamp, tally.counts)
        self._covered: dict[int, int] = {}

    def cover(self, people: Mapping[int, int]) -> None:
        """Notes people's labels that came in for comparisons whose demand stands already."""
        for comparison_id, number in people.items():
            self._covered[comparison_id] = self._covered.get(comparison_id, 0) + number

    def finish(self) -> None:
        """Asks for as many fewer labels, and for none of gold; hands what was left out to the tally.

        Last in the transaction: whoever submits on one of these comparisons waits for it from here on.
        """
        pools = list(self.project.pools.filter(default=True))
        for number in sorted(set(self._covered.values())):
            same = sorted(pk for pk, people in self._covered.items() if people == number)
            for start in range(0, len(same), _CHUNK):
                Demand.objects.filter(comparison_id__in=same[start : start + _CHUNK], pool__in=pools).update(
                    wanted=Greatest(F("live") + F("done"), F("wanted") - number)
                )
        if quality_of(self.project).references_are_gold:
            use_references(self.project)
        if self.answers.left_out:
            self.tally.note_left_out("not kept from labels", self.answers.left_out)
        if self.answers.unasked:
            self.tally.note_left_out(
                "no criterion of this project, so kept in metadata only", self.answers.unasked
            )


class Grades:
    """Whether a file's preferences go beyond -1..1, by criterion and kind; reads no further than asked."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._found: set[tuple[str, str]] = set()
        self._scan: Iterator[tuple[str, str]] | None = None

    def __call__(self, criterion: str, kind: str) -> bool:
        wanted = (criterion, kind)
        if wanted in self._found:
            return True
        if self._scan is None:
            self._scan = _graded(self._path)
        for seen in self._scan:
            self._found.add(seen)
            if seen == wanted:
                return True
        return False


def _graded(path: Path) -> Iterator[tuple[str, str]]:
    """Criterion and kind of every label in the file whose preference is beyond -1..1."""
    for line in rows(path):
        if not isinstance(line.row, dict):
            continue
        inside = line.row.get("labels")
        for entry in inside if isinstance(inside, list) else [line.row]:
            if isinstance(entry, dict) and _beyond_one(entry.get("preference")):
                criterion = entry.get("criterion") or entry.get("aspect") or DEFAULT_CRITERION
                yield str(criterion), KINDS.get(str(entry.get("kind")), "human")


def _beyond_one(preference: object) -> bool:
    return isinstance(preference, int | float) and abs(preference) > 1

"""What an import did, counted line by line. Pure: no Django."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from .problems import Bad, clip

LISTED_ERRORS = 1000
LISTED_NAMES, LISTED_KEYS = 5, 20
LONGEST = 300  # characters of a message: what it repeats was written by others

# Is told every line that is refused, however many: its number (None: the file), field and message.
Refusals = Callable[[int | None, str, str], None]


@dataclass(slots=True)
class Counts:
    """`refused` counts lines, `labels_*` votes: a judge's vote in one order counts one."""

    added: int = 0
    unchanged: int = 0
    refused: int = 0
    labels_added: int = 0
    labels_human: int = 0
    labels_judge: int = 0
    labels_unchanged: int = 0
    annotators_added: int = 0
    references_added: int = 0

    def include(self, other: "Counts") -> None:
        for item in fields(Counts):
            setattr(self, item.name, getattr(self, item.name) + getattr(other, item.name))


@dataclass(slots=True)
class ImportReport(Counts):
    """The files of one call together. `errors` lists the first 1,000 refusals; `refused` counts all."""

    files_imported: int = 0
    files_refused: int = 0
    warnings: list[str] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Tally:
    """One file's share of the report, while it is being read."""

    def __init__(self, file: str, refusals: Refusals | None = None) -> None:
        self.file = file
        self._refusals = refusals
        self.counts = Counts()
        self.errors: list[dict[str, Any]] = []
        self._unfit: list[str] = []
        self._unfit_count = 0
        self._telling = 0
        self._telling_names: list[str] = []
        self._left_out: dict[str, set[str]] = {}

    def refuse(self, bad: Bad, line: int | None) -> None:
        """Counts a line that cannot be imported; None stands for the file itself."""
        self.counts.refused += 1
        where, message = clip(bad.field, LONGEST), clip(bad.message, LONGEST)
        if self._refusals:
            self._refusals(line, where, message)
        if len(self.errors) < LISTED_ERRORS:
            self.errors.append({"file": self.file, "line": line, "field": where, "message": message})

    def note_unfit(self, external_id: str) -> None:
        self._unfit_count += 1
        if len(self._unfit) < LISTED_NAMES:
            self._unfit.append(external_id)

    def note_telling(self, external_id: str) -> None:
        self._telling += 1
        if len(self._telling_names) < LISTED_NAMES:
            self._telling_names.append(external_id)

    def note_left_out(self, reason: str, names: set[str]) -> None:
        """Something that is not kept, or kept elsewhere: one warning a file and reason, with all names."""
        self._left_out.setdefault(reason, set()).update(names)

    def warnings(self) -> list[str]:
        said = []
        if self._unfit_count:
            some = ", ".join(self._unfit) + (", …" if self._unfit_count > len(self._unfit) else "")
            said.append(f"{self._unfit_count} with empty or identical responses, kept but not lent: {some}")
        if self._telling:
            some = ", ".join(self._telling_names) + (
                ", …" if self._telling > len(self._telling_names) else ""
            )
            said.append(f"{self._telling} with a response that says which model or maker wrote it: {some}")
        for reason, names in self._left_out.items():
            listed = ", ".join(clip(name) for name in sorted(names)[:LISTED_KEYS])
            said.append(f"{reason}: {listed}{', …' if len(names) > LISTED_KEYS else ''}")
        return [f"{self.file}: {text}" for text in said]

    def close(self, report: ImportReport, imported: bool) -> None:
        """Adds this file to the report; one that was not imported counts its refusals only."""
        report.include(self.counts if imported else Counts(refused=self.counts.refused))
        report.files_imported += imported
        report.files_refused += not imported
        report.warnings += self.warnings()
        report.errors += self.errors[: LISTED_ERRORS - len(report.errors)]

"""What a release is asked for, checked in one place. Pure."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, fields
from typing import Any

from .. import consensus

FILE_TYPES = ("parquet", "jsonl", "csv")
SOURCES = ("routed", "human", "judge", "all")
TIES = ("drop", "soft", "unresolved")


class ExportError(ValueError):
    """The release cannot be built; the message says why in one line."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a release was asked for; stored with it.

    `source`: whose votes count: `routed` (people's where there are any, else those of the judge that routing
    let stand), `human`, `judge`, or `all`. `ties`: answers without a winner stay out (`drop`), become a
    preference each way (`soft`), or get a configuration of their own that no trainer reads (`unresolved`).
    `min_agreement`: the lower end of the 95 % interval of a criterion's alpha must reach it.
    """

    formats: tuple[str, ...]
    criterion: str | None = None
    source: str = "routed"
    consensus: str = consensus.DEFAULT
    min_labels: int = 1
    min_probability: float = 0.0
    min_agreement: float | None = None
    ties: str = "drop"
    flagged: bool = False
    instruments: bool = False
    file_type: str = "parquet"
    test_share: float = 0.0
    split_salt: str = ""
    rationales: bool = False
    license: str = ""

    @classmethod
    def of(cls, stored: dict[str, Any]) -> "Options":
        """From what `as_dict` gave; keys of other versions are left out."""
        known = {field.name for field in fields(cls)}
        values = {name: value for name, value in stored.items() if name in known}
        return cls(**values | {"formats": tuple(values["formats"])})

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"formats": list(self.formats)}

    def check(self, available: Collection[str], flat: Collection[str]) -> None:
        """Raises ExportError for what cannot be built. `flat` formats are those that fit into CSV."""
        if not self.formats:
            raise ExportError("a release needs a format")
        for name in self.formats:
            if name not in available:
                raise ExportError(
                    f"format {name!r} is not available in this version; there are: {', '.join(available)}"
                )
        if len(set(self.formats)) < len(self.formats):
            raise ExportError("a format is named twice")
        _one_of("file type", self.file_type, FILE_TYPES)
        _one_of("source", self.source, SOURCES)
        _one_of("ties", self.ties, TIES)
        _one_of("consensus method", self.consensus, tuple(consensus.METHODS))
        if self.file_type == "csv" and not set(self.formats) <= set(flat):
            raise ExportError(f"only {', '.join(flat)} fits into CSV; take parquet or jsonl")
        if self.min_labels < 1:
            raise ExportError(f"min-labels must be at least 1, not {self.min_labels}")
        if not 0 <= self.min_probability <= 1:
            raise ExportError(f"min-probability must be from 0 to 1, not {self.min_probability}")
        if self.min_agreement is not None and not -1 <= self.min_agreement <= 1:
            raise ExportError(f"min-agreement must be from -1 to 1, not {self.min_agreement}")
        if not 0 <= self.test_share < 1:
            raise ExportError(f"test-share must be at least 0 and below 1, not {self.test_share}")
        if set(self.formats) == {"labels"} and self.min_probability:
            raise ExportError("min-probability does not apply to the labels format: a label has none")
        if self.rationales and not set(self.formats) & {"labels", "multipref"}:
            raise ExportError(
                f"rationales are part of the formats labels and multipref only, not of {self.formats[0]}"
            )


def _one_of(what: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ExportError(f"{what} {value!r} is not one of {', '.join(known)}")

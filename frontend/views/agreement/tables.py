"""Tables that a page shows and a file holds: the same rows, once in words and once in full."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Literal

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from annotation.spreadsheets import plain

from ...templatetags.humanise import fixed

Kind = Literal["text", "count", "figure", "percent", "seconds", "moment"]


@dataclass(frozen=True, slots=True)
class Column:
    """`name` heads it in files, `title` on pages."""

    name: str
    title: str
    kind: Kind = "figure"

    @property
    def numeric(self) -> bool:
        return self.kind not in ("text", "moment")

    def shown(self, value: Any) -> str:
        """A value for people: two decimals, whole per cent; a dash for what is not known."""
        if value is None or value == "":
            return "–"
        if self.kind == "count":
            return fixed(value)
        if self.kind == "figure":
            return fixed(value, 2)
        if self.kind == "percent":
            return _("%(number)s %%") % {"number": fixed(100 * value)}
        if self.kind == "seconds":
            return _("%(number)s s") % {"number": fixed(value)}
        return date_format(value, "j M Y") if isinstance(value, datetime) else str(value)


@dataclass(frozen=True, slots=True)
class Rows:
    """`number` rows that are made when they are read: a page shows the first of very many."""

    number: int
    make: Callable[[], Iterator[Sequence[Any]]]

    def __len__(self) -> int:
        return self.number

    def __iter__(self) -> Iterator[Sequence[Any]]:
        return self.make()


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of values, None where there is none."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]] | Rows

    def shown(self, most: int) -> list[list[tuple[str, bool]]]:
        """(words, whether it is a number) for every cell of the first rows."""
        return [
            [(column.shown(value), column.numeric) for column, value in zip(self.columns, row, strict=True)]
            for row in islice(self.rows, most)
        ]

    def csv(self) -> str:
        """With a header and full precision; texts that a spreadsheet would run are quoted."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([column.name for column in self.columns])
        writer.writerows([[_cell(value) for value in row] for row in self.rows])
        return out.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return plain(value) if isinstance(value, str) else value


def with_interval(name: str, title: str, kind: Kind = "figure") -> list[Column]:
    """Columns of a figure and both ends of its interval."""
    return [
        Column(name, title, kind),
        Column(f"{name}_low", _("From"), kind),
        Column(f"{name}_high", _("To"), kind),
    ]


def spread(value: float | None, ends: Sequence[float] | None) -> list[float | None]:
    """A figure and both ends of its interval, for the columns of `with_interval`."""
    return [value, *(ends or (None, None))]

"""A look into a file before it is imported: its columns, its first comparisons, about how long it is."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ..models import Project
from .columns import Columns, as_line
from .drafts import Draft, draft
from .files import Line, rows
from .problems import Bad, Unreadable
from .report import Tally
from .session import Session

ROWS = 50  # that the columns are looked for in
_BLOCK = 1 << 20
# A line with all keys of one of these has a shape that imports know by themselves.
_SHAPES = (
    {"id", "prompt", "responses"},
    {"id", "prompt", "response_a", "response_b"},
    {"chosen", "rejected"},
    {"comparison_id", "completion_a", "completion_b"},
)


@dataclass(frozen=True, slots=True)
class Look:
    """`names`: the columns of the first rows in order; `known`: the file's lines have a shape of ours;
    `problem`: why no line can be read, or empty; `unreadable`: lines among the first rows that no columns
    make readable, with what is wrong; `through`: no row lies behind those."""

    names: tuple[str, ...] = ()
    known: bool = False
    problem: str = ""
    unreadable: tuple[tuple[int, str], ...] = ()
    through: bool = False


def look(path: Path) -> Look:
    """What the first rows of a file are like. Reads no further."""
    names: dict[str, None] = {}
    known, seen = False, 0
    bad: list[tuple[int, str]] = []
    broken: Unreadable | None = None
    try:
        for line in islice(rows(path), ROWS):
            seen += 1
            if isinstance(line.row, dict):
                names.update(dict.fromkeys(line.row))
                known = known or any(shape <= line.row.keys() for shape in _SHAPES)
            else:
                bad.append((line.number, line.row.message))
    except Unreadable as error:
        broken = error
    if not names:
        first = f"line {bad[0][0]}: {bad[0][1]}" if bad else broken.message if broken else ""
        return Look(problem=first or "there is no line in it")
    if broken:
        bad.append((broken.line, broken.message))
    return Look(tuple(names), known, unreadable=tuple(bad), through=seen < ROWS and not broken)


def _first(path: Path) -> Iterator[Line]:
    """The rows that a look reads, as far as they can be read."""
    with suppress(Unreadable):
        yield from islice(rows(path), ROWS)


def first_drafts(
    project: Project, path: Path, columns: Columns | None, number: int
) -> list[tuple[int, Draft | Bad]]:
    """The first lines of a file as they would be imported, or what is wrong with them; nothing is stored."""
    answers = Session(project, path, Tally(path.name)).answers
    found: list[tuple[int, Draft | Bad]] = []
    try:
        for line in rows(path):
            try:
                if isinstance(line.row, Bad):
                    raise line.row
                row = as_line(line.row, columns) if columns else line.row
                found.append((line.number, draft(row, answers, bool(columns))))
            except Bad as bad:
                found.append((line.number, bad))
            if len(found) == number:
                break
    except Unreadable as error:
        found.append((error.line, Bad("", error.message)))
    return found


def lines_about(path: Path) -> int | None:
    """About how many lines a file has; None where only unpacking would tell."""
    if path.suffix == ".csv":  # a record may go over many lines
        sizes = [line.size for line in _first(path)]
        return path.stat().st_size * len(sizes) // sum(sizes) if sum(sizes) else None
    if path.suffix == ".gz":
        return None
    if path.suffix == ".parquet":
        import pyarrow
        from pyarrow import parquet

        try:
            return int(parquet.read_metadata(path).num_rows)
        except pyarrow.ArrowException:
            return None
    with path.open("rb") as stream:
        return sum(block.count(b"\n") for block in iter(lambda: stream.read(_BLOCK), b""))

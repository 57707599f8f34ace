"""Reading rows from JSONL, JSONL.gz, CSV and Parquet in bounded memory. Pure: no Django.

`rows(path)` gives a Line for every row that is not blank, good or bad, in order. No line is held beyond
MAX_LINE bytes and no file is held as a whole.
"""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

import orjson

from .cells import from_arrow, from_csv
from .header import NO_UTF_8, column_names, separator
from .problems import Bad, Unreadable

MAX_LINE = 2 * 1024 * 1024
# JSON text packs 5 to 20 times; a bomb up to 1,032 times.
MAX_RATIO, ALWAYS_FINE = 200, 1024**3
_CSV_WHY = {"unexpected end of data": "a quote that is never closed"}
_BOM = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_SURROGATE = re.compile("[\ud800-\udfff]")
_NUL = "holds a NUL character, which no text may"
_TOO_LONG = f"longer than {MAX_LINE // 1024**2} MB; expected one object a line"


class Line(NamedTuple):
    """A row of a file: its number from 1 (a CSV record's first line), its size in bytes, and its content."""

    number: int
    size: int
    row: dict[str, Any] | Bad


def check(path: Path) -> Callable[[Path], Iterator[Line]]:
    """The reader for a file. Raises Unreadable in one sentence when there is nothing readable there."""
    if path.is_dir():
        raise Unreadable(0, f"{path} is a folder; expected a file")
    if not path.exists():
        raise Unreadable(0, f"there is no file {path}")
    for ending, reader in _READERS.items():
        if path.name.lower().endswith(ending):
            return reader
    raise Unreadable(0, f"{path} ends in none of {', '.join(_READERS)}")


def rows(path: Path) -> Iterator[Line]:
    """Every row of the file. Raises Unreadable where the file cannot be read on."""
    try:
        yield from check(path)(path)
    except OSError as error:
        raise Unreadable(0, f"{path} cannot be read: {error.strerror or error}") from error


def _jsonl(path: Path) -> Iterator[Line]:
    with path.open("rb", buffering=1 << 20) as stream:
        yield from _objects(_lines(stream))


def _jsonl_gz(path: Path) -> Iterator[Line]:
    limit = max(ALWAYS_FINE, MAX_RATIO * path.stat().st_size)
    try:
        with gzip.open(path) as packed, io.BufferedReader(packed, 1 << 20) as stream:
            yield from _objects(_lines(stream, limit))
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Unreadable(0, f"the gzip file is damaged or cut short ({error})") from error


def _lines(stream: IO[bytes], limit: int | None = None) -> Iterator[bytes | None]:
    """Lines with their ends; None for one that is too long."""
    readline, size, number = stream.readline, 0, 0
    while line := readline(MAX_LINE + 1):
        number += 1
        size += len(line)
        if limit and size > limit:
            raise Unreadable(number, f"unpacks to more than {MAX_RATIO} times its size")
        if len(line) <= MAX_LINE or line.endswith(b"\n"):
            yield line
            continue
        yield None
        while (line := readline(MAX_LINE)) and not line.endswith(b"\n"):
            size += len(line)
            if limit and size > limit:
                raise Unreadable(number, f"unpacks to more than {MAX_RATIO} times its size")


def _objects(lines: Iterator[bytes | None]) -> Iterator[Line]:
    loads = orjson.loads
    for number, raw in enumerate(lines, 1):
        if raw is None:
            yield Line(number, 0, Bad("", _TOO_LONG))
            continue
        if number == 1:
            raw = raw.removeprefix(_BOM)
        try:
            row = loads(raw)
        except orjson.JSONDecodeError as error:
            if raw.strip():
                yield Line(number, len(raw), Bad("", _why(raw, error)))
            continue
        if type(row) is not dict:
            yield Line(number, len(raw), Bad("", "expected an object {…}, found other JSON"))
        elif b"\\u0000" in raw and (field := field_with_nul(row)) is not None:
            yield Line(number, len(raw), Bad(field, _NUL))
        else:
            yield Line(number, len(raw), row)


def _why(raw: bytes, error: orjson.JSONDecodeError) -> str:
    """What is wrong with a line that is no JSON, and what was expected."""
    if raw[:2] in _UTF_16:
        return "UTF-16; expected UTF-8"
    try:
        raw.decode()
    except UnicodeDecodeError as wrong:
        return f"invalid UTF-8 at byte {wrong.start + 1}; expected UTF-8"
    if b"\0" in raw:
        return "holds a NUL byte; expected UTF-8 text"
    if "surrogate" in error.msg:
        return f"half a character (a lone surrogate) near column {error.colno}; expected whole ones"
    if "depth limit" in error.msg:
        return "nested more than 1,024 levels deep"
    if "infinity" in error.msg:
        return f"a number that is too large near column {error.colno}"
    if raw.strip() in (b"[", b"{", b"[{"):
        return "JSON that goes on over many lines; expected one whole object a line"
    return f"not valid JSON near column {error.colno} ({error.msg.split(':')[0]}); expected one object a line"


def field_with_nul(row: dict[str, Any]) -> str | None:
    """The path of the first text that holds a NUL, or None. Not recursive: rows may be deep."""
    stack: list[tuple[str, Any]] = [("", row)]
    while stack:
        path, value = stack.pop()
        if type(value) is str and "\0" in value:
            return path
        if type(value) is dict:
            for key, inner in value.items():
                if "\0" in key:
                    return path
                stack.append((f"{path}.{key}" if path else key, inner))
        elif type(value) is list:
            stack += [(f"{path}[{index}]", inner) for index, inner in enumerate(value)]
    return None


def _csv(path: Path) -> Iterator[Line]:
    # The module's limit is for a field and far below what a response may be.
    csv.field_size_limit(MAX_LINE)
    with path.open("rb", buffering=1 << 20) as stream:
        first = next((line for line in _lines(stream) if line is None or line.strip()), None) or b""
        if first[:2] in _UTF_16:
            raise Unreadable(1, "UTF-16; expected UTF-8")
        stream.seek(0)
        record = _Record(stream)
        reader = csv.reader(record, strict=True, delimiter=separator(first))
        header: list[str] | None = None
        while True:
            start = record.begin()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                why = _CSV_WHY.get(str(error), error)
                raise Unreadable(start, f"not valid CSV ({why}); the rest cannot be read") from error
            if not cells:
                continue
            if header is None:
                header = column_names(start, cells)
            else:
                yield Line(start, record.size, _record(header, cells))


class _Record:
    """Lines of a CSV file as text, counted per record so that an open quote cannot swallow the memory."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._lines = _lines(stream)
        self._number = 0
        self.size = 0

    def begin(self) -> int:
        """Starts a record; gives the number of its first line."""
        self.size = 0
        return self._number + 1

    def __iter__(self) -> "_Record":
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._number += 1
        self.size += len(line or b"")
        if line is None or self.size > MAX_LINE:
            raise csv.Error(f"a record longer than {MAX_LINE // 1024**2} MB, or a quote that is never closed")
        if self._number == 1:
            line = line.removeprefix(_BOM)
        # Checked per record: an exception here would lose the reader's place in the file.
        return line.decode(errors="surrogateescape")


def _record(header: list[str], cells: list[str]) -> dict[str, Any] | Bad:
    if len(cells) != len(header):
        return Bad("", f"expected {len(header)} cells as in the header, found {len(cells)}")
    for name, cell in zip(header, cells, strict=True):
        if not cell.isascii() and _SURROGATE.search(cell):
            return Bad(name, NO_UTF_8)
    try:
        row = from_csv(zip(header, cells, strict=True))
    except Bad as bad:
        return bad
    field = field_with_nul(row)
    return row if field is None else Bad(field, _NUL)


def _parquet(path: Path) -> Iterator[Line]:
    import pyarrow
    from pyarrow import parquet

    number = 0
    try:
        with parquet.ParquetFile(path, pre_buffer=False, buffer_size=1 << 20) as file:
            groups = [file.metadata.row_group(index) for index in range(file.metadata.num_row_groups)]
            size = sum(group.total_byte_size for group in groups) // max(file.metadata.num_rows, 1)
            for batch in file.iter_batches(batch_size=max(1, min(1000, 4 * MAX_LINE // max(size, 1)))):
                for index in range(batch.num_rows):
                    number += 1
                    yield _arrow_row(number, batch, index)
    except pyarrow.ArrowException as error:
        first = str(error).splitlines()[0]
        raise Unreadable(number + 1, f"the Parquet file is damaged or not one ({first})") from error


def _arrow_row(number: int, batch: Any, index: int) -> Line:
    row: dict[str, Any] = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        try:
            row[name] = column[index].as_py()
        except UnicodeDecodeError:
            return Line(number, 0, Bad(name, "invalid UTF-8; expected UTF-8"))
    try:
        row = from_arrow(row)
        size = len(orjson.dumps(row))
    except Bad as bad:
        return Line(number, 0, bad)
    except TypeError as error:
        return Line(number, 0, Bad("", f"holds what JSON cannot ({error})"))
    if size > MAX_LINE:
        return Line(number, 0, Bad("", _TOO_LONG))
    if (field := field_with_nul(row)) is not None:
        return Line(number, 0, Bad(field, _NUL))
    return Line(number, size, row)


_READERS: dict[str, Callable[[Path], Iterator[Line]]] = {
    ".jsonl": _jsonl,
    ".jsonl.gz": _jsonl_gz,
    ".csv": _csv,
    ".parquet": _parquet,
}

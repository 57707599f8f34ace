"""The first line of a CSV file: what stands between its cells, and the names of its columns. Pure."""

from .problems import Unreadable, clip

MAX_CELLS = 1000
NO_UTF_8 = "invalid UTF-8; expected UTF-8 (spreadsheets call it “CSV UTF-8”)"
_SEPARATORS = ",;\t"  # spreadsheets write semicolons where a comma stands in numbers


def separator(line: bytes) -> str:
    """What stands between the cells: whichever of comma, semicolon and tab is most often outside quotes."""
    outside = b"".join(line.split(b'"')[::2])
    return max(_SEPARATORS, key=lambda sign: outside.count(sign.encode()))


def column_names(line: int, cells: list[str]) -> list[str]:
    """Names of the columns; one without a name, such as a table's index, is called after its place.

    Raises Unreadable, with the number of its line, for a header that names no distinct columns.
    """
    names = [" ".join(cell.split()) or f"column {place}" for place, cell in enumerate(cells, 1)]
    if len(names) > MAX_CELLS:
        raise Unreadable(line, f"expected at most {MAX_CELLS:,} columns, found {len(names):,}")
    for place, name in enumerate(names):
        if not _is_utf_8(name):
            raise Unreadable(line, NO_UTF_8)
        if "\0" in name:
            raise Unreadable(line, "the name of a column holds a NUL character, which no text may")
        if name in names[:place]:
            raise Unreadable(line, f"expected distinct column names, found {clip(repr(name))} twice")
    return names


def _is_utf_8(text: str) -> bool:
    """Whether no byte of it had to be smuggled past the decoder."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True

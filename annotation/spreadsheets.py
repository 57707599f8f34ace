"""Cells for files that people open in a spreadsheet. Pure."""

# A spreadsheet runs a cell that begins so; names come from imported files.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def plain(text: str) -> str:
    """The text as a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text

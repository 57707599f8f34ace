"""What can be wrong with a line, and saying it in one sentence. Pure: no Django."""

from typing import Any

SHOWN = 60  # characters of a value that a message repeats


class Bad(ValueError):
    """This line cannot be imported. `field` is the path of the value at fault, empty for the line itself."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


class Unreadable(Exception):
    """The file cannot be read, or not beyond this line; 0 means all of it."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


def found(value: Any) -> str:
    """A value as a message names it: its kind, and itself where that is short."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int() | float():
            return f"the number {clip(value)}"
        case str():
            return f"the text {clip(repr(value[:SHOWN]))}" if value else "an empty text"
        case list():
            return f"a list of {len(value)}"
        case dict():
            return "an object"
        case bytes():
            return "binary data"
    return f"a {type(value).__name__}"


def clip(value: Any, limit: int = SHOWN) -> str:
    """At most `limit` characters of a value, on one line."""
    text = " ".join(str(value)[: 2 * limit].split())
    return text if len(text) <= limit else f"{text[: limit - 1]}…"

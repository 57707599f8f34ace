"""What CSV and Parquet cells mean: structures, numbers and flags that JSON would have said outright. Pure."""

import math
from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import orjson

from .problems import Bad, found

# Cells of these columns hold JSON when they start like it.
STRUCTURED = frozenset(
    [
        "responses",
        "labels",
        "rankings",
        "gold",
        "context_a",
        "context_b",
        "media_a",
        "media_b",
        "metadata",
        "annotations",
        "reasons",
        "ranking",
        "shown",
        "normal_worker_annotations",
        "expert_worker_annotations",
    ]
)
# These hold a chat when they are a JSON list of {role, content}, and plain text otherwise.
CHATS = frozenset(["prompt", "response_a", "response_b", "chosen", "rejected"])
NUMBERS = frozenset(["preference", "strength", "seconds"])
FLAGS = {"true": True, "false": False, "1": True, "0": False}


def from_csv(cells: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """A row of texts as the object that a JSONL line would hold; empty cells are absent. Raises Bad."""
    row: dict[str, Any] = {}
    for name, cell in cells:
        if cell == "" and name not in CHATS:
            continue
        if name in NUMBERS:
            row[name] = _number(name, cell)
        elif name in ("both_bad", "inconsistent"):
            if cell.lower() not in FLAGS:
                raise Bad(name, f"expected true or false, found {found(cell)}")
            row[name] = FLAGS[cell.lower()]
        else:
            row[name] = _structure(name, cell)
    return row


def from_arrow(row: dict[str, Any]) -> dict[str, Any]:
    """A Parquet row as plain JSON values. Null and NaN count as absent, at every depth. Raises Bad."""
    plain = {}
    for name, value in row.items():
        value = _plain(name, value)
        if value is not None:
            plain[name] = _structure(name, value) if type(value) is str else value
    return plain


def _plain(name: str, value: Any) -> Any:
    match value:
        case dict():
            inner = ((key, _plain(f"{name}.{key}", item)) for key, item in value.items())
            return {key: item for key, item in inner if item is not None}
        case list():
            return [_plain(f"{name}[{index}]", item) for index, item in enumerate(value)]
        case float():
            return None if math.isnan(value) else value
        case Decimal():
            return int(value) if value == int(value) else float(value)
        case datetime() | date() | time():
            return value.isoformat()
        case bytes():
            raise Bad(name, "expected text, found binary data")
        case None | bool() | int() | str():
            return value
    raise Bad(name, f"expected a JSON value, found {found(value)}")


def chat_or_text(cell: Any) -> Any:
    """The chat that a text holds, a JSON list of {role, content}; anything else as it is."""
    if type(cell) is not str or not cell.startswith("["):
        return cell
    try:
        value = orjson.loads(cell)
    except orjson.JSONDecodeError:
        return cell
    chat = bool(value) and all(type(item) is dict and item.keys() >= {"role", "content"} for item in value)
    return value if chat else cell


def _structure(name: str, cell: str) -> Any:
    if name in CHATS:
        return chat_or_text(cell)
    if name in STRUCTURED and cell.startswith(("[", "{")):
        try:
            return orjson.loads(cell)
        except orjson.JSONDecodeError as error:
            raise Bad(name, f"not valid JSON ({error.msg.split(':')[0]})") from error
    return cell


def _number(name: str, cell: str) -> float | int:
    try:
        value = float(cell)
    except ValueError:
        raise Bad(name, f"expected a number, found {found(cell)}") from None
    if not math.isfinite(value):
        raise Bad(name, f"expected a number, found {found(cell)}")
    return int(value) if value.is_integer() else value

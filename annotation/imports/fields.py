"""Typed reads of a line's fields. Each raises Bad with the field's path and what was expected. Pure."""

import math
from collections.abc import Mapping
from typing import Any

import orjson

from .problems import Bad, found

Message = dict[str, Any]
Row = dict[str, Any]


def text(row: Mapping[str, Any], key: str, limit: int, where: str = "", default: str | None = None) -> str:
    """A text of at most `limit` characters. Absent or null gives `default`, or is refused without one."""
    value = row.get(key)
    if value is None and default is not None:
        return default
    if type(value) is not str:
        raise Bad(where + key, f"expected a text, found {_absent(row, key)}")
    if len(value) > limit:
        raise Bad(where + key, f"expected at most {limit} characters, found {len(value)}")
    return value


def name(row: Mapping[str, Any], key: str, limit: int, where: str = "", default: str | None = None) -> str:
    """A name or identity: a text with something in it, or a whole number, which is taken as its digits."""
    value = row.get(key)
    if type(value) is int:
        value = str(value)
        row = {key: value}
    value = text(row, key, limit, where, default)
    if default is None and not value.strip():
        raise Bad(where + key, f"expected a name, found {found(value)}")
    return value


def number(row: Mapping[str, Any], key: str, where: str = "") -> float | None:
    """A finite number, or None where absent or null."""
    value = row.get(key)
    if value is None:
        return None
    if type(value) not in (int, float) or not math.isfinite(value):
        raise Bad(where + key, f"expected a number, found {found(value)}")
    return float(value)


def whole(row: Mapping[str, Any], key: str, where: str = "") -> int | None:
    """A whole number (2.0 is one), or None where absent or null."""
    value = row.get(key)
    if type(value) is int or value is None:
        return value
    if type(value) is float and value.is_integer():
        return int(value)
    raise Bad(where + key, f"expected a whole number, found {found(value)}")


def flag(row: Mapping[str, Any], key: str, where: str = "") -> bool:
    """True or false; absent and null are false."""
    value = row.get(key)
    if value is None or type(value) is bool:
        return bool(value)
    raise Bad(where + key, f"expected true or false, found {found(value)}")


def items(row: Mapping[str, Any], key: str, where: str = "") -> list[Any]:
    """A list; absent and null are an empty one."""
    value = row.get(key)
    if value is None:
        return []
    if type(value) is not list:
        raise Bad(where + key, f"expected a list, found {found(value)}")
    return value


def mapping(row: Mapping[str, Any], key: str, where: str = "") -> Row:
    """An object; absent and null are an empty one."""
    value = row.get(key)
    if value is None:
        return {}
    if type(value) is not dict:
        raise Bad(where + key, f"expected an object, found {found(value)}")
    return value


def messages(value: Any, role: str, where: str) -> list[Message]:
    """Chat messages: a text becomes one message of `role`, an empty text none; a list is checked.

    A message's content is a text or a list of parts; it may be missing where the message calls a tool.
    """
    if type(value) is str:
        return [{"role": role, "content": value}] if value else []
    if type(value) is not list:
        raise Bad(where, f"expected a text or a list of {{role, content}}, found {found(value)}")
    for index, message in enumerate(value):
        if type(message) is not dict:
            raise Bad(f"{where}[{index}]", f"expected {{role, content}}, found {found(message)}")
        if type(message.get("role")) is not str:
            raise Bad(f"{where}[{index}].role", f"expected a text, found {_absent(message, 'role')}")
        if type(message.get("content")) is not str:
            _check_content(message, f"{where}[{index}]")
        if not message["role"]:
            raise Bad(f"{where}[{index}].role", "expected a role, found an empty text")
    return value


def says_something(message: Message) -> bool:
    """False for a message without a visible text, any other part, or a call of a tool."""
    content = message.get("content")
    if type(content) is str:
        return bool(content.strip())
    parts = content or ()
    return _calls(message) or any(part["type"] != "text" or part["text"].strip() for part in parts)


def encode(value: Any, where: str) -> str:
    """Canonical JSON: keys sorted, no white space. Raises Bad where nothing could read it back."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    except TypeError as error:
        raise Bad(where, "nested more than 250 levels deep") from error


def _check_content(message: Message, where: str) -> None:
    """Content that is no text: a list of parts, or nothing where a tool is called. Raises Bad."""
    content = message.get("content")
    if content is None and _calls(message):
        return
    if type(content) is not list:
        expected = "expected a text or a list of parts"
        raise Bad(f"{where}.content", f"{expected}, found {_absent(message, 'content')}")
    for index, part in enumerate(content):
        place = f"{where}.content[{index}]"
        if type(part) is not dict or type(part.get("type")) is not str:
            raise Bad(place, f"expected an object with a type, found {found(part)}")
        if part["type"] == "text" and type(part.get("text")) is not str:
            raise Bad(f"{place}.text", f"expected a text, found {_absent(part, 'text')}")


def _calls(message: Message) -> bool:
    return bool(message.get("tool_calls") or message.get("function_call"))


def _absent(row: Mapping[str, Any], key: str) -> str:
    return found(row[key]) if key in row else "nothing"

"""Reading single values of the project file, each with an error that says where it stands and what to do."""

import math
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db.models import Model

from annotation.imports.problems import clip

MOST_LABELS = 1000
LONGEST = 200  # characters of a text that people choose


class ProjectFileError(ValueError):
    """The file cannot be applied; the message says where and what to do."""


def clean(row: Model, where: str) -> None:
    """Every field within its limits, said by the file's key, on every database alike."""
    try:
        row.clean_fields()
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise ProjectFileError(f"{where}{name}: {messages[0]}") from error


def check_texts(value: Any, where: str) -> None:
    """Refuses NUL, which PostgreSQL cannot store, wherever it hides."""
    if isinstance(value, str) and "\0" in value:
        raise ProjectFileError(f"{where or 'the file'} holds a NUL character")
    items = (
        value.items()
        if isinstance(value, Mapping)
        else enumerate(value, 1)
        if isinstance(value, list)
        else ()
    )
    for key, inner in items:
        check_texts(inner, f"{where}[{key}]" if isinstance(value, list) else f"{where}.{key}".lstrip("."))


def slug_at(value: Any, where: str) -> str:
    text = "" if value is None else str(value)
    try:
        validate_slug(text)
    except ValidationError:
        raise ProjectFileError(
            f"{where} is needed: letters, digits, hyphens and underscores{but_not(text or None)}"
        ) from None
    return text


def text_at(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    if value is not None and not isinstance(value, str):
        raise ProjectFileError(f"{key} must be text")
    return (value or "").strip()


def list_at(data: Mapping[str, Any], key: str) -> list[Any]:
    value = data.get(key) or []
    if not isinstance(value, list):
        raise ProjectFileError(f"{key} must be a list")
    return value


def texts_at(values: Mapping[str, Any], key: str, where: str) -> list[str]:
    """What people choose from: texts that differ, none of them empty or endless."""
    texts = [str(one).strip() for one in list_at(values, key) if not isinstance(one, dict | list)]
    if any(not one or len(one) > LONGEST for one in texts) or len(set(texts)) < len(texts):
        raise ProjectFileError(f"{where}.{key} must list different texts of at most {LONGEST} characters")
    return texts


def mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise ProjectFileError(f"{where} must be a mapping")
    return value


def one_of(value: Any, known: Any, where: str) -> str:
    if value not in list(known):
        raise ProjectFileError(f"{where} must be one of {', '.join(known)}{but_not(value)}")
    return str(value)


def flag(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise ProjectFileError(f"{where} must be true or false")
    return value


def number_of(
    make: Callable[[str], Any], value: Any, where: str, least: float, what: str, most: float = math.inf
) -> Any:
    try:
        number = make(str(value))
        if isinstance(value, bool) or not least <= number <= most:
            raise ValueError
    except (ValueError, InvalidOperation):
        raise ProjectFileError(f"{where} must be {what}{but_not(value)}") from None
    return number


def but_not(value: Any) -> str:
    """How an error ends: with what stands there, cut short; with nothing where nothing does."""
    return "" if value is None else f", not {clip(repr(value))}"


def whole(value: Any, where: str) -> int:
    number: int = number_of(int, value, where, 1, f"a whole number from 1 to {MOST_LABELS}", MOST_LABELS)
    return number


def share(value: Any, where: str, least: float = 0) -> float:
    number: float = number_of(float, value, where, least, f"a number from {least} to 1", 1)
    return number


def money(value: Any, where: str) -> Decimal:
    amount: Decimal = number_of(Decimal, value, where, 0, "an amount of money of at least 0")
    if not amount.is_finite():
        raise ProjectFileError(f"{where} must be a finite amount{but_not(value)}")
    return amount

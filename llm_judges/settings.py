"""Reading the values of a judge's entry, each with an error that names the key at fault."""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug

ORDERS = ("both", "random", "fixed")
TOO_LONG = ("refuse", "shorten")
TRANSPORTS = ("direct", "batch")
# What makes a judge this judge, beside model and template, with what stands where nothing is given.
IDENTITY: dict[str, Any] = {
    "temperature": 0.0,
    "top_p": None,
    "seed": None,
    "max_tokens": 2048,
    "orders": "both",
    "samples": 1,
    "logprobs": True,  # where the endpoint offers them
    "rubric": "",
    "reference": "",
    "context_tokens": None,
    "too_long": "refuse",
}
# What may change without making it another judge.
TERMS: dict[str, Any] = {
    "api_key_env": "",
    "input_price": None,
    "cached_price": None,
    "output_price": None,
    "reasoning_price": None,
    "budget": None,
    "requests_per_minute": None,
    "tokens_per_minute": None,
    "concurrency": 8,
    "timeout_seconds": 60,
    "transport": "direct",
    "batch_share": Decimal("0.5"),
    "breaker_share": Decimal("0.5"),
}
KEYS = ("name", "base_url", "model", "template", *IDENTITY, *TERMS)
LONGEST_RUBRIC = 20_000
# Variables that hold this installation's own secrets: they are no judge's key.
_OURS = re.compile(r"(TANDEM|DJANGO|CELERY)_\w*|DATABASE_URL|PG\w*", re.IGNORECASE)


def key_at_fault(error: ValueError) -> str:
    """The key that an error of this module, or of the registry, speaks of: its message begins with it. Empty
    where it speaks of none."""
    first = re.match(r"\w+", str(error))
    return first[0] if first and first[0] in KEYS else ""


def identity_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a judge's version from its entry. Raises ValueError naming the key at fault."""
    found = IDENTITY | {key: value for key, value in values.items() if key in IDENTITY}
    identity = {
        "temperature": optional(number, found["temperature"], "temperature", 2),
        "top_p": optional(number, found["top_p"], "top_p", 1),
        "seed": optional(whole, found["seed"], "seed", 2**31 - 1, 0),
        "max_tokens": optional(whole, found["max_tokens"], "max_tokens", 1_000_000),
        "orders": one_of(found["orders"], ORDERS, "orders"),
        "samples": whole(found["samples"], "samples", 32),
        "logprobs": _flag(found["logprobs"], "logprobs"),
        "rubric": _prose(found["rubric"], "rubric", LONGEST_RUBRIC),
        "reference": _prose(found["reference"], "reference", 100),
        "context_tokens": optional(whole, found["context_tokens"], "context_tokens", 10_000_000),
        "too_long": one_of(found["too_long"], TOO_LONG, "too_long"),
    }
    if identity["samples"] > 1 and identity["temperature"] == 0:
        raise ValueError("samples above 1 need a temperature above 0: at 0 they would all say the same")
    if identity["too_long"] == "shorten" and identity["context_tokens"] is None:
        raise ValueError("too_long: shorten needs context_tokens, the size of the model's context")
    return identity


def terms_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """The terms of a judge from its entry. Raises ValueError naming the key at fault."""
    found = TERMS | {key: value for key, value in values.items() if key in TERMS}
    return {
        "api_key_env": variable(found["api_key_env"]),
        **{key: price(found[key], key) for key in TERMS if key.endswith("_price")},
        "budget": optional(_money, found["budget"], "budget"),
        "requests_per_minute": optional(
            whole, found["requests_per_minute"], "requests_per_minute", 10_000_000
        ),
        "tokens_per_minute": optional(whole, found["tokens_per_minute"], "tokens_per_minute", 2_000_000_000),
        "concurrency": whole(found["concurrency"], "concurrency", 1000),
        "timeout_seconds": whole(found["timeout_seconds"], "timeout_seconds", 3600),
        "transport": one_of(found["transport"], TRANSPORTS, "transport"),
        "batch_share": _share(found["batch_share"], "batch_share"),
        "breaker_share": _share(found["breaker_share"], "breaker_share", least="0.001"),
    }


def slug(value: Any, key: str) -> str:
    name = text(value, key, 80)
    try:
        validate_slug(name)
    except ValidationError:
        raise ValueError(f"{key}: letters, digits, hyphens and underscores, not {name!r}") from None
    return name


def text(value: Any, key: str, longest: int) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{key} is needed")
    return _prose(value, key, longest)


def url(value: Any) -> str:
    address = text(value, "base_url", 500).rstrip("/")
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("base_url must be an http or https address such as https://host/v1")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("base_url must hold no credentials, query or fragment; the key goes by api_key_env")
    return address


def variable(value: Any) -> str:
    """The name of the variable that holds a key."""
    if value is None or value == "":
        return ""
    # The value is left out of the message: it may be the key itself, put here by mistake.
    if not isinstance(value, str) or len(value) > 100 or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value):
        raise ValueError("api_key_env must be the name of an environment variable, not the key")
    if _OURS.fullmatch(value):
        raise ValueError(
            f"api_key_env: {value} holds a secret of this installation, which no endpoint is shown"
        )
    return value


def optional(read: Any, value: Any, *more: Any) -> Any:
    return None if value is None else read(value, *more)


def one_of(value: Any, known: tuple[str, ...], key: str) -> str:
    if value not in known:
        raise ValueError(f"{key} must be one of {', '.join(known)}, not {value!r}")
    return str(value)


def number(value: Any, key: str, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise ValueError(f"{key} must be a number from 0 to {most}, not {value!r}")
    return float(value)


def whole(value: Any, key: str, most: int, least: int = 1) -> int:
    if type(value) is not int or not least <= value <= most:
        raise ValueError(f"{key} must be a whole number from {least} to {most}, not {value!r}")
    return value


def price(value: Any, key: str) -> Decimal | None:
    """An amount for a million tokens; None where it is not known."""
    return None if value is None else _amount(value, key, 1_000_000, "0.000001", " a million tokens")


def _money(value: Any, key: str) -> Decimal:
    return _amount(value, key, 10_000_000_000, "0.01", "")


def _share(value: Any, key: str, least: str = "0") -> Decimal:
    known = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    if not known or not Decimal(least) <= value <= 1:
        raise ValueError(f"{key} must be a number from {least} to 1, not {value!r}")
    return Decimal(str(value)).quantize(Decimal("0.001"))


def _amount(value: Any, key: str, most: int, step: str, of: str) -> Decimal:
    try:
        amount = Decimal(str(value))
        if isinstance(value, bool) or not amount.is_finite() or not 0 <= amount < most:
            raise InvalidOperation
        return amount.quantize(Decimal(step))
    except InvalidOperation:
        raise ValueError(f"{key} must be an amount{of}, 0 or more, not {value!r}") from None


def _prose(value: Any, key: str, longest: int) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"{key} must be text")
    if len(value) > longest:
        raise ValueError(f"{key} has more than {longest} characters")
    return value.strip()


def _flag(value: Any, key: str) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{key} must be true or false")
    return value

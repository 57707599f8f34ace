"""JSON Schema of types: a `TypedDict` says once what a body looks like, and it is published, enforced and
checked by mypy. Pure: no Django.

Bounds stand in `Annotated`, as keywords of JSON Schema: `Annotated[int, Must(minimum=1)]`.
"""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)
from uuid import UUID

from jsonschema import Draft202012Validator, validators

Schema = dict[str, Any]


class Must:
    """Keywords of JSON Schema that a type alone does not say."""

    def __init__(self, **keywords: Any) -> None:
        self.keywords = keywords


_PLAIN: dict[Any, Schema] = {
    Any: {},
    NoneType: {"type": "null"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": "string"},
    datetime: {"type": "string", "format": "date-time"},
    UUID: {"type": "string", "format": "uuid"},
}


def schema_of(hint: Any, refer: Callable[[type], Schema]) -> Schema:
    """The schema of a type; `refer` gives what stands for a TypedDict, such as a reference to it."""
    if hint in _PLAIN:
        return dict(_PLAIN[hint])
    if is_typeddict(hint):
        return refer(hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (NotRequired, Required):
        return schema_of(arguments[0], refer)
    if origin is Annotated:
        return schema_of(arguments[0], refer) | arguments[1].keywords
    if origin is Literal:
        return {"type": "string", "enum": list(arguments)}
    if origin is list:
        return {"type": "array", "items": schema_of(arguments[0], refer)}
    if origin is dict:
        values = schema_of(arguments[1], refer)
        return {"type": "object"} | ({"additionalProperties": values} if values else {})
    if origin in (Union, UnionType):
        return {"anyOf": [schema_of(argument, refer) for argument in arguments]}
    raise TypeError(f"no schema for {hint!r}")


def object_of(hint: type, refer: Callable[[type], Schema]) -> Schema:
    """The schema of a TypedDict: its keys and no others."""
    hints = get_type_hints(hint, include_extras=True)
    schema: Schema = {
        "type": "object",
        "properties": {name: schema_of(value, refer) for name, value in hints.items()},
        "additionalProperties": False,
    }
    if doc := (hint.__doc__ or "").strip():
        schema["description"] = " ".join(doc.split())
    if required := sorted(getattr(hint, "__required_keys__", ())):
        schema["required"] = required
    return schema


# As in Python and unlike JSON Schema, 1.0 is no whole number: it would reach code that counts with it.
_Checker = validators.extend(
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda checker, value: isinstance(value, int) and not isinstance(value, bool)
    ),
)


@cache
def checker_of(hint: Any) -> Any:
    """Validates what callers send against the schema that is published."""
    known: dict[str, Schema] = {}

    def refer(named: type) -> Schema:
        if named.__name__ not in known:
            known[named.__name__] = {}
            known[named.__name__] = object_of(named, refer)
        return {"$ref": f"#/$defs/{named.__name__}"}

    schema = schema_of(hint, refer)
    return _Checker({"$defs": known} | schema)

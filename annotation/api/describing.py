"""What makes a function a call of the API: `reads` and `writes` say what it takes and gives.

What they are told is published in the schema, and what callers send is held to it (`asked`, `taken`).
"""

import re
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar, cast

from django.http import HttpResponseBase
from django.views.decorators.cache import cache_control
from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.utils import OpenApiParameter, extend_schema
from jsonschema import ValidationError
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from .bodies import MAX_BODY, TooLarge, body_of, storable
from .hints import Schema, checker_of, object_of, schema_of
from .once import HEADER, LONGEST, once
from .paging import Cursor, limit
from .problems import MEDIA_TYPE, Problem, Unprocessable
from .throttling import CallerThrottle, HeavyThrottle

T = TypeVar("T")
View = Callable[..., Any]

_NUMBER = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,400})?([eE]-?[0-9]{1,2})?")
# What any call may be answered with; those that write, and those in a project, with more.
_ERRORS = (401, 403, 406, 429)
_ERRORS_OF_WRITES = (400, 409, 413, 415, 422)


class Shape:
    """A type as drf-spectacular is told of it: a component of the schema under its name."""

    def __init__(self, hint: type, paged: bool = False) -> None:
        self.hint, self.paged = hint, paged

    @property
    def name(self) -> str:
        return self.hint.__name__.removesuffix("Shape") + ("Page" if self.paged else "")


class _Components(OpenApiSerializerExtension):
    target_class = Shape

    def get_name(self, auto_schema: Any, direction: Any) -> str:
        return str(self.target.name)

    def get_identity(self, auto_schema: Any, direction: Any) -> str:
        return str(self.target.name)

    def map_serializer(self, auto_schema: Any, direction: Any) -> Schema:
        def refer(hint: type) -> Schema:
            return cast("Schema", auto_schema.resolve_serializer(Shape(hint), direction).ref)

        if not self.target.paged:
            return object_of(self.target.hint, refer)
        return {
            "type": "object",
            "required": ["next", "results"],
            "additionalProperties": False,
            "properties": {
                "results": {"type": "array", "items": refer(self.target.hint)},
                "next": {"type": ["string", "null"], "description": "Address of the next page."},
            },
        }


def reads(
    returns: type | None,
    *,
    paged: int = 0,
    query: Mapping[str, Any] | None = None,
    heavy: bool = False,
    media_type: str = "application/json",
) -> Callable[[View], View]:
    """A GET that gives `returns`, or pages of at most `paged` of them; None: a file of this `media_type`.

    `query` has the parameters by name with their types; `request.asked` their values. Any other parameter is
    refused, so none reaches a query by accident.
    """
    known = dict(query or {}) | ({"after": Cursor, "limit": limit(paged)} if paged else {})

    def describe(view: View) -> View:
        def act(request: Request, *args: Any, **values: Any) -> HttpResponseBase:
            request.asked = _asked(request, known)  # type: ignore[attr-defined]
            given = view(request, *args, **values)
            return given if isinstance(given, HttpResponseBase) else Response(given)

        shape: Any = Shape(returns, bool(paged)) if returns else {"type": "string", "format": "binary"}
        parameters = [
            OpenApiParameter(name, schema_of(hint, _unnamed), OpenApiParameter.QUERY)
            for name, hint in known.items()
        ]
        errors = _ERRORS + ((422,) if known else ())
        return _made("GET", view, act, parameters, None, {(200, media_type): shape}, errors, heavy)

    return describe


def writes(
    takes: type | None, returns: type, *, status: int = 200, heavy: bool = False, most: int = MAX_BODY
) -> Callable[[View], View]:
    """A POST of a body `takes` (of at most `most` bytes) that gives `returns`; done once under one
    Idempotency-Key."""

    def describe(view: View) -> View:
        def act(request: Request, *args: Any, **values: Any) -> Response:
            if int(request.META.get("CONTENT_LENGTH") or 0) > most:
                raise TooLarge(most)
            request.asked = _asked(request, {})  # type: ignore[attr-defined]
            return once(request, lambda: Response(view(request, *args, **values), status))

        text = {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": "^[ -~]+$"}
        key = OpenApiParameter(HEADER, text, OpenApiParameter.HEADER, description="Done once under one key.")
        body = Shape(takes) if takes else None
        gives = {(status, "application/json"): Shape(returns)}
        return _made("POST", view, act, [key], body, gives, _ERRORS + _ERRORS_OF_WRITES, heavy)

    return describe


def taken(request: Request, hint: type[T]) -> T:
    """The body, which has this type. Raises Unprocessable naming every field that does not."""
    body = body_of(request)
    wrong = sorted(
        checker_of(cast("Any", hint)).iter_errors(body), key=lambda error: [str(one) for one in error.path]
    )
    if wrong:
        first, *more = [(_place(error), error.message) for error in wrong]
        raise Unprocessable(*first, more)
    if not storable(body):
        raise Unprocessable("body", "holds characters that cannot be stored")
    return cast("T", body)


def _made(
    method: str,
    view: View,
    act: View,
    parameters: list[OpenApiParameter],
    request: Shape | None,
    gives: dict[Any, Any],
    errors: tuple[int, ...],
    heavy: bool,
) -> View:
    act = wraps(view)(act)
    act.throttle_classes = [CallerThrottle, *([HeavyThrottle] if heavy else [])]  # type: ignore[attr-defined]
    scoped = "slug" in view.__code__.co_varnames[: view.__code__.co_argcount]
    codes = sorted({*errors, *((404,) if scoped else ())})
    responses = gives | {(code, MEDIA_TYPE): Shape(Problem) for code in codes}
    summary, _, rest = " ".join((view.__doc__ or "").split()).partition(". ")
    described = extend_schema(
        operation_id=view.__name__,
        parameters=parameters,
        request=request,
        responses=responses,
        summary=summary.rstrip("."),
        description=rest,
    )(api_view([method])(act))
    # What members see is kept in no cache, as on the pages.
    return cast("View", cache_control(private=True, no_store=True)(described))


def _asked(request: Request, known: Mapping[str, Any]) -> dict[str, Any]:
    for name in request.query_params:
        if name not in known:
            listed = f"; known: {', '.join(sorted(known))}" if known else ""
            raise Unprocessable(name[:60] if storable(name) else "query", f"is no parameter here{listed}")
    return {name: _parameter(request.query_params.get(name), name, hint) for name, hint in known.items()}


def _parameter(text: str | None, name: str, hint: Any) -> Any:
    checker = checker_of(hint)
    schema = cast("Schema", checker.schema)
    if text is None:
        return schema.get("default")
    value: Any = text
    if schema.get("type") == "integer" and re.fullmatch(r"-?[0-9]{1,30}", text, re.ASCII):
        value = int(text)
    elif schema.get("type") == "number" and _NUMBER.fullmatch(text):
        value = float(text)
    elif schema.get("type") == "boolean":
        value = {"true": True, "false": False}.get(text, text)
    for error in checker.iter_errors(value):
        raise Unprocessable(name, error.message)
    if not storable(text):
        raise Unprocessable(name, "holds characters that cannot be stored")
    return value


def _place(error: ValidationError) -> str:
    """Such as `labels.3.ranking`; what is missing or unknown stands under its own name."""
    path = [str(part) for part in error.absolute_path]
    if error.validator == "required":
        path += [str(name) for name in error.validator_value if name not in error.instance][:1]
    elif error.validator == "additionalProperties":
        unknown = [str(name) for name in error.instance if name not in error.schema.get("properties", {})]
        path += [name for name in unknown[:1] if storable(name)]
    return ".".join(path) or "body"


def _unnamed(hint: type) -> Schema:
    raise TypeError(f"{hint.__name__} is no parameter")

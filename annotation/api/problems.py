"""Every error of the API is a problem: `application/problem+json` of RFC 9457."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, NotRequired, TypedDict

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import exception_handler

MEDIA_TYPE = "application/problem+json"
LONGEST = 300  # characters of a message: what it repeats was written by the caller
MOST = 50


class FieldError(TypedDict):
    """One thing that is wrong with what was sent, and where."""

    field: str
    message: str


class Problem(TypedDict):
    """What went wrong. `errors` names the fields at fault where there are any."""

    type: str
    title: str
    status: int
    detail: str
    errors: NotRequired[list[FieldError]]


class Unprocessable(APIException):
    """422: what was sent is JSON, and yet cannot be done. Names the fields at fault."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY

    def __init__(self, field: str, message: str, more: Sequence[tuple[str, str]] = ()) -> None:
        said = [(field, message), *more][:MOST]
        self.errors = [FieldError(field=where[:LONGEST], message=what[:LONGEST]) for where, what in said]
        super().__init__(f"{field}: {message}"[: 2 * LONGEST])


def problem(code: int, detail: str, errors: Sequence[FieldError] = ()) -> Problem:
    told = Problem(type="about:blank", title=HTTPStatus(code).phrase, status=code, detail=detail)
    if errors:
        told["errors"] = list(errors)
    return told


def handle(exc: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's handler, in the form of a problem; headers such as Retry-After stay."""
    response = exception_handler(exc, dict(context))
    if response is not None:
        detail = response.data.get("detail", "") if isinstance(response.data, dict) else ""
        errors = exc.errors if isinstance(exc, Unprocessable) else ()
        response.data = problem(response.status_code, str(detail or getattr(exc, "detail", "")), errors)
        response.content_type = MEDIA_TYPE
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _plain(request, 400) or defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _plain(request, 404) or defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    return _plain(request, 500) or defaults.server_error(request)


def _plain(request: HttpRequest, code: int) -> HttpResponse | None:
    """What Django itself finds wrong with a call, before or beside DRF; None for a page."""
    if not request.path.startswith("/api/"):
        return None
    told = problem(code, HTTPStatus(code).description or HTTPStatus(code).phrase)
    return JsonResponse(told, status=code, content_type=MEDIA_TYPE)

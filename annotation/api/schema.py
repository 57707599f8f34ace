"""The API's own description: the OpenAPI document, and a page of it that needs nothing from outside."""

from functools import cache
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

VERSION = "1"


@require_safe
def document(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document. It describes the program, not what is in it, so anybody may read it."""
    return HttpResponse(written(), content_type="application/json")


@require_safe
def docs(request: HttpRequest) -> HttpResponseBase:
    """The document as a page (Swagger UI, served by ourselves)."""
    return render(request, "annotation/api/docs.html")


@cache
def written() -> bytes:
    """The OpenAPI document as JSON, made once a process."""
    generator: Any = SchemaGenerator(api_version=VERSION)
    return orjson.dumps(generator.get_schema(request=None, public=True))

"""Lists are paged by key, so the last page costs what the first does."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from django.db.models import Model, QuerySet
from rest_framework.request import Request

from .hints import Must

Row = TypeVar("Row", bound=Model)
Shape = TypeVar("Shape")
MAX_ID = 2**63 - 1
Cursor = Annotated[int, Must(minimum=0, maximum=MAX_ID, default=0)]


def limit(most: int) -> Any:
    """The type of a list's `limit`."""
    return Annotated[int, Must(minimum=1, maximum=most, default=min(100, most))]


def asked_by(request: Request) -> dict[str, Any]:
    """The call's parameters, checked: every one it knows, None or its default where it was not sent."""
    asked: dict[str, Any] = request.asked  # type: ignore[attr-defined]
    return asked


def page(
    request: Request, rows: QuerySet[Row], shape: Callable[[Row], Shape], *, newest: bool = False
) -> dict[str, Any]:
    """`{results, next}`: at most `limit` rows after the cursor `after`, by primary key, the `newest` first or
    last; `next` is the address of the next page, or None. One statement, and those of prefetching."""
    asked = asked_by(request)
    after, most = asked["after"], asked["limit"]
    if after:
        rows = rows.filter(pk__lt=after) if newest else rows.filter(pk__gt=after)
    found = list(rows.order_by("-pk" if newest else "pk")[: most + 1])
    following = None
    if len(found) > most:
        query = request.query_params.copy()
        query["after"] = str(found[most - 1].pk)
        following = f"{request.path}?{query.urlencode()}"
    return {"results": [shape(row) for row in found[:most]], "next": following}

"""How every table is listed, and what may be done to it by hand.

List pages never count a huge table: they know a number up to LIMIT, and order by primary key.
"""

from typing import Any, cast

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

LIMIT = 10_000


class BoundedPaginator(Paginator):
    """Counts at most LIMIT rows; what lies beyond is found by searching."""

    @cached_property
    def count(self) -> int:
        rows = cast("QuerySet[Any]", self.object_list)
        return rows.order_by()[:LIMIT].count()


class TableAdmin(admin.ModelAdmin):
    """Base of every table here; a table says what may be done to it by hand.

    `fixed` fields are set when a row is made: changed later, they would bind one project's rows to another.
    """

    adds = changes = deletes = True
    fixed: tuple[str, ...] = ()
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    ordering = ("-pk",)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """As Django's, which lets a number that the database cannot hold through to a foreign key."""
        try:
            return super().get_object(request, object_id, from_field)
        except OverflowError:
            return None

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return (*super().get_readonly_fields(request, obj), *(self.fixed if obj else ()))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.adds and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.changes and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.deletes and super().has_delete_permission(request, obj)


class ReadOnlyAdmin(TableAdmin):
    """Facts, and what is computed from them."""

    adds = changes = deletes = False

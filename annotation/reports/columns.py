"""Numbers of very many rows as arrays: the database joins them to one text for each group of equal values.

A row that becomes a Python tuple costs a microsecond, and a report reads a million. There are few different
answers, so a statement grouped by the answer returns a handful of rows, each a long list of numbers that is
read in one go. Whole numbers, because those are read ten times as fast as fractions.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from django.db.models import Aggregate, QuerySet, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce

from ..votes import Ints

MISSING = -1


class Joined(Aggregate):
    """The numbers of all rows of a group as one text, with spaces between; rows in no particular order."""

    function = "STRING_AGG"
    template = "%(function)s(%(expressions)s, ' ')"
    arg_joiner = " || ' ' || "
    arity = None
    output_field = TextField()

    def __init__(self, *numbers: Any, **extra: Any) -> None:
        super().__init__(*(Coalesce(Cast(number, _TEXT), _MISSING) for number in numbers), **extra)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="GROUP_CONCAT", **context)


_TEXT = TextField()
_MISSING = Value(str(MISSING), output_field=_TEXT)


def numbers_by(
    rows: QuerySet[Any], by: tuple[str, ...], numbers: tuple[str | Combinable, ...]
) -> Iterator[tuple[tuple[Any, ...], Ints]]:
    """(values of `by`, whole numbers as (rows x columns)) for each group of rows with equal values of `by`.

    Null is MISSING. One SQL statement.
    """
    grouped = rows.order_by().values_list(*by).annotate(joined=Joined(*numbers))
    for *values, joined in grouped.values_list(*by, "joined"):
        yield tuple(values), np.fromstring(joined, dtype=np.int64, sep=" ").reshape(-1, len(numbers))

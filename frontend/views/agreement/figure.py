"""A figure of the agreement page: what it says, what it rests on, its table and its marks."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ...templatetags.humanise import number
from .charts import Axis
from .tables import Table

SHOWN_ROWS = 100
GROUPS = {"human_human": "people", "judge_judge": "judge", "human_judge": "both"}


@dataclass(frozen=True, slots=True)
class Figure:
    """One part of the page. `says` is what it means in a sentence, `n` what it rests on; `why` stands in
    place of a picture where there is nothing to draw."""

    key: str
    title: str
    says: str
    n: str
    table: Table
    picture: str = ""
    axis: Axis | None = None
    rows: list[Any] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)
    why: str = ""

    @property
    def shown(self) -> list[list[tuple[str, bool]]]:
        """The first rows of the table in words; the file has all."""
        return self.table.shown(SHOWN_ROWS)

    @property
    def hidden(self) -> str:
        """How many rows are in the file alone; empty when all are shown."""
        rows = len(self.table.rows)
        return number(rows - SHOWN_ROWS) if rows > SHOWN_ROWS else ""


def group_name(name: str) -> str:
    """A group of the report in words."""
    words = {
        "human_human": _("People"),
        "judge_judge": _("Judges"),
        "human_judge": _("People with judges"),
    }
    return words[name]


def in_comparisons(count: int) -> str:
    return ngettext("%(n)s comparison", "%(n)s comparisons", count) % {"n": number(count)}


def in_labels(comparisons: int, labels: int) -> str:
    return _("%(labels)s on %(comparisons)s") % {
        "labels": ngettext("%(n)s label", "%(n)s labels", labels) % {"n": number(labels)},
        "comparisons": in_comparisons(comparisons),
    }

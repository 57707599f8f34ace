"""Preferences that run in a ring over the pairs of one prompt."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ...templatetags.humanise import number
from .figure import Figure
from .tables import Column, Table, spread

SHOWN = 6  # of the consensus, and of annotators


def cycles(report: dict[str, Any], names: dict[int, str]) -> Figure | None:
    """Rings in the consensus and in what each annotator says; None where no prompt's pairs close one."""
    found = report["cycles"]
    if not found:
        return None
    columns = [
        Column("who", _("Who"), "text"),
        Column("share", _("Share"), "percent"),
        Column("low", _("From"), "percent"),
        Column("high", _("To"), "percent"),
        Column("prompts", _("Prompts"), "count"),
        Column("prompt", _("Prompt"), "text"),
        Column("ring", _("Each beats the next"), "text"),
        Column("comparisons", _("Comparisons"), "text"),
    ]
    agreed = _("Majority") if found["consensus"]["method"] == "majority" else _("Consensus")
    together = [{"who": agreed, **ring} for ring in found["consensus"]["listed"]]
    alone = [{"who": names[ring["annotator"]], **ring} for ring in found["annotators"]["listed"]]
    rows: list[list[Any]] = [
        [names[one["annotator"]], *spread(one["value"], one["ends"]), one["n"], None, None, None]
        for one in found["each"]
    ]
    rows += [
        [ring["who"], None, None, None, None, ring["prompt"], _ring(ring), _numbers(ring["comparisons"])]
        for ring in [*together, *alone]
    ]
    return Figure(
        "cycles",
        _("Preferences that run in a circle"),
        _(
            "A is better than B, B than C, and C than A: no order of the three fits. Chance makes some; many"
            " by one person say that they judge by something else each time."
        ),
        ngettext(
            "%(n)s prompt where it could happen", "%(n)s prompts where it could happen", _possible(found)
        )
        % {"n": number(_possible(found))},
        Table(columns, rows),
        "cycles",
        rows=together[:SHOWN] + alone[:SHOWN],
        more={"agreed": agreed, "found": found},
    )


def _possible(found: dict[str, Any]) -> int:
    return int(found["consensus"]["possible"])


def _ring(ring: dict[str, Any]) -> str:
    return " > ".join([*ring["models"], ring["models"][0]])


def _numbers(ids: list[int]) -> str:
    return " ".join(map(str, ids))

"""What a judge leans to: sides, length, format, its own family; each beside people where they can be."""

from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from ...agreement.charts import Axis
from ...agreement.figure import Figure
from ...agreement.tables import Column, Table, spread, with_interval
from .figures.parts import SHARES, WHISKERS, Report, line


class _Measure(NamedTuple):
    """One leaning. `middle` is where nobody leans, None without such a value; a `share` runs from 0 to 1."""

    title: str
    middle: float | None
    share: bool
    lines: list[tuple[str, str, Report]]  # who, kind, figure


def leanings(criterion: Report, judge: Report) -> Figure:
    """Shares around a half, and pulls around none, in blocks of the same measure."""
    measures = _measures(judge)
    columns = [
        Column("leaning", _("Leaning"), "text"),
        Column("who", _("Who"), "text"),
        *with_interval("value", _("Value")),
        Column("n", _("Answers"), "count"),
        Column("reason", _("Why not"), "text"),
    ]
    rows = [
        [measure.title, who, *spread(figure["value"], figure["ci95"]), figure["n"], figure["reason"]]
        for measure in measures
        for who, _kind, figure in measure.lines
    ]
    return Figure(
        "leanings",
        _("What it leans to"),
        _(
            "The upright line marks no leaning. Longer may be better, too: what people do with the same"
            " comparisons stands beside."
        ),
        "",
        Table(columns, rows),
        WHISKERS,
        SHARES,
        [_block(measure) for measure in measures],
    )


def _measures(judge: Report) -> list[_Measure]:
    position, length, own = judge["position"], judge["length"], judge["self_preference"]

    def alone(figure: Report) -> list[tuple[str, str, Report]]:
        return [(judge["name"], "judge", figure)]

    def beside(figure: Report, people: Report) -> list[tuple[str, str, Report]]:
        return [*alone(figure), (_("People"), "people", people)]

    measures = [
        _Measure(_("Takes the response shown first"), 0.5, True, alone(position["first_shown"])),
        _Measure(_("Says the same in both orders"), None, True, alone(position["consistency"])),
        _Measure(
            _("Of those that change sides, takes the first both times"),
            0.5,
            True,
            alone(position["to_first"]),
        ),
        _Measure(
            _("Takes the longer response"),
            0.5,
            True,
            beside(length["prefers_longer"], length["people_prefer_longer"]),
        ),
        _Measure(
            _("Pull of twice the length, people’s choice held fixed (log-odds)"),
            0,
            False,
            alone(length["slope"]),
        ),
    ]
    for feature in judge["format"]["features"]:
        if feature["feature"] != "length":
            title = _("Takes the response with more %(what)s") % {"what": _feature(feature["feature"])}
            lines = beside(feature["prefers_more"], feature["people_prefer_more"])
            measures.append(_Measure(title, 0.5, True, lines))
    family = _(", %(family)s") % {"family": own["family"]} if own["family"] else ""
    title = _("Takes the response of its own family%(family)s") % {"family": family}
    measures.append(_Measure(title, None, True, beside(own["own"], own["people_own"])))
    if own["gap"]["value"] is not None:
        title = _("Follows people to its own family more often than to another")
        measures.append(_Measure(title, 0, False, alone(own["gap"])))
    return measures


def _block(measure: _Measure) -> dict[str, Any]:
    figures = [figure for _who, _kind, figure in measure.lines]
    ends = [end for figure in figures for end in (figure["value"], *(figure["ci95"] or ()))]
    axis = SHARES if measure.share else Axis.over(ends, -1, 1, 2)
    return {
        "title": measure.title,
        "middle": None if measure.middle is None else axis.at(measure.middle),
        "lines": [line(who, kind, figure, axis, measure.share) for who, kind, figure in measure.lines],
    }


def _feature(name: str) -> str:
    words = {"lists": _("lists"), "headings": _("headings"), "bold": _("bold"), "code": _("code")}
    return words.get(name, name)

"""What a judge leans to: sides, length, format, its own family; each beside people where they can be."""

from django.utils.translation import gettext as _

from ...agreement.charts import Axis
from ...agreement.figure import Figure
from ...agreement.tables import Column, Table, spread, with_interval
from .figures.parts import SHARES, WHISKERS, Report, line


def leanings(criterion: Report, judge: Report) -> Figure:
    """Shares around a half, and pulls around none, in blocks of the same measure."""
    name = judge["name"]
    position, length, own = judge["position"], judge["length"], judge["self_preference"]
    measures: list[tuple[str, float | None, bool, list[tuple[str, str, Report]]]] = [
        (_("Takes the response shown first"), 0.5, True, [(name, "judge", position["first_shown"])]),
        (_("Says the same in both orders"), None, True, [(name, "judge", position["consistency"])]),
        (
            _("Of those that change sides, takes the first both times"),
            0.5,
            True,
            [(name, "judge", position["to_first"])],
        ),
        (
            _("Takes the longer response"),
            0.5,
            True,
            [
                (name, "judge", length["prefers_longer"]),
                (_("People"), "people", length["people_prefer_longer"]),
            ],
        ),
        (
            _("Pull of twice the length, people’s choice held fixed (log-odds)"),
            0,
            False,
            [(name, "judge", length["slope"])],
        ),
    ]
    for feature in judge["format"]["features"]:
        if feature["feature"] == "length":
            continue
        measures.append(
            (
                _("Takes the response with more %(what)s") % {"what": _feature(feature["feature"])},
                0.5,
                True,
                [
                    (name, "judge", feature["prefers_more"]),
                    (_("People"), "people", feature["people_prefer_more"]),
                ],
            )
        )
    family = _(", %(family)s") % {"family": own["family"]} if own["family"] else ""
    measures.append(
        (
            _("Takes the response of its own family%(family)s") % {"family": family},
            None,
            True,
            [(name, "judge", own["own"]), (_("People"), "people", own["people_own"])],
        )
    )
    if own["gap"]["value"] is not None:
        title = _("Follows people to its own family more often than to another")
        measures.append((title, 0, False, [(name, "judge", own["gap"])]))
    columns = [
        Column("leaning", _("Leaning"), "text"),
        Column("who", _("Who"), "text"),
        *with_interval("value", _("Value")),
        Column("n", _("Answers"), "count"),
        Column("reason", _("Why not"), "text"),
    ]
    rows = [
        [title, who, *spread(figure["value"], figure["ci95"]), figure["n"], figure["reason"]]
        for title, _middle, _share, lines in measures
        for who, _kind, figure in lines
    ]
    blocks = []
    for title, middle, share, lines in measures:
        values = [end for _who, _kind, figure in lines for end in (figure["value"], *(figure["ci95"] or ()))]
        axis = SHARES if share else Axis.over(values, -1, 1, 2)
        blocks.append(
            {
                "title": title,
                "middle": None if middle is None else axis.at(middle),
                "lines": [line(who, kind, figure, axis, share) for who, kind, figure in lines],
            }
        )
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
        blocks,
    )


def _feature(name: str) -> str:
    words = {"lists": _("lists"), "headings": _("headings"), "bold": _("bold"), "code": _("code")}
    return words.get(name, name)

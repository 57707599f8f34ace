"""Figures of everybody together: how sure alpha is, its course, its parts, rankings."""

from datetime import datetime
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from .charts import Axis, mark
from .figure import GROUPS, Figure, group_name, in_comparisons, in_labels
from .tables import Column, Table, spread, with_interval

SHOWN_CYCLES = 20


def groups(report: dict[str, Any], names: dict[int, str]) -> Figure:
    """Every coefficient of the three groups."""
    columns = [
        Column("group", _("Votes compared"), "text"),
        Column("comparisons", _("Comparisons"), "count"),
        Column("labels", _("Labels"), "count"),
        Column("annotators", _("Annotators"), "count"),
        *with_interval("raw", _("Same answer"), "percent"),
        Column("raw_without_ties", _("Without ties"), "percent"),
        *with_interval("alpha_nominal", _("Alpha, sides")),
        *with_interval("alpha_ordinal", _("Alpha, graded")),
        *with_interval("gwet", report["groups"]["human_human"]["gwet"]["name"]),
        Column("other_annotators_low", _("Other annotators, from")),
        Column("other_annotators_high", _("To")),
        *with_interval("corrected", _("Without noise")),
        Column("reason", _("Why not"), "text"),
    ]
    rows = []
    for name in GROUPS:
        found = report["groups"][name]
        others = (found.get("other_annotators") or {}).get("ci95") or (None, None)
        without = found.get("corrected") or {}
        rows.append(
            [
                group_name(name),
                found["comparisons"],
                found["labels"],
                found["annotators"],
                *spread(found["raw"], found["raw_ci95"]),
                found["raw_without_ties"],
                *spread(found["alpha"]["nominal"], found["intervals"]["nominal"]),
                *spread(found["alpha"]["ordinal"], found["intervals"]["ordinal"]),
                *spread(found["gwet"]["value"], found["gwet"]["ci95"]),
                *others,
                *spread(without.get("value"), without.get("ci95")),
                found["reasons"].get(report["level"]),
            ]
        )
    axis = Axis.over([row for line in rows for row in (line[8], line[11])], 0, 1, 5)
    return Figure(
        "groups",
        _("How sure it is"),
        _(
            "Alpha is 1 where all say the same and 0 where they agree as chance would. The band is what other"
            " comparisons could have given, the whisker what other annotators could have."
        ),
        in_labels(report["comparisons"], report["labels"]["human"] + report["labels"]["judge"]),
        Table(columns, rows),
        "sure",
        axis,
        [_group_row(axis, report, name) for name in GROUPS],
    )


def over_time(report: dict[str, Any], names: dict[int, str]) -> Figure:
    """Alpha over equal parts of the comparisons in the order in which they were labelled."""
    parts = [part | {end: _moment(part[end]) for end in ("from", "to")} for part in report["by"]["time"]]
    columns = [
        Column("from", _("From"), "moment"),
        Column("to", _("To"), "moment"),
        *_group_columns(),
    ]
    rows = [[part["from"], part["to"], *_group_cells(part)] for part in parts]
    known = [part[name]["alpha"] for part in parts for name in GROUPS if name in part]
    ends = [end for part in parts for name in GROUPS if name in part for end in part[name]["ci95"] or ()]
    axis = Axis.over([*known, *ends], 0, 1, 5)
    lines = []
    for name, kind in GROUPS.items():
        marks = []
        for index, part in enumerate(parts):
            across = f"{100 * (index + 0.5) / len(parts):.2f}"
            found = part.get(name)
            if found and (made := mark(axis, kind, found["alpha"], found["ci95"], across)):
                marks.append(made)
        lines.append({"kind": kind, "marks": marks, "steps": list(pairwise(marks))})
    return Figure(
        "time",
        _("Over time"),
        _("Each point is as many comparisons as the next, in the order in which they were labelled."),
        in_comparisons(sum(part.get("human_human", {}).get("comparisons", 0) for part in parts)),
        Table(columns, rows),
        "time",
        axis,
        lines,
        {"first": parts[0]["from"], "last": parts[-1]["to"]} if parts else {},
        ""
        if parts
        else _("There are too few comparisons with two labels to show a course: 30 make a point."),
    )


def by_part(report: dict[str, Any], names: dict[int, str]) -> Figure:
    """Alpha by category, and within each pool."""
    columns = [Column("part", _("Part"), "text"), Column("name", _("Name"), "text"), *_group_columns()]
    rows: list[list[Any]] = []
    marks: list[dict[str, Any]] = []
    parts = [(_("Category"), part["category"], part) for part in report["by"]["category"]]
    parts += [(_("Pool"), pool["pool"], {"human_human": pool["within"]}) for pool in report["by"]["pool"]]
    ends = [
        end for _what, _name, part in parts for name in GROUPS for end in part.get(name, {}).get("ci95") or ()
    ]
    axis = Axis.over(ends, 0, 1, 5)
    for what, called, part in parts:
        rows.append([what, called, *_group_cells(part)])
        # A part so small that its figure has no interval says nothing.
        found = [(GROUPS[name], part[name]) for name in GROUPS if name in part and part[name]["ci95"]]
        made = [mark(axis, kind, one["alpha"], one["ci95"]) for kind, one in found]
        people = part.get("human_human", {})
        marks.append(
            {
                "what": what,
                "name": called,
                "marks": [one for one in made if one],
                "n": people.get("comparisons", 0),
                "alpha": people["alpha"] if people.get("ci95") else None,
            }
        )
    return Figure(
        "parts",
        _("By category and pool"),
        _("Where people agree less, guidelines may be unclear or tastes may differ; read some of them."),
        in_comparisons(report["groups"]["human_human"]["comparisons"]),
        Table(columns, rows),
        "parts",
        axis,
        marks,
        why="" if rows else _("No comparison has a category, and no annotator a pool."),
    )


def rankings(report: dict[str, Any], names: dict[int, str]) -> Figure | None:
    """Kendall's figures and cycles; None where there are pairs alone."""
    found = report["rankings"]
    if not found:
        return None
    columns = [
        Column("measure", _("Measure"), "text"),
        *with_interval("value", _("Value")),
        Column("comparisons", _("Comparisons"), "count"),
        Column("comparison", _("Comparison"), "count"),
        Column("beats", _("Beats in a ring"), "text"),
    ]
    rows: list[list[Any]] = [
        [title, *spread(one["value"], one["ci95"]), one["comparisons"], None, None]
        for title, one in ((_("Kendall's tau-b"), found["tau_b"]), (_("Kendall's W"), found["w"]))
    ]
    rows += [
        [_("Cycle"), None, None, None, None, cycle["comparison"], cycle["beats"].upper()]
        for cycle in found["cycles"]
    ]
    return Figure(
        "rankings",
        _("Rankings"),
        _(
            "Tau compares two rankings, from -1 (reversed) to 1 (the same); W compares all, from 0 to 1. A"
            " cycle is a majority that prefers A to B, B to C and C to A: no ranking fits it."
        ),
        in_comparisons(found["tau_b"]["comparisons"]),
        Table(columns, rows),
        "rankings",
        rows=found["cycles"][:SHOWN_CYCLES],
        more={"tau_b": found["tau_b"], "w": found["w"], "cycles": len(found["cycles"])},
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _group_row(axis: Axis, report: dict[str, Any], name: str) -> dict[str, Any]:
    found = report["groups"][name]
    level = report["level"]
    others = (found.get("other_annotators") or {}).get("ci95")
    return {
        "name": group_name(name),
        "kind": GROUPS[name],
        "mark": mark(axis, GROUPS[name], found["alpha"][level], found["intervals"][level]),
        "others": mark(axis, GROUPS[name], found["alpha"][level], others) if others else None,
        "alpha": found["alpha"][level],
        "ends": found["intervals"][level],
        "reason": found["reasons"].get(level),
        "corrected": (found.get("corrected") or {}).get("value"),
        "found": found,
    }


def _group_columns() -> list[Column]:
    columns = []
    for name in GROUPS:
        columns += with_interval(name, group_name(name))
        columns.append(Column(f"{name}_comparisons", _("Comparisons"), "count"))
    return columns


def _group_cells(part: dict[str, Any]) -> list[Any]:
    cells: list[Any] = []
    for name in GROUPS:
        found = part.get(name)
        cells += [*spread(found["alpha"], found["ci95"]), found["comparisons"]] if found else [None] * 4
    return cells

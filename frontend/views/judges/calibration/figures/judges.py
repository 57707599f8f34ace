"""Every judge beside every other; one judge by what people's answer rests on, and by category."""

from typing import Any

from django.utils.translation import gettext as _

from ....agreement.figure import Figure, in_comparisons
from ....agreement.tables import Column, Table, with_interval
from .parts import SHARES, WHISKERS, Report, line, spread_of

SHOWN_CATEGORIES = 20
_HELD = ("accuracy", "accuracy_without_ties", "kappa", "alpha")


def against(criterion: Report, judge: Report) -> Figure:
    """Every judge beside every other."""
    columns = [
        Column("judge", _("Judge"), "text"),
        Column("labels", _("Labels"), "count"),
        *with_interval("accuracy", _("As people say")),
        Column("comparisons", _("Comparisons"), "count"),
        *with_interval("accuracy_without_ties", _("Without ties")),
        Column("without_ties_n", _("Comparisons"), "count"),
        *with_interval("kappa", _("Kappa")),
        *with_interval("alpha", _("Alpha")),
        *with_interval("kappa_x", _("Kappa with single votes")),
        *with_interval("coverage", _("Calls with a verdict"), "percent"),
    ]
    rows, lines = [], []
    for one in criterion["judges"]:
        found, calls = one["against_people"], one["coverage"]["calls"]
        rows.append(
            [
                one["name"],
                one["labels"],
                *spread_of(found["accuracy"]),
                found["accuracy"]["n"],
                *spread_of(found["accuracy_without_ties"]),
                found["accuracy_without_ties"]["n"],
                *spread_of(found["kappa"]),
                *spread_of(found["alpha"]),
                *spread_of(one["kappa_x"]),
                *spread_of(calls),
            ]
        )
        lines.append(line(one["name"], "judge", found["accuracy"], SHARES))
    return Figure(
        "judges",
        _("Judges against people"),
        _(
            "How often each says what people say: the known answer, else what most of two or more people say."
            " Kappa and alpha take out what chance alone would give."
        ),
        in_comparisons(judge["against_people"]["comparisons"]),
        Table(columns, rows),
        WHISKERS,
        SHARES,
        [{"title": "", "middle": None, "lines": lines}],
    )


def by_basis(criterion: Report, judge: Report) -> Figure:
    """The headline by what people's answer rests on: a known answer, a majority, one person alone."""
    names = {
        "reference": _("Known answer"),
        "majority": _("Most of two or more"),
        "single": _("One person alone"),
        "all": _("Any of these"),
    }
    found = [(name, judge["by_basis"][key]) for key, name in names.items()]
    compared = judge["by_basis"]["all"]["comparisons"]
    columns = [
        Column("basis", _("People’s answer"), "text"),
        *_held_columns(),
        Column("without_ties_n", _("Comparisons without ties"), "count"),
    ]
    return Figure(
        "bases",
        _("By what people’s answer rests on"),
        _("The headline takes known answers and majorities; one person alone is no majority."),
        in_comparisons(compared),
        Table(columns, [[name, *_held(one), one["accuracy_without_ties"]["n"]] for name, one in found]),
        "frontend/judges/calibration/bases.html",
        rows=[{"name": name, "found": one} for name, one in found if one["comparisons"]],
        why="" if compared else _("There is no comparison that both have answered."),
    )


def by_category(criterion: Report, judge: Report) -> Figure:
    """The judge's accuracy in each category."""
    columns = [
        Column("category", _("Category"), "text"),
        *_held_columns(),
        *with_interval("kappa_x", _("Kappa with single votes")),
    ]
    rows = [[one["category"], *_held(one), *spread_of(one["kappa_x"])] for one in judge["by_category"]]
    lines = [
        line(one["category"], "judge", one["accuracy"], SHARES)
        for one in judge["by_category"][:SHOWN_CATEGORIES]
    ]
    return Figure(
        "categories",
        _("By category"),
        _("Where it says what people say less often, people may be needed more."),
        in_comparisons(judge["against_people"]["comparisons"]),
        Table(columns, rows),
        WHISKERS,
        SHARES,
        [{"title": "", "middle": None, "lines": lines}],
        why="" if rows else _("No comparison has a category."),
    )


def _held_columns() -> list[Column]:
    return [
        Column("comparisons", _("Comparisons"), "count"),
        *with_interval("accuracy", _("As people say")),
        *with_interval("accuracy_without_ties", _("Without ties")),
        *with_interval("kappa", _("Kappa")),
        *with_interval("alpha", _("Alpha")),
    ]


def _held(found: Report) -> list[Any]:
    """A part of the judge's answers against people's, for `_held_columns`."""
    return [found["comparisons"], *(cell for name in _HELD for cell in spread_of(found[name]))]

"""Every judge beside every other, and one judge category by category."""

from django.utils.translation import gettext as _

from ....agreement.figure import Figure, in_comparisons
from ....agreement.tables import Column, Table, with_interval
from .parts import SHARES, WHISKERS, Report, line, spread_of

SHOWN_CATEGORIES = 20


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


def by_category(criterion: Report, judge: Report) -> Figure:
    """The judge's accuracy in each category."""
    columns = [
        Column("category", _("Category"), "text"),
        Column("comparisons", _("Comparisons"), "count"),
        *with_interval("accuracy", _("As people say")),
        *with_interval("accuracy_without_ties", _("Without ties")),
        *with_interval("kappa", _("Kappa")),
        *with_interval("alpha", _("Alpha")),
    ]
    names = ("accuracy", "accuracy_without_ties", "kappa", "alpha")
    rows = [
        [one["category"], one["comparisons"], *(cell for name in names for cell in spread_of(one[name]))]
        for one in judge["by_category"]
    ]
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

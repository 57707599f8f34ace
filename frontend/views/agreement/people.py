"""Figures of single annotators: each of them, every two of them, what they lean to."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ...templatetags.humanise import number
from .charts import Axis, Mark, mark, tint
from .figure import Figure, in_labels
from .tables import Column, Rows, Table, spread, with_interval

# Those with most labels are drawn; the files have all.
SHOWN_PEOPLE = 12
SHOWN_JUDGES = 6
SHOWN_DOTS = 400
SHOWN_LINES = 3  # judges' lines across the scatter, whose words would cover each other


def pairs(report: dict[str, Any], names: dict[int, str]) -> Figure:
    """Cohen's kappa of every two annotators."""
    found = report["pairs_of_annotators"]
    ids = found["annotators"]
    kinds = {one["annotator"]: one["kind"] for one in report["each_annotator"]}
    labels = {one["annotator"]: one["labels"] for one in report["each_annotator"]}
    columns = [
        Column("one", _("One"), "text"),
        Column("other", _("Other"), "text"),
        Column("kappa", _("Kappa")),
        Column("standard_error", _("Standard error")),
        Column("shared", _("Comparisons in common"), "count"),
    ]

    def rows() -> Iterator[list[Any]]:
        kappa, error, shared = found["kappa"], found["standard_error"], found["shared"]
        for i in range(len(ids)):
            for j in range(i):
                if shared[i][j]:
                    yield [names[ids[i]], names[ids[j]], kappa[i][j], error[i][j], shared[i][j]]

    shown_ids = {
        pk
        for kind, most in (("human", SHOWN_PEOPLE), ("judge", SHOWN_JUDGES))
        for pk in sorted((pk for pk in ids if kinds[pk] == kind), key=lambda pk: (-labels[pk], pk))[:most]
    }
    shown = [i for i, pk in enumerate(ids) if pk in shown_ids]
    lines = []
    for place, i in enumerate(shown[1:], start=1):
        cells = [
            {
                "kappa": found["kappa"][i][j],
                "tint": tint(found["kappa"][i][j]),
                "shared": found["shared"][i][j],
                "judge": "judge" in (kinds[ids[i]], kinds[ids[j]]),
            }
            for j in shown[:place]
        ]
        blank = len(shown) - 1 - place
        lines.append({"name": names[ids[i]], "kind": kinds[ids[i]], "cells": cells, "blank": range(blank)})
    return Figure(
        "pairs",
        _("Who agrees with whom"),
        _(
            "Kappa is agreement beyond chance; those alike stand side by side. With fewer than %(fewest)s"
            " comparisons in common it says nothing and is left out."
        )
        % {"fewest": found["fewest_shared"]},
        _("%(shown)s of %(all)s annotators") % {"shown": len(shown), "all": number(len(kinds))},
        Table(columns, Rows(found["number"], rows)),
        "pairs",
        rows=lines,
        more={"heads": [names[ids[i]] for i in shown[:-1]], "fewest": found["fewest_shared"]},
        why="" if lines else _("Nobody shares comparisons with anybody else yet."),
    )


def annotators(report: dict[str, Any], names: dict[int, str]) -> Figure:
    """Everybody's typical time and agreement with the consensus of the others."""
    columns = [
        Column("annotator", _("Annotator"), "text"),
        Column("kind", _("Kind"), "text"),
        Column("labels", _("Labels"), "count"),
        Column("median_seconds", _("Typical time"), "seconds"),
        *with_interval("consensus", _("With the others' consensus"), "percent"),
        *with_interval("agrees", _("With each other person"), "percent"),
        Column("kappa", _("Beyond chance")),
        *with_interval("competence", _("Competence"), "percent"),
        Column("first", _("First"), "percent"),
        Column("tie", _("Tie"), "percent"),
        Column("second", _("Second"), "percent"),
        *with_interval("repeats", _("Same again"), "percent"),
        *with_interval("changes", _("Changes with the order"), "percent"),
        Column("alpha_without", _("Alpha without")),
    ]
    every = report["each_annotator"]
    rows = Rows(len(every), lambda: (_annotator_row(one, names) for one in every))
    enough = [one for one in every if one["enough"] and one["consensus"]["value"] is not None]
    judges = [one for one in enough if one["kind"] == "judge"]
    shown = [one for one in enough if one["kind"] == "human"][:SHOWN_DOTS] + judges
    timed = any(one["median_seconds"] is not None for one in shown)
    axis, across, drawn = _scatter(shown, "median_seconds" if timed else "labels", names)
    return Figure(
        "annotators",
        _("Annotators, by time and agreement"),
        _(
            "How often somebody says what most of the others say, their own vote left out. Far below the"
            " others and fast is worth a look; different is not wrong."
        ),
        ngettext(
            "%(n)s annotator with 20 labels or more",
            "%(n)s annotators with 20 labels or more",
            len(enough),
        )
        % {"n": number(len(enough))}
        + (_("; the %(n)s with most are drawn") % {"n": SHOWN_DOTS} if len(enough) > len(shown) else ""),
        Table(columns, rows),
        "scatter",
        axis,
        drawn,
        {"across": across, "along": _("Typical time on a comparison") if timed else _("Labels given")},
        "" if drawn else _("Nobody has 20 labels yet on comparisons that others labelled too."),
    )


def _scatter(shown: list[dict[str, Any]], along: str, names: dict[int, str]) -> tuple[Axis, Axis, list[Mark]]:
    """The axis of agreement, that of time or of labels (`along`), and what stands between them: people as
    dots, and the judges with the most labels as lines."""
    timed = along == "median_seconds"
    across = Axis.over(
        [one[along] for one in shown if one["kind"] == "human"],
        0,
        60 if timed else 40,
        4,
        decimals=0,
        suffix=_(" s") if timed else "",
    )
    axis = Axis.over(
        [end for one in shown for end in one["consensus"]["ci95"]],
        0.5,
        1,
        5,
        decimals=0,
        factor=100,
        suffix=" %",
    )
    marks: list[Mark | None] = []
    lines = 0
    for one in shown:
        held = one["consensus"]
        words = _("%(name)s: %(share)s %% of %(n)s") % {
            "name": names[one["annotator"]],
            "share": round(100 * held["value"]),
            "n": number(held["comparisons"]),
        }
        if one["kind"] == "human" and one[along] is not None:
            marks.append(mark(axis, "people", held["value"], held["ci95"], across.at(one[along]), words))
        elif one["kind"] == "judge" and lines < SHOWN_LINES:
            lines += 1
            marks.append(
                mark(axis, "judge", held["value"], held["ci95"], "0", words, names[one["annotator"]])
            )
    return axis, across, [one for one in marks if one]


def leanings(report: dict[str, Any], names: dict[int, str]) -> Figure:
    """The side shown first, the longer response, and answers that change with the order."""
    columns = [
        Column("leaning", _("Leaning"), "text"),
        Column("who", _("Who"), "text"),
        *with_interval("share", _("Share"), "percent"),
        Column("n", _("Answers"), "count"),
    ]
    asked = [
        (_("Chooses the one shown first"), lambda one: one["first"], 0.5),
        (_("Chooses the longer one"), lambda one: one["longer"], 0.5),
        (
            _("Changes sides when the order is swapped"),
            lambda one: (one["mirrored"] or {}).get("changes"),
            None,
        ),
    ]
    axis = Axis(0, 1, 0.25, decimals=0, factor=100, suffix=" %")
    rows, blocks = [], []
    for title, find, middle in asked:
        lines = []
        for place, one in enumerate(report["leanings"]["rows"]):
            found = find(one) or {"value": None, "ends": None, "n": 0}
            who = one["name"] or _("People")
            rows.append([title, who, *spread(found["value"], found["ends"]), found["n"]])
            kind = "judge" if one["kind"] == "judge" else "people"
            if place > SHOWN_JUDGES:
                continue
            made = mark(axis, kind, found["value"], found["ends"])
            lines.append({"who": who, "kind": kind, "mark": made, "found": found})
        blocks.append({"title": title, "middle": middle and axis.at(middle), "lines": lines})
    return Figure(
        "leanings",
        _("Leanings"),
        _(
            "Sides are drawn at random, so half of the decided answers should fall on each; the line marks"
            " 50 %. Longer may also be better: compare people with judges."
        ),
        in_labels(report["comparisons"], report["labels"]["human"] + report["labels"]["judge"]),
        Table(columns, rows),
        "leanings",
        axis,
        blocks,
    )


def _annotator_row(one: dict[str, Any], names: dict[int, str]) -> list[Any]:
    def of(key: str, *path: str) -> Any:
        value = one.get(key)
        for step in path:
            value = (value or {}).get(step)
        return value

    return [
        names[one["annotator"]],
        _("Judge") if one["kind"] == "judge" else _("Person"),
        one["labels"],
        one["median_seconds"],
        *spread(of("consensus", "value"), of("consensus", "ci95")),
        *spread(of("agrees", "value"), of("agrees", "ci95")),
        of("agrees", "kappa"),
        *spread(of("competence", "value"), of("competence", "ci95")),
        of("strategy", "first"),
        of("strategy", "tie"),
        of("strategy", "second"),
        *spread(of("repeats", "same", "value"), of("repeats", "same", "ends")),
        *spread(of("mirrors", "changes", "value"), of("mirrors", "changes", "ends")),
        of("alpha_without"),
    ]

"""The figures of the calibration page, each with what it says, its table and where its marks stand."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ....templatetags.humanise import number, percent
from ...agreement.charts import Axis, mark, tint
from ...agreement.figure import Figure, in_comparisons
from ...agreement.tables import Column, Table, spread, with_interval
from .sentence import figure_in_words

SHARES = Axis(0, 1, 0.25, decimals=0, factor=100, suffix=" %")
SHOWN_PEOPLE = 25
SHOWN_CATEGORIES = 20
_WHISKERS = "frontend/judges/calibration/whiskers.html"
Report = Mapping[str, Any]


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
                *_spread(found["accuracy"]),
                found["accuracy"]["n"],
                *_spread(found["accuracy_without_ties"]),
                found["accuracy_without_ties"]["n"],
                *_spread(found["kappa"]),
                *_spread(found["alpha"]),
                *_spread(one["kappa_x"]),
                *_spread(calls),
            ]
        )
        lines.append(_line(one["name"], "judge", found["accuracy"], SHARES))
    return Figure(
        "judges",
        _("Judges against people"),
        _(
            "How often each says what people say: the known answer, else what most of two or more people say."
            " Kappa and alpha take out what chance alone would give."
        ),
        in_comparisons(judge["against_people"]["comparisons"]),
        Table(columns, rows),
        _WHISKERS,
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
        [one["category"], one["comparisons"], *(cell for name in names for cell in _spread(one[name]))]
        for one in judge["by_category"]
    ]
    lines = [
        _line(one["category"], "judge", one["accuracy"], SHARES)
        for one in judge["by_category"][:SHOWN_CATEGORIES]
    ]
    return Figure(
        "categories",
        _("By category"),
        _("Where it says what people say less often, people may be needed more."),
        in_comparisons(judge["against_people"]["comparisons"]),
        Table(columns, rows),
        _WHISKERS,
        SHARES,
        [{"title": "", "middle": None, "lines": lines}],
        why="" if rows else _("No comparison has a category."),
    )


def confusion(criterion: Report, judge: Report) -> Figure:
    """What people say, and what the judge says of the same."""
    found = judge["confusion"]
    classes, counts = found["classes"], found["counts"]
    words = {"a": _("A"), "b": _("B"), "tie": _("Tie"), "both_bad": _("Both bad")}
    used = [index for index in range(len(classes)) if any(counts[index]) or any(row[index] for row in counts)]
    total = sum(map(sum, counts))
    drawn = []
    for row in used:
        people = sum(counts[row])
        cells = []
        for column in used:
            share = counts[row][column] / people if people else None
            cells.append(
                {
                    "n": number(counts[row][column]),
                    "share": percent(share) if share is not None else "–",
                    "tint": tint(share),
                }
            )
        drawn.append({"name": words[classes[row]], "cells": cells, "n": number(people)})
    columns = [Column("people", _("People say"), "text")]
    columns += [Column(f"judge_{classes[column]}", words[classes[column]], "count") for column in used]
    return Figure(
        "confusion",
        _("What it says where people say …"),
        _("A row is what people say; the cells are how often the judge says what stands above."),
        in_comparisons(total),
        Table(columns, [[words[classes[row]], *(counts[row][column] for column in used)] for row in used]),
        "frontend/judges/calibration/confusion.html",
        rows=drawn,
        more={"heads": [words[classes[column]] for column in used]},
        why="" if total else _("There is no comparison that both have answered."),
    )


def reliability(criterion: Report, judge: Report) -> Figure:
    """How often the judge is right at each confidence, as it says it and calibrated."""
    soft = judge["soft"]
    series = (
        ("before", _("as it says it"), "both", soft["before"]),
        ("after", _("calibrated"), "judge", soft["after"]),
    )
    columns = [
        Column("which", _("Confidence"), "text"),
        Column("from", _("From")),
        Column("to", _("To")),
        Column("n", _("Comparisons"), "count"),
        Column("confidence", _("Mean confidence")),
        *with_interval("right", _("Right")),
    ]
    axis = Axis(0, 1, 0.25, decimals=2)
    rows, lines = [], []
    for _key, words, kind, found in series:
        marks = []
        for one in found["bins"] if found else []:
            rows.append(
                [
                    words,
                    one["from"],
                    one["to"],
                    one["n"],
                    one["confidence"],
                    *spread(one["right"], one["ci95"]),
                ]
            )
            told = _("%(which)s: sure %(confidence)s, right %(right)s of %(n)s") % {
                "which": words,
                "confidence": percent(one["confidence"]),
                "right": percent(one["right"]),
                "n": number(one["n"]),
            }
            marks.append(mark(axis, kind, one["right"], one["ci95"], axis.at(one["confidence"]), told))
        if found:
            error = _("off by %(ece)s on average") % {"ece": figure_in_words(found["ece"])}
            lines.append({"kind": kind, "words": f"{words}: {error}", "marks": [one for one in marks if one]})
    return Figure(
        "reliability",
        _("What its confidence is worth"),
        _(
            "On the line, it is right as often as it is sure. Calibrated figures are of comparisons that the"
            " correction has not seen."
        ),
        in_comparisons(soft["n"]),
        Table(columns, rows),
        "frontend/judges/calibration/reliability.html",
        axis,
        lines,
        {"chosen": soft["chosen"], "kept": soft["kept"]},
        "" if lines else str(soft["reason"] or _("It has no soft labels.")),
    )


def stand_in(criterion: Report, judge: Report) -> Figure:
    """The alternative annotator test, person by person."""
    test = judge["alternative"]
    columns = [
        Column("person", _("Person"), "text"),
        Column("comparisons", _("Comparisons"), "count"),
        Column("advantage", _("Judge as near to the others")),
        Column("person_advantage", _("Person as near")),
        Column("difference", _("Difference")),
        Column("p", _("p")),
        Column("wins", _("Judge wins"), "text"),
    ]
    names = {one["annotator"]: person_name(one) for one in criterion["each_person"]}
    rows = [
        [
            names.get(one["annotator"], _person(one["annotator"])),
            one["comparisons"],
            one["advantage"],
            one["person_advantage"],
            one["difference"],
            one["p"],
            _("yes") if one["wins"] else _("no"),
        ]
        for one in test["annotators"]
    ]
    lines = [
        {
            "who": name,
            "kind": "people",
            "mark": mark(SHARES, "judge", one["advantage"], None),
            "also": mark(SHARES, "people", one["person_advantage"], None),
            "words": (
                _("%(judge)s, the person %(person)s, of %(n)s: the judge wins")
                if one["wins"]
                else _("%(judge)s, the person %(person)s, of %(n)s")
            )
            % {
                "judge": percent(one["advantage"]),
                "person": percent(one["person_advantage"]),
                "n": number(one["comparisons"]),
            },
        }
        for (name, *_rest), one in zip(rows, test["annotators"], strict=True)
    ][:SHOWN_PEOPLE]
    says = _(
        "The alternative annotator test: each person is left out in turn; who is nearer to what the others"
        " say, the person or the judge? The judge may be worse by %(epsilon)s and still win."
    ) % {"epsilon": test["epsilon"]}
    if test["left_out"]:
        more = ngettext(
            " %(n)s person has too few comparisons.", " %(n)s people have too few.", test["left_out"]
        )
        says += more % {"n": number(test["left_out"])}
    return Figure(
        "stand-in",
        _("Could it stand in for a person?"),
        says,
        ngettext("%(n)s person", "%(n)s people", len(rows)) % {"n": number(len(rows))},
        Table(columns, rows),
        _WHISKERS,
        SHARES,
        [{"title": "", "middle": None, "lines": lines}],
        why="" if rows else str(test["reason"] or _("There are too few people.")),
    )


def people(criterion: Report, judge: Report) -> Figure:
    """The same for people: each against the others."""
    columns = [
        Column("person", _("Person"), "text"),
        Column("labels", _("Labels"), "count"),
        *with_interval("accuracy", _("As the others say")),
        Column("comparisons", _("Comparisons"), "count"),
        *with_interval("accuracy_without_ties", _("Without ties")),
        *with_interval("kappa", _("Kappa")),
        *with_interval("first_shown", _("First shown"), "percent"),
        *with_interval("prefers_longer", _("Chooses the longer"), "percent"),
    ]
    rows = []
    for one in criterion["each_person"]:
        found = one["against_people"]
        rows.append(
            [
                person_name(one),
                one["labels"],
                *_spread(found["accuracy"]),
                found["accuracy"]["n"],
                *_spread(found["accuracy_without_ties"]),
                *_spread(found["kappa"]),
                *_spread(one["position"]["first_shown"]),
                *_spread(one["length"]["prefers_longer"]),
            ]
        )
    lines = [_line(judge["name"], "judge", judge["against_people"]["accuracy"], SHARES)]
    lines += [
        _line(person_name(one), "people", one["against_people"]["accuracy"], SHARES)
        for one in [one for one in criterion["each_person"] if _known(one)][:SHOWN_PEOPLE]
    ]
    says = _("How often each person says what the others say, own vote left out, beside the judge.")
    if few := criterion["too_few_labels"]:
        more = ngettext(
            " %(n)s more has fewer than 20 labels.", " %(n)s more have fewer than 20 labels.", few
        )
        says += more % {"n": number(few)}
    return Figure(
        "people",
        _("The same for people"),
        says,
        ngettext("%(n)s person", "%(n)s people", len(rows)) % {"n": number(len(rows))},
        Table(columns, rows),
        _WHISKERS,
        SHARES,
        [{"title": "", "middle": None, "lines": lines}],
        why="" if rows else _("Nobody has 20 labels yet on comparisons that others labelled too."),
    )


def _known(one: Report) -> bool:
    return one["against_people"]["accuracy"]["value"] is not None


def person_name(one: Report) -> str:
    return str(one["name"] or _person(one["annotator"]))


def _person(annotator: int) -> str:
    return _("Person %(number)s") % {"number": annotator}


def _line(who: str, kind: str, figure: Report, axis: Axis, share: bool = True) -> dict[str, Any]:
    return {
        "who": who,
        "kind": kind,
        "mark": mark(axis, kind, figure["value"], figure["ci95"]),
        "words": figure_in_words(figure, share),
    }


def _spread(figure: Report | None) -> Sequence[float | None]:
    return spread(figure["value"], figure["ci95"]) if figure else [None, None, None]


Maker = Callable[[Report, Report], Figure]

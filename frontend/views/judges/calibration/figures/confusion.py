"""What people say, and what a judge says of the same."""

from django.utils.translation import gettext as _

from .....templatetags.humanise import number, percent
from ....agreement.charts import tint
from ....agreement.figure import Figure, in_comparisons
from ....agreement.tables import Column, Table
from .parts import Report


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

"""What a judge's confidence is worth, as it says it and calibrated."""

from django.utils.translation import gettext as _

from .....templatetags.humanise import number, percent
from ....agreement.charts import Axis, mark
from ....agreement.figure import Figure, in_comparisons
from ....agreement.tables import Column, Table, spread, with_interval
from ..sentence import figure_in_words
from .parts import Report


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

"""How often each model's responses win with a judge where neither is longer, beside how often as they are."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .....templatetags.humanise import number, percent
from ....agreement.charts import mark
from ....agreement.figure import Figure
from ....agreement.tables import Column, Table, with_interval
from ..sentence import figure_in_words
from .parts import SHARES, WHISKERS, Report, spread_of

SHOWN_MODELS = 20


def win_rates(criterion: Report, judge: Report) -> Figure:
    """Length-controlled win rates, people's own as a second mark."""
    found = judge["length"]["win_rates"]
    columns = [
        Column("model", _("Model"), "text"),
        Column("comparisons", _("Comparisons"), "count"),
        Column("raw", _("Wins as they are")),
        *with_interval("controlled", _("At equal length")),
        Column("people", _("People’s choice")),
    ]
    rows = [
        [one["model"], one["comparisons"], one["raw"], *spread_of(one["controlled"]), one["people"]]
        for one in found
    ]
    lines = [
        {
            "who": one["model"],
            "kind": "judge",
            "mark": mark(SHARES, "judge", one["controlled"]["value"], one["controlled"]["ci95"]),
            "also": mark(SHARES, "people", one["people"], None),
            "words": _in_words(one),
        }
        for one in found[:SHOWN_MODELS]
    ]
    return Figure(
        "win-rates",
        _("Which models win with it, at equal length"),
        _(
            "How often a model’s responses would win if all were equally long, and how often they win as they"
            " are. Read both: control also takes out what length is good for. The dot is people’s choice."
        ),
        ngettext("%(n)s model", "%(n)s models", len(rows)) % {"n": number(len(rows))},
        Table(columns, rows),
        WHISKERS,
        SHARES,
        [{"title": "", "middle": SHARES.at(0.5), "lines": lines}],
        why="" if rows else _("No two responses that it compared name different models."),
    )


def _in_words(one: Report) -> str:
    words = _("%(controlled)s; as they are %(raw)s") % {
        "controlled": figure_in_words(one["controlled"]),
        "raw": percent(one["raw"]),
    }
    if one["people"] is None:
        return words
    return _("%(words)s, people %(people)s") % {"words": words, "people": percent(one["people"])}

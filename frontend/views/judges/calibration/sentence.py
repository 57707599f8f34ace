"""What the calibration page says first of a judge: a sentence that a person could repeat aloud."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from ....templatetags.humanise import fixed, number, percent

Parts = list[tuple[str, bool]]


def sentence(judge: Mapping[str, Any]) -> Parts:
    """Parts of the sentences on one judge, and whether each is stressed."""
    return [*_accuracy(judge), *_leaning(judge), *_stands_in(judge)]


def figure_in_words(figure: Mapping[str, Any] | None, share: bool = True) -> str:
    """0.88 (0.86 to 0.90) of 1,078; why there is none otherwise. Shares in per cent."""
    if figure is None or figure["value"] is None:
        return str(figure["reason"] or _("too few")) if figure else ""
    show = percent if share else _two
    words = show(figure["value"])
    if figure["ci95"]:
        low, high = map(show, figure["ci95"])
        words += _(" (%(low)s to %(high)s)") % {"low": low, "high": high}
    if figure["n"]:
        words += _(" of %(n)s") % {"n": number(figure["n"])}
    return words if figure["ci95"] or not figure["reason"] else f"{words}; {figure['reason']}"


def _accuracy(judge: Mapping[str, Any]) -> Parts:
    found = judge["against_people"]
    accuracy, without = found["accuracy"], found["accuracy_without_ties"]
    if accuracy["value"] is None:
        why = _("%(name)s cannot be held against people yet: %(reason)s. ")
        return [(why % {"name": judge["name"], "reason": accuracy["reason"] or _("too few")}, False)]
    parts: Parts = [
        (_("%(name)s says what people say on ") % {"name": judge["name"]}, False),
        (
            _("%(share)s of %(n)s comparisons")
            % {"share": percent(accuracy["value"]), "n": number(accuracy["n"])},
            True,
        ),
    ]
    if accuracy["ci95"]:
        low, high = accuracy["ci95"]
        parts.append(
            (_(", between %(low)s and %(high)s") % {"low": percent(low), "high": percent(high)}, False)
        )
    if without["value"] is not None and without["n"] != accuracy["n"]:
        said = _("; where neither calls a tie, %(share)s of %(n)s")
        parts.append((said % {"share": percent(without["value"]), "n": number(without["n"])}, False))
    return [*parts, (". ", False)]


def _leaning(judge: Mapping[str, Any]) -> Parts:
    """Said only where chance would hardly do it, and it is more than a little."""
    first = judge["position"]["first_shown"]
    if first["value"] is None or not first["ci95"]:
        return []
    low, high = judge["position"]["first_shown_ci95_groups"] or first["ci95"]
    share = {"share": percent(first["value"])}
    if low > 0.5:
        leans = _("It leans to the response shown first")
    elif high < 0.5:
        leans = _("It leans to the response shown second")
    else:
        return [(_("It shows no leaning to either side (first shown: %(share)s). ") % share, False)]
    return [(leans, True), (_(" (it takes the first %(share)s of the time). ") % share, False)]


def _stands_in(judge: Mapping[str, Any]) -> Parts:
    test = judge["alternative"]
    if test["passes"] is None:
        return []
    won = {"share": percent(test["winning_rate"]), "n": number(len(test["annotators"]))}
    if test["passes"]:
        words = _("It may stand in for a person: it does as well as %(share)s of the %(n)s people compared.")
    else:
        words = _(
            "It may not stand in for a person: it does as well as only %(share)s of the %(n)s people"
            " compared, and half of them are needed."
        )
    return [(words % won, False)]


def _two(value: float) -> str:
    return fixed(value, 2)

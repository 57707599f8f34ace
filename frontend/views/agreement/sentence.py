"""What the agreement page says first: a sentence that a person could repeat aloud."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ...templatetags.humanise import fixed

# Krippendorff's conventions (2018, 12.4) above; below, preferences usually stand between 0.2 and 0.5.
_WORDS = (
    (0.8, lambda: _("reliably")),
    (2 / 3, lambda: _("well enough for tentative conclusions")),
    (0.4, lambda: _("moderately")),
    (0.2, lambda: _("weakly")),
)


# An interval as wide as this holds several of the words.
TOO_WIDE = 0.5


def sentence(report: dict[str, Any]) -> list[tuple[str, bool]]:
    """Parts of the sentence and whether each is stressed."""
    level, groups = report["level"], report["groups"]
    people, between = groups["human_human"], groups["human_judge"]
    parts = _people(report["criterion"], people["alpha"][level], people["intervals"][level])
    if not parts:
        reason = people["reasons"].get(level, "")
        parts = [(_("How far people agree is %(reason)s. ") % {"reason": reason}, False)]
    across = between["alpha"][level]
    if across is not None:
        parts += _judges(across, between["intervals"][level], people["intervals"][level])
    return parts + _leaning(report)


def _people(criterion: str, alpha: float | None, ends: list[float] | None) -> list[tuple[str, bool]]:
    """How far people agree; a word for it only where the interval leaves it one. Nothing without an alpha."""
    if alpha is None:
        return []
    figures = {"criterion": criterion, "alpha": fixed(alpha, 2)}
    if ends:
        figures |= {"low": fixed(ends[0], 2), "high": fixed(ends[1], 2)}
        interval = _(", between %(low)s and %(high)s. ") % figures
    else:
        interval = _(", from too little to say how sure that is. ")
    if ends is None or ends[1] - ends[0] > TOO_WIDE:
        said = _(" to say how well people agree on %(criterion)s: alpha %(alpha)s") % figures
        return [(_("It is "), False), (_("too early"), True), (said + interval, False)]
    said = _(" on %(criterion)s: alpha %(alpha)s") % figures
    return [(_("People agree "), False), (_word(alpha), True), (said + interval, False)]


def _judges(across: float, ends: list[float] | None, people: list[float] | None) -> list[tuple[str, bool]]:
    """Judges with people, and whether more or less than people; said only where the intervals show it."""
    figure = fixed(across, 2)
    if not people:
        return [(_("Judges agree with people at %s. ") % figure, False)]
    if ends and ends[1] < people[0]:
        verdict = _("less than they do with each other")
    elif ends and ends[0] > people[1]:
        verdict = _("more than they do with each other")
    else:
        said = _("Judges agree with them at %s; so far that cannot be told from how people agree. ")
        return [(said % figure, False)]
    return [(_("Judges agree with them "), False), (verdict, True), (_(" (%s). ") % figure, False)]


def _leaning(report: dict[str, Any]) -> list[tuple[str, bool]]:
    """Whoever leans to a side by more than chance and more than a little, the strongest by name."""
    rows = [one for one in report["leanings"]["rows"] if one["first"]["ends"]]
    found = [one for one in rows if one["first"]["ends"][0] > 0.55 or one["first"]["ends"][1] < 0.45]
    if not found:
        return []
    one = max(found, key=lambda one: abs(one["first"]["value"] - 0.5))
    first = one["first"]["value"] > 0.5
    if one["name"]:
        words = _(" leans to the response shown first") if first else _(" leans to the second")
    else:
        words = _(" lean to the response shown first") if first else _(" lean to the second")
    parts = [(one["name"] or _("People"), True), (words, False)]
    if others := len(found) - 1:
        more = ngettext("; %(n)s other leans to a side too", "; %(n)s others lean to a side too", others) % {
            "n": others
        }
        parts.append((more, False))
    return [*parts, (".", False)]


def _word(alpha: float) -> str:
    return next((word() for least, word in _WORDS if alpha >= least), _("hardly more than chance"))

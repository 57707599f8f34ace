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


def sentence(report: dict[str, Any]) -> list[tuple[str, bool]]:
    """Parts of the sentence and whether each is stressed."""
    level, groups = report["level"], report["groups"]
    people, between = groups["human_human"], groups["human_judge"]
    alpha = people["alpha"][level]
    parts: list[tuple[str, bool]] = []
    if alpha is None:
        parts.append(
            (_("How far people agree is %(reason)s.") % {"reason": people["reasons"].get(level, "")}, False)
        )
    else:
        parts += [(_("People agree "), False), (_word(alpha), True)]
        parts.append(
            (
                _(" on %(criterion)s: alpha %(alpha)s")
                % {"criterion": report["criterion"], "alpha": fixed(alpha, 2)},
                False,
            )
        )
        if ends := people["intervals"][level]:
            parts.append(
                (
                    _(", between %(low)s and %(high)s")
                    % {"low": fixed(ends[0], 2), "high": fixed(ends[1], 2)},
                    False,
                )
            )
        parts.append((". ", False))
    across = between["alpha"][level]
    if across is not None and alpha is not None:
        parts += _judges(across, between["intervals"][level], people["intervals"][level])
    parts += _leaning(report)
    return parts


def _judges(across: float, ends: list[float] | None, people: list[float] | None) -> list[tuple[str, bool]]:
    """Judges with people beside people among themselves; said only where the intervals stand apart."""
    if ends and people and ends[1] < people[0]:
        return [
            (_("Judges agree with them "), False),
            (_("less than they do with each other"), True),
            (_(" (%s). ") % fixed(across, 2), False),
        ]
    if ends and people and ends[0] > people[1]:
        return [
            (_("Judges agree with them "), False),
            (_("more than they do with each other"), True),
            (_(" (%s). ") % fixed(across, 2), False),
        ]
    said = _("Judges agree with them at %s, too near to how people agree to tell the two apart. ")
    return [(said % fixed(across, 2), False)]


def _leaning(report: dict[str, Any]) -> list[tuple[str, bool]]:
    """Whoever leans to a side by more than chance and more than a little, the strongest by name."""
    rows = [one for one in report["leanings"]["rows"] if one["first"]["ends"]]
    found = [one for one in rows if one["first"]["ends"][0] > 0.55 or one["first"]["ends"][1] < 0.45]
    if not found:
        return []
    one = max(found, key=lambda one: abs(one["first"]["value"] - 0.5))
    words = (
        _(" lean to the response shown first") if one["first"]["value"] > 0.5 else _(" lean to the second")
    )
    parts = [(one["name"] or _("People"), True), (words, False)]
    if others := len(found) - 1:
        more = ngettext("; so does %(n)s other", "; %(n)s others lean to a side too", others) % {"n": others}
        parts.append((more, False))
    return [*parts, (".", False)]


def _word(alpha: float) -> str:
    return next((word() for least, word in _WORDS if alpha >= least), _("hardly more than chance"))

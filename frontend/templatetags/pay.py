"""How a person's time and pay read on a page."""

from decimal import Decimal

from django import template
from django.utils.translation import gettext as _

from annotation.pace import earned

from .humanise import duration, number

register = template.Library()

_LONG = 10  # hours from which an estimate names no minutes, minutes from which a time names no seconds


@register.filter
def roughly(minutes: float | None) -> str:
    """An estimated time: less than 1 min, 12 min, 1 h 24 min, 26 h."""
    if minutes is None:
        return ""
    if minutes < 1:
        return _("less than 1 min")
    if minutes >= _LONG * 60:
        return _("%(hours)s h") % {"hours": number(round(minutes / 60))}
    return duration(60 * minutes)


@register.filter
def took(seconds: float | None) -> str:
    """The measured time of one answer: 41 s, 1 min 29 s, 12 min."""
    if seconds is None or not 60 <= (whole := round(seconds)) < _LONG * 60:
        return duration(seconds)
    return _("%(minutes)s min %(seconds)02d s") % {"minutes": whole // 60, "seconds": whole % 60}


@register.filter
def pays(answers: int, price: Decimal) -> Decimal | None:
    """What this many answers pay at `price` each; None without a price."""
    return earned(answers, price)

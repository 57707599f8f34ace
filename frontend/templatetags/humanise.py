"""How figures, answers and moments read on a page."""

import json
import re
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.template.defaultfilters import floatformat
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from annotation.models import Criterion, JudgeCall, Label
from annotation.ranking import BOTH_BAD, Scale

register = template.Library()

_NEAR = 7  # days in which a weekday says which day is meant
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
_STATES = {
    JudgeCall.State.PENDING: gettext_lazy("waiting"),
    JudgeCall.State.IN_FLIGHT: gettext_lazy("being asked"),
    JudgeCall.State.OK: gettext_lazy("answered"),
    JudgeCall.State.REFUSED: gettext_lazy("refused"),
    JudgeCall.State.TRUNCATED: gettext_lazy("cut off"),
    JudgeCall.State.UNPARSABLE: gettext_lazy("unreadable"),
    JudgeCall.State.TRANSPORT_ERROR: gettext_lazy("not reached"),
    JudgeCall.State.RATE_LIMITED: gettext_lazy("rate limited"),
    JudgeCall.State.BUDGET_STOPPED: gettext_lazy("stopped by budget"),
    JudgeCall.State.INVALID_INPUT: gettext_lazy("unfit input"),
    JudgeCall.State.CANCELLED: gettext_lazy("cancelled"),
}


def fixed(value: Decimal | float, places: int = 0) -> str:
    """12,345.68: rounded, where Django's `number_format` cuts digits off."""
    return str(floatformat(value, f"{places}g"))


@register.filter
def number(value: int | None) -> str:
    """1,482."""
    return "" if value is None else fixed(value)


@register.filter
def percent(value: float | None) -> str:
    """48 %, of a share between 0 and 1."""
    return "" if value is None else _("%(number)s\N{NO-BREAK SPACE}%%") % {"number": fixed(100 * value)}


@register.filter
def tenths(value: float | None) -> str:
    """48.3 %, of a share between 0 and 1."""
    return "" if value is None else _("%(number)s\N{NO-BREAK SPACE}%%") % {"number": fixed(100 * value, 1)}


@register.filter
def breakable(name: str) -> SafeString:
    """A name such as family:model/prompt_style that may be broken where its parts end, in a narrow place."""
    return mark_safe(re.sub(r"([/:_])(?=\w)", r"\1<wbr>", escape(name)))  # noqa: S308 (escaped first)


@register.filter
def points(value: float | None) -> str:
    """A difference of shares in points of a hundred: 2.1, -0.3."""
    return "" if value is None else fixed(100 * value, 1)


class Unit(str):
    """A currency with the decimals that all amounts of one place are shown with."""

    places: int


@register.simple_tag
def unit(currency: str, *amounts: Decimal | float | None, rows: Iterable[Any] = (), of: str = "") -> Unit:
    """The `money` of a column: of these amounts and of attribute `of` of each row. Cents, or four decimals
    for all where cents would say nothing of one."""
    found = Unit(currency)
    found.places = max(_places(amount) for amount in (0, *amounts, *(getattr(row, of) for row in rows)))
    return found


@register.filter
def money(value: Decimal | float | None, currency: str = "USD") -> str:
    """$12.40, and $0.0031 where cents would say nothing; in a column as its `unit` says."""
    places = currency.places if isinstance(currency, Unit) else _places(value)
    symbol = _SYMBOLS.get(currency, f"{currency} ")
    return f"{symbol}{fixed(Decimal(value or 0), places)}"


def _places(amount: Decimal | float | None) -> int:
    return 4 if 0 < abs(Decimal(amount or 0)) < Decimal("0.1") else 2


@register.filter
def duration(seconds: float | None) -> str:
    """41 s, 12 min, 3 h 05 min."""
    if seconds is None:
        return ""
    if seconds < 60:
        return _("%(number)s s") % {"number": round(seconds)}
    minutes = round(seconds / 60)
    if minutes < 60:
        return _("%(number)s min") % {"number": minutes}
    return _("%(hours)s h %(minutes)02d min") % {"hours": minutes // 60, "minutes": minutes % 60}


@register.filter
def when(moment: datetime) -> str:
    """A moment as near as it is: its time today, with the weekday in the last days, else its date."""
    local = timezone.localtime(moment)
    days = (timezone.localdate() - local.date()).days
    clock = time_format(local, "TIME_FORMAT").replace(" ", "\N{NO-BREAK SPACE}")
    if days == 0:
        return clock
    if days == 1:
        return _("Yesterday, %(time)s") % {"time": clock}
    if 0 < days < _NEAR:
        return _("%(weekday)s, %(time)s") % {"weekday": date_format(local, "l"), "time": clock}
    return date_format(local, "DATE_FORMAT")


@register.filter
def role_name(role: str) -> str:
    """Who speaks in a chat: a known role by its word, any other as it was given."""
    names = {"user": _("Person"), "assistant": _("Assistant"), "system": _("Instructions"), "tool": _("Tool")}
    return names.get(role, role)


@register.filter
def verdict(label: Label) -> str:
    """A label's answer in words over stored letters: A slightly better, C > A = B."""
    return answer_in_words(label.ranking, label.strength, Scale(label.criterion.scale))


@register.filter
def ranking_in_words(ranking: str) -> str:
    """A ranking without strength: A better, Tie, A > B = C."""
    return answer_in_words(ranking, None, Scale.THREE_WAY)


def answer_in_words(ranking: str, strength: int | None, scale: Scale) -> str:
    """One answer for people to read; letters are those of the stored order."""
    if ranking == BOTH_BAD:
        return _("Both bad")
    if not ranking:
        return _("None")
    tiers = [tier.upper() for tier in ranking.split(">")]
    if len(ranking) == 3 and len(tiers) == 1:
        return _("Tie")
    if len(ranking) > 3 or len(tiers) == 1:
        return " > ".join(tier.replace("=", " = ").replace("~", " ~ ") for tier in tiers)
    words = {
        (2, 2): _("%s clearly better"),
        (2, 1): _("%s slightly better"),
        (3, 3): _("%s much better"),
        (3, 1): _("%s slightly better"),
    }
    return words.get((scale.steps, strength or 0), _("%s better")) % tiers[0]


@register.filter
def call_state(state: str) -> str:
    """The state of a judge's call as a word for people."""
    return str(_STATES.get(JudgeCall.State(state), state)) if state in JudgeCall.State.values else state


@register.filter
def act_name(act: str) -> str:
    """What an entry of the audit log says was done."""
    names = {
        "pause": _("Paused"),
        "resume": _("Resumed"),
        "exclude": _("Excluded"),
        "readmit": _("Readmitted"),
        "appeal": _("Appealed"),
        "adjudicate": _("Decided the comparison"),
        "approve-plan": _("Approved the routing plan"),
        "guidelines": _("Changed the guidelines"),
        "matchmake": _("Had people lent first what tells most about models"),
        "judge": _("Set up the judge"),
        "judge-retire": _("Took the judge out of service"),
        "judge-return": _("Brought the judge back"),
        "judge-template": _("Saved the judge template"),
        "judge-try": _("Tried the judge"),
        "tag": _("Had comparisons tagged by"),
        "tag-stop": _("Stopped the tagging by"),
        "panel": _("Set up the panel"),
        "panel-retire": _("Took the panel out of service"),
        "panel-retry": _("Had the panel ask again"),
        "panel-start": _("Started the panel"),
        "release": _("Made the release"),
        "run-start": _("Started the judge"),
        "run-retry": _("Had the judge ask again"),
        "run-pause": _("Paused the judge"),
        "run-resume": _("Resumed the judge"),
        "run-cancel": _("Cancelled the judge's run"),
        "keep-calibration": _("Kept a calibration"),
        "stop-calibration": _("Stopped using a calibration"),
        "member": _("Gave a role to"),
        "member-removed": _("Removed the member"),
        "token-made": _("Made the API token"),
        "token-revoked": _("Revoked the API token"),
        "webhook-made": _("Added the webhook"),
        "webhook-paused": _("Paused the webhook"),
        "webhook-removed": _("Removed the webhook"),
        "webhook-resumed": _("Resumed the webhook"),
        "webhook-secret": _("Gave another secret to the webhook"),
        "resend": _("Sent again to the webhook"),
        "settle-flag": _("Settled a flag on"),
        "invite": _("Invited"),
        "crowd-link": _("Opened a crowd link"),
        "close-link": _("Closed a link"),
        "join": _("Joined"),
        "erase": _("Erased themselves"),
        "take-part": _("Took part"),
        "complete": _("Finished their part"),
        "screen-out": _("Screened out"),
        "return": _("Returned"),
        "leak": _("Decided about a leak"),
        "create": _("Created"),
        "settings": _("Changed settings"),
        "open": _("Opened"),
        "close": _("Closed"),
        "archive": _("Archived"),
        "restore": _("Restored"),
        "ask-deletion": _("Asked for deletion"),
        "keep": _("Kept after all"),
        "delete": _("Deleted"),
        "import": _("Asked to import"),
        "imported": _("Imported"),
        "remove-upload": _("Forgot a file"),
        "warn": _("Warned"),
        "quality": _("Instruments and rules changed"),
        "gold": _("Known answers changed"),
    }
    return names.get(act, act)


@register.filter
def pretty(value: Any) -> str:
    """JSON for people to read."""
    return json.dumps(value, indent=1, ensure_ascii=False)


@register.filter
def words(count: int) -> str:
    """215 words."""
    return ngettext("%(number)s word", "%(number)s words", count) % {"number": number(count)}


@register.filter
def share_of(part: float | Decimal | None, whole: float | Decimal | None) -> str:
    """Per cent with one decimal and a point in every language, for a bar's width."""
    return f"{100 * float(part or 0) / float(whole):.1f}" if whole else "0"


@register.filter
def call_verdict(verdict: dict[str, Any], criteria: Iterable[Criterion]) -> str:
    """What a call said on every criterion: overall: A slightly better; helpful: Tie."""
    scales = {criterion.name: Scale(criterion.scale) for criterion in criteria}
    parts = []
    for name, said in verdict.items():
        ranking, strength = (
            (said.get("ranking"), said.get("strength")) if isinstance(said, dict) else (said, None)
        )
        words = answer_in_words(str(ranking or ""), strength, scales.get(name, Scale.THREE_WAY))
        parts.append(f"{name}: {words}")
    return "; ".join(parts)


@register.filter
def rendered(turn: dict[str, str]) -> SafeString:
    """A turn's HTML from `frontend.rendering`: the only text on any page that is not escaped."""
    return mark_safe(turn["html"])  # noqa: S308 (came through the allow-list of rendering/markdown.py)

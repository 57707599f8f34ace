"""A person's own answers and skips as they read on a page: what was asked, what they said, and when."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotation.models import Assignment, Criterion
from annotation.ranking import Ranking, RankingTask, Scale, letters, parse, relabel

from .rendering import text_of
from .templatetags.humanise import answer_in_words

_OPENING = 200
_NEAR = 7  # days in which a weekday says which day is meant
_SKIPPED = {
    Assignment.SkipReason.NOT_MY_FIELD: gettext_lazy("Not my field"),
    Assignment.SkipReason.BROKEN: gettext_lazy("Broken"),
    Assignment.SkipReason.UNSAFE: gettext_lazy("Unsafe"),
    Assignment.SkipReason.PERSONAL_DATA: gettext_lazy("Personal data"),
    Assignment.SkipReason.OTHER: gettext_lazy("Something else"),
}


def opening(prompt: Sequence[Mapping[str, Any]]) -> str:
    """The last thing asked, as plain text that fits a line or two; empty where it holds no text."""
    return " ".join((text_of(prompt[-1]) if prompt else "").split())[:_OPENING]


def title(criterion: Criterion) -> str:
    """A criterion's name for people to read."""
    return criterion.name.replace("-", " ").replace("_", " ").capitalize()


def skip_reason(reason: str) -> str:
    """Why a comparison was given back, in words."""
    return str(_SKIPPED[Assignment.SkipReason(reason)])


def said(ranking: str, strength: int | None, criterion: Criterion, shown: str) -> str:
    """A stored answer in words, in the letters that its annotator saw: A clearly better; C, then A = D.

    `shown` lists stored letters in the order shown. Raises RankingError where the two do not fit.
    """
    k = len(shown)
    stored = parse(ranking, k)
    if stored.both_bad:
        return _("Both bad") if k == 2 else _("All bad")
    seen = relabel(stored, "".join(letters(k)[shown.index(letter)] for letter in letters(k)))
    if k == 2:
        return answer_in_words(str(seen), strength, Scale(criterion.scale))
    return _placed(seen, RankingTask.parse(criterion.ranking))


def when(moment: datetime) -> str:
    """A moment as near as it is: its time today, with the weekday in the last days, else its date."""
    local = timezone.localtime(moment)
    days = (timezone.localdate() - local.date()).days
    clock = time_format(local, "TIME_FORMAT")
    if days == 0:
        return clock
    if days == 1:
        return _("Yesterday, %(time)s") % {"time": clock}
    if days < _NEAR:
        return _("%(weekday)s, %(time)s") % {"weekday": date_format(local, "l"), "time": clock}
    return date_format(local, "DATE_FORMAT")


def _placed(ranking: Ranking, task: RankingTask) -> str:
    if task.best_worst and len(ranking.tiers) > 1:
        best, worst = (_tier(ranking.tiers[index]) for index in (0, -1))
        return _("%(best)s best, %(worst)s worst") % {"best": best, "worst": worst}
    placed = [
        _("the rest") if index in ranking.uncompared else _tier(tier)
        for index, tier in enumerate(ranking.tiers)
    ]
    return _(", then ").join(placed)


def _tier(tier: Sequence[str]) -> str:
    return " = ".join(letter.upper() for letter in tier)

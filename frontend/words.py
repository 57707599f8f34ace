"""Answers, skips and flags as they read on a page: what was asked, who said what, and why."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotation.media import address_place
from annotation.models import Annotator, Assignment, Criterion
from annotation.ranking import Ranking, RankingTask, Scale, letters, parse, relabel

from .rendering import text_of
from .templatetags.humanise import answer_in_words

_OPENING = 200
_READ = 20 * _OPENING  # characters that an opening is looked for in
_PICTURE = re.compile(r"!\[([^\]]{0,500})\]\([^)]*(?:\)|\Z)|media:[0-9a-f]{64}")
_SKIPPED = {
    Assignment.SkipReason.NOT_MY_FIELD: gettext_lazy("Not my field"),
    Assignment.SkipReason.BROKEN: gettext_lazy("Broken"),
    Assignment.SkipReason.UNSAFE: gettext_lazy("Unsafe"),
    Assignment.SkipReason.PERSONAL_DATA: gettext_lazy("Personal data"),
    Assignment.SkipReason.OTHER: gettext_lazy("Something else"),
}


def opening(prompt: Sequence[Mapping[str, Any]]) -> str:
    """The last thing asked, as plain text that fits a line or two; empty where it holds nothing.

    Pictures, sound and film are their description or the word for them, never their address.
    """
    if not prompt:
        return ""
    message, content = prompt[-1], prompt[-1].get("content")
    if isinstance(content, list):
        message = {**message, "content": [_media_in_words(part) for part in content]}
    text = _PICTURE.sub(lambda match: match[1] or _("Picture"), text_of(message)[:_READ])
    return " ".join(text.split())[:_OPENING]


def title(criterion: Criterion) -> str:
    """A criterion's name for people to read."""
    return criterion.name.replace("-", " ").replace("_", " ").capitalize()


def skip_reason(reason: str) -> str:
    """Why a comparison was given back, in words."""
    return str(_SKIPPED[Assignment.SkipReason(reason)])


def ended(annotator: Annotator) -> str:
    """How a guest's part ended: completed, screened out, returned. Empty for members and while it goes on.
    No SQL where `participation` was selected along."""
    part = getattr(annotator, "participation", None)
    return part.get_state_display().lower() if part is not None and part.ended_at else ""


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


def who(annotator: Annotator) -> str:
    """The annotator's name; an imported one may be an e-mail address, which is shown to nobody."""
    if annotator.kind == Annotator.Kind.HUMAN and "@" in annotator.name:
        return _("Person %(number)s") % {"number": annotator.pk}
    return annotator.name


def _media_in_words(part: Any) -> Any:
    if address_place(part) is None:
        return part
    if isinstance(alt := part.get("alt"), str) and alt:
        return alt
    names = " ".join([str(part.get("type")), *part])
    return _("Sound") if "audio" in names else _("Film") if "video" in names else _("Picture")


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

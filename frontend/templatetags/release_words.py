"""What a release says of itself, in words."""

from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..releases import ReleaseForm

register = template.Library()

REASONS = {
    "instrument": gettext_lazy("gold, kept as an instrument"),
    "flagged": gettext_lazy("has an open flag"),
    "unfit": gettext_lazy("empty or identical responses"),
    "low_agreement": gettext_lazy("annotators agree too little on the criterion"),
    "no_votes": gettext_lazy("no vote that stands"),
    "too_few_votes": gettext_lazy("too few votes"),
    "low_probability": gettext_lazy("not probable enough"),
    "tie": gettext_lazy("a tie"),
    "both_bad": gettext_lazy("both bad"),
    "unresolved": gettext_lazy("votes are level"),
    "outvoted": gettext_lazy("order of the ranking against the votes on the pair"),
    "not_compared": gettext_lazy("nobody compared them"),
    "between": gettext_lazy("neither best nor worst"),
    "bad_margin": gettext_lazy("margin is no number"),
    "not_text": gettext_lazy("not only text"),
    "empty_prompt": gettext_lazy("empty prompt"),
    "empty_text": gettext_lazy("empty answer"),
    "identical_text": gettext_lazy("answers that look the same"),
    "prompt_repeated": gettext_lazy("answer repeats the prompt"),
    "not_an_answer": gettext_lazy("not a model's turn"),
    "different_context": gettext_lazy("no common prompt"),
    "not_alternating": gettext_lazy("turns do not alternate"),
    "several_messages": gettext_lazy("several messages"),
    "not_a_pair": gettext_lazy("more than two responses"),
    "other_source": gettext_lazy("of others than asked for"),
}
CHANGES = {
    "changed": gettext_lazy("Another answer"),
    "added": gettext_lazy("Added"),
    "removed": gettext_lazy("Removed"),
    "left out": gettext_lazy("Still left out"),
    "votes": gettext_lazy("Other votes"),
}


@register.filter
def left_out(reason: str) -> str:
    """Why something stays out."""
    return str(REASONS.get(reason, reason))


@register.filter
def change_name(what: str) -> str:
    return str(CHANGES.get(what, what))


@register.filter
def change_reason(why: str) -> str:
    """The cause of a change; reasons inside it in words."""
    if why.startswith("was "):
        return _("was left out: %(reason)s") % {"reason": left_out(why.removeprefix("was "))}
    before, now, after = why.partition(", now ")
    if not now:
        return left_out(why)
    return _("%(before)s, now %(after)s") % {"before": left_out(before), "after": left_out(after)}


@register.filter
def option_name(name: str) -> str:
    """What an option is called, as in the form for a new release."""
    field = ReleaseForm.base_fields.get(name)
    return str(field.label) if field else name


@register.filter
def option_value(value: Any) -> str:
    """The value of an option; a dash where there is none."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value is None or value == "":
        return "–"
    return f"{value:g}" if isinstance(value, float) else str(value)

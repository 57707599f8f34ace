"""The form for a new release, and its dataset card as HTML."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from annotation import consensus, exports
from annotation.models import Criterion

from .rendering.markdown import to_html

_SOURCES = {
    "routed": _("as routed: people's, else the judge's"),
    "human": _("people's votes alone"),
    "judge": _("judges' votes alone"),
    "all": _("everybody's votes"),
}
_TIES = {
    "drop": _("leave them out"),
    "soft": _("a preference each way, with probability one half"),
    "unresolved": _("into files of their own"),
}


class ReleaseForm(forms.Form):
    """What a release is asked for, in the words of its options."""

    formats = forms.MultipleChoiceField(
        label=_("Formats"),
        choices=[(name, name) for name in exports.FORMATS],
        initial=["trl-preference"],
        widget=forms.CheckboxSelectMultiple,
    )
    criterion = forms.ChoiceField(label=_("Criterion"), required=False)
    source = forms.ChoiceField(label=_("Whose votes"), choices=_SOURCES, initial="routed")
    consensus = forms.ChoiceField(
        label=_("Consensus"),
        choices=[(name, name) for name in consensus.METHODS],
        initial=consensus.DEFAULT,
    )
    min_labels = forms.IntegerField(label=_("Fewest votes"), min_value=1, max_value=1000, initial=1)
    min_probability = forms.FloatField(label=_("Least probability"), min_value=0, max_value=1, initial=0.0)
    min_agreement = forms.FloatField(
        label=_("Least agreement"),
        min_value=-1,
        max_value=1,
        required=False,
        help_text=_("The lower end of alpha's 95 % interval must reach it, by criterion."),
    )
    ties = forms.ChoiceField(label=_("Ties"), choices=_TIES, initial="drop")
    test_share = forms.FloatField(
        label=_("Held out for test"),
        min_value=0,
        max_value=0.9,
        initial=0.1,
        help_text=_("Share of groups. Prompts that are nearly the same stay together."),
    )
    file_type = forms.ChoiceField(label=_("Files"), choices=[(one, one) for one in exports.FILE_TYPES])
    license = forms.CharField(
        label=_("Licence"), max_length=60, required=False, help_text=_("Such as cc-by-4.0, for the card.")
    )
    rationales = forms.BooleanField(label=_("with the annotators' free texts"), required=False)
    flagged = forms.BooleanField(label=_("with comparisons that have an open flag"), required=False)
    instruments = forms.BooleanField(label=_("with comparisons that are gold"), required=False)

    def __init__(self, criteria: Sequence[Criterion], *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        names = [(criterion.name, criterion.name) for criterion in criteria]
        self.fields["criterion"].choices = [("", _("all")), *names]  # type: ignore[attr-defined]

    def formats_explained(self) -> list[tuple[Any, str]]:
        """The box of every format, and what the format is for."""
        return [(box, exports.FORMATS[str(box.data["value"])].replace("`", "")) for box in self["formats"]]

    def options(self) -> exports.Options:
        """Of a form that is valid."""
        values = dict(self.cleaned_data)
        values["criterion"] = values["criterion"] or None
        return exports.Options(formats=tuple(values.pop("formats")), **values)


def card_html(card: str) -> SafeString:
    """The card's Markdown, without its YAML head, as safe HTML."""
    if card.startswith("---\n"):
        card = card.partition("\n---\n")[2]
    return mark_safe(to_html(card.strip()))  # noqa: S308 (to_html sanitises)

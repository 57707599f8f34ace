"""A panel of judges as people fill it in. What a value means, `set_panel` alone checks."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from llm_judges.models import Panel
from llm_judges.panels import MOST_MEMBERS

_RULES = (
    (Panel.Rule.MAJORITY, _l("majority: what more than half of them say")),
    (Panel.Rule.MEAN, _l("mean: the largest mean of how sure they are")),
    (Panel.Rule.WEIGHTED, _l("weighted: by how often each is known to be right")),
    (Panel.Rule.CASCADE, _l("cascade: the first that is sure, one after the other")),
)
_NO_MAJORITY = (("tie", _l("it is a tie")), ("drop", _l("there is no label")))
_OF_CASCADES = ("threshold", "target_accuracy")
_OF_OTHERS = ("quorum", "no_majority")
_SEAT = "judge_{}"


def _figure(label: Any, help_text: Any = "", kind: Any = forms.FloatField, mode: str = "decimal") -> Any:
    widget = forms.TextInput(attrs={"inputmode": mode, "autocomplete": "off"})
    return kind(label=label, help_text=help_text, required=False, widget=widget)


class PanelForm(forms.Form):
    """A panel's entry, with a seat for each judge that is in service."""

    use_required_attribute = False
    name = forms.CharField(
        label=_l("Name"),
        help_text=_l("Letters, digits and hyphens, such as jury."),
        required=False,
        max_length=80,
    )
    rule = forms.ChoiceField(label=_l("Rule"), choices=_RULES)
    quorum = _figure(
        _l("Judges that must answer"), _l("Empty: more than half of them."), forms.IntegerField, "numeric"
    )
    no_majority = forms.ChoiceField(label=_l("Where no answer wins"), choices=_NO_MAJORITY)
    threshold = _figure(_l("A judge is sure from"), _l("A probability, such as 0.9."))
    target_accuracy = _figure(
        _l("Or find it, so that labels are right this often"),
        _l("By what people have answered; takes 30 comparisons or more."),
    )

    def __init__(self, judges: Sequence[str], *args: Any, known: bool = False, **more: Any) -> None:
        """`judges`: names of those in service; `known`: the panel is there, so its name stays."""
        super().__init__(*args, **more)
        self._seats = [_SEAT.format(number) for number in range(1, min(len(judges), MOST_MEMBERS) + 1)]
        for number, seat in enumerate(self._seats, 1):
            self.fields[seat] = forms.ChoiceField(
                label=_("Judge %(number)s") % {"number": number},
                choices=[("", _("nobody")), *((name, name) for name in judges)],
                required=False,
            )
        if known:
            del self.fields["name"]
        else:
            self.fields["name"].widget.attrs["autofocus"] = True

    @property
    def seats(self) -> list[forms.BoundField]:
        return [self[seat] for seat in self._seats]

    @property
    def entry(self) -> dict[str, Any]:
        """The values by the keys of a project file; only after `is_valid`."""
        found = self.cleaned_data
        kept = _OF_CASCADES if found["rule"] == Panel.Rule.CASCADE else _OF_OTHERS
        values = {key: found[key] for key in ("name", "rule", *kept) if key in found}
        return values | {"judges": [found[seat] for seat in self._seats if found[seat]]}

    def blame(self, error: ValueError) -> None:
        """Puts an error of `set_panel` beside the field that it speaks of."""
        words = str(error)
        first = re.match(r"\w+", words)
        key = first[0] if first else ""
        field = self._seats[0] if key == "judges" and self._seats else key
        if field in self.fields:
            label = self.fields[field].label if field == key else _("Judges")
            self.add_error(field, f"{label}{words[len(key) :]}")
        else:
            self.add_error(None, words)


def initial_of(panel: Panel) -> dict[str, Any]:
    """What a form of this panel begins with."""
    settings: Mapping[str, Any] = panel.version.settings
    seats = {_SEAT.format(number): one["name"] for number, one in enumerate(settings["judges"], 1)}
    return {key: value for key, value in settings.items() if key != "judges"} | seats

"""What a plan is asked for with: what people may get, who chooses, beside which judge."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from annotation.models import Project
from routing.drafting import Budget
from routing.policies import POLICIES
from routing.policy import PlanError
from routing.standing import judge_names

from ...short_forms import ShortForm

OVERLAPS = (3, 5)  # most labels on one comparison: an even number adds nothing to the odd one below it


class PlanForm(ShortForm):
    """`cleaned_data["budget"]` is what `drafting.ask` takes."""

    amount = forms.CharField(
        label=_l("People may get"),
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "required": True}),
    )
    kind = forms.ChoiceField(label=_l("Counted in"))
    policy = forms.ChoiceField(label=_l("Chosen by"))
    judge = forms.ChoiceField(label=_l("Beside the judge"), required=False)
    overlap = forms.TypedChoiceField(label=_l("Labels on each"), coerce=int, empty_value=None, required=False)

    def __init__(self, project: Project, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        names = judge_names(project)
        nobody = [] if self.initial.get("judge") else [("", _("whoever can be asked"))]
        choices: dict[str, list[tuple[Any, Any]]] = {
            "kind": [
                ("share", _("% of what is open")),
                ("labels", _("labels, audit included")),
                ("money", _("%(currency)s, audit included") % {"currency": project.currency}),
            ],
            "policy": [(one.name, f"{one.name}: {one.about}") for one in POLICIES.values()],
            "judge": nobody + [(name, name) for name in names],
            "overlap": [("", _("as the project says"))]
            + [(most, _("up to %(most)s, where they pay") % {"most": most}) for most in OVERLAPS],
        }
        if len(names) < 2:
            del self.fields["judge"], choices["judge"]
        for key, offered in choices.items():
            field = self.fields[key]
            assert isinstance(field, forms.ChoiceField)
            field.choices = offered

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        values.setdefault("judge", "")
        text, kind = values.get("amount", "").replace(",", ".").rstrip("% "), values.get("kind")
        if "amount" not in values or not kind:
            return values
        try:
            values["budget"] = Budget.of(kind, _share(text) if kind == "share" else text)
        except PlanError:
            most = _("Type a number from 0 to 100.") if kind == "share" else _("Type a number, 0 or more.")
            self.add_error("amount", most)
        return values


def _share(text: str) -> str:
    """25 as a share; what is no number is left for `Budget` to refuse."""
    try:
        return str(float(text) / 100)
    except ValueError:
        return text

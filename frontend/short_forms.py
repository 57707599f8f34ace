"""Forms of a few fields that stand on a page about something else: what is wrong is said at its field, and
what was typed stays. What may be, the domain alone says; its errors name a field where one is at fault."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _l

from annotation.links import LONGEST_NAME, MOST_PLACES
from annotation.models import Pool, Project
from annotation.models.joining import PROLIFIC
from annotation.people import LONGEST_REASON

from .forms import number

DAYS = (1, 7, 30, 90)
LASTS = (30, 90, 365)  # days that a new token may be given
MOST_MONEY = Decimal(10**9)
MOST_COMPARISONS = 10**9
Words = Any  # text, perhaps translated later


class ShortForm(forms.Form):
    """A form whose fields the domain checks."""

    use_required_attribute = False

    def blame(self, error: Exception) -> None:
        """Says an error beside the field that it names, above the form where it names none."""
        field = getattr(error, "field", "")
        self.add_error(field if field in self.fields else None, str(error))


def _text(label: Words, help_text: Words = "", **attrs: Any) -> forms.CharField:
    """`attrs` are of the input; how long a text may be, the domain says once it was typed."""
    widget = forms.TextInput(attrs=attrs)
    return forms.CharField(label=label, help_text=help_text, required=False, widget=widget)


def _money(text: str, wrong: Words) -> Decimal | None:
    """An amount as people type it, with a comma too; None where nothing was typed."""
    if not text:
        return None
    try:
        amount = Decimal(text.replace(",", "."))
    except InvalidOperation:
        amount = Decimal("nan")
    if not amount.is_finite() or not 0 <= amount < MOST_MONEY:
        raise forms.ValidationError(wrong)
    return amount


def _count(text: str) -> int | None:
    """How many comparisons; None where nothing was typed."""
    found = number(text)
    if text and not (found and found < MOST_COMPARISONS):
        raise forms.ValidationError(_l("The number of comparisons is a whole number, 1 or more."))
    return found


class CopyForm(ShortForm):
    """Another project like one."""

    name = _text(_l("Name of the copy"), maxlength=200)


class DeleteForm(ShortForm):
    """The project's slug, typed to confirm."""

    typed = _text(_l("Confirmation"), autocomplete="off", spellcheck="false", autocapitalize="none")


class ProjectFileForm(ShortForm):
    """A changed project file."""

    file = forms.FileField(
        label=_l("Apply a changed file"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".yaml,.yml"}),
    )


class ReasonForm(ShortForm):
    """Why somebody is paused or excluded; they read it."""

    reason = forms.CharField(
        label=_l("Why, in words that they will read"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": LONGEST_REASON}),
    )


class RunForm(ShortForm):
    """What a judge's run may cost, and how much it may do; empty: no limit."""

    cap = _text("", inputmode="decimal", autocomplete="off")
    limit = _text(_l("Comparisons at most"), inputmode="numeric", autocomplete="off")

    def clean_cap(self) -> Decimal | None:
        amount = _money(
            self.cleaned_data["cap"], _l("The most it may cost is an amount of money, such as 25.")
        )
        return None if amount is None else amount.quantize(Decimal("0.0001"))

    def clean_limit(self) -> int | None:
        return _count(self.cleaned_data["limit"])


class TagForm(ShortForm):
    """How many comparisons a judge tags, and whose embeddings say how alike responses are."""

    limit = _text(
        _l("Comparisons at most"),
        _l("Empty: all that have no tags yet."),
        inputmode="numeric",
        autocomplete="off",
    )
    embedding_model = _text(
        _l("Embedding model"),
        _l(
            "Of the same endpoint: how alike the responses are is then measured by it. Empty: by their words."
        ),
        autocomplete="off",
    )
    embedding_price = _text("", inputmode="decimal", autocomplete="off")

    def clean_limit(self) -> int | None:
        return _count(self.cleaned_data["limit"])

    def clean_embedding_model(self) -> str:
        name: str = self.cleaned_data["embedding_model"]
        if len(name) > 200:
            raise forms.ValidationError(_l("Shorten the name to 200 characters."))
        return name

    def clean_embedding_price(self) -> Decimal | None:
        return _money(
            self.cleaned_data["embedding_price"], _l("A price is an amount of money, such as 0.02.")
        )


class LinkForm(ShortForm):
    """A link that lets people in: for whom, into which pool, how many, for how long."""

    name = _text(_l("For whom"), maxlength=LONGEST_NAME, required=True)
    pool = forms.ModelChoiceField(
        Pool.objects.none(), label=_l("Pool"), required=False, empty_label=_l("the usual one")
    )
    places = forms.IntegerField(
        label=_l("People"),
        min_value=1,
        max_value=MOST_PLACES,
        widget=forms.NumberInput(attrs={"required": True}),
    )
    days = forms.TypedChoiceField(
        label=_l("Holds for"),
        coerce=int,
        choices=[(1, _l("a day")), *((days, _l("%(number)s days") % {"number": days}) for days in DAYS[1:])],
    )

    def __init__(self, project: Project, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        pool = self.fields["pool"]
        assert isinstance(pool, forms.ModelChoiceField)
        pool.queryset = project.pools.all()


class InviteForm(LinkForm):
    """An invitation, with the role that it gives."""

    role = forms.ChoiceField(label=_l("Role"))
    field_order = ("name", "role", "pool", "places", "days")

    def __init__(self, project: Project, roles: Iterable[tuple[str, Words]], *args: Any, **more: Any) -> None:
        more.setdefault("initial", {"role": "annotator", "places": 1, "days": 7})
        super().__init__(project, *args, **more)
        role = self.fields["role"]
        assert isinstance(role, forms.ChoiceField)
        role.choices = list(roles)


class CrowdForm(LinkForm):
    """A crowd link: also where people come from and go back to."""

    platform = forms.ChoiceField(
        label=_l("They come from"), choices=[("prolific", "Prolific"), ("own", _l("elsewhere"))]
    )
    id_parameter = _text(_l("Elsewhere: parameter of their id"), maxlength=40)
    return_url = _text(_l("They go back to"), maxlength=200)
    completed_code = _text(_l("Code: completed"), maxlength=60)
    screened_out_code = _text(_l("Code: screened out"), maxlength=60)
    quota_full_code = _text(_l("Code: no place left"), maxlength=60)
    field_order = ("name", "platform", "id_parameter", "pool", "places", "days", "return_url")

    def __init__(self, project: Project, *args: Any, **more: Any) -> None:
        more.setdefault("initial", {"places": 20, "days": 7, "return_url": PROLIFIC})
        super().__init__(project, *args, **more)

    def link(self) -> dict[str, Any]:
        """As `crowd.open_link` takes it; Prolific's parameters are those of the model."""
        values = dict(self.cleaned_data)
        if values.pop("platform") == "prolific":
            del values["id_parameter"]
            return values
        return values | {"study_parameter": "", "session_parameter": ""}


class TokenForm(ShortForm):
    """A token for a program."""

    name = _text(_l("What for"), maxlength=100, required=True, autocomplete="off")
    role = forms.ChoiceField(label=_l("Role"))
    days = forms.TypedChoiceField(
        label=_l("Ends"),
        coerce=int,
        empty_value=None,
        required=False,
        choices=[
            ("", _l("when revoked")),
            *((days, _l("after %(days)s days") % {"days": days}) for days in LASTS),
        ],
    )

    def __init__(self, roles: Iterable[str], *args: Any, **more: Any) -> None:
        more.setdefault("initial", {"role": "viewer", "days": 90})
        super().__init__(*args, **more)
        role = self.fields["role"]
        assert isinstance(role, forms.ChoiceField)
        role.choices = [(name, name) for name in roles]


class WebhookForm(ShortForm):
    """An address that is told what happens."""

    url = _text(_l("Address"), type="url", required=True, maxlength=500, placeholder="https://")
    kinds = forms.MultipleChoiceField(label=_l("Is told"), required=False)

    def __init__(self, events: Iterable[str], *args: Any, **more: Any) -> None:
        events = list(events)
        more.setdefault("initial", {"kinds": events})
        super().__init__(*args, **more)
        kinds = self.fields["kinds"]
        assert isinstance(kinds, forms.MultipleChoiceField)
        kinds.choices = [(event, event) for event in events]

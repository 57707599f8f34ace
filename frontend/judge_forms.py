"""A judge and a prompt template as people fill them in. What a value means, `set_judge` alone checks."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _l

from annotation.models import Project
from llm_judges.models import JudgeTemplate
from llm_judges.prompts import PAIRWISE, built_in
from llm_judges.settings import IDENTITY, LONGEST_RUBRIC, TERMS

_ORDERS = (
    ("both", _l("both: as stored and reversed, and every shift of more than two")),
    ("random", _l("one, drawn for each comparison")),
    ("fixed", _l("one, as stored")),
)
_TRANSPORTS = (("direct", _l("each by itself")), ("batch", _l("in files, by the provider’s Batch API")))
_TOO_LONG = (("refuse", _l("is not asked")), ("shorten", _l("loses its middle")))
DEFAULTS = {**IDENTITY, **TERMS, "template": PAIRWISE}


def _text(label: Any, help_text: Any = "", **more: Any) -> forms.CharField:
    more.setdefault("required", False)
    return forms.CharField(label=label, help_text=help_text, **more)


def _whole(label: Any, help_text: Any = "", **more: Any) -> forms.IntegerField:
    widget = forms.TextInput(attrs={"inputmode": "numeric"})
    return forms.IntegerField(label=label, help_text=help_text, required=False, widget=widget, **more)


def _figure(label: Any, help_text: Any = "") -> forms.FloatField:
    widget = forms.TextInput(attrs={"inputmode": "decimal"})
    return forms.FloatField(label=label, help_text=help_text, required=False, widget=widget)


class JudgeForm(forms.Form):
    """A judge's entry; an empty field of a number means what `set_judge` takes None for."""

    use_required_attribute = False  # an empty field is explained by us, in the same place as all else
    name = _text(_l("Name"), _l("Letters, digits and hyphens, such as careful."), max_length=80)
    base_url = _text(_l("Address"), _l("Of an OpenAI-compatible endpoint, such as https://host/v1."))
    model = _text(_l("Model"), _l("As the endpoint calls it; better one with a date than “latest”."))
    template = forms.ChoiceField(label=_l("Template"), help_text=_l("What is asked, and how."))
    rubric = _text(
        _l("Rubric"),
        _l("Points that it goes through, where the template shows them."),
        widget=forms.Textarea,
        max_length=LONGEST_RUBRIC,
    )
    orders = forms.ChoiceField(label=_l("Orders"), choices=_ORDERS)
    samples = _whole(_l("Replies in each order"), _l("More than one needs a temperature."))
    temperature = _figure(_l("Temperature"), _l("0 to 2; empty: not sent."))
    max_tokens = _whole(_l("Longest reply, in tokens"), _l("Empty: not sent. Models that reason need more."))
    reference = _text(_l("Reference answer"), _l("The key in a comparison’s metadata that holds one."))
    top_p = _figure(_l("Top p"), _l("0 to 1; empty: not sent."))
    seed = _whole(_l("Seed"), _l("Empty: not sent."))
    logprobs = forms.BooleanField(
        label=_l("Take how sure it is from token probabilities, where the endpoint offers them"),
        required=False,
    )
    context_tokens = _whole(_l("Context of the model, in tokens"), _l("Empty: not looked at."))
    too_long = forms.ChoiceField(label=_l("What is too long for it"), choices=_TOO_LONG)
    api_key_env = _text(
        _l("Environment variable that holds the key"),
        _l("Its name, not the key; set wherever workers run. It goes before a stored key."),
    )
    key = _text(
        _l("Or the key itself"),
        _l("Stored encrypted and never shown again. Empty: stays as it is."),
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        max_length=1000,
    )
    forget_key = forms.BooleanField(label=_l("Forget the stored key"), required=False)
    input_price = _figure(_l("Input"), _l("A million tokens; 0 is a price. Empty: unknown."))
    output_price = _figure(_l("Output"))
    cached_price = _figure(_l("Input from the provider’s cache"), _l("Empty: as input."))
    reasoning_price = _figure(_l("Output spent on reasoning"), _l("Empty: as output."))
    budget = _figure(_l("Most that it may cost"), _l("All versions together. Empty: no cap of its own."))
    requests_per_minute = _whole(_l("Requests a minute"), _l("Empty: no limit."))
    tokens_per_minute = _whole(_l("Tokens a minute"), _l("Empty: no limit."))
    concurrency = _whole(_l("Calls in flight, of all workers"))
    timeout_seconds = _whole(_l("Seconds to wait for a reply"))
    transport = forms.ChoiceField(label=_l("Calls are sent"), choices=_TRANSPORTS, required=False)
    batch_share = _figure(_l("Price in a batch"), _l("As a part of the prices above, such as 0.5."))
    breaker_share = _figure(
        _l("Stops when so many replies are of no use"),
        _l("As a share of the last 50, above 0: 0.5 is every second one."),
    )

    def __init__(self, project: Project, *args: Any, known: bool = False, **more: Any) -> None:
        """`known`: the judge is there, so its name stays."""
        super().__init__(*args, **more)
        template = self.fields["template"]
        assert isinstance(template, forms.ChoiceField)
        template.choices = [(name, name) for name in template_names(project)]
        if known:
            del self.fields["name"]
        else:
            self.fields["name"].widget.attrs["autofocus"] = True

    @property
    def entry(self) -> dict[str, Any]:
        """The values by the keys of a project file; only after `is_valid`."""
        values = dict(self.cleaned_data)
        del values["key"], values["forget_key"]
        values["rubric"] = values["rubric"].replace("\r\n", "\n")  # as browsers send line ends
        # A default stands in for an empty field that cannot be left open.
        for key in NEEDED:
            if values[key] in (None, ""):
                values[key] = DEFAULTS[key]
        return values

    @property
    def ways(self) -> list[forms.BoundField]:
        """The settings that few need; they fold away."""
        return [self[name] for name in WAYS]

    @property
    def ways_open(self) -> bool:
        """Whether one of them is set, or at fault."""
        return any(
            name in self.errors or self[name].value() not in (DEFAULTS[name], str(DEFAULTS[name]), None, "")
            for name in WAYS
        )


NEEDED = ("samples", "concurrency", "timeout_seconds", "transport", "batch_share", "breaker_share")
WAYS = ("reference", "top_p", "seed", "logprobs", "context_tokens", "too_long")


class TemplateForm(forms.Form):
    """A prompt template of the project's own."""

    use_required_attribute = False
    name = _text(_l("Name"), _l("Letters, digits and hyphens, such as terse."), max_length=80)
    text = _text(
        _l("Text"),
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false", "class": "source"}),
        strip=False,
    )

    def __init__(self, *args: Any, known: bool = False, **more: Any) -> None:
        """`known`: the template is there, so its name stays."""
        super().__init__(*args, **more)
        if known:
            del self.fields["name"]

    def clean_text(self) -> str:
        """Browsers send the line ends of Windows, which would be another text."""
        return str(self.cleaned_data["text"]).replace("\r\n", "\n")


def template_names(project: Project) -> list[str]:
    """Those that come along, then the project's own."""
    own = JudgeTemplate.objects.filter(project=project).values_list("name", flat=True).distinct()
    return [*built_in(), *sorted(set(own) - set(built_in()))]

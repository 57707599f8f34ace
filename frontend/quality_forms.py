"""Instruments, rules and known answers as an owner fills them in. What may be, the domain alone checks."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _l

from annotation.consensus import TIE
from annotation.instruments.known import LONGEST_EXPLANATION
from annotation.instruments.settings import ACTIONS, RULES, Quality
from annotation.instruments.setup import LONGEST_CONSENT
from annotation.instruments.watching import offered
from annotation.models import Comparison, Criterion, Gold
from annotation.ranking import BOTH_BAD, letters

from .words import title

ACTION_NAMES = {
    "off": _l("does nothing"),
    "warn": _l("warns"),
    "pause": _l("pauses"),
    "stop": _l("stops: their answers count no more"),
}
RULE_NAMES = {
    "accuracy": _l("Known and agreed answers are often missed"),
    "side": _l("Nearly always the first, or the second"),
    "same": _l("The same buttons again and again"),
    "speed": _l("Faster than anybody reads"),
}
USES = {
    Gold.Use.MONITORING: _l("hidden among the work"),
    Gold.Use.QUALIFICATION: _l("in the qualification test"),
    Gold.Use.TRAINING: _l("for training"),
}
_SHARES = ("gold", "repeats", "mirrors", "honest")


def _number(label: Any, help_text: Any = "") -> forms.FloatField:
    widget = forms.TextInput(attrs={"inputmode": "decimal"})
    return forms.FloatField(label=label, help_text=help_text, widget=widget)


class QualityForm(forms.Form):
    """The settings of a project; shares are in per cent."""

    use_required_attribute = False
    consent = forms.CharField(
        label=_l("Consent"),
        help_text=_l("Everybody agrees to it before anything else; empty: nobody is asked. Markdown."),
        widget=forms.Textarea(attrs={"rows": 6}),
        max_length=LONGEST_CONSENT,
        required=False,
    )
    comparisons = _number(_l("Comparisons in the test"), _l("0: there is no test."))
    share = _number(_l("Right answers to pass, in %"))
    retries = _number(_l("Further tries"), _l("Whoever fails them all is paused and may appeal."))
    training = _number(_l("Comparisons to practise on"), _l("With our answer after each; 0: none."))
    gold = _number(_l("Known comparisons, in %"))
    repeats = _number(_l("Repeats, in %"), _l("The same once more, in the same order."))
    mirrors = _number(_l("Mirrors, in %"), _l("The same once more, sides swapped."))
    repeat_gap = _number(_l("Answers before a repeat"))
    honest = _number(_l("Right answers of careful people, in %"), _l("Less than that is held against them."))
    words_a_minute = _number(_l("Words a minute that nobody reads faster than"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for rule in RULES:
            self.fields[f"rule_{rule}"] = forms.ChoiceField(
                label=RULE_NAMES[rule], choices=[(action, ACTION_NAMES[action]) for action in ACTIONS]
            )

    @property
    def rules(self) -> Iterator[Any]:
        return (self[f"rule_{rule}"] for rule in RULES)

    def values(self) -> dict[str, Any]:
        """As `set_quality` takes them."""
        said = self.cleaned_data
        found: dict[str, Any] = {key: said[key] / 100 for key in _SHARES}
        found |= {key: said[key] for key in ("training", "repeat_gap", "words_a_minute")}
        found["qualification"] = {
            "comparisons": said["comparisons"],
            "pass": said["share"] / 100,
            "retries": said["retries"],
        }
        found["rules"] = {rule: said[f"rule_{rule}"] for rule in RULES}
        return found

    def blame(self, key: str, message: str) -> None:
        """Says an error of `set_quality` beside the field that it speaks of."""
        name = {"pass": "share"}.get(last := key.rpartition(".")[2], last)
        name = f"rule_{name}" if name in RULES else name
        self.add_error(name if name in self.fields else None, message)


def initial_of(quality: Quality, consent: str) -> dict[str, Any]:
    """What the form shows of a project's settings."""
    test = quality.qualification
    shares = {key: _shown(100 * getattr(quality, key)) for key in _SHARES}
    return {
        "consent": consent,
        "comparisons": test.comparisons,
        "share": _shown(100 * test.share),
        "retries": test.retries,
        "training": quality.training,
        "repeat_gap": quality.repeat_gap,
        "words_a_minute": quality.words_a_minute,
        **shares,
        **{f"rule_{rule}": quality.action(rule) for rule in RULES},
    }


class GoldForm(forms.Form):
    """The right answer to one comparison, by criterion, and what it is used for."""

    def __init__(
        self, criteria: tuple[Criterion, ...], comparison: Comparison, *args: Any, **more: Any
    ) -> None:
        super().__init__(*args, **more)
        self.asked = criteria
        for criterion in criteria:
            self.fields[f"answer_{criterion.name}"] = forms.ChoiceField(
                label=title(criterion),
                required=False,
                choices=[("", _l("not known")), *rankings(criterion, comparison.k)],
            )
        self.fields["use"] = forms.ChoiceField(label=_l("Used"), choices=list(USES.items()))
        self.fields["explanation"] = forms.CharField(
            label=_l("Why"),
            help_text=_l(
                "People read it after their training answer. Name no letters: each sees another order."
            ),
            widget=forms.Textarea(attrs={"rows": 2}),
            max_length=LONGEST_EXPLANATION,
            required=False,
        )

    def answers(self) -> dict[str, str]:
        """Rankings by criterion name, of those that are known."""
        said = {one.name: self.cleaned_data[f"answer_{one.name}"] for one in self.asked}
        return {name: ranking for name, ranking in said.items() if ranking}


def initial_gold(known: Mapping[Criterion, str], use: str, explanation: str) -> dict[str, Any]:
    """What the form shows of a comparison that is gold."""
    answers = {f"answer_{criterion.name}": ranking for criterion, ranking in known.items()}
    return {**answers, "use": use, "explanation": explanation}


def rankings(criterion: Criterion, k: int) -> list[tuple[str, Any]]:
    """What may be the right answer, with its name: which response is best, a tie, both bad."""
    stored = letters(k)
    found: list[tuple[str, Any]] = []
    for one in offered(criterion, k):
        if one == TIE:
            found.append(("=".join(stored), _l("a tie")))
        elif one == BOTH_BAD:
            found.append((BOTH_BAD, _l("both bad") if k == 2 else _l("all bad")))
        else:
            others = "=".join(letter for letter in stored if letter != one)
            found.append((f"{one}>{others}", _l("%(letter)s is better") % {"letter": one.upper()}))
    return found


def _shown(number: float) -> str:
    return f"{number:.4g}"

"""The settings that are plain fields: guidelines, judges, prices, routing."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _l

from routing.policies import POLICIES

from .section import Section, figure, lines, split, text, typed

_ORDERS_DIFFER = (
    ("tie", _l("is a tie")),
    ("half", _l("counts half for each")),
    ("drop", _l("is no label")),
)
_LEAKS = (
    ("accept", _l("is listed, and shown as it is")),
    ("mask", _l("is shown with the words covered")),
    ("exclude", _l("is not asked about")),
)
_FIGURES = ("minimum_hourly_pay", "labels_per_person", "budget")


class GuidelinesSection(Section):
    """What annotators are told."""

    key = "guidelines"
    template = "frontend/setup/guidelines.html"
    guidelines = text(
        _l("Guidelines"),
        _l("Markdown. A change is a new version: everybody reads it before they go on, with what changed."),
        widget=forms.Textarea(attrs={"rows": 22, "class": "source", "spellcheck": "true"}),
        max_length=100_000,
    )

    def build(self) -> None:
        self.initial = {"guidelines": self.said["guidelines"]}

    def entry(self) -> dict[str, Any]:
        return {"guidelines": self.cleaned_data["guidelines"].replace("\r\n", "\n")}


class JudgesSection(Section):
    """What holds for all judges; each has pages of its own, which this one leads to."""

    key = "judges"
    template = "frontend/setup/judges.html"
    inconsistency = forms.ChoiceField(
        label=_l("A judge that changes its mind with the order"), choices=_ORDERS_DIFFER
    )

    def build(self) -> None:
        self.initial = {"inconsistency": self.said["inconsistency"]}

    def entry(self) -> dict[str, Any]:
        return {"inconsistency": self.cleaned_data["inconsistency"]}


class GeneralSection(Section):
    """Name, prices, budget, and what pages may load."""

    key = "general"
    name = text(_l("Name"), _l("As annotators see it."), max_length=200)
    human_label = figure(_l("Price of an answer"), _l("What a person is paid for one comparison."))
    currency = text(_l("Currency"), _l("Three letters, such as USD."), max_length=3)
    minimum_hourly_pay = figure(
        _l("Least pay of an hour"), _l("What the median hour of work earns stands beside it. Empty: none.")
    )
    labels_per_person = figure(_l("Most answers of one person"), _l("Empty: no limit."))
    budget = figure(_l("Budget"), _l("For people and judges together. Empty: none."))
    media_hosts = lines(
        _l("Hosts that pictures, sound and film may come from"),
        _l("One https origin a line. Whoever runs such a host learns who reads what. Empty: only this one."),
    )
    identity_leaks = forms.ChoiceField(
        label=_l("A response that says who wrote it"),
        choices=_LEAKS,
        help_text=_l("Holds for what is imported from now on."),
    )

    def build(self) -> None:
        self.initial = {key: self.said[key] for key in ("name", *_FIGURES, "identity_leaks")}
        self.initial |= self.said["prices"]
        self.initial["media_hosts"] = "\n".join(self.said["media_hosts"])

    def entry(self) -> dict[str, Any]:
        values = self.cleaned_data
        return {
            "name": values["name"],
            "prices": {"human_label": typed(values["human_label"]) or 0, "currency": values["currency"]},
            **{key: typed(values[key]) for key in _FIGURES},
            "identity_leaks": values["identity_leaks"],
            "media_hosts": split(values["media_hosts"]),
        }

    def places(self) -> dict[str, str]:
        found = {"prices.human_label": "human_label", "human_label_price": "human_label"}
        return found | {"prices.currency": "currency"}


class RoutingSection(Section):
    """Who labels what, and what limits it."""

    key = "routing"
    template = "frontend/setup/plain.html"
    policy = forms.ChoiceField(
        label=_l("Policy"), help_text=_l("Who is asked when a plan is drawn up; see Routing.")
    )
    audit_share = figure(
        _l("Audit slice"), _l("Part of the comparisons, drawn by lot, that people and judge both label.")
    )
    refit_after = figure(_l("Learn anew after"), _l("As many new labels of people; 0: never by itself."))
    label_worth = figure(_l("Worth of a right label"), _l("For the stop rule. Empty: it never says stop."))
    least_per_category = lines(
        _l("Least asked of people in a category"), _l("One a line, such as coding: 50."), rows=2
    )

    def build(self) -> None:
        policy = self.fields["policy"]
        assert isinstance(policy, forms.ChoiceField)
        policy.choices = [(name, f"{name}: {one.about}") for name, one in POLICIES.items()]
        routing = self.said["routing"]
        self.initial = {"policy": self.said["policy"]}
        self.initial |= {key: routing[key] for key in ("audit_share", "refit_after", "label_worth")}
        least = routing["least_per_category"].items()
        self.initial["least_per_category"] = "\n".join(f"{name}: {number}" for name, number in least)
        for pool in self._pools():
            self.fields[f"hours-{pool}"] = figure(_l("Most hours of %(pool)s") % {"pool": pool})
            self.fields[f"capacity-{pool}"] = figure(_l("Most labels of %(pool)s") % {"pool": pool})
            self.initial[f"hours-{pool}"] = routing["hours"].get(pool)
            self.initial[f"capacity-{pool}"] = routing["capacity"].get(pool)

    def _pools(self) -> list[str]:
        return [pool["name"] for pool in self.said["pools"]]

    def clean_least_per_category(self) -> str:
        value: str = self.cleaned_data["least_per_category"]
        for line in split(value):
            if ":" not in line:
                raise forms.ValidationError(_l("Write each line as a category, a colon and a number."))
        return value

    def entry(self) -> dict[str, Any]:
        values = self.cleaned_data
        routing: dict[str, Any] = {
            "audit_share": typed(values["audit_share"]),
            "refit_after": typed(values["refit_after"]),
            "label_worth": typed(values["label_worth"]),
            "least_per_category": self._least(),
        }
        for limit in ("hours", "capacity"):
            given = {pool: typed(values[f"{limit}-{pool}"]) for pool in self._pools()}
            routing[limit] = {pool: number for pool, number in given.items() if number is not None}
        return {"policy": values["policy"], "routing": routing}

    def _least(self) -> dict[str, Any]:
        """What was typed line by line, by category."""
        lines_typed = (line.rpartition(":") for line in split(self.cleaned_data["least_per_category"]))
        return {name.strip(): typed(number) for name, _colon, number in lines_typed}

    def places(self) -> dict[str, str]:
        found = {f"routing.{key}": key for key in ("audit_share", "refit_after", "label_worth")}
        for category in self._least():
            found[f"routing.least_per_category.{category}"] = "least_per_category"
        for limit in ("hours", "capacity"):
            found |= {f"routing.{limit}.{pool}": f"{limit}-{pool}" for pool in self._pools()}
        return found

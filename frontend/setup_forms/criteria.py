"""The criteria as a form: one block of fields for each, and an empty one for another."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _l

from annotation.models import Criterion, Label, Project
from annotation.ranking import Scale

from .blocks import Block, BlockSection, numbered
from .section import figure, lines, split, text, typed

_SCALES = {
    Scale.TWO_WAY.value: _l("A or B"),
    Scale.THREE_WAY.value: _l("A, tie, B"),
    Scale.FIVE_POINT.value: _l("five points: clearly, slightly, tie"),
    Scale.SEVEN_POINT.value: _l("seven points"),
    Scale.RANKING.value: _l("ranking, for more than two"),
}
_RATIONALES = (("off", _l("not asked for")), ("optional", _l("if they like")), ("required", _l("always")))
_MEANING = ("question", "scale", "ranking", "both_bad")
_NEW = {"scale": "five-point", "ranking": "full", "rationale": "off", "rationale_min": "0"}


class CriterionBlock(Block):
    """One criterion."""

    name = text(_l("Name"), _l("One word, such as helpful. Labels and files carry it."), max_length=60)
    question = text(_l("Question"), _l("As people and judges read it."), max_length=300)
    scale = forms.ChoiceField(label=_l("How a pair is judged"), choices=list(_SCALES.items()))
    ranking = text(
        _l("How more than two are ranked"), _l("full, best-worst, or top-3 and the like."), max_length=12
    )
    both_bad = forms.BooleanField(
        label=_l("All of them may be called bad"), help_text=_l("Which is no tie."), required=False
    )
    confidence = forms.BooleanField(label=_l("Ask how sure they are"), required=False)
    reasons = lines(_l("Reasons to tick"), _l("One a line. Empty: none."))
    rationale = forms.ChoiceField(label=_l("A reason in words"), choices=_RATIONALES)
    rationale_min = figure(_l("Its least length, in characters"))

    def __init__(self, *args: Any, labelled: bool, renewed: bool, version: int, **more: Any) -> None:
        """`labelled`: what it means may not change, unless it is `renewed` as another version."""
        super().__init__(*args, **more)
        self.labelled, self.renewed, self.version = labelled, renewed, version
        if labelled and not renewed:
            for key in _MEANING:
                self.fields[key].disabled = True
        if labelled:
            del self.fields["remove"]

    @property
    def meaning(self) -> list[forms.BoundField]:
        """What a label of it says."""
        return [self[key] for key in ("name", *_MEANING)]

    @property
    def beside(self) -> list[forms.BoundField]:
        """What is asked beside it; may change at any time."""
        return [self[key] for key in ("confidence", "reasons", "rationale", "rationale_min")]

    def as_entry(self) -> dict[str, Any]:
        values = self.cleaned_data
        return {
            "name": values["name"],
            "question": values["question"],
            "scale": values["scale"],
            "ranking": values["ranking"] or "full",
            "both_bad": values["both_bad"],
            "confidence": values["confidence"],
            "reasons": split(values["reasons"]),
            "rationale": values["rationale"],
            "rationale_min": typed(values["rationale_min"]) or 0,
            "version": self.version + (self.renewed and self.labelled),
        }


class CriteriaSection(BlockSection):
    """What is asked of every comparison."""

    key = "criteria"
    list_key = "criteria"
    template = "frontend/setup/criteria.html"
    renew = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, project: Project, said: dict[str, Any], *args: Any, renew: str = "", **more: Any
    ) -> None:
        """`renew` names the criterion that gets another version."""
        self._renew = renew
        super().__init__(project, said, *args, **more)

    def build(self) -> None:
        labelled = _labelled(self.project)
        data = self.data if self.is_bound else None
        renew = self.data.get("renew", "") if self.is_bound else self._renew
        self.initial = {"renew": renew}
        self.blocks = [
            CriterionBlock(
                data,
                prefix=f"c{number}",
                initial=_initial(entry, number),
                labelled=entry.get("name") in labelled,
                renewed=bool(renew) and entry.get("name") == renew,
                version=entry.get("version", 1),
                empty_permitted=not entry,
            )
            for number, entry in enumerate([*self.said["criteria"], {}])
        ]

    def entry(self) -> dict[str, Any]:
        found = super().entry()
        if not found[self.list_key]:  # the file takes an empty list for its default
            raise ValueError(str(_l("Keep one criterion at least.")))
        return found


def _initial(entry: dict[str, Any], number: int) -> dict[str, Any]:
    """A criterion's entry as its block shows it."""
    reasons = "\n".join(entry.get("reasons", []))
    least = str(entry.get("rationale_min", 0))
    return _NEW | numbered(entry, number) | {"reasons": reasons, "rationale_min": least}


def _labelled(project: Project) -> set[str]:
    """Names of the current criteria that have labels."""
    found = Criterion.objects.filter(project=project, retired_at=None)
    return {one.name for one in found if Label.objects.filter(criterion=one).exists()}

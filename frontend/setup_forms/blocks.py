"""A section that is a list: a block of fields for each entry, which can be moved and taken out, and an empty
one for another."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _l

from .section import Section, figure, typed


class Block(forms.Form):
    """One entry of the list; a form that adds fields of its own. Its name stays once it is there."""

    use_required_attribute = False
    order = figure(_l("Place"))
    remove = forms.BooleanField(label=_l("Take this out"), required=False)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.there = bool(self.initial.get("name"))
        if self.there:
            self.fields["name"].disabled = True
        else:
            del self.fields["remove"], self.fields["order"]

    def as_entry(self) -> dict[str, Any]:
        """The entry as the project file has it; only after `is_valid`."""
        raise NotImplementedError

    def clean_order(self) -> str:
        value: str = self.cleaned_data["order"]
        if value and not isinstance(typed(value), int | float):
            raise forms.ValidationError(_l("Its place is a number; 1 comes first."))
        return value

    @property
    def stays(self) -> bool:
        """Whether it is, or becomes, part of the list."""
        if not self.there:
            return self.has_changed()
        return not self.cleaned_data.get("remove")

    @property
    def place(self) -> float:
        """Where it comes; a new one, and one without a number, last."""
        place = typed(self.cleaned_data.get("order", ""))
        return place if isinstance(place, int | float) else 1e9


class BlockSection(Section):
    """A section whose key of the project file is a list of `Block`s."""

    list_key: str
    blocks: list[Any]

    def is_valid(self) -> bool:
        return all([super().is_valid(), *(block.is_valid() for block in self.blocks)])

    def entry(self) -> dict[str, Any]:
        self._sent = sorted((block for block in self.blocks if block.stays), key=lambda block: block.place)
        return {self.list_key: [block.as_entry() for block in self._sent]}

    def blame(self, words: str) -> None:
        """Beside the field of the entry that it speaks of, counted as they were sent."""
        for number, block in enumerate(getattr(self, "_sent", []), start=1):
            where = f"{self.list_key}[{number}]"
            if words.startswith(where):
                rest = words[len(where) :].lstrip(".: ")
                key = rest.partition(" ")[0].rstrip(":")
                if key in block.fields:
                    block.add_error(key, f"{block.fields[key].label}{rest[len(key) :]}")
                else:
                    block.add_error(None, rest)
                return
        self.add_error(None, words)


def numbered(entry: Mapping[str, Any], number: int) -> dict[str, Any]:
    """An entry as its block begins, with its place from 1."""
    return {**entry, "order": str(number + 1)}

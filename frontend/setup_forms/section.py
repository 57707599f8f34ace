"""What the forms of a project's settings share: each reads and gives keys of the project file, no rules."""

import re
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _l

from annotation.models import Project

_PLACE = re.compile(r"[\w.\-]+(?:\[\d+\][\w.\-]*)?")


class Section(forms.Form):
    """A part of the project file. What a value means, `project_file.apply` alone checks; `blame` puts what it
    says beside the field."""

    use_required_attribute = False
    key: ClassVar[str]
    template: ClassVar[str] = "frontend/setup/plain.html"

    def __init__(self, project: Project, said: dict[str, Any], *args: Any, **more: Any) -> None:
        """`said` is the project file as it stands."""
        self.project, self.said = project, said
        super().__init__(*args, **more)
        self.build()

    def build(self) -> None:
        """Adds fields that depend on the project."""

    def clean(self) -> dict[str, Any]:
        """A form of which nothing arrived is none that was emptied."""
        asked = [bound.html_name for bound in self.visible_fields()]
        if asked and not any(name in self.data for name in asked):
            raise forms.ValidationError(_l("Nothing arrived, so nothing was saved. Send it again."))
        return super().clean() or {}

    def entry(self) -> dict[str, Any]:
        """The values by keys of the project file; only after `is_valid`."""
        raise NotImplementedError

    def places(self) -> dict[str, str]:
        """Fields by their place in the project file, where the two are not called the same."""
        return {}

    def blame(self, words: str) -> None:
        """Puts an error of the project file beside the field that it speaks of, under its label."""
        match = _PLACE.match(words)
        place = match[0].rstrip(".") if match else ""
        field = self.places().get(place, place.partition("[")[0])
        if field not in self.fields:
            self.add_error(None, words)
            return
        label = str(self.fields[field].label)
        self.add_error(field, f"{label}{words[len(place) :]}")


def text(label: Any, help_text: Any = "", **more: Any) -> forms.CharField:
    more.setdefault("required", False)
    return forms.CharField(label=label, help_text=help_text, **more)


def figure(label: Any, help_text: Any = "", **more: Any) -> forms.CharField:
    """A number as people type it; the project file says what it may be."""
    return text(label, help_text, widget=forms.TextInput(attrs={"inputmode": "decimal"}), **more)


def lines(label: Any, help_text: Any = "", rows: int = 3) -> forms.CharField:
    """One entry a line."""
    return text(label, help_text, widget=forms.Textarea(attrs={"rows": rows}))


def typed(value: str) -> Any:
    """A number as the project file would hold it: None for nothing, the text itself where it is no number."""
    value = value.strip()
    for make in (int, float):
        try:
            return make(value)
        except ValueError:
            continue
    return value or None


def split(value: str) -> list[str]:
    """The lines that hold something."""
    return [line.strip() for line in value.splitlines() if line.strip()]

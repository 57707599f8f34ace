"""Optional questions about the people themselves, as a form."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _l

from .blocks import Block, BlockSection, numbered
from .section import lines, split, text


class ProfileBlock(Block):
    """One question about a person, with the answers that are offered beside "I would rather not say"."""

    name = text(_l("Name"), _l("One word, such as field. Figures and releases carry it."), max_length=60)
    question = text(_l("Question"), _l("As people read it. Empty: its name."), max_length=300)
    answers = lines(_l("Answers"), _l("One a line, 2 to 40. Nobody has to choose one."), rows=4)
    screen_out = lines(
        _l("Answers of people whom the project is not for"),
        _l("One a line, as above. A guest who gives one is thanked and sent back. Empty: none."),
        rows=2,
    )
    release = forms.BooleanField(
        label=_l("Releases may say how many gave which answer"),
        help_text=_l("Never who. Answers of fewer than five people are put together."),
        required=False,
    )

    def as_entry(self) -> dict[str, Any]:
        values = self.cleaned_data
        return {
            "name": values["name"],
            "question": values["question"],
            "answers": split(values["answers"]),
            "screen_out": split(values["screen_out"]),
            "release": values["release"],
        }


class ProfileSection(BlockSection):
    """What is asked about the people themselves."""

    key = "profile"
    list_key = "profile"
    template = "frontend/setup/profile.html"

    def build(self) -> None:
        self.blocks = [
            ProfileBlock(
                self.data if self.is_bound else None,
                prefix=f"p{number}",
                initial=_initial(entry, number),
                empty_permitted=not entry,
            )
            for number, entry in enumerate([*self.said["profile"], {}])
        ]


def _initial(entry: dict[str, Any], number: int) -> dict[str, Any]:
    """A question's entry as its block shows it."""
    listed = {key: "\n".join(entry.get(key, [])) for key in ("answers", "screen_out")}
    return numbered(entry, number) | listed

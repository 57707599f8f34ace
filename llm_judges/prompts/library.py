"""Prompt templates: text files beside this one, and texts that a project brings along. Pure.

A template is plain text with a line `=== user ===` between what the system says and what the user does.
Before it may stand a head, ended by a line `=== system ===`, with lines `key: value`:

    for: pairs | rankings | any     how many responses it is for (any)
    own_answer: yes                 the judge answers the prompt itself before it compares (no)
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).parent
PAIRWISE, RANKING = "pairwise", "ranking"
VARIABLES = {
    "answer": "how to reply: always needed",
    "boundary": "sixteen random characters of this call, which mark where material begins and ends",
    "guidelines": "the project's guidelines, between marks",
    "letters": "the letters of the responses, such as K and M",
    "number": "how many responses there are",
    "prompt": "the prompt, between marks: always needed",
    "questions": "the project's criteria with the words offered: always needed",
    "reference": "the reference answer, between marks, where the judge uses one",
    "responses": "the responses, between marks: always needed",
    "rubric": "the judge's rubric",
}
NEEDED = ("answer", "prompt", "questions", "responses")
LONGEST = 50_000
_SYSTEM, _USER = "=== system ===\n", "\n=== user ===\n"
VARIABLE = re.compile(r"\{([a-z_]+)\}")
_FOR = {"pairs": (True, False), "rankings": (False, True), "any": (True, True)}


class TemplateError(ValueError):
    """The template cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Template:
    """A template taken apart. `pairs`, `rankings`: whether it serves two, or more than two, responses."""

    system: str
    user: str
    pairs: bool = True
    rankings: bool = True
    own_answer: bool = False

    @property
    def variables(self) -> set[str]:
        return set(VARIABLE.findall(self.system + self.user))


@lru_cache(maxsize=256)
def parse(text: str) -> Template:
    """Takes a template apart. Raises TemplateError for anything that could not be rendered later."""
    if len(text) > LONGEST:
        raise TemplateError(f"has more than {LONGEST} characters")
    head, found, rest = text.partition(_SYSTEM)
    values = _head(head) if found else {}
    parts = (rest if found else text).split(_USER)
    if len(parts) != 2:
        raise TemplateError(f"needs one line {_USER.strip()!r} with text before and after it")
    pairs, rankings = _FOR[values.get("for", "any")]
    template = Template(
        parts[0].strip(), parts[1].strip(), pairs, rankings, values.get("own_answer", "no") == "yes"
    )
    if unknown := template.variables - VARIABLES.keys():
        raise TemplateError(
            f"uses an unknown variable {min(unknown)!r}; known: {', '.join(sorted(VARIABLES))}"
        )
    if missing := [name for name in NEEDED if name not in template.variables]:
        raise TemplateError(f"does not use {{{missing[0]}}}")
    return template


def built_in() -> list[str]:
    """Names of the templates that come along: the text files in this folder."""
    return sorted(path.stem for path in FOLDER.glob("*.txt"))


@lru_cache(maxsize=32)
def built_in_text(name: str) -> str:
    """The whole file. Raises TemplateError for an unknown name."""
    if name not in built_in():
        raise TemplateError(f"there is no template {name!r}; known: {', '.join(built_in())}")
    return (FOLDER / f"{name}.txt").read_text(encoding="utf-8")


def _head(text: str) -> dict[str, str]:
    known = {"for": _FOR, "own_answer": ("yes", "no")}
    values = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        key, _, value = (part.strip() for part in line.partition(":"))
        if key not in known:
            raise TemplateError(f"has an unknown line {line[:60]!r} in its head; known: {', '.join(known)}")
        if value not in known[key]:
            raise TemplateError(f"{key!r} in its head must be one of {', '.join(known[key])}, not {value!r}")
        values[key] = value
    return values

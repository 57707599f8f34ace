"""Templates: project files that come along, to begin a project from."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from . import read

FOLDER = Path(__file__).parent.parent / "project_templates"
ORDER = ("pairs", "multipref", "hhh", "summaries", "ranking", "arena")


@dataclass(frozen=True, slots=True)
class Template:
    """A project file by the name of its file: `says` is the comment that it begins with."""

    key: str
    name: str
    says: str
    data: dict[str, Any]


@cache
def templates() -> tuple[Template, ...]:
    """Every template, in the order they are offered."""
    return tuple(map(_template, ORDER))


def _template(key: str) -> Template:
    path = FOLDER / f"{key}.yaml"
    comment = [line[1:].strip() for line in path.read_text("utf-8").splitlines() if line.startswith("#")]
    data = read(path)
    return Template(key, data["name"], " ".join(comment), data)

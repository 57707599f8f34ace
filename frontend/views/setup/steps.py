"""The pages of setting up in their order: a wizard for a draft, tabs for any other project."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _l

from annotation.models import Project
from annotation.permissions import Access

_STEPS = (
    ("uploads", _l("Comparisons")),
    ("criteria", _l("Criteria")),
    ("guidelines", _l("Guidelines")),
    ("labels", _l("Labels wanted")),
    ("profile", _l("About people")),
    ("judges", _l("Judges")),
    ("general", _l("Prices and budget")),
    ("routing", _l("Routing")),
    ("state", _l("Look and open")),
)


@dataclass(frozen=True, slots=True)
class Step:
    key: str
    name: Any
    url: str


def steps_of(project: Project) -> list[Step]:
    """Every page of setting up, in order."""
    return [Step(key, name, _address(key, project.slug)) for key, name in _STEPS]


def after(project: Project, key: str) -> Step:
    """The page that comes next in the wizard; the last one is its own."""
    steps = steps_of(project)
    place = next(number for number, step in enumerate(steps) if step.key == key)
    return steps[min(place + 1, len(steps) - 1)]


def context_of(access: Access, step: str) -> dict[str, Any]:
    """What the templates of these pages share."""
    project = access.project
    return {
        "access": access,
        "project": project,
        "section": "settings",
        "steps": steps_of(project),
        "step": step,
        "next": after(project, step),
        "draft": project.state == Project.State.DRAFT,
    }


def _address(key: str, slug: str) -> str:
    if key == "uploads":
        return reverse("uploads", args=[slug])
    if key == "state":
        return reverse("project-state", args=[slug])
    return reverse("settings", args=[slug, key])

"""Plain makers of small objects for tests; sentences are our own."""

from itertools import count
from typing import Any

from annotation.guidelines import acknowledge
from annotation.models import (
    Annotator,
    Comparison,
    Criterion,
    Demand,
    Guidelines,
    Pool,
    Project,
    Response,
    User,
)
from annotation.permissions import Access, add_member

_numbers = count(1)

PASSWORD = "a long test password"


def make_user(email: str | None = None, **fields: Any) -> User:
    return User.objects.create_user(email or f"person{next(_numbers)}@example.org", PASSWORD, **fields)


def make_project(scale: str = "five-point", both_bad: bool = True, **fields: Any) -> Project:
    """A project with one criterion `overall`, guidelines and a default pool `people`."""
    fields.setdefault("slug", f"project-{next(_numbers)}")
    fields.setdefault("name", fields["slug"].title())
    project = Project.objects.create(**fields)
    Guidelines.objects.create(project=project, text="Read both responses to the end.")
    Criterion.objects.create(
        project=project, name="overall", question="Which is better?", scale=scale, both_bad=both_bad
    )
    Pool.objects.create(project=project, name="people", default=True)
    return project


def make_comparison(
    project: Project,
    *texts: str,
    prompt: str = "Name a use for a paper clip.",
    wanted: int = 1,
    **fields: Any,
) -> Comparison:
    """A comparison (two responses unless texts are given) with `wanted` labels asked of the default pool."""
    texts = texts or ("Press a recessed reset button with it.", "Clips are made of metal.")
    number = next(_numbers)
    fields.setdefault("external_id", f"q{number}")
    fields.setdefault("group", f"g{number}")
    comparison = Comparison.objects.create(
        project=project,
        prompt=[{"role": "user", "content": prompt}],
        k=len(texts),
        content_hash=f"{number:064x}",
        **fields,
    )
    for position, text in enumerate(texts):
        Response.objects.create(
            comparison=comparison,
            position=position,
            messages=[{"role": "assistant", "content": text}],
            model=f"model-{position}",
        )
    if wanted:
        Demand.objects.create(comparison=comparison, pool=project.pools.get(default=True), wanted=wanted)
    return comparison


def make_person(
    project: Project, role: str = "annotator", email: str | None = None, read: bool = True
) -> Annotator:
    """A member who may label, as an annotator in the default pool, who has `read` the guidelines."""
    user = make_user(email)
    annotator = Access(project, add_member(project, user, role)).annotator()
    if read and (newest := project.guidelines_versions.order_by("-version").first()):
        acknowledge(annotator, newest)
    return annotator

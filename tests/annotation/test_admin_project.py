"""Changing a project in the admin: demand follows, and nobody's newer change is written over."""

import pytest
from django.test import Client
from django.urls import reverse

from annotation.models import Demand, Project
from tests.factories import make_comparison, make_project

pytestmark = pytest.mark.django_db


def page(project: Project) -> str:
    return reverse("admin:annotation_project_change", args=[project.pk])


def opened(boss: Client, project: Project) -> dict[str, object]:
    """What the project's page in the admin would send unchanged."""
    form = boss.get(page(project)).context["adminform"].form
    return {name: value for name, value in form.initial.items() if value is not None and name in form.fields}


def test_changing_the_labels_wanted_of_a_project_changes_the_demand(boss: Client) -> None:
    project = make_project()
    make_comparison(project)
    values = opened(boss, project)

    reply = boss.post(page(project), values | {"labels_wanted": 3})

    assert reply.status_code == 302
    assert Demand.objects.get().wanted == 3
    assert not {"profile", "media_hosts"} & values.keys(), "lists that only the project's pages check"


def test_a_page_of_a_project_that_was_opened_before_a_change_saves_nothing(boss: Client) -> None:
    project = make_project(labels_wanted=1)
    values = opened(boss, project)
    boss.post(page(project), values | {"labels_wanted": 3})

    stale = boss.post(page(project), values | {"name": "Another name"})

    assert "the project has changed since this page was opened" in stale.content.decode()
    project.refresh_from_db()
    assert (project.name, project.labels_wanted, project.revision) == (values["name"], 3, 1)
    boss.post(page(project), opened(boss, project) | {"name": "Another name"})
    project.refresh_from_db()
    assert (project.name, project.labels_wanted, project.revision) == ("Another name", 3, 2)

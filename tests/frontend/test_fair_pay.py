"""What an hour pays at the median active time, beside the least that the project states: for both sides."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotation.models import Annotation, Annotator, Project
from tests.annotation.voting import answer
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    """Two people with five answers each; one takes 60 seconds for an answer, the other 90."""
    project = make_project(human_label_price=Decimal("0.25"), minimum_hourly_pay=15, labels_wanted=2)
    people = [make_person(project) for _ in range(2)]
    for _ in range(5):
        comparison = make_comparison(project, wanted=2)
        for person in people:
            answer(person, comparison, "a>b", 1)
    for person, seconds in zip(people, (60, 90), strict=True):
        Annotation.objects.filter(assignment__annotator=person).update(active_seconds=seconds)
    return project


def page(name: str, project: Project, person: Annotator) -> str:
    assert person.user is not None
    client = Client()
    client.force_login(person.user)
    return " ".join(client.get(reverse(name, args=[project.slug])).content.decode().split())


def test_the_owner_reads_it_on_the_overview_and_under_people_and_each_annotator_of_themselves(
    project: Project,
) -> None:
    owner = make_person(project, role="owner")
    quick, slow = Annotator.objects.exclude(pk=owner.pk).order_by("pk")
    for name in ("overview", "people"):
        html = page(name, project, owner)
        assert "At the median active time of 2 people, an hour pays $12.00" in html
        assert "the project states at least $15.00" in html
    assert "Work pays less than the project states" in page("overview", project, owner)
    assert "keeps it at your pace" in page("label-work", project, quick), "a quarter a minute is $15.00"
    assert "At your pace it pays less" in page("label-work", project, slow)

    Project.objects.update(human_label_price="0.35")
    html = page("overview", project, owner)
    assert "an hour pays $16.80" in html
    assert "Nothing needs you now." in html
    Project.objects.update(human_label_price=0)
    assert "an hour pays" not in page("overview", project, owner)
    assert "an answer has no price yet" in page("people", project, owner)


def test_a_viewer_sees_what_an_hour_pays_and_nobody_by_name(project: Project) -> None:
    html = page("overview", project, make_person(project, role="viewer"))
    assert "an hour pays $12.00" in html
    assert reverse("people", args=[project.slug]) not in html


def test_the_figure_costs_the_overview_one_statement_however_many_answers_there_are(project: Project) -> None:
    owner = make_person(project, role="owner")
    with CaptureQueriesContext(connection) as paid:
        page("overview", project, owner)
    Project.objects.update(human_label_price=0)
    with CaptureQueriesContext(connection) as unpaid:
        page("overview", project, owner)
    assert len(paid) == len(unpaid) + 1

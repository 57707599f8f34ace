"""An owner has a judge tag the comparisons, sees what it costs, and may stop it."""

import pytest
from django.test import Client
from django.urls import reverse

from annotation.models import Project, Tag
from llm_judges import tagging
from llm_judges.models import Judge
from tests.factories import make_project
from tests.fake_judge import FakeJudge
from tests.frontend.test_judges import client_of
from tests.llm_judges.makers import make_judge, make_pairs

pytestmark = pytest.mark.django_db


def page(client: Client, judge: Judge) -> str:
    return client.get(reverse("judge-tags", args=[judge.version.project.slug, judge.pk])).content.decode()


def press(client: Client, judge: Judge, name: str = "judge-tag", **fields: str) -> str:
    path = reverse(name, args=[judge.version.project.slug, judge.pk])
    return client.post(path, fields, follow=True).content.decode()


@pytest.fixture
def project() -> Project:
    project = make_project()
    make_pairs(project, 3)
    return project


def test_a_button_has_them_tagged_and_the_page_says_what_it_cost(project: Project) -> None:
    client = client_of(project, "owner")
    with FakeJudge() as fake:
        judge = make_judge(project, fake)
        assert "<b>0 of 3</b> comparisons have" in page(client, judge)
        shown = press(client, judge, limit="2", embedding_model="e", embedding_price="1")
    assert "<b>2 of 3</b> comparisons have" in shown
    assert "for embeddings" in shown
    assert "calls the model that answered <b>fake-2030-01-01</b>" in shown
    ledger = client.get(reverse("judge", args=[project.slug, judge.pk])).content.decode()
    assert "<td>Tags" in ledger
    assert "<td>Embeddings" in ledger
    assert "Probe of" not in ledger
    assert Tag.objects.filter(name="similarity").count() == 2
    assert judge.taggings.get().embedding_model == "e"


def test_what_is_no_number_is_refused_and_a_waiting_one_can_be_stopped(project: Project) -> None:
    client = client_of(project, "owner")
    judge = make_judge(project, "http://127.0.0.1:9/v1")
    refused = press(client, judge, limit="9", embedding_model="e", embedding_price="dear")
    assert "A price is an amount of money" in refused
    for typed in ("9", "e", "dear"):
        assert f'value="{typed}"' in refused
    assert "is a whole number, 1 or more" in press(client, judge, limit="0")
    assert "Null characters" in press(client, judge, embedding_model="e\0")
    tagging.begin(judge)
    assert "Waiting for a worker" in page(client, judge)
    assert "It was stopped" in press(client, judge, "judge-tag-stop")

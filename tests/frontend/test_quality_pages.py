"""The owner's page of instruments and rules, gold from the interface, and what people read first."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotation.instruments.before_work import tell
from annotation.instruments.known import known_of, make_gold
from annotation.instruments.settings import quality_of
from annotation.instruments.setup import set_quality
from annotation.models import Annotator, AuditEntry, Consent, ConsentGiven, Gold, Project, Reference, Watch
from annotation.reports import refresh_consensus
from tests.annotation.voting import answer
from tests.factories import make_comparison, make_person, make_project

from .desk import Desk

pytestmark = pytest.mark.django_db

FORM = {
    "consent": "Taking part is free.",
    "comparisons": "4",
    "share": "75",
    "retries": "1",
    "training": "2",
    "gold": "7.5",
    "repeats": "3",
    "mirrors": "0",
    "repeat_gap": "12",
    "honest": "65",
    "words_a_minute": "800",
    "rule_accuracy": "pause",
    "rule_side": "stop",
    "rule_same": "warn",
    "rule_speed": "off",
}


@pytest.fixture
def project() -> Project:
    return make_project(scale="three-way", human_label_price="0.20")


@pytest.fixture
def owner(client: Client, project: Project) -> Client:
    user = make_person(project, role="owner").user
    assert user is not None
    client.force_login(user)
    return client


def page(client: Client, project: Project, name: str = "quality", *more: object, **query: Any) -> str:
    return client.get(reverse(name, args=[project.slug, *more]), query).content.decode()


def test_what_the_owner_sets_holds_and_is_logged(owner: Client, project: Project) -> None:
    reply = owner.post(reverse("quality", args=[project.slug]), FORM)
    assert reply.status_code == 302
    project.refresh_from_db()
    made = quality_of(project)
    assert (made.gold, made.repeats, made.honest, made.training) == (0.075, 0.03, 0.65, 2)
    assert (made.qualification.comparisons, made.qualification.needed) == (4, 3)
    assert [made.action(rule) for rule in ("accuracy", "side", "same", "speed")] == [
        "pause",
        "stop",
        "warn",
        "off",
    ]
    assert Consent.objects.get().text == "Taking part is free."
    entry = AuditEntry.objects.get(act="quality")
    assert entry.actor is not None
    assert entry.after["gold"] == 0.075
    html = page(owner, project)
    assert 'value="7.5"' in html
    assert "Taking part is free." in html
    owner.post(reverse("quality", args=[project.slug]), FORM)
    assert AuditEntry.objects.filter(act="quality").count() == 1, "the same again is no change"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("gold", "60", "gold must be a number from 0 to 0.5"),
        ("mirrors", "45", "together may be at most 0.5"),
        ("share", "0", "qualification.pass must be"),
        ("training", "2.5", "must be a whole number"),
        ("honest", "nan", "Enter a number"),
        ("rule_side", "shoot", "Select a valid choice"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field(
    owner: Client, project: Project, field: str, value: str, said: str
) -> None:
    reply = owner.post(reverse("quality", args=[project.slug]), {**FORM, field: value})
    assert reply.status_code == 422
    assert said in reply.content.decode()
    project.refresh_from_db()
    assert project.quality == {}
    assert not Consent.objects.exists()


def test_a_comparison_is_marked_changed_and_unmarked_on_its_page(owner: Client, project: Project) -> None:
    comparison = make_comparison(project)
    url = reverse("comparison-gold", args=[project.slug, comparison.pk])
    owner.post(url, {"answer_overall": "b>a", "use": "training", "explanation": "A forgot the second part."})
    project.refresh_from_db()
    assert known_of(project, "training")[comparison.pk].explanation == "A forgot the second part."
    html = page(owner, project, "comparison", comparison.pk)
    assert "A forgot the second part." in html
    assert "Gold: its answer is known" in html
    owner.post(url, {"answer_overall": "a>b", "use": "monitoring"})
    assert Reference.objects.get().ranking == "a>b", "one's own mistake is mended"
    assert comparison.external_id in page(owner, project)
    owner.post(url, {"end": ""})
    assert not Gold.objects.exists()


def test_gold_without_an_answer_is_refused_in_words(owner: Client, project: Project) -> None:
    comparison = make_comparison(project)
    url = reverse("comparison-gold", args=[project.slug, comparison.pk])
    typed = {"answer_overall": "", "use": "training", "explanation": "The other one is off the point."}
    reply = owner.post(url, typed)
    assert reply.status_code == 422
    assert "Choose the right answer." in reply.content.decode()
    assert typed["explanation"] in reply.content.decode()
    assert not Gold.objects.exists()


def test_gold_of_another_project_is_out_of_reach(owner: Client, project: Project) -> None:
    other = make_comparison(make_project())
    fields = {"answer_overall": "a>b", "use": "monitoring"}
    url = reverse("comparison-gold", args=[project.slug, other.pk])
    assert owner.post(url, fields).status_code == 404
    owner.post(reverse("quality-gold", args=[project.slug]), {"comparison": other.pk, "ranking": "a>b"})
    assert not Gold.objects.exists()


def test_proposals_and_references_become_gold_with_a_click(owner: Client, project: Project) -> None:
    agreed, known = make_comparison(project), make_comparison(project)
    for _ in range(5):
        answer(make_person(project), agreed, "b>a")
    refresh_consensus(project)
    Reference.objects.create(comparison=known, criterion=project.criteria.get(), ranking="a>b")
    html = page(owner, project)
    assert "Could become known" in html
    assert "used for evaluation only" in html
    url = reverse("quality-gold", args=[project.slug])
    owner.post(url, {"comparison": agreed.pk, "ranking": "b>a", "use": "qualification"})
    owner.post(url, {"references": ""})
    project.refresh_from_db()
    assert list(known_of(project, "qualification")) == [agreed.pk]
    assert list(known_of(project, "monitoring")) == [known.pk]


def test_the_page_costs_the_same_however_much_it_shows(owner: Client, project: Project) -> None:
    counts = []
    for number in (2, 9):
        for _ in range(number):
            make_gold(project, make_comparison(project), {"overall": "a>b"})
            Watch.objects.create(annotator=make_person(project))
        project.refresh_from_db()
        page(owner, project)
        with CaptureQueriesContext(connection) as captured:
            page(owner, project)
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 16


def test_consent_comes_before_the_guidelines_and_is_kept(client: Client, project: Project) -> None:
    set_quality(project, {}, consent="**Taking part** is free.")
    make_comparison(project)
    person = make_person(project, read=False)
    desk = Desk(client, person, project).open()
    assert "Before you begin" in desk.text
    assert "<strong>Taking part</strong>" in desk.html
    url = reverse("label-consent", args=[project.slug])
    client.post(url, {"consent": "999999"})
    assert not ConsentGiven.objects.exists()
    client.post(url, {"consent": Consent.objects.get().pk})
    assert "Read this first" in desk.open().text
    assert ConsentGiven.objects.get().annotator == person


def test_a_warning_stands_in_place_of_the_next_comparison_until_it_is_read(
    client: Client, project: Project
) -> None:
    make_comparison(project)
    person = make_person(project)
    tell(person, "warning", "<b>Slower</b>, please.")
    desk = Desk(client, person, project).open()
    assert "A word about your answers" in desk.text
    assert "&lt;b&gt;Slower" in desk.html
    client.post(reverse("label-notice", args=[project.slug]), {"notice": person.notice_id})
    assert "Name a use for a paper clip" in desk.open().text


def test_training_shows_the_answer_given_and_the_one_expected(client: Client, project: Project) -> None:
    comparison = make_comparison(project)
    make_gold(project, comparison, {"overall": "a>b"}, "training", "The other one is off the point.")
    set_quality(project, {"training": 1})
    person = make_person(project)
    desk = Desk(client, person, project).open()
    assert "A little practice" in desk.text
    client.post(reverse("label-notice", args=[project.slug]), {"notice": waiting(person)})
    desk.open()
    desk.send(overall="0")
    assert desk.answer["end"]["kind"] == "notice"
    assert "We expected something else" in desk.text
    assert "The other one is off the point." in desk.text


def waiting(person: Annotator) -> int:
    notice = Annotator.objects.get(pk=person.pk).notice_id
    assert notice is not None
    return notice


def test_a_rule_pauses_at_the_desk_and_the_person_appeals(client: Client, project: Project) -> None:
    set_quality(project, {"rules": {"side": "pause"}})
    for _ in range(40):
        make_comparison(project)
    person = make_person(project)
    desk = Desk(client, person, project).open()
    answers = 0
    while "Your work is paused" not in desk.text:
        desk.send(overall="1")
        answers += 1
        assert answers < 30
    assert "prefer the first one" in desk.text
    client.post(reverse("label-appeal", args=[project.slug]), {"note": "I did read them."})
    assert "I did read them." in desk.open().text
    owner = Client()
    user = make_person(project, role="owner").user
    assert user is not None
    owner.force_login(user)
    assert "I did read them." in page(owner, project, "people")
    assert "prefer the first one" in page(owner, project)

"""What the label page's script asks of the server: cards ahead, skips, flags, heartbeats, changed answers."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotation import leases
from annotation.models import (
    Acknowledgement,
    Annotation,
    Annotator,
    Assignment,
    Criterion,
    Flag,
    Guidelines,
    Label,
    Project,
)
from annotation.projects import touch
from tests.factories import make_comparison, make_person, make_project

from .desk import Desk

pytestmark = pytest.mark.django_db


def make(number: int = 4) -> Project:
    project = make_project()
    for index in range(number):
        make_comparison(project, prompt=f"Prompt {index}?", wanted=2)
    return project


def sit(client: Client, project: Project, person: Annotator | None = None) -> Desk:
    return Desk(client, person or make_person(project), project).open()


def url(project: Project, name: str, *more: Any) -> str:
    return reverse(f"label-{name}", args=[project.slug, *more])


def live() -> list[int]:
    return list(Assignment.objects.filter(state="live").order_by("pk").values_list("pk", flat=True))


def test_a_page_comes_with_two_comparisons_fetched_ahead(client: Client) -> None:
    desk = sit(client, make())
    assert "Prompt 0?" in desk.text
    assert [card["assignment"] for card in desk.held] == live()[1:]
    assert "Prompt 1?" in desk.held[0]["html"]
    assert "Prompt 1?" not in desk.text


def test_an_answer_brings_one_card_more_and_a_reload_the_same_ones(client: Client) -> None:
    project = make()
    desk = sit(client, project)
    held = [card["assignment"] for card in desk.held]
    desk.send(overall="2")
    assert [card["assignment"] for card in desk.answer["cards"]] == [live()[-1]]
    assert desk.answer["receipt"]["assignment"] not in live()
    assert "Question 4," in desk.held[-1]["html"], "the browser says how many it has answered"
    assert "Prompt 1?" in desk.text
    desk.open()
    assert "Prompt 1?" in desk.text
    assert [card["assignment"] for card in desk.held] == [held[1], live()[-1]]


def test_the_last_answers_bring_no_card_and_then_the_end(client: Client) -> None:
    desk = sit(client, make(2))
    desk.send(overall="2")
    assert desk.answer["cards"] == []
    assert desk.answer["end"] is None
    assert "Prompt 1?" in desk.text
    desk.send(overall="2")
    assert desk.answer["end"]["kind"] == "done"
    assert "That is all for now" in desk.text


def test_a_skip_gives_the_comparison_back_with_its_reason_and_brings_another(client: Client) -> None:
    project = make()
    desk = sit(client, project)
    first = live()[0]
    desk.post(url(project, "skip"), {"key": desk.key, "reason": "not_my_field"})
    assert desk.answer["skipped"] == first
    assert "Prompt 1?" in desk.text
    skipped = Assignment.objects.get(pk=first)
    assert (skipped.state, skipped.skip_reason) == ("returned", "not_my_field")
    assert skipped.comparison.demands.get().live == 0
    desk.post(url(project, "skip"), {"key": desk.key, "reason": "no such reason"})
    assert Assignment.objects.filter(skip_reason="other").count() == 1


def test_a_skipped_comparison_can_be_taken_back(client: Client) -> None:
    project = make(1)
    desk = sit(client, project)
    key = desk.key
    desk.post(url(project, "skip"), {"key": key, "reason": "broken"})
    assert desk.answer["end"]["kind"] == "done"
    headers = {"Accept": "application/json"}
    assert client.post(url(project, "unskip"), {"key": key}, headers=headers).json() == {"again": True}
    desk.post(url(project, "next"), {})
    assert "Prompt 0?" in desk.text
    assert desk.status == 200


def test_nobody_skips_or_takes_back_what_is_anothers(client: Client) -> None:
    project = make(1)
    desk = sit(client, project)
    key = desk.key
    other = sit(Client(), project)
    other.post(url(project, "skip"), {"key": key, "reason": "broken"})
    assert other.answer["skipped"] is None
    assert Assignment.objects.filter(state="returned").count() == 0
    desk.post(url(project, "skip"), {"key": key, "reason": "broken"})
    other.client.post(url(project, "unskip"), {"assignment": Assignment.objects.get(state="returned").pk})
    assert Assignment.objects.filter(state="returned").count() == 1


def test_a_flag_reaches_the_owner_and_the_comparison_stays(client: Client) -> None:
    project = make()
    desk = sit(client, project)
    headers = {"Accept": "application/json"}
    answer = client.post(
        url(project, "flag"), {"key": desk.key, "note": " Both are cut off. "}, headers=headers
    )
    assert answer.json() == {"flagged": True}
    client.post(url(project, "flag"), {"key": desk.key, "note": "And in French."}, headers=headers)
    flag = Flag.objects.get()
    assert flag.note == "Both are cut off.\nAnd in French."
    assert flag.comparison == Assignment.objects.get(pk=live()[0]).comparison
    empty = client.post(url(project, "flag"), {"key": desk.key, "note": " "}, headers=headers)
    assert empty.status_code == 422
    assert empty.json()["message"] == "Say in a few words what is wrong."


def test_a_heartbeat_renews_what_is_held_and_names_what_is_lost(client: Client) -> None:
    project = make()
    desk = sit(client, project)
    shown, *held = live()
    leases.give_back(Annotator.objects.get(), [held[1]], again=True)
    headers = {"Accept": "application/json"}
    data = {"shown": shown, "held": f"{held[0]},{held[1]}"}
    answer = client.post(url(project, "beat"), data, headers=headers).json()
    assert answer["lost"] == [held[1]]
    assert "left" in answer["pace_html"] or "of" in answer["pace_html"]
    assert desk.status == 200


def test_an_earlier_answer_is_shown_as_it_was_given_and_changed_by_a_revision(client: Client) -> None:
    project = make()
    desk = sit(client, project)
    desk.send(overall="-1")
    done = Annotation.objects.get().assignment_id
    headers = {"Accept": "application/json"}
    card = client.get(url(project, "one", done), headers=headers).json()["card"]
    assert card["assignment"] == done
    desk.held.insert(0, card)
    waiting, desk.html = desk.html, desk.held.pop(0)["html"]
    assert desk.form.chosen[desk.criteria["overall"]] == ["-1"]
    desk.held.insert(0, {"assignment": live()[0], "html": waiting})
    desk.send(overall="0")
    assert desk.answer["receipt"]["revision"] == 1
    assert "Question 2," in desk.html, "a changed answer is not another one"
    assert desk.answer["cards"] == []
    assert [label.ranking for label in Label.objects.filter(current=True)] == ["a=b"]


def test_without_scripts_a_changed_answer_leads_back_to_the_list(client: Client) -> None:
    project = make()
    desk = sit(client, project)
    desk.send(overall="-1")
    desk.html = client.get(url(project, "one", Annotation.objects.get().assignment_id)).content.decode()
    desk.send(scripted=False, overall="0")
    assert desk.response.url == reverse("label-work", args=[project.slug])


def test_an_answer_sent_again_after_its_question_was_edited_is_told_to_be_saved(client: Client) -> None:
    project = make()
    desk = sit(client, project)
    sent = desk.form.hidden | {desk.criteria["overall"]: "2"}
    desk.send(overall="2")
    project.criteria.update(retired_at=timezone.now())
    Criterion.objects.create(project=project, name="overall", version=2, scale="two-way")
    touch(project)

    desk.post(desk.url, sent)

    assert desk.status == 200
    assert desk.answer["receipt"]["replayed"]
    assert Label.objects.get().criterion.version == 1


def test_an_answer_under_guidelines_that_nobody_had_to_read_names_none(client: Client) -> None:
    project = make()
    project.guidelines_versions.update(text="")
    touch(project)
    desk = sit(client, project, make_person(project, read=False))
    desk.send(overall="2")
    assert Annotation.objects.get().guidelines is None


def test_a_skip_sent_after_the_lease_ran_out_is_not_forgotten(client: Client) -> None:
    project = make(1)
    desk = sit(client, project)
    leases.expire(project, at=timezone.now() + timedelta(days=1))
    desk.post(url(project, "skip"), {"key": desk.key, "reason": "broken"})
    assert desk.answer["end"]["kind"] == "done"
    assert Assignment.objects.get().skip_reason == "broken"


def test_another_answer_from_a_second_tab_is_told_that_the_first_one_stands(client: Client) -> None:
    project = make()
    person = make_person(project)
    first, second = sit(client, project, person), sit(client, project, person)
    first.send(overall="2")
    second.send(overall="-2")
    assert second.answer["receipt"]["differs"]
    assert Label.objects.get().strength == 2
    third = sit(client, project, person)
    again = Desk(client, person, project)
    again.html = third.html
    third.send(overall="1")
    again.send(scripted=False, overall="-1")
    assert "The first answer stands" in again.text


def test_nothing_is_shown_before_the_guidelines_were_read(client: Client) -> None:
    project = make()
    person = make_person(project, read=False)
    desk = sit(client, project, person)
    assert "Prompt 0?" not in desk.text
    assert live() == []
    assert "Read both responses to the end." in desk.text
    newest = project.guidelines_versions.get()
    desk.post(url(project, "guidelines"), {"guidelines": newest.pk})
    assert "Prompt 0?" in desk.text
    assert Acknowledgement.objects.get().guidelines == newest
    desk.send(overall="2")
    assert Annotation.objects.get().guidelines == newest


def test_a_new_version_of_the_guidelines_comes_before_the_next_comparison(client: Client) -> None:
    project = make()
    desk = sit(client, project)
    old = project.guidelines_versions.get()
    new = Guidelines.objects.create(project=project, version=2, text="Read them aloud.")
    touch(project)
    desk.send(overall="2")
    assert desk.answer["end"]["kind"] == "guidelines"
    assert "Read them aloud." in desk.answer["end"]["html"]
    assert desk.answer["cards"] == []
    assert Annotation.objects.get().guidelines == old, "it was given under what had been read"
    desk.post(url(project, "guidelines"), {"guidelines": old.pk})
    assert desk.answer["end"]["kind"] == "guidelines", "the old version is not the one to read"
    desk.post(url(project, "guidelines"), {"guidelines": new.pk})
    assert desk.answer["end"] is None
    desk.send(overall="2")
    assert Annotation.objects.latest("pk").guidelines == new


@pytest.mark.parametrize("name", ["next", "skip", "unskip", "beat", "flag", "guidelines"])
def test_an_expired_session_is_told_to_the_script_and_changes_nothing(client: Client, name: str) -> None:
    project = make()
    sit(client, project)
    client.logout()
    headers = {"Accept": "application/json", "HX-Request": "true"}
    response = client.post(url(project, name), {}, headers=headers)
    assert response.headers["HX-Redirect"].startswith(reverse("sign-in"))


def test_how_it_was_read_is_kept_and_nothing_else(client: Client) -> None:
    desk = sit(client, make())
    desk.send(overall="2", view='{"diff": true, "plain": false, "layout": "stacked", "full": ["a"], "x": 1}')
    assert Annotation.objects.get().view == {"diff": True, "layout": "stacked", "full": ["a"]}
    for nonsense in ("[", "[]", '{"layout": "x", "full": 3, "diff": "yes"}'):
        desk.send(overall="2", view=nonsense)
        assert Annotation.objects.latest("pk").view == {}

"""Judging on the label page, as the server sees it."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from annotation.models import Annotation, Assignment, Criterion, Label, Project
from annotation.projects import touch
from annotation.ranking import Scale
from tests.factories import make_comparison, make_person, make_project

from .desk import Desk

pytestmark = pytest.mark.django_db


def add_criterion(project: Project, name: str, **fields: Any) -> Criterion:
    fields.setdefault("position", project.criteria.count())
    criterion = Criterion.objects.create(project=project, name=name, **fields)
    touch(project)
    return criterion


def sit(client: Client, project: Project) -> Desk:
    return Desk(client, make_person(project), project).open()


def test_the_page_shows_the_prompt_both_responses_and_the_question(client: Client) -> None:
    project = make_project()
    make_comparison(project, "A **first** answer.", "A second answer.", prompt="What *is* it?")
    desk = sit(client, project)
    assert desk.status == 200
    for shown in ("What <em>is</em> it?", "A <strong>first</strong> answer.", "Which is better?", "Overall"):
        assert shown in desk.html
    assert "model-0" not in desk.html, "annotators never see whose answer it is"


@pytest.mark.parametrize("scale", ["two-way", "three-way", "five-point", "seven-point", "ranking"])
def test_every_answer_of_every_scale_is_offered_and_means_what_it_says(client: Client, scale: str) -> None:
    project = make_project(scale=scale, both_bad=True)
    preferences = Scale(scale).preferences()
    for _ in range(len(preferences) + 1):
        make_comparison(project)
    desk = sit(client, project)
    offered = desk.form.offered[desk.criteria["overall"]]
    assert offered == [*map(str, preferences), "both_bad"]
    for value in offered:
        assignment = Assignment.objects.filter(state="live").earliest("pk")
        desk.send(overall=value)
        label = Label.objects.get(annotation__assignment=assignment)
        if value == "both_bad":
            assert (label.ranking, label.strength) == ("both_bad", None)
            continue
        first = assignment.shown[0]
        better = {1: f"{first}>", 0: "a=b", -1: f">{first}"}[(int(value) > 0) - (int(value) < 0)]
        assert better in label.ranking, "A is the response shown on the left"
        graded = Scale(scale).graded and value != "0"
        assert label.strength == (abs(int(value)) if graded else None)


def test_both_bad_is_offered_only_where_the_criterion_has_it(client: Client) -> None:
    project = make_project(both_bad=False)
    make_comparison(project)
    assert "both_bad" not in sit(client, project).form.offered[f"q{project.criteria.get().pk}"]


def test_a_form_without_scripts_gets_the_next_page(client: Client) -> None:
    project = make_project()
    for number in range(3):
        make_comparison(project, prompt=f"Prompt {number}?")
    desk = sit(client, project)
    assert "Prompt 0?" in desk.text
    for number in (1, 2):
        desk.send(scripted=False, overall="-1")
        desk.html = desk.html.partition("<template data-card=")[0]
        assert "<html" in desk.html
        assert f"Prompt {number}?" in desk.text
        assert f"{number} of 3" in desk.text
        assert "Saved" in desk.text


def test_a_double_click_and_a_replay_record_once_and_show_the_next(client: Client) -> None:
    project = make_project()
    for number in range(3):
        make_comparison(project, prompt=f"Prompt {number}?")
    desk = sit(client, project)
    first = desk.form.hidden
    desk.send(overall="2")
    for _ in range(2):
        desk.html = desk.html.replace(desk.form.hidden["key"], first["key"])
        waiting = desk.html
        desk.send(overall="-2")
        desk.held.clear()
        assert desk.status == 200
        assert desk.answer["receipt"]["replayed"]
        desk.html = waiting
    assert Annotation.objects.count() == 1
    assert Label.objects.get().strength == 2, "the first answer stands"


def test_an_incomplete_answer_comes_back_with_what_was_chosen(client: Client) -> None:
    project = make_project()
    add_criterion(project, "helpful")
    make_comparison(project, prompt="Shall I stay?")
    desk = sit(client, project).send(overall="-1")
    assert desk.status == 422
    assert "Shall I stay?" in desk.text
    assert "Choose an answer here." in desk.text
    assert desk.form.chosen == {desk.criteria["overall"]: ["-1"]}
    assert Label.objects.count() == 0
    assert desk.send(overall="-1", helpful="0").status == 200
    assert {label.criterion.name: label.ranking for label in Label.objects.all()}["helpful"] == "a=b"


@pytest.mark.parametrize("value", ["3", "x", "", "both_bad ", "0 or 1"])
def test_an_answer_that_is_not_offered_is_refused(client: Client, value: str) -> None:
    project = make_project(scale="five-point")
    make_comparison(project)
    assert sit(client, project).send(overall=value).status == 422
    assert Label.objects.count() == 0


def test_a_required_rationale_must_have_words_and_is_kept_with_them(client: Client) -> None:
    project = make_project()
    project.criteria.update(rationale="required")
    touch(project)
    make_comparison(project)
    desk = sit(client, project).send(overall="1", overall__rationale=" \n ")
    assert desk.status == 422
    assert "Say why in a few words." in desk.text
    desk.send(overall="1", overall__rationale="The other\x00 <i>one</i> is wrong.")
    assert desk.status == 200
    assert Label.objects.get().rationale.text == "The other <i>one</i> is wrong."


def test_a_rationale_too_long_to_read_is_refused_and_kept(client: Client) -> None:
    project = make_project()
    project.criteria.update(rationale="optional")
    touch(project)
    make_comparison(project)
    desk = sit(client, project).send(overall="1", overall__rationale="word " * 3_000)
    assert desk.status == 422
    assert "Shorten the text" in desk.text
    assert "word word" in desk.html


def test_reasons_count_for_a_preference_and_not_for_a_tie(client: Client) -> None:
    project = make_project()
    project.criteria.update(reasons=["correct", "clear"])
    touch(project)
    for _ in range(2):
        make_comparison(project)
    desk = sit(client, project)
    desk.send(overall="1", overall__reason=["correct", "clear", "made up"])
    desk.send(overall="0", overall__reason=["correct"])
    first, tie = Label.objects.order_by("pk")
    assert first.rationale.reasons == ["correct", "clear"]
    assert not hasattr(tie, "rationale")


def test_confidence_is_asked_for_where_the_criterion_wants_it(client: Client) -> None:
    project = make_project()
    project.criteria.update(confidence=True)
    touch(project)
    make_comparison(project)
    desk = sit(client, project).send(overall="1")
    assert desk.status == 422
    assert "Say how sure you are." in desk.text
    desk.send(overall="1", overall__confidence="fairly")
    assert Label.objects.get().confidence == "fairly"


def test_places_become_a_ranking_with_ties_in_stored_letters(client: Client) -> None:
    project = make_project(scale="ranking", both_bad=True)
    for _ in range(2):
        make_comparison(project, "one", "two", "three", "four")
    desk = sit(client, project)
    shown = Assignment.objects.filter(state="live").earliest("pk").shown
    desk.send(overall__a="3", overall__b="1", overall__c="3", overall__d="2")
    tie = "=".join(sorted((shown[0], shown[2])))
    assert Label.objects.get().ranking == f"{shown[1]}>{shown[3]}>{tie}"
    desk.send(overall="both_bad", overall__a="1")
    assert Label.objects.latest("pk").ranking == "both_bad"


def test_a_response_without_a_place_is_named(client: Client) -> None:
    project = make_project(scale="ranking")
    make_comparison(project, "one", "two", "three")
    desk = sit(client, project).send(overall__b="1")
    assert desk.status == 422
    assert "A, C still need a place." in desk.text
    assert desk.form.chosen == {f"{desk.criteria['overall']}-b": ["1"]}


def test_after_the_last_one_the_page_says_thanks(client: Client) -> None:
    project = make_project()
    make_comparison(project)
    desk = sit(client, project).send(overall="1")
    assert desk.status == 200
    assert "Thank you." in desk.text
    assert desk.form.hidden == {}
    assert "Your one answer is saved" in desk.text


def test_without_any_work_the_page_says_so(client: Client) -> None:
    assert "Nothing waits for you yet" in sit(client, make_project()).text


def test_an_expired_session_redirects_the_whole_page_and_comes_back(client: Client) -> None:
    project = make_project()
    make_comparison(project)
    desk = sit(client, project)
    client.logout()
    desk.send(overall="1")
    assert desk.response.headers["HX-Redirect"] == f"{reverse('sign-in')}?next={desk.url}"
    plain = client.get(desk.url)
    assert plain.headers["Location"] == f"{reverse('sign-in')}?next={desk.url}"


def test_no_page_is_kept_by_the_browser_or_a_proxy(client: Client) -> None:
    project = make_project()
    assert "no-store" in sit(client, project).response.headers["Cache-Control"]
    assert "no-store" in client.get(reverse("projects")).headers["Cache-Control"]


def test_twenty_responses_can_be_ranked_and_no_printed_key_means_two_things(client: Client) -> None:
    project = make_project(scale="ranking")
    project.criteria.update(confidence=True, rationale="optional", reasons=["correct", "clear"])
    touch(project)
    make_comparison(project, *(f"Response number {number}." for number in range(20)))
    desk = sit(client, project)
    form = desk.html[desk.html.index('id="answer"') :]
    keys = re.findall(r'data-key="([a-z])"', form[: form.index("</form>")])
    assert len(keys) == len(set(keys))
    places = {
        f"overall__{letter}": str(place) for place, letter in enumerate("abcdefghijklmnopqrst", start=1)
    }
    assert desk.send(**places, overall__confidence="very").status == 200
    assert len(Label.objects.get().ranking) == 39


def test_the_count_of_what_is_done_goes_up_with_every_answer(client: Client) -> None:
    project = make_project()
    for _ in range(4):
        make_comparison(project)
    desk = sit(client, project)
    assert "1 of 4" in desk.send(scripted=False, overall="1").text
    assert "2 of 4" in desk.send(scripted=False, overall="1").text


def test_chats_and_contexts_are_shown_turn_by_turn(client: Client) -> None:
    project = make_project()
    comparison = make_comparison(project)
    comparison.prompt = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Good day."},
        {"role": "user", "content": [{"type": "text", "text": "And *now*?"}]},
    ]
    comparison.save()
    comparison.responses.filter(position=0).update(
        messages=[
            {"role": "assistant", "content": "Looking it up."},
            {"role": "tool", "content": "42"},
            {"role": "assistant", "content": "It is 42."},
        ],
        context=[{"role": "user", "content": "Only this side saw me."}],
    )
    desk = sit(client, project)
    for shown in ("3 earlier messages", "Be brief.", "Good day.", "And <em>now</em>?", "Instructions", "Tool",
                  "It is 42.", "Only this side saw me."):  # fmt: skip
        assert shown in desk.html


def test_guidelines_stand_beside_the_question_rendered(client: Client) -> None:
    project = make_project()
    project.guidelines_versions.create(version=2, text="Read **twice**, <script>once</script>.")
    touch(project)
    make_comparison(project)
    html = sit(client, project).html
    assert "Read <strong>twice</strong>, &lt;script&gt;" in html
    assert "Version 2" in html

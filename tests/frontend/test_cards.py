"""A card put together from a blank is the card that its template gives, byte for byte."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils.translation import override

from annotation import leases
from annotation.models import Annotator, Assignment, Comparison, Criterion, Project
from annotation.projects import touch
from frontend.rendering import render_missing
from frontend.views.label import cards
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_blanks() -> Iterator[None]:
    cards._blank.cache_clear()
    yield
    cards._blank.cache_clear()


def lent(person: Annotator, project: Project) -> list[Assignment]:
    render_missing(list(Comparison.objects.filter(project=project).values_list("pk", flat=True)))
    return leases.claim(person, project, n=50, lean=True)


def same(person: Annotator, project: Project) -> int:
    """Compares all cards of this person with those of the template; gives the number of blanks made."""
    before = cards._blank.cache_info().misses
    for number, assignment in enumerate(lent(person, project), start=998):
        quick = cards.card(person, project, assignment, number)
        assert quick == cards.filled_in(person, project, assignment, number)
        assert quick["assignment"] == assignment.pk
        assert f'data-assignment="{assignment.pk}"' in quick["html"]
    return cards._blank.cache_info().misses - before


def ask(project: Project, **fields: Any) -> None:
    project.criteria.update(**fields)
    touch(project)


def test_pairs_of_one_shape_share_a_blank() -> None:
    project = make_project()
    ask(project, confidence=True, rationale="required", reasons=["more <correct>", "clearer & shorter"])
    Criterion.objects.create(project=project, name="harmless", position=1, scale="two-way")
    touch(project)
    for number in range(4):
        make_comparison(project, f"One & <only> {number}.", "word " * number * 500, prompt=f"Which {number}?")
    assert same(make_person(project), project) == 2, "in one of them a response is empty"
    assert same(make_person(project), project) <= 1, "only an empty one on the other side is new"


@pytest.mark.parametrize("task", ["full", "best-worst", "top-2"])
def test_rankings_show_their_own_opening_words(task: str) -> None:
    project = make_project(scale="ranking")
    ask(project, ranking=task)
    for number in range(3):
        make_comparison(project, *(f"<b>Number {number}</b> & response {index}." for index in range(4)))
    make_comparison(project, *(f"Response {index}." for index in range(6)))
    assert same(make_person(project), project) == 2


def test_chats_and_contexts_of_any_length_and_speaker() -> None:
    project = make_project()
    roles = ["system", "user", "assistant", "<b>tool</b>", "user", "a 'narrator'"]
    for length in (1, 3, 6, 80):
        comparison = make_comparison(project)
        comparison.prompt = [
            {"role": roles[n % 6], "content": f"Turn {n} of {length}"} for n in range(length)
        ]
        comparison.save()
        response = comparison.responses.order_by("position")[0]
        response.context = comparison.prompt[: length - 1]
        response.messages = [{"role": "assistant", "content": "Said."}, {"role": "tool", "content": "Got."}]
        response.save()
    assert same(make_person(project), project) == 3, "very long chats are not worth a blank"


def test_a_blank_is_made_anew_for_another_language_name_or_state_of_the_project() -> None:
    project = make_project()
    make_comparison(project)
    person = make_person(project)
    assert same(person, project) == 1
    with override("de"):
        assert same(person, project) == 1
    project.name = "Renamed"
    assert same(person, project) == 1
    ask(project, question="Which one would you rather read?")
    assert same(person, project) == 1
    assert same(person, project) == 0


def test_a_blank_holds_nothing_of_a_person_a_comparison_or_a_request() -> None:
    project = make_project()
    make_comparison(project, "The first one's words.", "The second one's words.", prompt="A riddle.")
    person = make_person(project, email="somebody@example.org")
    [assignment] = lent(person, project)
    card = cards.card(person, project, assignment, 1)
    key = card["html"].partition('name="key" value="')[2].partition('"')[0]
    shape = cards._shape(cards.content_of(assignment.comparison), assignment.shown)
    version = (project.revision, project.created_at, project.slug, project.name)
    parts, _holes = cards._blank(project, version, "en", shape)
    fixed = "".join(parts[::2])
    assert cards._blank.cache_info().misses == 1
    for secret in (key, "words.", "riddle", "somebody", person.name, "csrf"):
        assert secret
        assert secret not in fixed


def test_another_project_never_gets_this_ones_blank() -> None:
    for _ in range(2):
        project = make_project()
        make_comparison(project)
        assert same(make_person(project), project) == 1

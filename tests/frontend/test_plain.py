"""The text as it was written, in the order shown, for the one person it was lent to."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from annotation import leases
from annotation.models import Annotator, Assignment, Comparison, Project
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project()


@pytest.fixture
def person(project: Project, client: Client) -> Annotator:
    person = make_person(project)
    assert person.user is not None
    client.force_login(person.user)
    return person


def fetch(client: Client, project: Project, assignment: Assignment) -> Any:
    return client.get(reverse("plain", args=[project.slug, assignment.pk]))


def parts(html: str) -> dict[str, str]:
    """The texts of each part, without tags."""
    found = re.findall(r'<div data-plain="(\w+)">(.*?)</div>', html, re.DOTALL)
    return {name: unescape(re.sub(r"<[^>]+>", "|", inner)) for name, inner in found}


def test_every_part_is_as_written_under_the_letter_shown(
    client: Client, project: Project, person: Annotator
) -> None:
    texts = ["**One** <b>bold</b>\n\n  - a\n  - b", "# Two & $x^2$", "`three`\n\n\n  end  "]
    orders = set()
    while len(orders) < 3:
        comparison = make_comparison(project, *texts, prompt="Why *so*?\n\n1. <script>")
        (assignment,) = leases.claim(person, project)
        shown = parts(fetch(client, project, assignment).content.decode())
        assert list(shown) == ["prompt", "a", "b", "c"]
        assert shown.pop("prompt") == "|Why *so*?\n\n1. <script>|"
        for letter, stored in zip(shown, assignment.shown, strict=True):
            assert shown[letter] == f"|{texts[ord(stored) - ord('a')]}|"
        orders.add(assignment.shown)
        leases.give_back(person, [assignment.pk])
        assert comparison.pk == assignment.comparison_id


def test_it_is_a_fragment_that_nothing_in_the_texts_can_leave(
    client: Client, project: Project, person: Annotator
) -> None:
    evil = '</pre></div><div data-plain="z"><img src=x onerror=alert(1)><script>alert(1)</script>'
    make_comparison(project, evil, "b", prompt=evil)
    html = fetch(client, project, leases.claim(person, project)[0]).content.decode()
    assert set(re.findall(r"<(\w+)", html)) == {"div", "pre"}
    assert html.count("data-plain=") == 3 + html.count("data-plain=&quot;") + html.count('data-plain="z"')
    assert 'data-plain="z"&gt;' in html or "data-plain=&quot;z" in html
    assert "<html" not in html


def test_characters_that_turn_the_direction_are_visible(
    client: Client, project: Project, person: Annotator
) -> None:
    make_comparison(project, "safe\u202egnp.exe", "\u2067שלום\u2069 \u202aabc\u202c")
    html = fetch(client, project, leases.claim(person, project)[0]).content.decode()
    assert "safe[U+202E]gnp.exe" in html
    assert "[U+2067]שלום[U+2069] [U+202A]abc[U+202C]" in html
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", html)
    assert html.count('<pre class="plain" dir="auto">') == 3


def test_chats_contexts_tools_and_media_are_there_with_who_speaks(
    client: Client, project: Project, person: Annotator
) -> None:
    comparison = make_comparison(project, "x", "y")
    Comparison.objects.filter(pk=comparison.pk).update(
        prompt=[{"role": "system", "content": "Be *brief*."}, {"role": "user", "content": "Go."}]
    )
    call = {"type": "function", "function": {"name": "look_up", "arguments": '{"word":"clip"}'}}
    comparison.responses.update(
        context=[{"role": "user", "content": "Earlier."}],
        messages=[
            {"role": "assistant", "content": None, "tool_calls": [call], "name": "secret-model"},
            {"role": "tool", "content": '{"a":1}'},
            {"role": "assistant", "content": [{"type": "text", "text": "Done."}]},
        ],
        media=["https://example.org/a.png"],
    )
    html = fetch(client, project, leases.claim(person, project)[0]).content.decode()
    shown = parts(html)
    assert shown["prompt"] == "|Instructions||Be *brief*.||Person||Go.|"
    for expected in (
        "Earlier.",
        'look_up({\n  "word": "clip"\n})',
        '{"a":1}',
        "Done.",
        "|Tool|",
        "example.org/a.png",
    ):
        assert expected in shown["a"], expected
    assert "secret-model" not in html


def test_nobody_but_the_annotator_of_the_assignment_may_read_it(
    client: Client, project: Project, person: Annotator
) -> None:
    make_comparison(project, wanted=5)
    (mine,) = leases.claim(person, project)
    owner = make_person(project, role="owner")
    (theirs,) = leases.claim(owner, project)
    assert fetch(client, project, mine).status_code == 200
    assert fetch(client, project, theirs).status_code == 404
    other = make_project()
    assert person.user is not None
    make_comparison(other)
    leases.claim(make_person(other), other)
    assert fetch(client, other, mine).status_code == 404
    client.force_login(owner.user)  # type: ignore[arg-type]
    assert fetch(client, project, mine).status_code == 404
    client.force_login(make_person(project, role="viewer").user)  # type: ignore[arg-type]
    assert fetch(client, project, mine).status_code == 403
    client.logout()
    assert fetch(client, project, mine).status_code == 302


def test_it_takes_four_statements(
    client: Client, project: Project, person: Annotator, django_assert_max_num_queries: Any
) -> None:
    make_comparison(project, *["x"] * 9)
    (assignment,) = leases.claim(person, project)
    with django_assert_max_num_queries(4):
        fetch(client, project, assignment)

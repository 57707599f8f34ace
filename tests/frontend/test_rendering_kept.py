"""A comparison is rendered once; pages read the result in one row."""

import pytest
from django.test.utils import CaptureQueriesContext

from annotation import leases
from annotation.models import Comparison, Rendering
from frontend.rendering import comparisons, content_of, render_ahead, render_open
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db


def loaded(comparison: Comparison) -> Comparison:
    return Comparison.objects.select_related("rendering").get(pk=comparison.pk)


def test_the_first_reader_renders_and_the_next_one_asks_nothing(django_assert_num_queries) -> None:
    comparison = make_comparison(make_project(), "One **two** three.", "Four.", prompt="Why *so*?")
    with django_assert_num_queries(3):  # load, responses, keep
        content = content_of(loaded(comparison))
    with django_assert_num_queries(1):
        assert content_of(loaded(comparison)) == content
    assert content["prompt"][0]["html"] == '<p dir="auto">Why <em>so</em>?</p>'
    first = content["responses"][0]
    assert (first["words"], first["opening"]) == (3, "One two three.")


def test_a_newer_renderer_renders_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    comparison = make_comparison(make_project())
    content_of(loaded(comparison))
    monkeypatch.setattr(comparisons, "VERSION", comparisons.VERSION + 1)
    comparison.responses.update(messages=[{"role": "assistant", "content": "new"}])
    assert "new" in content_of(loaded(comparison))["responses"][0]["turns"][0]["html"]
    assert Rendering.objects.get().version == comparisons.VERSION


def test_opening_words_tell_responses_apart_without_markup() -> None:
    comparison = make_comparison(make_project(), "# A < B\n\n" + "word " * 60, "<b>x</b>")
    first, second = content_of(comparison)["responses"]
    assert first["opening"].startswith("A < B word word")
    assert first["opening"].endswith("word…")
    assert len(first["opening"]) <= 91
    assert second["opening"] == "<b>x</b>", "plain text: the page escapes it"


def test_odd_content_is_shown_and_never_breaks_the_page() -> None:
    comparison = make_comparison(make_project())
    comparison.prompt = [{"content": None}, {"role": None, "content": 7}, {"role": "user", "content": [{}, "a", {"url": "https://e.example/i.png"}]}]  # fmt: skip  # noqa: E501
    comparison.responses.update(media=[{"url": "https://e.example/a.mp3"}, "b.png"], messages=[])
    content = content_of(comparison)
    assert [turn["role"] for turn in content["prompt"]] == ["user", "user", "user"]
    assert "[https://e.example/i.png]" in content["prompt"][2]["html"]
    assert "[https://e.example/a.mp3]" in content["responses"][0]["turns"][0]["html"]
    assert content["responses"][0]["words"] == 0


def test_what_comes_next_is_rendered_ahead_in_a_few_statements() -> None:
    project = make_project()
    person = make_person(project)
    for _ in range(20):
        make_comparison(project)
    held = leases.claim(person, project)[0].comparison_id
    assert render_ahead(person, project, limit=12) == 12
    assert not Rendering.objects.filter(comparison=held).exists(), "what is in hand is no longer ahead"
    assert render_ahead(person, project, limit=12) == 0


def test_the_whole_open_queue_can_be_rendered_in_batches(django_db_blocker) -> None:
    from django.db import connection

    project = make_project()
    for _ in range(7):
        make_comparison(project)
    make_comparison(project, wanted=0)
    with CaptureQueriesContext(connection):
        assert render_open(project, batch=3) == 7
    assert render_open(project) == 0

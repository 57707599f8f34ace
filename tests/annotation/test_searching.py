"""Comparisons are found by words and by how they stand; summaries follow their labels."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from annotation import searching, summaries
from annotation.flags import raise_flag
from annotation.imports import load_comparisons
from annotation.models import (
    Annotation,
    Annotator,
    Comparison,
    Decision,
    Label,
    Project,
    Summary,
    SummaryMark,
)
from annotation.searching import Search, find
from annotation.tasks import look_for_summaries
from tests.annotation.voting import answer
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db

Finds = Callable[..., list[str]]


@pytest.fixture
def project() -> Project:
    return make_project()


@pytest.fixture
def finds(project: Project) -> Finds:
    """`finds(state="nobody")`: the imported ids of what is found, everything summarised before."""

    def finds(**asked: str) -> list[str]:
        summaries.catch_up(project)
        ids = find(project, Search.read(asked))
        return [Comparison.objects.get(pk=pk).external_id for pk in ids]

    return finds


def make_judge(project: Project) -> Annotator:
    return Annotator.objects.create(project=project, kind="judge", name="small")


def test_words_are_found_by_their_beginnings_in_any_case_and_all_of_them(
    project: Project, finds: Finds
) -> None:
    make_comparison(project, external_id="cake", prompt="Bake a Chocolate cake, please.")
    make_comparison(project, external_id="bread", prompt="Bake bread. Überraschend gut!")
    assert finds(words="bake") == ["cake", "bread"]
    assert finds(words="choc bak") == ["cake"]
    assert finds(words="überr") == ["bread"]
    assert finds(words="hocolate") == finds(words="bake fish") == []
    assert finds(words="'; DROP & | ! :* \\") == []
    assert finds(words="!!") == ["cake", "bread"], "nothing that could be looked for asks for nothing"


def test_a_comparison_is_found_by_its_imported_id(project: Project) -> None:
    made = make_comparison(project, external_id="mt-81/3")
    make_comparison(make_project(), external_id="mt-81/3")
    assert searching.named(project, Search(words="mt-81/3")) == made.pk
    assert searching.named(project, Search(words="mt-81")) is None


def test_states_and_sources_follow_the_labels(project: Project, finds: Finds) -> None:
    made = {
        name: make_comparison(project, external_id=name, wanted=2)
        for name in ("none", "people", "judges", "both")
    }
    person, judge = make_person(project), make_judge(project)
    answer(person, made["people"], "a>b", 1)
    answer(judge, made["judges"], "a>b", 1)
    for one in (person, judge):
        answer(one, made["both"], "a>b", 1)
    Decision.objects.create(
        comparison=made["both"], destination="human", audit=True, probability=1, score=0, reason="drawn",
        policy="random", policy_version="1", plan=uuid4(),
    )  # fmt: skip
    assert finds(state="nobody") == ["none"]
    assert finds(state="labelled") == ["people", "judges", "both"]
    for source in ("people", "judges", "both"):
        assert finds(source=source) == [source]
    assert finds(source="audit") == ["both"]
    assert finds(state="labelled", source="judges") == ["judges"]
    assert finds(state="waiting") == ["none", "judges", "both"]


def test_disagreement_among_people_and_with_judges_is_told_apart(project: Project, finds: Finds) -> None:
    alike, apart, judged = (make_comparison(project, external_id=name, wanted=3) for name in ("x", "y", "z"))
    people, judge = [make_person(project) for _ in range(3)], make_judge(project)
    for person, said in zip(people, ("a>b", "a>b", "b>a"), strict=True):
        answer(person, alike, "a>b", 1)
        answer(person, apart, said, 1)
    answer(people[0], judged, "a>b", 1)
    answer(judge, judged, "a=b")
    assert finds(differ="people") == ["y"]
    assert finds(differ="judges") == ["z"]
    assert Summary.objects.get(comparison=apart).people_differ == 67, "two of three pairs"
    Label.objects.filter(annotator=people[2]).update(independent=False)
    summaries.recount([apart.pk])
    assert finds(differ="people") == []


def test_flags_and_categories_narrow_the_list(project: Project, finds: Finds) -> None:
    flagged = make_comparison(project, external_id="flagged", category="cooking")
    make_comparison(project, external_id="plain", category="cooking")
    make_comparison(project, external_id="other", category="maths")
    raise_flag(make_person(project), flagged.pk, "Cut off.")
    assert finds(category="cooking") == ["flagged", "plain"]
    assert finds(category="cooking", flag="open") == finds(flag="open") == ["flagged"]
    assert finds(category="history") == []
    assert searching.categories(project) == ["cooking", "maths"]
    assert searching.categories(make_project()) == []


def test_what_no_form_offers_asks_for_nothing() -> None:
    strange = {"state": "'", "source": "x", "differ": "1", "flag": "yes", "words": "\0 \n"}
    assert not Search.read(strange)


def test_pages_follow_each_other_without_a_gap(project: Project) -> None:
    made = [make_comparison(project, prompt=f"Question {n}").pk for n in range(7)]
    make_comparison(make_project(), prompt="Question 8")
    summaries.catch_up(project)
    for search in (Search(), Search(state="nobody"), Search(words="question")):
        seen: list[int] = []
        while page := find(project, search, seen[-1] if seen else 0, 3):
            seen += page
        assert seen == made


def test_a_label_that_was_written_late_is_not_missed(project: Project, finds: Finds) -> None:
    first, second = make_comparison(project, external_id="1"), make_comparison(project, external_id="2")
    person = make_person(project)
    answer(person, first, "a>b", 1)
    answer(person, second, "a>b", 1)
    late = Label.objects.get(comparison=first)
    Label.objects.filter(pk=late.pk).update(current=False)  # as if its transaction were still open
    assert finds(state="labelled") == ["2"]
    Label.objects.filter(pk=late.pk).update(current=True)
    assert finds(state="labelled") == ["1", "2"], "young labels are looked at again"
    Annotation.objects.update(created_at=timezone.now() - timedelta(hours=1))
    summaries.catch_up(project)
    assert SummaryMark.objects.get(project=project).labels == Label.objects.latest("pk").pk
    assert project not in summaries.behind()
    assert summaries.catch_up(project) == 0


def test_an_import_has_what_it_brings_looked_at_though_it_took_long(
    project: Project, finds: Finds, tmp_path: object
) -> None:
    SummaryMark.objects.create(project=project, comparisons=10**9, labels=10**9)
    file = tmp_path / "c.jsonl"  # type: ignore[operator]
    file.write_text(
        '{"id": "late", "prompt": "Sing.", "responses": ["La", "Lo"],'
        ' "labels": [{"annotator": "w1", "ranking": "a>b"}]}\n'
    )
    report = load_comparisons(project, [file])
    assert report.added == 1, report
    look_for_summaries()
    assert finds(words="sing", state="labelled") == ["late"]

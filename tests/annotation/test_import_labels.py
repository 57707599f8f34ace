"""Labels made elsewhere: how answers are said, who said them, and what a second file may add."""

import json
from pathlib import Path
from typing import Any

import pytest

from annotation.imports import load_comparisons, load_labels
from annotation.models import Annotation, Annotator, Assignment, Criterion, Demand, Label, Project
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    project = make_project(labels_wanted=3)
    make_comparison(project, external_id="q1", wanted=3)
    return project


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annotation.imports.batches.ROWS", 10)


def save(folder: Path, *rows: Any, name: str = "labels.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def said(annotator: str = "w1", **fields: Any) -> dict[str, Any]:
    return {"comparison": "q1", "annotator": annotator} | fields


def stored(project: Project) -> list[tuple[Any, ...]]:
    labels = Label.objects.filter(project=project).order_by("id")
    return list(labels.values_list("annotator__external_id", "ranking", "strength"))


def test_a_label_line_becomes_an_assignment_an_annotation_and_a_label(
    project: Project, tmp_path: Path
) -> None:
    row = said(
        kind="human",
        criterion="overall",
        ranking="b>a",
        shown="ba",
        strength=2,
        confidence="fairly",
        reasons=["correct"],
        rationale="Only b answers the question.",
        seconds=41.5,
    )
    report = load_labels(project, [save(tmp_path, row)])
    assert (report.added, report.labels_added, report.labels_human, report.annotators_added) == (1, 1, 1, 1)
    annotator = Annotator.objects.get(project=project)
    assert (annotator.external_id, annotator.name, annotator.kind, annotator.user) == (
        "w1",
        "w1",
        "human",
        None,
    )
    assignment = Assignment.objects.get(annotator=annotator)
    assert (assignment.purpose, assignment.state, assignment.round) == ("import", "submitted", 0)
    assert (assignment.shown, assignment.demand, assignment.leased_until) == ("ba", None, None)
    annotation = Annotation.objects.get(assignment=assignment)
    assert (annotation.active_seconds, annotation.order_consistent, annotation.revision) == (41.5, None, 0)
    label = Label.objects.get(annotation=annotation)
    assert (label.ranking, label.strength, label.confidence) == ("b>a", 2, "fairly")
    assert (label.independent, label.current, label.comparison_id) == (True, True, assignment.comparison_id)
    assert (label.rationale.reasons, label.rationale.text) == (["correct"], "Only b answers the question.")


@pytest.mark.parametrize(
    ("answer", "ranking", "strength"),
    [
        ({"ranking": "b > a"}, "b>a", None),
        ({"ranking": ["b", "a"]}, "b>a", None),
        ({"ranking": [["a", "b"]]}, "a=b", None),
        ({"choice": "a"}, "a>b", None),
        ({"choice": "Tie"}, "a=b", None),
        ({"choice": "both_bad"}, "both_bad", None),
        ({"choice": "tie", "preference": 0, "both_bad": True}, "both_bad", None),
        ({"preference": -2}, "b>a", 2),
        ({"preference": 2.0}, "a>b", 2),
        ({"preference": 0}, "a=b", None),
        ({"choice": "b", "strength": 1}, "b>a", 1),
        ({"choice": "b", "preference": -1, "strength": 1}, "b>a", 1),
    ],
)
def test_an_answer_may_be_said_in_several_ways(
    project: Project, tmp_path: Path, answer: dict[str, Any], ranking: str, strength: int | None
) -> None:
    load_labels(project, [save(tmp_path, said(**answer))])
    assert stored(project) == [("w1", ranking, strength)]


def test_both_bad_is_taken_even_where_the_page_does_not_offer_it(tmp_path: Path) -> None:
    project = make_project(both_bad=False)
    make_comparison(project, external_id="q1")
    load_labels(project, [save(tmp_path, said(choice="both_bad"))])
    assert stored(project) == [("w1", "both_bad", None)]


def test_a_preference_of_one_has_no_strength_where_the_file_never_says_more(
    project: Project, tmp_path: Path
) -> None:
    load_labels(project, [save(tmp_path, said("w1", preference=1), said("w2", choice="b", preference=-1))])
    assert stored(project) == [("w1", "a>b", None), ("w2", "b>a", None)]


def test_a_preference_of_one_means_slightly_where_the_file_says_more_elsewhere(
    project: Project, tmp_path: Path
) -> None:
    rows = [said("w1", preference=1), said("m", kind="judge", preference=-1), said("w2", preference=-2)]
    load_labels(project, [save(tmp_path, *rows)])
    assert stored(project) == [("w1", "a>b", 1), ("m", "b>a", None), ("w2", "b>a", 2)]


@pytest.mark.usefixtures("small_batches")
def test_the_grading_of_inline_labels_is_found_at_the_end_of_the_file(tmp_path: Path) -> None:
    project = make_project()
    row = {"prompt": "p", "response_a": "x", "response_b": "y"}
    rows = [
        row | {"id": str(number), "labels": [{"annotator": "w1", "preference": 2 if number == 44 else 1}]}
        for number in range(45)
    ]
    load_comparisons(project, [save(tmp_path, *rows)])
    strengths = set(Label.objects.filter(project=project).values_list("strength", flat=True))
    assert strengths == {1, 2}


def test_strength_is_kept_on_graded_scales_only(tmp_path: Path) -> None:
    project = make_project(scale="three-way")
    make_comparison(project, external_id="q1")
    load_labels(project, [save(tmp_path, said(choice="a", strength=1))])
    assert stored(project) == [("w1", "a>b", None)]


def test_more_than_two_responses_are_ranked_by_letter_or_by_the_sources_ids(tmp_path: Path) -> None:
    project = make_project()
    responses = [{"rid": rid, "text": rid} for rid in ("red", "green", "blue")]
    row = {"id": "q1", "prompt": "Pick one.", "responses": responses}
    rankings = [
        {"annotator": "w1", "ranking": ["blue", "red", "green"], "shown": ["green", "red", "blue"]},
        {"annotator": "w2", "ranking": [["blue", "red"], ["green"]]},
        {"annotator": "w3", "ranking": "b>a=c"},
        {"annotator": "w4", "choice": "b"},
        {"annotator": "w5", "choice": "tie"},
    ]
    report = load_comparisons(project, [save(tmp_path, row | {"rankings": rankings})])
    assert report.labels_added == 5
    assert [ranking for _, ranking, _ in stored(project)] == ["c>a>b", "a=c>b", "b>a=c", "b>a~c", "a=b=c"]
    shown = Assignment.objects.order_by("id").values_list("shown", flat=True)
    assert list(shown) == ["bac", "unknown", "unknown", "unknown", "unknown"]
    later = said("w6", ranking=["green", "blue", "red"])
    assert load_labels(project, [save(tmp_path, later)]).labels_added == 1
    assert stored(project)[-1] == ("w6", "b>c>a", None)


def test_criteria_of_one_annotator_are_one_annotation_whatever_file_they_come_in(
    project: Project, tmp_path: Path
) -> None:
    for name in ("helpful", "harmless"):
        Criterion.objects.create(project=project, name=name)
    first = save(tmp_path, said(choice="a", seconds=5), said(choice="b", aspect="helpful", seconds=5))
    load_labels(project, [first])
    second = save(tmp_path, said(choice="tie", criterion="harmless"), name="more.jsonl")
    report = load_labels(project, [second])
    assert (report.labels_added, report.annotators_added) == (1, 0)
    annotation = Annotation.objects.get(assignment__annotator__external_id="w1")
    labels = annotation.labels.order_by("id").values_list("criterion__name", "ranking")
    assert list(labels) == [("overall", "a>b"), ("helpful", "b>a"), ("harmless", "a=b")]
    assert annotation.active_seconds == 5
    assert load_labels(project, [first, second]).unchanged == 3


def test_a_second_answer_in_the_same_file_is_another_round(project: Project, tmp_path: Path) -> None:
    rows = [said(choice="a"), said(choice="a"), said(choice="b")]
    path = save(tmp_path, *rows)
    assert load_labels(project, [path]).labels_added == 3
    rounds = Label.objects.filter(project=project).order_by("id")
    assert list(rounds.values_list("ranking", "annotation__assignment__round", "independent")) == [
        ("a>b", 0, True),
        ("a>b", 1, False),
        ("b>a", 2, False),
    ]
    again = load_labels(project, [path])
    assert (again.labels_added, again.unchanged, again.refused) == (0, 3, 0)
    assert Label.objects.filter(project=project).count() == 3


@pytest.mark.usefixtures("small_batches")
def test_a_second_answer_batches_later_in_the_same_file_is_another_round_too(
    project: Project, tmp_path: Path
) -> None:
    rows = [said(choice="a"), *(said(f"x{number}", choice="a") for number in range(30)), said(choice="b")]
    path = save(tmp_path, *rows)
    assert load_labels(project, [path]).labels_added == 32
    assert sorted(Assignment.objects.filter(annotator__external_id="w1").values_list("round", flat=True)) == [
        0,
        1,
    ]
    assert load_labels(project, [path]).unchanged == 32


def test_a_different_answer_in_a_later_file_is_refused(project: Project, tmp_path: Path) -> None:
    load_labels(project, [save(tmp_path, said(choice="a", strength=2))])
    report = load_labels(project, [save(tmp_path, said("w2", choice="a"), said(choice="b", strength=1))])
    (error,) = report.errors
    assert (error["line"], error["field"]) == (2, "ranking")
    assert error["message"] == "'w1' is known to have said a>b with strength 2, not b>a with strength 1"
    assert stored(project) == [("w1", "a>b", 2)]


def test_a_conflicting_label_inside_a_comparison_line_refuses_the_line(tmp_path: Path) -> None:
    project = make_project()
    row = {"id": "q1", "prompt": "p", "response_a": "x", "response_b": "y"}
    one = {"annotator": "w1", "choice": "a"}
    load_comparisons(project, [save(tmp_path, row | {"labels": [one]})])
    labels = [{"annotator": "w2", "choice": "b"}, one | {"choice": "b"}]
    report = load_comparisons(project, [save(tmp_path, row | {"labels": labels})], skip_bad=True)
    assert (report.unchanged, report.refused, report.labels_added) == (0, 1, 0)
    assert report.errors[0]["field"] == "labels[1].ranking"
    assert stored(project) == [("w1", "a>b", None)]


def test_a_strength_left_open_contradicts_nothing(project: Project, tmp_path: Path) -> None:
    load_labels(project, [save(tmp_path, said(choice="a", strength=2))])
    assert load_labels(project, [save(tmp_path, said(choice="a"))]).unchanged == 1


def test_an_annotator_is_a_person_or_a_judge_for_good(project: Project, tmp_path: Path) -> None:
    load_labels(project, [save(tmp_path, said(choice="a"))])
    make_comparison(project, external_id="q2")
    row = said(comparison="q2", kind="llm", choice="a", shown="ab")
    (error,) = load_labels(project, [save(tmp_path, row)]).errors
    assert (error["field"], error["message"]) == ("kind", "'w1' is known as human, not as judge")


def test_peoples_labels_lower_the_default_pools_demand_once_a_person(
    project: Project, tmp_path: Path
) -> None:
    Criterion.objects.create(project=project, name="helpful")
    rows = [
        said("w1", choice="a"),
        said("w1", choice="b"),
        said("m1", kind="judge", choice="a", shown="both"),
    ]
    load_labels(project, [save(tmp_path, *rows)])
    demand = Demand.objects.get(comparison__project=project)
    assert (demand.wanted, demand.live, demand.done) == (2, 0, 0)
    rows = [said("w1", choice="a", criterion="helpful"), said("w2", choice="a"), said("w3", choice="a")]
    load_labels(project, [save(tmp_path, *rows)])
    demand.refresh_from_db()
    assert demand.wanted == 0


def test_work_done_here_and_imported_labels_stand_side_by_side(project: Project, tmp_path: Path) -> None:
    """An annotator known by an external id may also have been lent the comparison."""
    person = make_person(project)
    person.external_id = "w1"
    person.save()
    Assignment.objects.create(
        comparison=project.comparisons.get(),
        annotator=person,
        state="expired",
        shown="ab",
        claimed_at="2026-01-01T00:00Z",
    )
    load_labels(project, [save(tmp_path, said(choice="a"))])
    label = Label.objects.get(project=project)
    assert (label.annotation.assignment.round, label.independent) == (1, False)


def test_keys_of_labels_that_have_no_place_are_warned_about_once(project: Project, tmp_path: Path) -> None:
    rows = [said(f"w{number}", choice="a", role="crowd", mood="good", weather="rain") for number in range(3)]
    report = load_labels(project, [save(tmp_path, *rows)])
    (warning,) = report.warnings
    assert warning.endswith("not kept from labels: mood, weather")


def test_a_flood_of_unknown_keys_makes_a_short_warning(project: Project, tmp_path: Path) -> None:
    rows = [said(f"w{n}", choice="a") | {f"key {n} {m}": 1 for m in range(15)} for n in range(50)]
    (warning,) = load_labels(project, [save(tmp_path, *rows)]).warnings
    assert len(warning) < 600
    assert warning.endswith(", …")


def test_without_a_criterion_named_the_only_one_is_meant(tmp_path: Path) -> None:
    project = Project.objects.create(slug="taste", name="Taste")
    Criterion.objects.create(project=project, name="taste")
    make_comparison(project, external_id="q1", wanted=0)
    assert load_labels(project, [save(tmp_path, said(choice="a"))]).labels_added == 1
    Criterion.objects.create(project=project, name="smell")
    Project.objects.filter(pk=project.pk).update(revision=1)
    project.refresh_from_db()
    (error,) = load_labels(project, [save(tmp_path, said("w2", choice="a"))]).errors
    assert (error["field"], error["message"]) == ("criterion", "expected one of taste, smell")

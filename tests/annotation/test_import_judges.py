"""Judges' votes made elsewhere: answers to single orders are evidence, the annotation what they come to."""

import json
from pathlib import Path
from typing import Any

import pytest

from annotation.imports import load_labels
from annotation.models import Annotation, Criterion, Demand, JudgeCall, Label, Project
from tests.factories import make_comparison, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    project = make_project()
    make_comparison(project, external_id="q1")
    return project


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annotation.imports.batches.ROWS", 10)


def save(folder: Path, *rows: Any, name: str = "labels.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def vote(shown: str, choice: str, **fields: Any) -> dict[str, Any]:
    return {"comparison": "q1", "annotator": "m1", "kind": "llm", "shown": shown, "choice": choice} | fields


def labels(project: Project, **current: Any) -> list[tuple[Any, ...]]:
    found = Label.objects.filter(project=project, **current).order_by("id")
    return list(found.values_list("ranking", "strength", "annotation__order_consistent"))


@pytest.mark.parametrize(
    ("votes", "ranking", "consistent"),
    [
        ([("ab", "a"), ("ba", "a")], "a>b", True),
        ([("ab", "a"), ("ba", "b")], "a=b", False),
        ([("ab", "a"), ("ba", "tie")], "a=b", False),
        ([("ab", "b")], "b>a", None),
        ([("ab", "a"), ("ba", "b"), ("ba", "b"), ("ab", "a")], "a=b", False),
        ([("ab", "a"), ("ab", "a")], "a>b", None),
    ],
)
def test_answers_to_single_orders_are_calls_and_reconcile_to_one_label(
    project: Project, tmp_path: Path, votes: list[tuple[str, str]], ranking: str, consistent: bool | None
) -> None:
    path = save(tmp_path, *(vote(*one) for one in votes))
    report = load_labels(project, [path])
    assert (report.labels_added, report.labels_judge, report.labels_human) == (len(votes), len(votes), 0)
    assert labels(project) == [(ranking, None, consistent)]
    calls = JudgeCall.objects.filter(comparison__project=project)
    assert calls.count() == len(votes)
    assert set(calls.values_list("purpose", "state")) == {("import", "ok")}
    again = load_labels(project, [path])
    assert (again.labels_added, again.unchanged, again.refused) == (0, len(votes), 0)
    assert labels(project) == [(ranking, None, consistent)]


def test_a_call_says_what_was_answered_in_stored_letters(project: Project, tmp_path: Path) -> None:
    rows = [vote("ba", "b", strength=2, rationale="Clearer."), vote("ba", "b", strength=1), vote("ab", "b")]
    load_labels(project, [save(tmp_path, *rows)])
    calls = JudgeCall.objects.order_by("order", "sample").values_list("order", "sample", "verdict", "reply")
    assert list(calls) == [
        ("ab", 0, {"overall": {"ranking": "b>a", "strength": None}}, ""),
        ("ba", 0, {"overall": {"ranking": "b>a", "strength": 2}}, "Clearer."),
        ("ba", 1, {"overall": {"ranking": "b>a", "strength": 1}}, ""),
    ]
    assert Annotation.objects.get().shown == "ab"


def test_agreeing_orders_keep_the_weakest_strength(project: Project, tmp_path: Path) -> None:
    load_labels(project, [save(tmp_path, vote("ab", "a", strength=2), vote("ba", "a", strength=1))])
    assert labels(project) == [("a>b", 1, True)]


@pytest.mark.parametrize(
    ("fields", "consistent"),
    [({"shown": "both"}, True), ({"shown": "both", "inconsistent": True}, False), ({"shown": None}, None)],
)
def test_a_verdict_for_both_orders_is_a_label_at_once(
    project: Project, tmp_path: Path, fields: dict[str, Any], consistent: bool | None
) -> None:
    load_labels(project, [save(tmp_path, vote("", "tie") | fields)])
    assert labels(project) == [("a=b", None, consistent)]
    assert not JudgeCall.objects.exists()


def test_the_other_order_in_a_later_file_supersedes_what_one_order_said(
    project: Project, tmp_path: Path
) -> None:
    first, second = save(tmp_path, vote("ab", "a")), save(tmp_path, vote("ba", "b"), name="second.jsonl")
    load_labels(project, [first])
    report = load_labels(project, [second])
    assert (report.labels_added, report.refused) == (1, 0)
    assert labels(project, current=True) == [("a=b", None, False)]
    assert labels(project, current=False) == [("a>b", None, None)]
    old, new = Annotation.objects.order_by("revision")
    assert old.superseded_at
    assert (new.revision, new.superseded_at, new.assignment_id) == (1, None, old.assignment_id)
    again = load_labels(project, [first, second])
    assert (again.labels_added, again.unchanged) == (0, 2)
    assert Annotation.objects.count() == 2


def test_another_answer_to_the_same_order_in_a_later_file_is_refused(
    project: Project, tmp_path: Path
) -> None:
    load_labels(project, [save(tmp_path, vote("ab", "a"))])
    (error,) = load_labels(project, [save(tmp_path, vote("ab", "b"))]).errors
    assert (error["field"], error["message"]) == ("ranking", "'m1' is known to have said a>b, not b>a")


@pytest.mark.usefixtures("small_batches")
def test_orders_that_arrive_batches_apart_are_reconciled(project: Project, tmp_path: Path) -> None:
    others = (vote("ab", "a", annotator=f"x{number}") for number in range(30))
    load_labels(project, [save(tmp_path, vote("ab", "a"), *others, vote("ba", "b"))])
    mine = Label.objects.filter(annotator__external_id="m1", current=True)
    assert list(mine.values_list("ranking", flat=True)) == ["a=b"]


def test_order_by_order_and_at_once_do_not_mix(project: Project, tmp_path: Path) -> None:
    (error,) = load_labels(project, [save(tmp_path, vote("ab", "a"), vote("both", "a"))]).errors
    assert (error["line"], error["field"]) == (2, "shown")
    load_labels(project, [save(tmp_path, vote("both", "a"))])
    (error,) = load_labels(project, [save(tmp_path, vote("ab", "a"))]).errors
    assert error["field"] == "shown"


def test_a_judges_criteria_share_their_calls_and_their_annotation(project: Project, tmp_path: Path) -> None:
    Criterion.objects.create(project=project, name="helpful")
    first = [vote("ab", "a"), vote("ab", "b", criterion="helpful"), vote("ba", "a")]
    load_labels(project, [save(tmp_path, *first)])
    assert JudgeCall.objects.get(order="ab").verdict == {
        "overall": {"ranking": "a>b", "strength": None},
        "helpful": {"ranking": "b>a", "strength": None},
    }
    load_labels(project, [save(tmp_path, vote("ba", "a", criterion="helpful"))])
    assert JudgeCall.objects.count() == 2
    current = Label.objects.filter(project=project, current=True).order_by("criterion")
    assert list(current.values_list("criterion__name", "ranking")) == [("overall", "a>b"), ("helpful", "a=b")]
    assert Annotation.objects.get(superseded_at=None).order_consistent is False


def test_a_criterion_that_changes_nothing_else_joins_the_annotation(project: Project, tmp_path: Path) -> None:
    Criterion.objects.create(project=project, name="helpful")
    load_labels(project, [save(tmp_path, vote("ab", "a"), vote("ba", "a"))])
    more = [vote("ab", "b", criterion="helpful"), vote("ba", "b", criterion="helpful")]
    load_labels(project, [save(tmp_path, *more)])
    assert Annotation.objects.count() == 1
    assert [ranking for ranking, _, _ in labels(project)] == ["a>b", "b>a"]


def test_more_than_two_responses_reconcile_by_mean_place(tmp_path: Path) -> None:
    project = make_project()
    make_comparison(project, "one", "two", "three", external_id="q1")
    rows = [vote("abc", "a") | {"choice": None, "ranking": text} for text in ("a>b>c", "b>a>c")]
    rows[1]["shown"] = "cba"
    load_labels(project, [save(tmp_path, *rows)])
    assert labels(project) == [("a=b>c", None, False)]


def test_judges_leave_the_demand_for_people_alone(project: Project, tmp_path: Path) -> None:
    load_labels(project, [save(tmp_path, vote("ab", "a"), vote("ba", "a"))])
    assert Demand.objects.get().wanted == 1

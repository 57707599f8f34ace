"""Rows of other tools: TRL's chosen and rejected, and MultiPref's annotations."""

import json
from pathlib import Path
from typing import Any

import pytest

from annotation.imports import load_comparisons
from annotation.models import Annotation, Comparison, Criterion, Label, Project, Reference
from tests.factories import make_project

pytestmark = pytest.mark.django_db

ASK = {"role": "user", "content": "Name a river."}
MORE = {"role": "user", "content": "Another one?"}


@pytest.fixture
def project() -> Project:
    return make_project()


def save(folder: Path, *rows: Any, name: str = "rows.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def answer(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


def chosen_and_rejected(project: Project) -> tuple[Comparison, Any, Any]:
    """The only comparison, and its responses as its reference ranks them."""
    comparison = Comparison.objects.get(project=project)
    ranking = Reference.objects.get(comparison=comparison).ranking
    responses = comparison.responses.all()
    best, worst = (responses["ab".index(letter)] for letter in (ranking[0], ranking[2]))
    return comparison, best, worst


@pytest.mark.parametrize(
    ("row", "prompt", "context"),
    [
        ({"prompt": "Name a river.", "chosen": "Nile", "rejected": "Etna"}, [ASK], []),
        ({"prompt": [ASK], "chosen": [answer("Nile")], "rejected": [answer("Etna")]}, [ASK], []),
        ({"prompt": [ASK], "chosen": answer("Nile"), "rejected": answer("Etna")}, [ASK], []),
        ({"chosen": [ASK, answer("Nile")], "rejected": [ASK, answer("Etna")]}, [ASK], []),
        (
            {"prompt": "Name a river.", "chosen": [ASK, answer("Nile")], "rejected": [ASK, answer("Etna")]},
            [ASK],
            [],
        ),
        (
            {
                "chosen": "\n\nHuman: Name a river.\n\nAssistant: Nile",
                "rejected": "\n\nHuman: Name a river.\n\nAssistant: Etna",
            },
            [ASK],
            [],
        ),
        (
            {
                "chosen": [ASK, answer("Po"), MORE, answer("Nile")],
                "rejected": [ASK, answer("Po"), MORE, answer("Etna")],
            },
            [ASK, answer("Po"), MORE],
            [],
        ),
        (
            {
                "chosen": [ASK, answer("Po"), MORE, answer("Nile")],
                "rejected": [ASK, answer("Rome"), MORE, answer("Etna")],
            },
            [ASK],
            [answer("Po"), MORE],
        ),
    ],
)
def test_trl_rows_become_comparisons_with_a_known_answer(
    project: Project, tmp_path: Path, row: dict[str, Any], prompt: list[Any], context: list[Any]
) -> None:
    report = load_comparisons(project, [save(tmp_path, row)])
    assert (report.added, report.references_added, report.labels_added) == (1, 1, 0)
    comparison, best, worst = chosen_and_rejected(project)
    assert comparison.prompt == prompt
    assert (best.messages, worst.messages) == ([answer("Nile")], [answer("Etna")])
    assert best.context == context


def test_an_implicit_text_prompt_ends_before_the_word_that_differs(project: Project, tmp_path: Path) -> None:
    row = {"chosen": "Q: a river? A: Neckar", "rejected": "Q: a river? A: Nebula"}
    load_comparisons(project, [save(tmp_path, row)])
    comparison, best, worst = chosen_and_rejected(project)
    assert comparison.prompt == [{"role": "user", "content": "Q: a river? A: "}]
    assert (best.messages, worst.messages) == ([answer("Neckar")], [answer("Nebula")])


def test_the_letter_of_the_chosen_response_gives_nothing_away(project: Project, tmp_path: Path) -> None:
    rows = [{"prompt": f"Count to {n}.", "chosen": f"good {n}", "rejected": f"bad {n}"} for n in range(200)]
    load_comparisons(project, [save(tmp_path, *rows)])
    first = Reference.objects.filter(comparison__project=project, ranking="a>b").count()
    assert 60 < first < 140


def test_trl_rows_without_ids_are_known_by_their_content(project: Project, tmp_path: Path) -> None:
    row = {"prompt": "Name a river.", "chosen": "Nile", "rejected": "Etna", "score": 0.9}
    other = row | {"prompt": "Name a lake."}
    path = save(tmp_path, row, other, row, other | {"id": "mine"})
    report = load_comparisons(project, [path])
    assert (report.added, report.unchanged, report.refused) == (3, 1, 0)
    assert load_comparisons(project, [path]).unchanged == 4
    comparison = Comparison.objects.filter(project=project).earliest("id")
    assert comparison.external_id == f"row-{comparison.content_hash[:32]}"
    assert comparison.metadata == {"score": 0.9}


def test_the_same_two_answers_with_the_other_one_chosen_are_refused(project: Project, tmp_path: Path) -> None:
    row = {"prompt": "Name a river.", "chosen": "Nile", "rejected": "Etna"}
    turned = {"prompt": "Name a river.", "chosen": "Etna", "rejected": "Nile"}
    (error,) = load_comparisons(project, [save(tmp_path, row, turned)]).errors
    assert (error["line"], error["field"]) == (2, "chosen")
    load_comparisons(project, [save(tmp_path, row)])
    (error,) = load_comparisons(project, [save(tmp_path, turned)]).errors
    assert error["field"] == "gold.overall"


def test_models_of_both_sides_are_kept(project: Project, tmp_path: Path) -> None:
    row = {"prompt": "p", "chosen": "x", "rejected": "y", "chosen_model": "m1", "rejected_model": "m2"}
    load_comparisons(project, [save(tmp_path, row)])
    _, best, worst = chosen_and_rejected(project)
    assert (best.model, worst.model) == ("m1", "m2")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"chosen": 5}, "chosen"),
        ({"rejected": [answer("x")]}, "rejected"),
        ({"gold": {"overall": "a"}}, "gold"),
        ({"labels": [{"annotator": "w1", "choice": "a"}]}, "labels"),
        ({"prompt": 7}, "prompt"),
    ],
)
def test_a_trl_row_that_makes_no_sense_is_refused(
    project: Project, tmp_path: Path, change: dict[str, Any], field: str
) -> None:
    row = {"prompt": "p", "chosen": "x", "rejected": "y"} | change
    (error,) = load_comparisons(project, [save(tmp_path, row)]).errors
    assert error["field"] == field


def test_a_trl_row_needs_a_criterion_to_be_about(tmp_path: Path) -> None:
    project = Project.objects.create(slug="two", name="Two")
    for name in ("taste", "smell"):
        Criterion.objects.create(project=project, name=name)
    (error,) = load_comparisons(
        project, [save(tmp_path, {"prompt": "p", "chosen": "x", "rejected": "y"})]
    ).errors
    assert (error["field"], error["message"]) == ("chosen", "expected one of taste, smell")


def multipref(**fields: Any) -> dict[str, Any]:
    return {
        "comparison_id": "c1",
        "prompt_id": "p1",
        "text": "Name a river.",
        "completion_a": "Nile",
        "model_a": "m1",
        "completion_b": "Etna",
        "model_b": "m2",
        "source": "made up",
        "category": "Geography",
        "normal_worker_annotations": [
            {
                "evaluator": "calm_otter",
                "timestamp": "2026-05-01",
                "time_spent": 61,
                "overall_pref": "A-is-slightly-better",
                "overall_confidence": "absolutely-confident",
                "helpful_pref": "A-is-clearly-better",
                "helpful_confidence": "fairly-confident",
                "helpful_checked_reasons": ["It names a river."],
                "helpful_own_reason": "The other one is a mountain.",
                "truthful_pref": "Tie",
                "harmless_pref": "B-is-clearly-better",
            }
        ],
        "expert_worker_annotations": [{"evaluator": "keen_heron", "overall_pref": "b-is-better"}],
    } | fields


def test_multipref_rows_bring_their_annotations(project: Project, tmp_path: Path) -> None:
    Criterion.objects.create(project=project, name="helpful")
    report = load_comparisons(project, [save(tmp_path, multipref(), multipref(comparison_id="c2"))])
    assert (report.added, report.labels_added, report.labels_human, report.annotators_added) == (2, 6, 6, 2)
    comparison = Comparison.objects.get(project=project, external_id="c1")
    assert (comparison.group, comparison.category) == ("p1", "Geography")
    assert [response.model for response in comparison.responses.all()] == ["m1", "m2"]
    labels = Label.objects.filter(comparison=comparison).order_by("id")
    assert list(
        labels.values_list("annotator__external_id", "criterion__name", "ranking", "strength", "confidence")
    ) == [
        ("calm_otter", "overall", "a>b", 1, "very"),
        ("calm_otter", "helpful", "a>b", 2, "fairly"),
        ("keen_heron", "overall", "b>a", None, ""),
    ]
    rationale = labels[1].rationale
    assert (rationale.reasons, rationale.text) == (["It names a river."], "The other one is a mountain.")
    assert Annotation.objects.filter(assignment__comparison=comparison).count() == 2
    assert labels[0].annotation.active_seconds == 61


def test_multipref_aspects_that_the_project_does_not_ask_are_kept_in_metadata(
    project: Project, tmp_path: Path
) -> None:
    report = load_comparisons(project, [save(tmp_path, multipref(), multipref(comparison_id="c2"))])
    (warning,) = report.warnings
    assert warning.endswith(
        "no criterion of this project, so kept in metadata only: harmless, helpful, truthful"
    )
    metadata = Comparison.objects.get(project=project, external_id="c1").metadata
    assert metadata["source"] == "made up"
    (kept,) = metadata["annotations"]
    assert (kept["evaluator"], kept["truthful_pref"]) == ("calm_otter", "Tie")
    assert "overall_pref" not in kept


def test_multipref_words_have_no_strength_on_another_scale(tmp_path: Path) -> None:
    project = make_project(scale="seven-point")
    load_comparisons(project, [save(tmp_path, multipref())])
    labels = Label.objects.filter(project=project).order_by("id")
    assert list(labels.values_list("ranking", "strength")) == [("a>b", None), ("b>a", None)]


def test_the_layout_with_one_list_of_annotations_may_hold_judges(project: Project, tmp_path: Path) -> None:
    row = multipref(
        normal_worker_annotations=None,
        expert_worker_annotations=None,
        annotations=[
            {
                "evaluator": "m3",
                "kind": "judge",
                "overall_pref": "A-is-clearly-better",
                "shown_order": "both",
            },
            {"evaluator": "w1", "kind": "human", "overall_pref": "Tie", "shown_order": "ba", "p_a": 0.5},
        ],
    )
    report = load_comparisons(project, [save(tmp_path, row)])
    assert (report.labels_judge, report.labels_human) == (1, 1)
    assert report.warnings[0].endswith("not kept from labels: p_a")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"text": None}, "text"),
        ({"completion_b": 3}, "completion_b"),
        ({"comparison_id": None}, "comparison_id"),
        ({"annotations": ["x"]}, "annotations[0]"),
        ({"annotations": [{"evaluator": "w", "overall_pref": "A"}]}, "annotations[0].overall_pref"),
        ({"annotations": [{"overall_pref": "Tie"}]}, "annotations[0].evaluator"),
        (
            {"annotations": [{"evaluator": "w", "overall_pref": "Tie", "overall_confidence": "certain"}]},
            "annotations[0].overall_confidence",
        ),
    ],
)
def test_a_multipref_row_that_makes_no_sense_is_refused(
    project: Project, tmp_path: Path, change: dict[str, Any], field: str
) -> None:
    (error,) = load_comparisons(project, [save(tmp_path, multipref(**change))]).errors
    assert error["field"] == field

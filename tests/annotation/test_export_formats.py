"""Every other format read back from its files: its shape, and what it leaves out."""

import json
from pathlib import Path

import pytest

from annotation import exports
from annotation.imports import load_comparisons
from annotation.models import Criterion, Project, Response
from tests.annotation.releases import Rows, read, removed, rows_by_config
from tests.annotation.voting import answer
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db
USER = {"role": "user", "content": "Why is the sky blue?"}
GOOD = {"role": "assistant", "content": "It scatters blue light."}
BAD = {"role": "assistant", "content": "Blue."}


def told(*rankings: str, texts: tuple[str, ...] = (BAD["content"], GOOD["content"])) -> Project:
    """A project with one comparison that people answered so."""
    project = make_project()
    comparison = make_comparison(project, *texts, prompt=USER["content"], external_id="q1", category="sky")
    for ranking in rankings:
        answer(make_person(project), comparison, ranking, 2 if ranking in ("a>b", "b>a") else None)
    return project


def built(project: Project, folder: Path, format: str, **options: object) -> dict[str, Rows]:
    return rows_by_config(exports.build(project, format, folder / "out", **options))


def test_kto_marks_the_best_and_the_worst(tmp_path: Path) -> None:
    rows = built(told("b>a", "b>a", "a=b"), tmp_path, "trl-kto")["overall.trl-kto"]
    assert {row["completion"][0]["content"]: row["label"] for row in rows} == {
        GOOD["content"]: True,
        BAD["content"]: False,
    }
    assert all(row["prompt"] == [USER] and row["label_prob"] == 0.666667 for row in rows)


def test_kto_takes_both_bad_as_two_bad_answers_and_no_answer_between(tmp_path: Path) -> None:
    [one, two] = built(told("both_bad"), tmp_path / "bad", "trl-kto")["overall.trl-kto"]
    assert (one["label"], two["label"]) == (False, False)
    ranked = told("a>b>c", texts=("Red.", "Green.", "Blue."))
    release = exports.build(ranked, "trl-kto", tmp_path / "ranked")
    rows = read(release, "overall.trl-kto")
    assert {row["response"]: row["label"] for row in rows} == {"a": True, "c": False}
    assert removed(release) == {"between": 1}


def test_openrlhf_holds_whole_conversations(tmp_path: Path) -> None:
    [row] = built(told("b>a"), tmp_path, "openrlhf")["overall.openrlhf"]
    assert (row["chosen"], row["rejected"]) == ([USER, GOOD], [USER, BAD])
    assert row["margin"] == pytest.approx(2 / 3, abs=1e-6)


def test_llama_factory_gets_turns_and_the_file_that_describes_them(tmp_path: Path) -> None:
    project = told("b>a")
    project.comparisons.update(prompt=[{"role": "system", "content": "Be brief."}, USER])
    [row] = built(project, tmp_path, "llama-factory")["overall.llama-factory"]
    assert row["conversations"] == [{"from": "human", "value": USER["content"]}]
    assert row["chosen"] == {"from": "gpt", "value": GOOD["content"]}
    assert row["system"] == "Be brief."
    info = json.loads((tmp_path / "out" / "dataset_info.json").read_text())
    [entry] = info.values()
    assert (tmp_path / "out" / entry["file_name"]).exists()
    assert entry["ranking"] is True
    assert set(entry["columns"].values()) <= row.keys()


def test_llama_factory_leaves_out_what_its_reader_would_skip(tmp_path: Path) -> None:
    project = told("b>a")
    project.comparisons.update(prompt=[USER, USER])
    with pytest.raises(exports.ExportError, match="not_alternating 1"):
        exports.build(project, "llama-factory", tmp_path / "out")


def test_ultrafeedback_has_its_columns(tmp_path: Path) -> None:
    [row] = built(told("b>a", "b>a", "a>b"), tmp_path, "ultrafeedback")["overall.ultrafeedback"]
    assert (row["prompt"], row["chosen"][-1], row["messages"]) == (USER["content"], GOOD, row["chosen"])
    assert (row["score_chosen"], row["score_rejected"]) == (0.666667, 0.333333)
    assert len(row["prompt_id"]) == 64


@pytest.mark.parametrize("format", ["openrlhf", "llama-factory", "ultrafeedback", "listwise"])
def test_contexts_that_differ_stay_out_where_a_prompt_is_needed(format: str, tmp_path: Path) -> None:
    project = told("b>a")
    Response.objects.filter(comparison__project=project, position=0).update(context=[USER, BAD])
    with pytest.raises(exports.ExportError, match="different_context 1"):
        exports.build(project, format, tmp_path / "out")


def test_listwise_ranks_all_answers_one_the_best(tmp_path: Path) -> None:
    project = told("b>a=d>c", texts=("Red.", "Green.", "Blue.", "Grey."))
    [row] = built(project, tmp_path, "listwise")["overall.listwise"]
    assert row["ranks"] == [2, 1, 4, 2]
    assert (row["scores"], row["num_responses"]) == ([0.0, 1.0, 0.0, 0.0], 4)
    assert row["responses"][1] == [{"role": "assistant", "content": "Green."}]
    assert row["models"] == ["model-0", "model-1", "model-2", "model-3"]


def test_every_vote_becomes_a_row_and_they_weigh_one_together(tmp_path: Path) -> None:
    rows = built(told("b>a", "b>a", "a>b", "a=b"), tmp_path, "vote-expanded")["overall.vote-expanded"]
    assert sorted(row["chosen"][0]["content"] for row in rows) == [BAD["content"]] + [GOOD["content"]] * 2
    assert sum(row["weight"] for row in rows) == pytest.approx(1, abs=1e-5)
    soft = built(told("b>a", "a=b"), tmp_path / "soft", "vote-expanded", ties="soft")["overall.vote-expanded"]
    shares = {row["chosen"][0]["content"]: row["chosen_prob"] for row in soft}
    assert shares == {GOOD["content"]: 0.75, BAD["content"]: 0.25}
    assert len(soft) == 4


def test_soft_ties_are_a_preference_each_way(tmp_path: Path) -> None:
    release = exports.build(told("a=b"), "trl-preference", tmp_path / "out", ties="soft")
    rows = read(release)
    assert sorted(row["chosen"][0]["content"] for row in rows) == [BAD["content"], GOOD["content"]]
    assert {(row["chosen_prob"], row["margin"]) for row in rows} == {(0.5, 0.0)}
    assert removed(release) == {}
    assert release.manifest["filters"][0]["read"] == 1


@pytest.mark.parametrize(("rankings", "why"), [(("a=b",), "tie"), (("a>b", "b>a"), "unresolved")])
def test_what_has_no_winner_can_be_kept_where_no_trainer_reads_it(
    rankings: tuple[str, ...], why: str, tmp_path: Path
) -> None:
    project = told(*rankings)
    rows = built(project, tmp_path, "trl-preference", ties="unresolved")
    assert rows.keys() == {"overall.unresolved"}
    [row] = rows["overall.unresolved"]
    assert (row["why"], row["a"], row["n_votes"]) == (why, [USER, BAD], len(rankings))


def test_multipref_can_be_imported_again_as_it_was(tmp_path: Path) -> None:
    project = told("b>a", "a=b", "a>b")
    Criterion.objects.filter(project=project).update(reasons=["short"])
    release = exports.build(project, "multipref", tmp_path / "out", rationales=True, file_type="jsonl")
    [row] = read(release, "multipref")
    assert (row["text"], row["completion_b"], row["model_b"]) == (USER["content"], GOOD["content"], "model-1")
    assert sorted(entry["overall_pref"] for entry in row["annotations"]) == [
        "A-is-clearly-better",
        "B-is-clearly-better",
        "Tie",
    ]
    other = make_project()
    report = load_comparisons(other, [tmp_path / "out" / release.manifest["files"][0]["path"]])
    assert report.as_dict()["errors"] == []
    votes = other.labels.order_by("ranking").values_list("ranking", "strength")
    assert list(votes) == list(project.labels.order_by("ranking").values_list("ranking", "strength"))
    assert list(other.comparisons.values_list("external_id", "category")) == [("q1", "sky")]


def test_several_formats_stand_side_by_side_each_with_its_own_account(tmp_path: Path) -> None:
    release = exports.build(told("b>a"), ("trl-preference", "trl-kto", "labels"), tmp_path / "out")
    assert release.manifest["rows_by_config"] == {
        "overall": {"train": 1},
        "overall.trl-kto": {"train": 2},
        "labels": {"train": 1},
    }
    assert [account["format"] for account in release.manifest["filters"]] == release.manifest["formats"]


def test_csv_is_no_formula(tmp_path: Path) -> None:
    project = make_project()
    comparison = make_comparison(project, external_id='=HYPERLINK("x")')
    answer(make_person(project), comparison, "a>b", 1, rationale="@SUM(A1)\n=1+1")
    exports.build(project, "labels", tmp_path / "out", file_type="csv", rationales=True)
    text = (tmp_path / "out" / "labels" / "train-00000-of-00001.csv").read_text()
    assert '"\'=HYPERLINK(""x"")"' in text
    assert '"\'@SUM(A1)\n=1+1"' in text

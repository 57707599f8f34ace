"""Comparison lines in their native shape: what becomes of each field, and importing again."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from annotation.imports import load_comparisons
from annotation.models import Comparison, Criterion, Demand, Label, Pool, Project, Reference
from tests.factories import make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project(labels_wanted=2)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annotation.imports.batches.ROWS", 10)


def save(folder: Path, *rows: Any, name: str = "rows.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def pair(number: int = 1, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"q{number}",
        "prompt": f"Where do swallows spend winter {number}?",
        "response_a": "South of the Sahara.",
        "response_b": "In the mud of ponds.",
    } | fields


def only(project: Project) -> Comparison:
    return Comparison.objects.get(project=project)


def test_a_pair_is_stored_as_chat_messages_with_its_models_and_unknown_keys(
    project: Project, tmp_path: Path
) -> None:
    row = pair(model_a="swift", model_b=None, category="birds", source="notes", level=3)
    report = load_comparisons(project, [save(tmp_path, row)])
    assert (report.added, report.refused, report.errors, report.warnings) == (1, 0, [], [])
    comparison = only(project)
    assert comparison.prompt == [{"role": "user", "content": row["prompt"]}]
    assert (comparison.k, comparison.category, comparison.fit) == (2, "birds", True)
    assert comparison.metadata == {"source": "notes", "level": 3}
    first, second = comparison.responses.all()
    assert first.messages == [{"role": "assistant", "content": "South of the Sahara."}]
    assert (first.model, second.model, first.context, first.media) == ("swift", "", [], [])


def test_responses_may_be_chats_with_contexts_media_and_ids(project: Project, tmp_path: Path) -> None:
    chat = [{"role": "assistant", "content": "Wait."}, {"role": "assistant", "content": "Africa."}]
    context = [{"role": "user", "content": "Birds?"}, {"role": "assistant", "content": "Yes."}]
    row = {
        "id": 7,
        "prompt": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Where?"}],
        "responses": [
            {"rid": "x", "messages": chat, "context": context, "model": "m1", "score": 0.5},
            {"rid": "y", "text": "Spain.", "media": [{"type": "image", "url": "map.png"}]},
            "Nowhere.",
        ],
        "metadata": {"batch": 1},
    }
    load_comparisons(project, [save(tmp_path, row)])
    comparison = only(project)
    assert (comparison.external_id, comparison.k) == ("7", 3)
    assert comparison.prompt == row["prompt"]
    assert comparison.metadata == {"batch": 1, "responses": [{"score": 0.5}, {}, {}]}
    first, second, third = comparison.responses.all()
    assert (first.messages, first.context, first.key) == (chat, context, "x")
    assert (second.media, second.key) == ([{"type": "image", "url": "map.png"}], "y")
    assert (third.messages[0]["content"], third.key) == ("Nowhere.", "")


def test_each_side_of_a_pair_may_have_its_own_context(project: Project, tmp_path: Path) -> None:
    context = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi"}]
    load_comparisons(project, [save(tmp_path, pair(context_a=context, context_b=None))])
    assert [response.context for response in only(project).responses.all()] == [context, []]


def test_the_group_defaults_to_the_prompt_whatever_its_spacing_and_case(
    project: Project, tmp_path: Path
) -> None:
    rows = [
        pair(1, prompt="Name a  bird\n"),
        pair(2, prompt="name a BIRD"),
        pair(3, prompt="Name a fish"),
        pair(4, prompt="Name a bird", group="mine"),
        pair(5, prompt="", response_a="1"),
        pair(6, prompt="", response_a="2"),
    ]
    load_comparisons(project, [save(tmp_path, *rows)])
    groups = dict(Comparison.objects.filter(project=project).values_list("external_id", "group"))
    assert groups["q1"] == groups["q2"] == hashlib.sha256(b"name a bird").hexdigest()[:32]
    assert groups["q3"] != groups["q1"]
    assert groups["q4"] == "mine"
    assert groups["q5"] != groups["q6"]  # no prompt holds them together


def test_people_are_asked_for_everything_that_can_be_judged(project: Project, tmp_path: Path) -> None:
    Pool.objects.create(project=project, name="expert", labels_wanted=1)
    Pool.objects.create(project=project, name="reserve")
    rows = [pair(1), pair(2, response_a=" \n"), pair(3, response_b="South of the Sahara.")]
    report = load_comparisons(project, [save(tmp_path, *rows)])
    demands = Demand.objects.filter(comparison__project=project)
    assert sorted(demands.values_list("comparison__external_id", "pool__name", "wanted")) == [
        ("q1", "expert", 1),
        ("q1", "people", 2),
    ]
    unfit = Comparison.objects.filter(project=project, fit=False)
    assert sorted(unfit.values_list("external_id", flat=True)) == ["q2", "q3"]
    (warning,) = report.warnings
    assert "2 with empty or identical responses" in warning
    assert "q2, q3" in warning


def test_an_owner_may_have_unfit_comparisons_lent(tmp_path: Path) -> None:
    project = make_project(lend_unfit=True)
    load_comparisons(project, [save(tmp_path, pair(response_a=""))])
    assert Demand.objects.filter(comparison__project=project).count() == 1


def test_responses_that_differ_in_their_context_only_are_not_identical(
    project: Project, tmp_path: Path
) -> None:
    row = pair(response_a="Yes.", response_b="Yes.", context_a=[{"role": "user", "content": "Is it so?"}])
    load_comparisons(project, [save(tmp_path, row)])
    assert only(project).fit


def test_a_project_without_pools_gets_one(tmp_path: Path) -> None:
    project = Project.objects.create(slug="bare", name="Bare")
    Criterion.objects.create(project=project, name="overall")
    load_comparisons(project, [save(tmp_path, pair())])
    assert Demand.objects.get(comparison__project=project).pool == Pool.objects.get(
        project=project, name="people", default=True
    )


def test_peoples_imported_labels_leave_less_to_ask_for(project: Project, tmp_path: Path) -> None:
    said = [{"annotator": name, "choice": "a"} for name in ("w1", "w2", "w3")]
    judged = {"annotator": "m", "kind": "judge", "choice": "a", "shown": "both"}
    rows = [
        pair(1, labels=[said[0], judged]),
        pair(2, labels=said),
        pair(3, labels=[judged]),
        pair(4, labels=[said[0], said[0]]),
    ]
    load_comparisons(project, [save(tmp_path, *rows)])
    wanted = Demand.objects.filter(comparison__project=project).values_list(
        "comparison__external_id", "wanted", "live", "done"
    )
    assert sorted(wanted) == [("q1", 1, 0, 0), ("q3", 2, 0, 0), ("q4", 1, 0, 0)]


def test_labels_on_unfit_comparisons_count(project: Project, tmp_path: Path) -> None:
    row = pair(response_a="", labels=[{"annotator": "w1", "choice": "b"}])
    assert load_comparisons(project, [save(tmp_path, row)]).labels_added == 1
    assert Label.objects.get(project=project).ranking == "b>a"


def test_known_answers_become_references_and_null_says_there_is_none(tmp_path: Path) -> None:
    project = make_project()
    for name in ("helpful", "harmless"):
        Criterion.objects.create(project=project, name=name)
    gold = {"overall": "b>a", "helpful": "tie", "harmless": None}
    rows = [pair(1, gold=gold, gold_source="the author"), pair(2, gold="a"), pair(3, gold=None)]
    report = load_comparisons(project, [save(tmp_path, *rows)])
    references = Reference.objects.filter(comparison__project=project)
    assert sorted(
        references.values_list("comparison__external_id", "criterion__name", "ranking", "source")
    ) == [
        ("q1", "harmless", "", "the author"),
        ("q1", "helpful", "a=b", "the author"),
        ("q1", "overall", "b>a", "the author"),
        ("q2", "overall", "a>b", "import"),
    ]
    assert report.references_added == 4


def test_importing_a_file_again_changes_nothing(project: Project, tmp_path: Path) -> None:
    rows = [
        pair(number, gold={"overall": "a"}, labels=[{"annotator": "w1", "choice": "b", "seconds": 4}])
        for number in range(5)
    ]
    path = save(tmp_path, *rows)
    assert load_comparisons(project, [path]).added == 5
    again = load_comparisons(project, [path])
    assert (again.added, again.unchanged, again.refused) == (0, 5, 0)
    assert (again.labels_added, again.labels_unchanged) == (0, 5)
    assert (again.references_added, again.annotators_added) == (0, 0)
    assert Label.objects.filter(project=project).count() == 5


def test_new_labels_and_answers_of_a_known_comparison_are_taken(project: Project, tmp_path: Path) -> None:
    load_comparisons(project, [save(tmp_path, pair())])
    row = pair(gold={"overall": "a"}, labels=[{"annotator": "w1", "choice": "a"}], category="later")
    report = load_comparisons(project, [save(tmp_path, row)])
    assert (report.added, report.unchanged, report.labels_added, report.references_added) == (0, 1, 1, 1)
    assert Demand.objects.get(comparison__project=project).wanted == 1


def test_demand_never_falls_below_what_is_lent_or_done(project: Project, tmp_path: Path) -> None:
    load_comparisons(project, [save(tmp_path, pair())])
    Demand.objects.filter(comparison__project=project).update(live=1, done=1)
    said = [{"annotator": name, "choice": "a"} for name in ("w1", "w2", "w3")]
    load_comparisons(project, [save(tmp_path, pair(labels=said))])
    assert Demand.objects.get(comparison__project=project).wanted == 2


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": "Where else?"},
        {"response_b": "On the moon."},
        {"model_a": "other"},
        {"context_a": [{"role": "user", "content": "Hello"}]},
    ],
)
def test_other_content_under_a_known_id_is_refused_naming_both(
    project: Project, tmp_path: Path, change: dict[str, Any]
) -> None:
    load_comparisons(project, [save(tmp_path, pair())])
    stored = only(project).content_hash
    report = load_comparisons(project, [save(tmp_path, pair(**change))])
    (error,) = report.errors
    assert (report.refused, error["field"], error["line"]) == (1, "id", 1)
    assert "'q1' is known with other content" in error["message"]
    assert stored[:12] in error["message"]
    assert only(project).content_hash == stored


def test_the_same_id_in_two_projects_is_two_comparisons(project: Project, tmp_path: Path) -> None:
    path = save(tmp_path, pair(labels=[{"annotator": "w1", "choice": "a"}]))
    other = make_project()
    assert load_comparisons(project, [path]).added == load_comparisons(other, [path]).added == 1
    assert Label.objects.filter(project=other).count() == 1


@pytest.mark.usefixtures("small_batches")
def test_long_files_come_in_batches(project: Project, tmp_path: Path) -> None:
    path = save(tmp_path, *(pair(number) for number in range(23)))
    said: list[tuple[str, int]] = []
    report = load_comparisons(project, [path], progress=lambda file, lines: said.append((file, lines)))
    assert report.added == Comparison.objects.filter(project=project).count() == 23
    assert said == [(str(path), 10), (str(path), 20), (str(path), 23)]
    assert load_comparisons(project, [path]).unchanged == 23


@pytest.mark.usefixtures("small_batches")
def test_an_id_that_comes_again_batches_later_is_refused(project: Project, tmp_path: Path) -> None:
    rows = [pair(number) for number in range(35)] + [pair(3), pair(34)]
    report = load_comparisons(project, [save(tmp_path, *rows)], skip_bad=True)
    assert (report.added, report.refused) == (35, 2)
    assert [error["line"] for error in report.errors] == [36, 37]
    assert "earlier line" in report.errors[0]["message"]
    assert "line 35" in report.errors[1]["message"]
    again = load_comparisons(project, [save(tmp_path, *rows)], skip_bad=True)
    assert (again.unchanged, again.refused) == (35, 2)

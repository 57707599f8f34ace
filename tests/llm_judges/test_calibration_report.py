"""The calibration of a project: what it reads, what it says, and what it keeps."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotation.imports import load_comparisons
from annotation.models import Annotator, Comparison, Criterion, JudgeCall, Label, Project, SoftLabel
from annotation.reports import Unknown
from llm_judges.calibration import calibrated_probability, calibration_of, held_out, keep, newest
from llm_judges.models import Calibration
from tests.factories import make_project

pytestmark = pytest.mark.django_db

Load = Callable[..., Project]


def line(number: int, labels: list[dict[str, Any]], **fields: Any) -> dict[str, Any]:
    long = "It depends on the weather, and on how much time there is. " * (1 + number % 5)
    return {
        "id": f"q{number}",
        "prompt": f"What is a good walk for day {number // 2}?",
        "group": f"day {number // 2}",
        "category": "walks" if number % 2 else "hills",
        "response_a": f"Round the lake, {number}.",
        "response_b": long + str(number),
        "model_a": "gpt-4o",
        "model_b": "llama-3",
        "labels": labels,
    } | fields


def person(name: str, choice: str, **fields: Any) -> dict[str, Any]:
    return {"annotator": name, "kind": "human", "choice": choice, "shown": "ab"} | fields


def judge(choice: str, shown: str = "ab", name: str = "gpt-4") -> dict[str, Any]:
    return {"annotator": name, "kind": "judge", "choice": choice, "shown": shown}


def three_people(number: int) -> list[dict[str, Any]]:
    """Two who say the same, and a third who differs every fourth time."""
    said = "ab"[number % 2]
    other = "ba"[number % 2] if number % 4 == 0 else said
    names = zip(("ann", "bo", "cy"), (said, said, other), strict=True)
    return [person(name, choice, shown=("ab", "ba")[number // 2 % 2]) for name, choice in names]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def load(number: int = 80, make: Callable[[int], dict[str, Any]] | None = None, **fields: Any) -> Project:
        project = make_project(**{"scale": "three-way"} | fields)
        rows = [(make or usual)(at) for at in range(number)]
        path = tmp_path / f"{project.slug}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        report = load_comparisons(project, [path])
        assert not report.errors
        return project

    return load


def usual(number: int) -> dict[str, Any]:
    """The judge agrees with people, but every fifth time it takes what it saw first."""
    said = "ab"[number % 2]
    orders = [judge("a" if number % 5 == 0 else said, "ab"), judge("b" if number % 5 == 0 else said, "ba")]
    return line(number, three_people(number) + orders)


def one_judge(project: Project, **options: Any) -> dict[str, Any]:
    [criterion] = calibration_of(project, **options)["criteria"]
    [found] = criterion["judges"]
    return dict(found)


def test_a_judge_is_held_against_the_majority_of_people(load: Load) -> None:
    project = load()
    [criterion] = calibration_of(project)["criteria"]
    assert criterion["people"] == {
        "annotators": 3,
        "labels": 240,
        "comparisons": {"reference": 0, "majority": 80, "undecided": 0, "single": 0, "none": 0},
    }
    [found] = criterion["judges"]
    assert (found["name"], found["family"], found["labels"]) == ("gpt-4", "openai", 80)
    held = found["against_people"]
    assert (held["comparisons"], held["groups"]) == (80, 40)
    assert held["accuracy"]["value"] == 0.8  # where its orders contradict each other it is a tie
    assert held["accuracy_without_ties"]["value"] == 1.0
    assert held["accuracy_without_ties"]["n"] == 64
    assert found["confusion"]["counts"] == [[32, 8, 0, 0], [0, 0, 0, 0], [0, 8, 32, 0], [0, 0, 0, 0]]
    assert found["confusion"]["shown"]["n"] == 160
    assert found["position"]["consistency"]["value"] == 0.8
    assert found["position"]["to_first"]["reason"] == "too few: 16 comparisons, a figure needs 20"
    assert found["position"]["first_shown"]["value"] == pytest.approx(0.6)
    assert {row["category"]: row["accuracy"]["n"] for row in found["by_category"]} == {
        "hills": 40,
        "walks": 40,
    }
    assert found["kappa_x"]["value"] is not None
    assert found["kappa_x_corrected"]["value"] > found["kappa_x"]["value"]
    assert found["self_preference"]["people_own"]["value"] == 0.5
    assert {row["model"] for row in found["length"]["win_rates"]} == {"gpt-4o", "llama-3"}
    assert "imported" in found["coverage"]["calls"]["reason"]
    assert found["tau_b"] is None


def test_every_person_is_held_against_the_others(load: Load) -> None:
    [criterion] = calibration_of(load())["criteria"]
    people = {one["name"]: one for one in criterion["each_person"]}
    assert set(people) == {"ann", "bo", "cy"}
    assert people["cy"]["against_people"]["accuracy"]["value"] == 0.75  # the other two always agree
    # Without their own vote, ann's and bo's others contradict each other a quarter of the time.
    assert people["ann"]["against_people"]["comparisons"] == 60
    assert people["ann"]["against_people"]["accuracy"]["value"] == 1.0
    assert people["ann"]["position"]["first_shown"]["n"] == 80
    assert {row["category"]: row["accuracy"]["n"] for row in people["cy"]["by_category"]} == {
        "hills": 40,
        "walks": 40,
    }
    assert people["cy"]["kappa_x"]["n"] == 80
    assert people["cy"]["kappa_x"]["value"] == pytest.approx(0.5, abs=0.02)
    assert {row["feature"] for row in people["cy"]["format"]["features"]} >= {"length", "lists", "bold"}


def test_the_alternative_annotator_test_is_reported_with_every_person(load: Load) -> None:
    found = one_judge(load(), epsilon=0.2)["alternative"]
    assert (found["epsilon"], found["left_out"], found["reason"]) == (0.2, 0, None)
    assert len(found["annotators"]) == 3
    assert 0 <= found["winning_rate"] <= 1
    assert [row["epsilon"] for row in found["by_epsilon"]] == [0.1, 0.15, 0.2]


def test_a_reference_counts_before_people_and_one_person_is_no_majority(load: Load) -> None:
    def make(number: int) -> dict[str, Any]:
        said = "ab"[number % 2]
        gold = {"gold": {"overall": said}} if number < 30 else {}
        return line(number, [person("ann", "b" if number < 30 else said), judge(said)], **gold)

    project = load(make=make)
    [criterion] = calibration_of(project)["criteria"]
    assert criterion["people"]["comparisons"]["reference"] == 30
    assert criterion["people"]["comparisons"]["single"] == 50
    [found] = criterion["judges"]
    assert (found["against_people"]["comparisons"], found["against_people"]["accuracy"]["value"]) == (30, 1.0)
    assert found["by_basis"]["single"]["accuracy"]["n"] == 50
    assert found["by_basis"]["majority"]["accuracy"]["value"] is None
    assert found["by_basis"]["all"]["accuracy"]["n"] == 80
    assert one_judge(project, fewest_people=1)["against_people"]["comparisons"] == 80


def test_rankings_of_more_than_two_are_held_against_each_other_too(load: Load) -> None:
    def make(number: int) -> dict[str, Any]:
        orders = ["abc", "bca", "cab"]
        said = orders[number % 3]
        rankings = [
            {"annotator": name, "kind": "human", "ranking": ">".join(said)} for name in ("ann", "bo")
        ] + [{"annotator": "j", "kind": "judge", "ranking": ">".join(said if number % 2 else said[::-1])}]
        texts = [{"text": f"{letter} {number}"} for letter in "xyz"]
        return {"id": f"q{number}", "prompt": f"p{number}", "responses": texts, "labels": rankings}

    found = one_judge(load(60, make, scale="ranking"))
    assert found["tau_b"]["value"] == pytest.approx(0.0)
    assert found["tau_b"]["n"] == 60
    assert found["against_people"]["comparisons"] == 60
    assert found["against_people"]["accuracy"]["value"] == pytest.approx(0.5)
    assert found["soft"]["reason"]


def with_soft_labels(project: Project) -> Annotator:
    """Every label of the judge gets a soft one: sure of itself, and right in four of five."""
    annotator = project.annotators.get(kind="judge")
    rows = []
    for label in Label.objects.filter(annotator=annotator).select_related("annotation"):
        sure = {"a>b": "a", "b>a": "b", "a=b": "tie"}[label.ranking]
        chances = {name: 0.97 if name == sure else 0.01 for name in ("a", "tie", "b")}
        rows.append(
            SoftLabel(
                label=label,
                probabilities=chances | {"both_bad": 0.01},
                source="logprobs",
                votes=2,
                order_consistent=label.annotation.order_consistent,
            )
        )
    SoftLabel.objects.bulk_create(rows)
    return annotator


def test_confidence_is_calibrated_and_kept_for_whoever_decides_by_it(load: Load) -> None:
    project = load(120)
    annotator = with_soft_labels(project)
    soft = one_judge(project)["soft"]
    assert (soft["source"], soft["n"], soft["inconsistent"]) == ("soft labels", 120, 24)
    assert soft["after"]["log_loss"] < soft["before"]["log_loss"]
    assert soft["kept"] is None

    [kept] = keep(project)
    criterion = Criterion.objects.get(project=project)
    assert (kept.version, kept.comparisons, kept.groups, kept.method) == (1, 120, 60, soft["chosen"])
    assert kept.held_out["after"]["log_loss"] == soft["after"]["log_loss"]
    assert newest([annotator.pk], [criterion.pk]) == {(annotator.pk, criterion.pk): kept}
    assert one_judge(project)["soft"]["kept"]["version"] == 1
    assert keep(project) == [], "nothing has changed"

    chances = {"a": 0.97, "tie": 0.01, "b": 0.01, "both_bad": 0.01}
    assert calibrated_probability(kept, chances, "a", True) > 0.9
    contradicted = calibrated_probability(kept, {"a": 0.0, "tie": 1.0, "b": 0.0}, "tie", False)
    assert contradicted == pytest.approx(0.5 / 25)
    with pytest.raises(ValueError, match="no answer to a pair"):
        calibrated_probability(kept, chances, "c")

    rows = held_out(project, criterion, annotator.pk)
    assert len(rows) == 120
    assert sum(right for _, right in rows) == 96
    assert held_out(project, criterion, 0) == []


def test_new_answers_make_a_new_version_of_the_map(load: Load, tmp_path: Path) -> None:
    project = load(120)
    keep(project)
    path = tmp_path / "more.jsonl"
    path.write_text(json.dumps(usual(500)) + "\n")
    load_comparisons(project, [path])
    [second] = keep(project)
    assert (second.version, second.comparisons) == (2, 121)
    assert Calibration.objects.count() == 2


def test_too_few_answers_keep_nothing(load: Load) -> None:
    project = load(40)
    assert keep(project) == []
    assert one_judge(project)["soft"]["reason"].startswith("too few: 40")


def test_coverage_says_what_was_asked_and_what_failed(load: Load) -> None:
    project = load(60)
    annotator = project.annotators.get(kind="judge")
    JudgeCall.objects.filter(annotator=annotator).update(purpose="work")
    first = Comparison.objects.filter(project=project).order_by("pk").first()
    JudgeCall.objects.filter(annotator=annotator, comparison=first).update(state="refused")
    Label.objects.filter(annotator=annotator, comparison=first).update(current=False)
    coverage = one_judge(project)["coverage"]
    assert coverage["by_state"] == {"ok": 118, "refused": 2}
    assert coverage["calls"]["value"] == pytest.approx(118 / 120)
    assert (coverage["comparisons"]["value"], coverage["comparisons"]["n"]) == (pytest.approx(59 / 60), 60)


def test_statements_do_not_grow_with_comparisons_judges_or_people(load: Load) -> None:
    def more(number: int) -> dict[str, Any]:
        row = usual(number)
        row["labels"] += [judge("a", name=f"j{at}") for at in range(3)]
        row["labels"] += [person(f"p{at}", "b") for at in range(5)]
        return row

    def statements(project: Project) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            calibration_of(project)
        return len(captured)

    few, many = statements(load(30)), statements(load(130, more))
    assert many == few <= 22


def test_an_empty_project_and_unknown_names(load: Load) -> None:
    project = make_project()
    [criterion] = calibration_of(project)["criteria"]
    assert (criterion["judges"], criterion["each_person"]) == ([], [])
    with pytest.raises(Unknown, match="no judge 'x'; it has: none"):
        calibration_of(project, judge="x")
    with pytest.raises(Unknown, match="no criterion 'y'"):
        calibration_of(project, "y")
    with pytest.raises(ValueError, match="at least one person"):
        calibration_of(project, fewest_people=0)


def test_the_command_prints_and_writes_the_same_report(load: Load, tmp_path: Path, capsys: Any) -> None:
    project = load()
    path = tmp_path / "report.json"
    call_command("calibration", project.slug, "--json", "--keep", "--out", str(path))
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads(path.read_text())
    assert [row["judge"] for row in printed["kept"]] == ["gpt-4"]
    assert printed["settings"]["fewest_people"] == 2
    call_command("calibration", project.slug, "--judge", "gpt-4", "--criterion", "overall")
    text = capsys.readouterr().out
    assert "majority of at least 2 80" in text
    assert "0.800" in text
    assert "3 people against the others" in text
    with pytest.raises(CommandError, match="no judge"):
        call_command("calibration", project.slug, "--judge", "nobody")

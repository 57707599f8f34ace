"""What agreement reads around votes: order shown, repeats and mirrors, judges' orders, pools, time, layer."""

from typing import Any

import pytest
from django.utils import timezone

from annotation import reports
from annotation.consensus import in_layer
from annotation.models import (
    Annotation,
    Annotator,
    Assignment,
    Comparison,
    Criterion,
    JudgeCall,
    Label,
    Pool,
    PoolMembership,
    Project,
)
from tests.factories import make_comparison, make_project

pytestmark = pytest.mark.django_db


def people(project: Project, number: int) -> list[Annotator]:
    return [Annotator.objects.create(project=project, kind="human", name=f"P{n}") for n in range(number)]


def judge(project: Project, name: str = "large") -> Annotator:
    return Annotator.objects.create(project=project, kind="judge", name=name)


def say(
    who: Annotator,
    comparison: Comparison,
    ranking: str,
    shown: str = "ab",
    purpose: str = "work",
    seconds: float | None = None,
) -> Label:
    """A label as it lies in the database after an answer; `ranking` is over stored letters."""
    rounds = Assignment.objects.filter(comparison=comparison, annotator=who).count()
    assignment = Assignment.objects.create(
        comparison=comparison,
        annotator=who,
        round=rounds,
        purpose=purpose,
        state="submitted",
        shown=shown,
        claimed_at=timezone.now(),
    )
    annotation = Annotation.objects.create(assignment=assignment, shown=shown, active_seconds=seconds)
    return Label.objects.create(
        annotation=annotation,
        project=comparison.project,
        comparison=comparison,
        annotator=who,
        criterion=Criterion.objects.get(project=comparison.project),
        ranking=ranking,
        independent=purpose == "work",
    )


def figures(project: Project) -> dict[str, Any]:
    [criterion] = reports.agreement_of(project)["criteria"]
    return criterion


def of(found: dict[str, Any], who: Annotator) -> dict[str, Any]:
    return next(one for one in found["each_annotator"] if one["annotator"] == who.pk)


@pytest.fixture
def project() -> Project:
    return make_project(scale="three-way")


def test_nothing_is_said_of_who_has_fewer_than_twenty_labels(project: Project) -> None:
    one, two = people(project, 2)
    for number in range(20):
        comparison = make_comparison(project)
        say(one, comparison, "a>b", seconds=30 + number)
        if number:
            say(two, comparison, "b>a", seconds=10)
    found = figures(project)
    assert of(found, one)["agrees"]["value"] == 0.0
    assert of(found, one)["median_seconds"] == 39.5
    assert of(found, two)["labels"] == 19
    assert not of(found, two)["enough"]
    assert "agrees" not in of(found, two)


def test_the_side_that_people_choose_is_that_of_the_order_shown(project: Project) -> None:
    """Somebody who always answers with what is shown first, whichever response that is."""
    who = people(project, 1)[0]
    for number in range(30):
        shown = "ab" if number % 2 else "ba"
        say(who, make_comparison(project), "a>b" if shown == "ab" else "b>a", shown=shown)
    found = figures(project)
    assert of(found, who)["strategy"] == {"first": 1.0, "tie": 0.0, "second": 0.0, "n": 30}
    [everybody] = found["leanings"]["rows"]
    assert (everybody["first"]["value"], everybody["first"]["n"]) == (1.0, 30)


def test_an_unknown_order_says_nothing_of_sides(project: Project) -> None:
    who = people(project, 1)[0]
    for _ in range(25):
        say(who, make_comparison(project), "a>b", shown="unknown")
    assert of(figures(project), who)["strategy"] is None


def test_repeats_and_mirrors_are_held_against_the_first_answer(project: Project) -> None:
    who = people(project, 1)[0]
    for number in range(40):
        comparison = make_comparison(project)
        say(who, comparison, "a>b", shown="ab")
        if number < 20:
            say(who, comparison, "a>b" if number < 15 else "b>a", shown="ab", purpose="repeat")
        else:
            # Shown the other way round: ten stay with the response, ten with the side shown first.
            say(who, comparison, "a>b" if number < 30 else "b>a", shown="ba", purpose="mirror")
    found = of(figures(project), who)
    assert (found["labels"], found["repeats"]["same"]["n"]) == (40, 20)
    assert found["repeats"]["same"]["value"] == 0.75
    assert found["mirrors"]["changes"]["value"] == 0.5
    assert (found["mirrors"]["to_first"]["value"], found["mirrors"]["to_first"]["n"]) == (1.0, 10)


def test_what_a_judge_answers_in_each_order_comes_from_its_calls(project: Project) -> None:
    model = judge(project)
    for number in range(20):
        comparison = make_comparison(project)
        say(model, comparison, "a>b" if number < 15 else "a=b")
        for order in ("ab", "ba"):
            first = "a>b" if order == "ab" else "b>a"
            JudgeCall.objects.create(
                annotator=model,
                comparison=comparison,
                order=order,
                state="ok",
                verdict={"overall": {"ranking": "a>b" if number < 15 else first, "strength": 1}},
            )
    [row] = figures(project)["leanings"]["rows"]
    assert row["name"] == "large"
    assert (row["first"]["value"], row["first"]["n"]) == (pytest.approx(25 / 40), 40)
    assert (row["mirrored"]["changes"]["value"], row["mirrored"]["changes"]["n"]) == (0.25, 20)
    assert row["mirrored"]["to_first"]["value"] == 1.0


def test_the_longer_response_is_known_from_its_text(project: Project) -> None:
    who = people(project, 1)[0]
    for number in range(8):
        texts = ("Short.", "This response is a good deal longer.")
        say(who, make_comparison(project, *texts), "b>a" if number < 6 else "a>b")
    [everybody] = figures(project)["leanings"]["rows"]
    assert (everybody["longer"]["value"], everybody["longer"]["n"]) == (0.75, 8)


def test_alpha_by_category_and_by_pool(project: Project) -> None:
    one, two, three = people(project, 3)
    pool = Pool.objects.create(project=project, name="experts")
    PoolMembership.objects.bulk_create(PoolMembership(pool=pool, annotator=who) for who in (one, two))
    for number in range(12):
        comparison = make_comparison(project, category="code" if number % 2 else "")
        answer = "a>b" if number % 4 < 2 else "b>a"
        for who in (one, two):
            say(who, comparison, answer)
        say(three, comparison, "a=b" if number % 2 else answer)
    found = figures(project)["by"]
    [code] = found["category"]
    assert (code["category"], code["human_human"]["comparisons"]) == ("code", 6)
    assert code["human_human"]["alpha"] < 0.5
    [experts] = found["pool"]
    assert (experts["pool"], experts["annotators"], experts["within"]["alpha"]) == ("experts", 2, 1.0)


def test_time_is_told_in_parts_of_equal_size(project: Project) -> None:
    one, two = people(project, 2)
    for number in range(60):
        comparison = make_comparison(project)
        answer = "a>b" if number % 2 else "b>a"
        say(one, comparison, answer)
        say(two, comparison, answer if number < 30 or number % 3 else "a=b")
    early, late = figures(project)["by"]["time"]
    assert early["human_human"]["comparisons"] == late["human_human"]["comparisons"] == 30
    assert early["human_human"]["alpha"] == 1.0
    assert late["human_human"]["alpha"] < 1.0
    assert early["from"] <= early["to"] <= late["from"] <= late["to"]


def test_a_project_that_stops_early_takes_alpha_from_its_random_layer(project: Project) -> None:
    Project.objects.filter(pk=project.pk).update(labels_cap=5, overlap_share=0.5)
    project.refresh_from_db()
    one, two, three = people(project, 3)
    inside = []
    for _ in range(60):
        comparison = make_comparison(project)
        [kept] = in_layer([comparison.pk], 0.5).tolist()
        inside.append(kept)
        say(one, comparison, "a>b" if comparison.pk % 2 else "b>a")
        say(two, comparison, "a>b" if comparison.pk % 2 else "b>a")
        if not kept:  # a difficult one, which was asked for more
            say(three, comparison, "a=b")
    found = figures(project)
    assert found["layer"] == 0.5
    assert found["comparisons"] == 60
    assert found["groups"]["human_human"]["comparisons"] == sum(inside)
    assert found["groups"]["human_human"]["alpha"]["nominal"] == 1.0


def test_disputed_comparisons_are_listed_with_their_votes(project: Project) -> None:
    one, two = people(project, 2)
    same, apart = make_comparison(project), make_comparison(project)
    for who, answer in ((one, "a>b"), (two, "b>a")):
        say(who, same, "a>b")
        say(who, apart, answer)
    found = figures(project)["disputed"]["human_human"]
    assert found["number"] == 1
    assert found["most"] == [{"comparison": apart.pk, "heat": 1.0, "votes": {"b": 1, "tie": 0, "a": 1}}]


def test_rankings_have_figures_of_their_own(project: Project) -> None:
    comparison = make_comparison(project, "Red.", "Green.", "Blue.")
    for who, ranking in zip(people(project, 3), ("a>b>c", "b>c>a", "c>a>b"), strict=True):
        say(who, comparison, ranking, shown="abc")
    found = figures(project)["rankings"]
    assert found["tau_b"]["value"] == pytest.approx(-1 / 3)
    assert found["w"]["value"] == pytest.approx(0.0)
    assert found["cycles"] == [{"comparison": comparison.pk, "beats": "abc", "margin": 1}]

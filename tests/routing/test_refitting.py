"""Learning while people label: refits, what they may move, and what they leave behind."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from annotation import labels, leases
from annotation.models import Annotator, Comparison, Decision, Demand, Project
from routing import refits, refitting, tasks
from routing.learned import learn
from routing.models import Plan, Refit, RoutingSettings
from routing.planning import make_plan
from tests.factories import make_comparison, make_person, make_project
from tests.routing.judges import best, make_judge, says_all

pytestmark = pytest.mark.django_db

SCIENCE = "Which chemistry experiment shows that {} has two kinds of atoms?"
LETTER = "Write a friendly letter to aunt {} about the garden."


def half_science(comparisons: int = 160, **fields: object) -> tuple[Project, Annotator, Annotator]:
    """A project, its judge who prefers a everywhere, and a person; every second comparison is of science."""
    project = make_project(**{"audit_share": 0.1, "human_label_price": Decimal("0.50")} | fields)
    for number in range(comparisons):
        prompt = (SCIENCE if number % 2 else LETTER).format(number)
        make_comparison(
            project, prompt=prompt, external_id=f"c{number}", category=("letter", "science")[number % 2]
        )
    judge = make_judge(project)
    says_all(judge, project)
    return project, judge, make_person(project)


def answer(person: Annotator, project: Project, number: int) -> list[int]:
    """The person contradicts the judge on science; gives the comparisons answered."""
    done: list[int] = []
    while len(done) < number and (lent := leases.claim(person, project)):
        for assignment in lent:
            said = best(assignment.shown, "b" if assignment.comparison.category == "science" else "a")
            submission = labels.Submission(assignment.pk, {"overall": said})
            labels.submit_many(person, project, [submission])
            done.append(assignment.comparison_id)
    return done


def current(project: Project) -> dict[int, Decision]:
    decisions = Decision.objects.filter(comparison__project=project, superseded_at=None)
    return {decision.comparison_id: decision for decision in decisions}


def asked(project: Project) -> set[int]:
    return {pk for pk, one in current(project).items() if one.destination == "human"}


def audited(project: Project) -> set[int]:
    return {pk for pk, one in current(project).items() if one.audit}


def learning_project(**fields: object) -> tuple[Project, Annotator]:
    project, _, person = half_science(**fields)
    RoutingSettings.objects.create(project=project, refit_after=40)
    return project, person


def test_a_batch_of_labels_moves_people_to_where_the_judge_is_wrong() -> None:
    project, person = learning_project()
    make_plan(project, "error_model", human_share=0.6)
    begun = set(answer(person, project, 50))
    before, audit_before = asked(project), audited(project)

    row = refitting.refit(project)

    assert row is not None
    assert row.state == Refit.State.DONE
    moved_to = asked(project) - before
    assert moved_to
    assert {Comparison.objects.get(pk=pk).category for pk in moved_to} == {"science"}
    assert begun <= before | audit_before
    assert {pk for pk in begun if pk in asked(project)} == {pk for pk in begun if pk in before}
    assert len(asked(project)) == len(before)
    assert audit_before <= audited(project)


def test_what_people_are_lent_after_a_refit_is_what_it_decided() -> None:
    project, person = learning_project()
    make_plan(project, "error_model", human_share=0.5)
    answer(person, project, 50)
    refitting.refit(project)

    first = answer(person, project, 5)

    assert {Comparison.objects.get(pk=pk).category for pk in first} == {"science"}
    everything = set(first) | set(answer(person, project, 1000))
    assert everything <= asked(project) | audited(project)
    assert not Demand.objects.filter(pool__isnull=False, wanted__gt=0, done=0).exists()


def test_a_decision_names_the_model_that_made_it_with_its_quality() -> None:
    project, person = learning_project()
    make_plan(project, "error_model", human_share=0.6)
    answer(person, project, 60)

    row = refitting.refit(project)

    assert row is not None
    plan = row.plans.get()
    newest = Decision.objects.filter(plan=plan.pk)
    assert newest.exists()
    assert set(newest.values_list("policy_version", flat=True)) == {f"1.{row.number}"}
    assert row.learned_from >= 60
    assert row.feature_version
    assert row.model["columns"]
    assert set(row.quality) == {"auroc", "brier", "ece"}
    for measure in row.quality.values():
        assert measure["low"] <= measure["value"] <= measure["high"]
    assert row.quality["auroc"]["low"] > 0.9  # the judge is wrong for a reason that can be seen


def test_the_stop_rule_weighs_what_the_next_batch_puts_right_against_its_cost() -> None:
    project, person = learning_project()
    settings = RoutingSettings.objects.get(project=project)
    make_plan(project, "error_model", human_share=0.6)
    answer(person, project, 60)

    found = refitting.refit(project).next_batch  # 40 comparisons of science are worth about 40 right labels
    assert found["size"] == 40
    assert found["cost"] == 20.0
    assert found["low"] <= found["gain"] <= found["high"]
    assert found["gain"] > 30
    assert found["pays"]
    assert found["sure"]

    settings.label_worth = Decimal("0.10")
    settings.save()
    dear = refitting.refit(project, force=True).next_batch
    assert not dear["pays"]
    assert dear["sure"]


def test_a_refit_waits_for_a_batch_and_runs_once_for_it() -> None:
    project, person = learning_project()
    make_plan(project, "error_model", human_share=0.6)
    answer(person, project, 39)
    assert refitting.refit(project) is None
    answer(person, project, 1)
    tasks.look_for_refits()
    assert project.refits.count() == 1
    plans = Plan.objects.count()
    tasks.look_for_refits()
    tasks.refit_project(project.pk)
    assert (project.refits.count(), Plan.objects.count()) == (1, plans)


def test_one_refit_runs_at_a_time_and_a_lost_one_is_taken_over() -> None:
    project, person = learning_project()
    make_plan(project, "error_model", human_share=0.6)
    answer(person, project, 50)
    killed = refits.begin(project)
    assert killed is not None
    assert refitting.refit(project) is None

    Refit.objects.filter(pk=killed.pk).update(leased_until=timezone.now() - timedelta(seconds=1))
    row = refitting.refit(project)

    assert row is not None
    assert row.state == Refit.State.DONE
    assert row.number > killed.number
    killed.refresh_from_db()
    assert killed.state == Refit.State.LOST


def test_a_refit_that_was_taken_over_stores_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    project, person = learning_project()
    make_plan(project, "error_model", human_share=0.6)
    answer(person, project, 50)
    decisions, plans = asked(project), Plan.objects.count()
    learned = learn

    def overtaken(*arguments: object) -> object:
        Refit.objects.filter(state=Refit.State.RUNNING).update(state=Refit.State.LOST)
        return learned(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("routing.updating.learn", overtaken)
    assert refitting.refit(project) is None
    assert (asked(project), Plan.objects.count()) == (decisions, plans)


def test_a_budget_is_the_whole_series_and_is_never_exceeded() -> None:
    project, person = learning_project()
    make_plan(project, "error_model", budget=Decimal(40))  # 80 labels
    for number in range(3):
        answer(person, project, 20)
        make_comparison(project, prompt=SCIENCE.format("new"), wanted=0, external_id=f"new{number}")
        refitting.refit(project, force=True)
        wanted = sum(Demand.objects.filter(pool__isnull=False).values_list("wanted", flat=True))
        assert wanted <= 80
        assert len(asked(project) | audited(project)) == 80
    answer(person, project, 1000)
    assert labels_of(person) == 80


def labels_of(person: Annotator) -> int:
    return person.labels.count()


def test_a_refit_leaves_what_begins_while_it_runs_and_asks_for_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project, person = learning_project()
    make_plan(project, "error_model", human_share=0.6)
    answer(person, project, 50)
    number = len(asked(project) | audited(project))
    learned = learn

    def meanwhile(*arguments: object) -> object:
        answer(person, project, 12)
        return learned(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("routing.updating.learn", meanwhile)
    begun = labels_of(person)
    refitting.refit(project)
    assert labels_of(person) == begun + 12
    people = set(person.labels.values_list("comparison", flat=True))
    assert people <= asked(project) | audited(project)
    assert len(asked(project) | audited(project)) <= number + len(audited(project))
    assert len(asked(project)) == round(0.6 * 160)


@pytest.mark.parametrize("change", [lambda s: setattr(s, "refit_after", 0)])
def test_a_project_may_leave_refits_to_its_owner(change: Callable[[RoutingSettings], None]) -> None:
    project, person = learning_project()
    settings = RoutingSettings.objects.get(project=project)
    change(settings)
    settings.save()
    make_plan(project, "error_model", human_share=0.6)
    answer(person, project, 90)
    assert not refitting.due(project)
    assert refitting.refit(project, force=True) is not None


def test_too_few_labels_are_told_and_ties_stay_first() -> None:
    project, person = learning_project()
    make_plan(project, "error_model", human_share=0.3)
    answer(person, project, 10)
    row = refitting.refit(project, force=True)
    assert row is not None
    assert row.model == {}
    assert "40 comparisons" in row.message

"""Plans and leases: what somebody holds, takes up or gives back while it is decided who labels what."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from annotation import labels, leases
from annotation.models import Annotation, Annotator, Assignment, Comparison, Decision, Demand, Project
from routing import slices
from routing.models import Plan
from routing.planning import make_plan
from routing.results import PlanResult
from tests.factories import make_comparison, make_person, make_project
from tests.routing.judges import make_judge
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db


def project_with(comparisons: int) -> tuple[Project, list[Comparison]]:
    project = make_project(audit_share=0.0, human_label_price=Decimal("0.5"))
    return project, [make_comparison(project, external_id=f"c{number}") for number in range(comparisons)]


def claim(annotator: Annotator) -> Assignment:
    [assignment] = leases.claim(annotator, annotator.project)
    return assignment


def submit(annotator: Annotator, assignment: Assignment) -> labels.Receipt:
    said = labels.Submission(assignment.pk, {"overall": labels.Answer("a>b")})
    [receipt] = labels.submit_many(annotator, annotator.project, [said])
    return receipt


def lapse(assignment: Assignment) -> None:
    Assignment.objects.filter(pk=assignment.pk).update(leased_until=timezone.now() - timedelta(seconds=1))


def held_by_a_judge() -> tuple[Project, Annotator, Assignment]:
    """One comparison that is left to the judge, which holds it."""
    project, _ = project_with(1)
    judge = make_judge(project)
    make_plan(project, "all_ai")
    return project, judge, claim(judge)


def planned_after(
    monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object], project: Project, policy: str
) -> PlanResult:
    """A plan between whose reading and storing something happens."""
    stage = slices.stage

    def later(*arguments: object) -> set[int]:
        happens()
        return stage(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(slices, "stage", later)
    return make_plan(project, policy)


@pytest.mark.parametrize("answered", [False, True])
def test_what_a_person_starts_while_the_plan_is_made_is_left_alone(
    answered: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, comparisons = project_with(3)
    judge, person = make_judge(project), make_person(project)
    make_plan(project, "all_human")
    begun: list[Assignment] = []

    def start() -> None:
        begun.append(claim(person))
        if answered:
            submit(person, begun[0])

    plan = planned_after(monkeypatch, start, project, "all_ai")

    started = begun[0].comparison
    decisions = Decision.objects.filter(superseded_at=None)
    assert decisions.get(comparison=started).destination == "human"
    assert {d.comparison for d in decisions.filter(plan=plan.id)} == {*comparisons} - {started}
    assert not Demand.objects.filter(judge=judge, comparison=started).exists()
    assert Demand.objects.get(comparison=started).wanted == 1
    if not answered:
        assert not submit(person, begun[0]).surplus
    stored = Plan.objects.get(pk=plan.id)
    assert (plan.open, plan.human, plan.ai, stored.ai, stored.parameters["open"]) == (2, 0, 2, 2, 2)
    assert {line["comparison"] for line in plan.lines()} == {
        c.external_id for c in comparisons if c != started
    }
    assert plan.warnings == ["left alone because they were started while the plan was made: 1"]


def test_costs_are_of_what_was_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    project, _ = project_with(3)
    person = make_person(project)
    plan = planned_after(monkeypatch, lambda: claim(person), project, "all_human")
    assert (plan.human, float(plan.human_cost)) == (2, 1.0)
    assert float(Plan.objects.get().human_cost) == 1.0


@pytest.mark.parametrize("again", [False, True])
def test_what_a_judge_gives_back_after_people_were_chosen_is_not_lent_to_it(again: bool) -> None:
    project, judge, held = held_by_a_judge()

    make_plan(project, "all_human")
    leases.give_back(judge, [held.pk], again=again)

    assert leases.claim(judge, project) == []
    demand = Demand.objects.get(judge=judge)
    assert (demand.wanted, demand.live, demand.done) == (0, 0, 0)
    assert claim(make_person(project)).comparison == held.comparison


def test_a_judges_lease_that_runs_out_after_people_were_chosen_does_not_come_back() -> None:
    project, judge, held = held_by_a_judge()
    make_plan(project, "all_human")
    lapse(held)
    leases.expire(project)
    assert leases.claim(judge, project) == []


def test_a_judges_late_label_is_surplus() -> None:
    project, judge, held = held_by_a_judge()

    make_plan(project, "all_human")

    assert submit(judge, held).surplus
    assert Annotation.objects.get().surplus
    assert leases.claim(judge, project) == []
    assert not Demand.objects.exclude(live=0, done=0).exists()
    assert claim(make_person(project)).comparison == held.comparison


def test_a_judge_keeps_what_is_still_wanted_of_it() -> None:
    project, judge, held = held_by_a_judge()
    make_plan(project, "all_ai")
    assert not submit(judge, held).surplus
    assert Demand.objects.get(judge=judge).done == 1


def test_another_judge_takes_over_and_the_first_can_be_asked_again_later() -> None:
    project, north, held = held_by_a_judge()
    south = make_judge(project, "south")

    make_plan(project, "all_ai", judge="south")
    assert leases.claim(north, project) == []
    assert claim(south).comparison == held.comparison

    make_plan(project, "all_ai", judge="north")
    assert leases.claim(south, project) == []
    assert not submit(north, claim(north)).surplus
    assert not Demand.objects.filter(wanted__gt=F("live") + F("done")).exists()


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_lapsed_lease_that_nobody_swept_hides_nothing(dry_run: bool) -> None:
    project, _ = project_with(1)
    lapse(claim(make_person(project)))
    assert make_plan(project, "all_human", dry_run=dry_run).open == 1


def test_of_an_imported_and_a_configured_judge_of_one_name_the_configured_one_is_meant() -> None:
    project, _ = project_with(1)
    configured = make_judge(project, "north")
    Annotator.objects.create(project=project, kind="judge", name="north", external_id="north")
    make_plan(project, "all_ai", judge="north")
    assert Decision.objects.get().judge == configured


@contextmanager
def at_this_moment(act: Callable[[], object]) -> Iterator[None]:
    """Somebody has done this, and it is not committed before the block ends."""
    done, end = threading.Event(), threading.Event()

    def acting() -> None:
        try:
            with transaction.atomic():
                act()
                done.set()
                end.wait(PATIENCE)
        finally:
            connection.close()

    thread = threading.Thread(target=acting)
    thread.start()
    assert done.wait(PATIENCE)
    try:
        yield
    finally:
        end.set()
        thread.join(PATIENCE)


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_what_is_being_claimed_or_given_back_at_this_moment_is_left_alone() -> None:
    project, comparisons = project_with(3)
    judge, person = make_judge(project), make_person(project)
    make_plan(project, "all_ai")
    held = claim(judge)
    Demand.objects.filter(pool__isnull=False, comparison=comparisons[1]).update(wanted=1)

    with (
        at_this_moment(lambda: leases.give_back(judge, [held.pk], again=True)),
        at_this_moment(lambda: leases.claim(person, project)),
    ):
        plan = make_plan(project, "all_human")

    assert held.comparison == comparisons[0]
    assert {d.comparison for d in Decision.objects.filter(plan=plan.id)} == {comparisons[2]}
    assert plan.open == 1
    make_plan(project, "all_human")  # decides again about what came back
    assert held.comparison not in [lent.comparison for lent in leases.claim(judge, project, 3)]
    assert Assignment.objects.get(annotator=person).comparison == comparisons[1]

"""Planning in the middle of everything: people and a judge at work, and two plans at once."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection
from django.db.models import F, Q

from annotation import labels, leases
from annotation.models import Annotator, Assignment, Decision, Demand, Project
from routing.models import Plan
from routing.planning import make_plan
from tests.factories import make_person, make_project
from tests.routing.judges import make_judge, make_many
from tests.waiting import PATIENCE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.services]


def together(*works: Callable[[], None]) -> list[BaseException]:
    """Runs each in a thread of its own; gives what they raised."""
    raised: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    return raised


def test_plans_people_and_a_judge_do_not_get_in_each_others_way() -> None:
    project = make_project(audit_share=0.1)
    make_many(project, 2000)
    judge, people = make_judge(project), [make_person(project) for _ in range(3)]
    finished = threading.Event()

    def work(annotator: Annotator, n: int) -> Callable[[], None]:
        def until_finished() -> None:
            here = Project.objects.get(pk=project.pk)
            while not finished.is_set():
                lent = leases.claim(annotator, here, n)
                answers = {"overall": labels.Answer("a>b")}
                labels.submit_many(annotator, here, [labels.Submission(each.pk, answers) for each in lent])

        return until_finished

    def plan() -> None:
        try:
            for seed in range(6):
                make_plan(Project.objects.get(pk=project.pk), "random", human_share=0.5, seed=seed)
        finally:
            finished.set()

    raised = together(plan, work(judge, 20), work(judge, 20), *(work(person, 1) for person in people))

    assert raised == []
    assert not Demand.objects.filter(~Q(wanted__gte=F("live") + F("done"))).exists()
    for demand in Demand.objects.prefetch_related("assignments"):
        states = [assignment.state for assignment in demand.assignments.all()]
        assert demand.live == states.count(Assignment.State.LIVE)
        assert demand.done == states.count(Assignment.State.SUBMITTED)


def test_two_plans_at_once_leave_one_current_decision_each() -> None:
    project = make_project()
    make_many(project, 200)
    make_judge(project)
    start = threading.Barrier(2)

    def plan(policy: str) -> Callable[[], None]:
        def at_once() -> None:
            start.wait(PATIENCE)
            make_plan(project, policy)

        return at_once

    assert together(plan("all_human"), plan("all_ai")) == []
    assert Plan.objects.count() == 2
    current = Decision.objects.filter(superseded_at=None)
    assert current.count() == 200
    [plan_id] = set(current.values_list("plan", flat=True))
    assert Decision.objects.filter(plan=plan_id).count() == 200

"""A plan is put into effect in slices: one that is cut off is taken up again, and people go on working."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from annotation import leases
from annotation.models import Decision, Demand
from routing import approving, drafting, slices
from routing.drafting import Budget
from routing.models import Plan
from routing.planning import make_plan
from tests.factories import make_person, make_project
from tests.routing.judges import make_judge, make_many
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "SLICE", 10)


def before_slice(monkeypatch: pytest.MonkeyPatch, number: int, happens: Callable[[], object]) -> None:
    """Something happens when a slice has been stored and is not committed yet; they are counted from 1."""
    store, seen = slices.store, [0]

    def later(*arguments: object) -> None:
        store(*arguments)  # type: ignore[arg-type]
        seen[0] += 1
        if seen[0] == number:
            happens()

    monkeypatch.setattr(slices, "store", later)


def test_slices_decide_what_one_transaction_would(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for size in (10, 1000):
        monkeypatch.setattr(slices, "SLICE", size)
        project = make_project(audit_share=0.2)
        make_many(project, 35)
        make_judge(project)
        plan = make_plan(project, "random", human_share=0.4, seed=3)
        rows = Decision.objects.filter(plan=plan.id, superseded_at=None).order_by("comparison")
        asked = Demand.objects.filter(comparison__project=project).order_by("comparison", "judge")
        found.append(
            (
                list(rows.values_list("comparison__external_id", "destination", "audit", "probability")),
                list(asked.values_list("comparison__external_id", "judge__name", "wanted")),
            )
        )
        assert Plan.objects.get(pk=plan.id).progress == {}
    assert found[0] == found[1]
    assert len(found[0][0]) == 35


def test_an_approval_that_was_cut_off_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    project = make_project()
    make_many(project, 35)
    make_judge(project)
    plan = Plan.objects.get(pk=drafting.ask(project, "disagreement", Budget.of("share", "0.4")).pk)
    Plan.objects.filter(pk=plan.pk).update(state=Plan.State.APPROVING)

    def die() -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        before_slice(patched, 3, die)
        with pytest.raises(KeyboardInterrupt):
            approving.approve(plan, 14)
    stored = 20 if connection.vendor == "postgresql" else 0  # SQLite stores all or nothing
    assert Decision.objects.filter(plan=plan.pk).count() == stored

    result = approving.approve(plan, 14)

    assert result is not None
    assert (result.open, result.human) == (35, 14)
    plan.refresh_from_db()
    assert (plan.state, plan.human, plan.ai, plan.progress) == ("approved", 14, 21, {})
    assert Decision.objects.filter(plan=plan.pk).count() == 35
    assert plan.report["changed"]["before"]["people"] == 35
    assert plan.report["changed"]["after"]["people"] == 14 + plan.audit


@pytest.mark.services
def test_people_are_lent_work_while_a_plan_is_put_into_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    project = make_project(audit_share=0.0)
    make_many(project, 35)
    make_judge(project)
    person, lent = make_person(project), []

    def claim() -> None:
        lent.extend(leases.claim(person, project))
        connection.close()

    def in_between() -> None:
        thread = threading.Thread(target=claim)
        thread.start()
        thread.join(PATIENCE)

    before_slice(monkeypatch, 2, in_between)
    plan = make_plan(project, "all_ai")

    assert len(lent) == 1  # of a slice that nobody was at
    assert plan.open == 34
    assert not Decision.objects.filter(comparison=lent[0].comparison).exists()

"""The audit of a plan that follows another one: drawn anew once people have begun the earlier one's."""

import pytest

from annotation import labels, leases
from annotation.models import Annotator, Decision, Project
from routing import refitting
from routing.models import RoutingSettings
from routing.planning import make_plan
from routing.policy import Labelled, audit_draws
from routing.signals import read
from routing.standing import standing_judge
from routing.summary import measured
from tests.factories import make_comparison, make_person, make_project
from tests.routing.judges import best, make_judge, says_all

pytestmark = pytest.mark.django_db

SHARE = 0.3


def judged_project(size: int = 60) -> tuple[Project, Annotator]:
    project = make_project(audit_share=SHARE)
    for number in range(size):
        make_comparison(project, external_id=f"c{number}")
    says_all(make_judge(project), project)
    return project, make_person(project)


def answer_all(person: Annotator, project: Project) -> set[int]:
    """Whatever people are asked about gets the label that the judge gave it."""
    done = set()
    while lent := leases.claim(person, project):
        submission = labels.Submission(lent[0].pk, {"overall": best(lent[0].shown, "a")})
        labels.submit_many(person, project, [submission])
        done.add(lent[0].comparison_id)
    return done


def current(project: Project) -> dict[int, Decision]:
    rows = Decision.objects.filter(comparison__project=project, superseded_at=None)
    return {decision.comparison_id: decision for decision in rows}


def audited(project: Project) -> set[int]:
    return {pk for pk, one in current(project).items() if one.audit}


def drawn(project: Project, lot: int) -> set[str]:
    keys = [f"c{number}" for number in range(project.comparisons.count())]
    return {key for key, draw in zip(keys, audit_draws(keys, 0, lot), strict=True) if draw < SHARE}


def labelled_of(project: Project) -> Labelled:
    standing = standing_judge(project)
    return read(project, standing.judge if standing else None).labelled


def test_a_plan_made_after_the_audit_was_labelled_audits_what_it_leaves_to_the_judge_itself() -> None:
    project, person = judged_project()
    make_plan(project, "random", human_share=0.2)
    first = audited(project)
    begun = answer_all(person, project)

    second = make_plan(project, "random", human_share=0.2)

    now = current(project)
    fresh = audited(project) - begun
    assert len(first) > 0
    assert first <= begun
    left = {one.comparison.external_id: pk for pk, one in now.items() if pk not in begun}
    lot = drawn(project, len(begun))
    by_lot = {pk for key, pk in left.items() if key in lot and now[pk].destination == "ai"}
    assert fresh == by_lot
    assert len(fresh) == second.audit > 0


def test_the_same_comparisons_are_audited_until_people_begin_them() -> None:
    project, _ = judged_project()
    make_plan(project, "disagreement", human_share=0.2)
    first = audited(project)

    make_plan(project, "disagreement", human_share=0.2)

    assert audited(project) == first


def test_what_was_begun_under_an_earlier_plan_stands_for_itself_alone() -> None:
    project, person = judged_project()
    earlier = make_plan(project, "random", human_share=0.2)
    before = current(project)
    begun = answer_all(person, project)

    plan = make_plan(project, "disagreement", human_share=0.2)

    now = current(project)
    assert {now[pk].probability for pk in begun} == {1.0}
    assert {one.plan for one in now.values() if one.probability < 1} == {plan.id}
    for pk in begun:
        then, after = before[pk], now[pk]
        assert (after.plan, after.audit, after.score) == (earlier.id, then.audit, then.score)
        assert after.created_at == then.created_at
        kept = Decision.objects.get(pk=then.pk)
        assert kept.superseded_at is not None
        assert kept.probability == then.probability < 1


def test_routing_is_measured_on_the_plan_in_force_alone() -> None:
    project, person = judged_project(120)
    make_plan(project, "random", human_share=0.1)
    answer_all(person, project)
    plan = make_plan(project, "disagreement", human_share=0.2)
    answer_all(person, project)

    found = measured(project, labelled_of(project), 0)

    assert found is not None
    assert (found["decided"], found["people"]) == (plan.human + plan.ai, plan.human)
    assert (found["asked"], found["audited"]) == (plan.human, plan.audit)


def test_a_refit_measures_anew_and_draws_no_second_audit() -> None:
    project, person = judged_project(120)
    RoutingSettings.objects.create(project=project, refit_after=10)
    make_plan(project, "random", human_share=0.1)
    answer_all(person, project)
    make_plan(project, "error_model", human_share=0.2)
    before = audited(project)
    answer_all(person, project)

    row = refitting.refit(project, force=True)

    assert row is not None
    assert audited(project) == before
    assert row.plans.get().report["measured"]["audited"] >= 10

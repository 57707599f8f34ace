"""Stopping: who is sure is not asked again, who is not is asked up to the cap, and then adjudicators are."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotation import labels, leases, stopping
from annotation.consensus import in_layer
from annotation.models import (
    Annotator,
    AnnotatorSkill,
    Comparison,
    ConsensusFit,
    Demand,
    Pool,
    PoolMembership,
    Project,
)
from annotation.projects import touch
from annotation.tasks import look_for_refits, refit_consensus
from tests.annotation.voting import as_shown
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db


def adaptive(**fields: Any) -> Project:
    """Two labels to begin with, five at most, no random layer."""
    settings = {"labels_wanted": 2, "labels_cap": 5, "overlap_share": 0.0, "scale": "three-way"} | fields
    return make_project(both_bad=False, **settings)


def say(person: Annotator, comparison: Comparison, *rankings: str, revision: int = 0) -> None:
    """This person answers every criterion of the comparison, in stored letters, as the pages do it."""
    project = comparison.project
    if revision:
        held = comparison.assignments.get(annotator=person)
    else:
        lent = leases.claim(person, project, 50)
        held = next(a for a in lent if a.comparison_id == comparison.pk)
        leases.give_back(person, [a.pk for a in lent if a != held], again=True)
    criteria = [c.name for c in project.criteria.order_by("position", "id")]
    answers = {
        name: labels.Answer(as_shown(ranking, held.shown))
        for name, ranking in zip(criteria, rankings, strict=True)
    }
    labels.submit_many(person, project, [labels.Submission(held.pk, answers, revision=revision)])


def asked(comparison: Comparison) -> tuple[int, int]:
    """Labels wanted of the default pool, and given."""
    demand = Demand.objects.get(comparison=comparison, pool__default=True)
    return demand.wanted, demand.done


def test_two_who_agree_are_enough() -> None:
    project = adaptive()
    comparison = make_comparison(project, wanted=2)
    for _ in range(2):
        say(make_person(project), comparison, "a>b")
    assert asked(comparison) == (2, 2)
    assert leases.claim(make_person(project), project) == []


def test_where_they_differ_one_more_is_asked_until_it_is_sure() -> None:
    project = adaptive()
    comparison = make_comparison(project, wanted=2)
    for said, wanted in [("a>b", 2), ("b>a", 3), ("a>b", 4), ("a>b", 5), ("a>b", 5)]:
        say(make_person(project), comparison, said)
        assert asked(comparison)[0] == wanted, said
    assert leases.claim(make_person(project), project) == []


def test_without_a_cap_the_number_is_fixed_and_an_answer_takes_no_more_statements() -> None:
    counts = {}
    for cap in (None, 5):
        project = adaptive(labels_cap=cap)
        say(make_person(project), make_comparison(project, wanted=1), "a>b")  # what a process reads once
        comparison = make_comparison(project, wanted=2)
        for said in ("a>b", "b>a"):
            person = make_person(project)
            held = next(a for a in leases.claim(person, project, 9) if a.comparison_id == comparison.pk)
            submission = labels.Submission(held.pk, {"overall": labels.Answer(as_shown(said, held.shown))})
            with CaptureQueriesContext(
                connection,
            ) as queries:
                labels.submit_many(person, project, [submission])
            counts[cap, said] = len(queries)
        assert asked(comparison)[0] == (3 if cap else 2)
    assert counts[None, "a>b"] == counts[None, "b>a"]
    assert counts[5, "a>b"] == counts[None, "a>b"] + 1  # reads, and sees nothing to change
    assert counts[5, "b>a"] == counts[None, "a>b"] + 2  # asks for one more


def test_every_criterion_has_to_be_sure() -> None:
    project = adaptive()
    project.criteria.create(name="truthful", scale="three-way", position=1)
    touch(project)
    comparison = make_comparison(project, wanted=2)
    say(make_person(project), comparison, "a>b", "a>b")
    say(make_person(project), comparison, "a>b", "a=b")
    assert asked(comparison) == (3, 2)


def test_the_random_layer_always_gets_every_label() -> None:
    project = adaptive(overlap_share=1.0)
    comparison = make_comparison(project, wanted=2)
    for number in range(1, 6):
        say(make_person(project), comparison, "a>b")
        assert asked(comparison) == (5, number)


def test_the_layer_is_of_the_size_asked_for_and_grows_by_addition() -> None:
    import numpy as np

    ids = np.arange(1, 100_001)
    small, large = in_layer(ids, 0.05), in_layer(ids, 0.2)
    assert abs(small.mean() - 0.05) < 0.003
    assert abs(large.mean() - 0.2) < 0.006
    assert not (small & ~large).any()
    assert not in_layer(ids, 0.0).any()
    assert in_layer(ids, 1.0).all()


def test_what_is_not_sure_at_the_cap_goes_to_the_adjudicators_first() -> None:
    project = adaptive(labels_cap=3)
    expert = make_person(project)
    pool = Pool.objects.create(project=project, name="experts", adjudicates=True)
    PoolMembership.objects.filter(annotator=expert).delete()
    PoolMembership.objects.create(pool=pool, annotator=expert)
    touch(project)
    hard, easy = make_comparison(project, wanted=2), make_comparison(project, wanted=2)
    for comparison, said in [(hard, "a>b"), (hard, "b>a"), (easy, "a>b"), (easy, "a>b"), (hard, "a=b")]:
        say(make_person(project), comparison, said)
    assert asked(hard) == (3, 3)
    assert leases.claim(expert, project)[0].comparison_id == hard.pk
    say(expert, hard, "a>b")
    assert leases.claim(expert, project) == [], "asked once, and not about what is sure"


def test_an_answer_changed_later_is_weighed_anew() -> None:
    project = adaptive()
    comparison = make_comparison(project, wanted=2)
    one, two = make_person(project), make_person(project)
    say(one, comparison, "a>b")
    say(two, comparison, "a>b")
    assert asked(comparison) == (2, 2)
    say(two, comparison, "b>a", revision=1)
    assert asked(comparison) == (3, 2)
    say(two, comparison, "a>b", revision=2)
    assert asked(comparison) == (2, 2), "the slot that nobody took is closed again"


def test_nobody_loses_what_they_hold() -> None:
    project = adaptive()
    comparison = make_comparison(project, wanted=3)
    held = [(person, *leases.claim(person, project)) for person in (make_person(project) for _ in range(3))]
    for number, (person, assignment) in enumerate(held, start=1):
        answer = labels.Answer(as_shown("a>b", assignment.shown))
        labels.submit_many(person, project, [labels.Submission(assignment.pk, {"overall": answer})])
        assert asked(comparison) == (3, number)


def known(project: Project, **competence: float) -> dict[str, Annotator]:
    """People with a competence that the last fit found."""
    criterion = project.criteria.get()
    classes = {"a": 0.45, "b": 0.45, "tie": 0.1}
    fit = ConsensusFit.objects.create(
        criterion=criterion, method="mace", k=2, comparisons=1, labels=1, classes=classes
    )
    people = {name: make_person(project) for name in competence}
    for name, value in competence.items():
        AnnotatorSkill.objects.create(
            fit=fit, annotator=people[name], competence=value, strategy=classes, labels=50
        )
    return people


def test_whoever_is_known_to_guess_does_not_make_it_sure() -> None:
    project = adaptive(labels_wanted=1)
    people = known(project, expert=0.97, guesser=0.05, other=0.05)
    first, second = make_comparison(project), make_comparison(project)
    say(people["expert"], first, "a>b")
    assert asked(first) == (1, 1)
    say(people["guesser"], second, "a>b")
    say(people["other"], second, "a>b")
    assert asked(second) == (3, 2)


def test_judges_do_not_close_a_comparison_for_people() -> None:
    project = adaptive()
    comparison = make_comparison(project, wanted=2)
    from tests.annotation.voting import make_judge

    for number in range(3):
        judge = make_judge(project, f"judge-{number}")
        Demand.objects.create(comparison=comparison, judge=judge, wanted=1)
        say(judge, comparison, "a>b")
    assert asked(comparison) == (2, 0)


def test_a_refit_closes_what_turns_out_to_be_sure_and_is_started_by_enough_new_labels() -> None:
    project = adaptive(labels_wanted=1, labels_cap=3)
    people = [make_person(project) for _ in range(4)]
    comparisons = [make_comparison(project) for _ in range(40)]
    for number, comparison in enumerate(comparisons):
        truth = "a>b" if number % 2 else "b>a"
        for person in (people[number % 4], people[(number + 1) % 4]):
            say(person, comparison, truth)
    assert stopping.due(project)
    late = make_comparison(project)
    say(people[0], late, "a>b")
    assert asked(late) == (2, 1), "one answer of somebody unknown is not enough"
    look_for_refits()
    refit_consensus(project.pk)
    skills = AnnotatorSkill.objects.filter(fit__criterion__project=project)
    assert skills.count() == 4
    assert min(skill.competence for skill in skills) > 0.8
    assert asked(late) == (1, 1)
    assert not stopping.due(project)


def test_a_project_without_a_cap_is_not_refitted() -> None:
    project = adaptive(labels_cap=None)
    say(make_person(project), make_comparison(project, wanted=2), "a>b")
    look_for_refits()
    assert not ConsensusFit.objects.exists()

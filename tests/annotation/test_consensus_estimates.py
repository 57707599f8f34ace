"""The consensus as a value: what a release freezes beside its figures."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotation.consensus import METHODS
from annotation.models import Consensus, Project
from annotation.reports import Unknown, estimates_of, read_votes, refresh_consensus
from tests.annotation.voting import answer
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db


def labelled(comparisons: int = 32) -> Project:
    project = make_project("three-way", both_bad=False)
    people = [make_person(project) for _ in range(3)]
    for number in range(comparisons):
        comparison = make_comparison(project)
        for at, person in enumerate(people):
            answer(person, comparison, "b>a" if (number + at) % 5 == 0 else "a>b")
    return project


@pytest.mark.parametrize("method", list(METHODS))
def test_the_same_labels_give_the_same_estimates_and_facts(method: str) -> None:
    project = labelled()
    [criterion] = project.criteria.all()
    one, two = (estimates_of(project, criterion, method) for _ in range(2))
    assert list(one) == list(two)
    assert one.facts() == two.facts() == json.loads(json.dumps(one.facts()))
    assert one.facts()["method"] == method


def test_estimates_are_what_the_project_shows_and_nothing_is_stored() -> None:
    project = labelled()
    [criterion] = project.criteria.all()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = dict(estimates_of(project, criterion, votes=read_votes(project, criterion)))
    assert all(query["sql"].startswith(("SELECT", "BEGIN", "ROLLBACK")) for query in queries)
    assert not Consensus.objects.exists()
    refresh_consensus(project)
    shown = dict(Consensus.objects.values_list("comparison_id", "winner"))
    assert {pk: one.winner for pk, one in found.items()} == shown


def test_the_facts_name_the_fit_and_its_constants_but_nobody() -> None:
    project = labelled()
    [criterion] = project.criteria.all()
    found = estimates_of(project, criterion)
    facts = found.facts()
    assert facts["parameters"]["correlation"] == 0.3
    [fit] = facts["fits"]
    assert (fit["k"], fit["comparisons"], fit["labels"], fit["annotators"]) == (2, 32, 96, 3)
    assert "skills" not in fit
    assert {skill.voter.id for skill in found.fits[0].skills} == {a.pk for a in project.annotators.all()}


def test_too_few_labels_say_so_in_the_facts() -> None:
    project = labelled(comparisons=3)
    [criterion] = project.criteria.all()
    assert estimates_of(project, criterion).facts()["fits"][0]["note"].startswith("majority instead")


def test_an_unknown_method_is_refused_by_name() -> None:
    project = make_project()
    [criterion] = project.criteria.all()
    with pytest.raises(Unknown, match="glad"):
        estimates_of(project, criterion, "glad")

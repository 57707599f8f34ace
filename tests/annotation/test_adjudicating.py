"""An adjudicator's decision is recorded as theirs, is no vote, fills the slot and settles the consensus."""

import pytest
from django.utils import timezone

from annotation import leases, reports
from annotation.adjudicating import adjudicate, decision, is_asked, waiting
from annotation.labels import Answer, SubmissionError
from annotation.models import (
    Annotation,
    Annotator,
    Assignment,
    AuditEntry,
    Comparison,
    Consensus,
    Demand,
    Label,
    Pool,
)
from annotation.stopping import ADJUDICATION_PRIORITY
from tests.annotation.voting import answer
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def comparison() -> Comparison:
    """Two people say a, one says b, and an adjudicator is asked."""
    project = make_project()
    comparison = make_comparison(project, wanted=3)
    for said in ("a>b", "a>b", "b>a"):
        answer(make_person(project), comparison, said, 1)
    pool = Pool.objects.create(project=project, name="experts", adjudicates=True)
    Demand.objects.create(comparison=comparison, pool=pool, wanted=1, priority=ADJUDICATION_PRIORITY)
    return comparison


def decide(who: Annotator, comparison: Comparison, said: str) -> None:
    assert who.user is not None
    adjudicate(comparison.project, who, who.user, comparison, {"overall": Answer(said, 1)})


def test_a_decision_is_an_annotation_and_no_vote(comparison: Comparison) -> None:
    expert = make_person(comparison.project, role="reviewer")
    assert is_asked(comparison.project, comparison)
    decide(expert, comparison, "b>a")
    [label] = decision(expert, comparison)
    assert (label.ranking, label.independent, label.current) == ("b>a", False, True)
    assert label.annotation.assignment.purpose == Assignment.Purpose.ADJUDICATION
    assert not is_asked(comparison.project, comparison)
    assert waiting(comparison.project) == 0
    assert not leases.claim(expert, comparison.project), "who has seen everything is not asked any more"


def test_the_consensus_takes_it(comparison: Comparison) -> None:
    reports.refresh_consensus(comparison.project)
    assert Consensus.objects.get(comparison=comparison).winner == "a"
    decide(make_person(comparison.project, role="reviewer"), comparison, "b>a")
    reports.refresh_consensus(comparison.project)
    assert Consensus.objects.get(comparison=comparison).winner == "b"


def test_deciding_again_keeps_the_earlier_decision(comparison: Comparison) -> None:
    expert = make_person(comparison.project, role="reviewer")
    decide(expert, comparison, "b>a")
    decide(expert, comparison, "a>b")
    assert [label.ranking for label in decision(expert, comparison)] == ["a>b"]
    assert Label.objects.filter(annotator=expert).count() == 2
    assert Annotation.objects.filter(assignment__annotator=expert).count() == 2
    first, second = AuditEntry.objects.filter(act="adjudicate").order_by("pk")
    assert (first.before, first.after) == ({}, {"overall": "b>a"})
    assert (second.before, second.after) == ({"overall": "b>a"}, {"overall": "a>b"})
    assert second.actor == expert.user
    assert Demand.objects.get(pool__adjudicates=True).done == 1


def test_who_has_voted_may_decide_and_their_vote_stays(comparison: Comparison) -> None:
    voter = Annotator.objects.filter(labels__ranking="b>a").get()
    decide(voter, comparison, "a>b")
    votes = Label.objects.filter(annotator=voter, current=True)
    assert sorted(votes.values_list("ranking", "independent")) == [("a>b", False), ("b>a", True)]


def test_a_lease_that_ran_out_cannot_be_answered_after_deciding(comparison: Comparison) -> None:
    expert = make_person(comparison.project, role="reviewer")
    Demand.objects.filter(pool__default=True).update(wanted=4)
    (lent,) = leases.claim(expert, comparison.project)
    Assignment.objects.filter(pk=lent.pk).update(leased_until=timezone.now())
    leases.expire(comparison.project)
    decide(expert, comparison, "b>a")
    assert Assignment.objects.get(pk=lent.pk).state == Assignment.State.RETURNED
    assert not leases.claim(expert, comparison.project)


def test_an_answer_that_is_not_offered_changes_nothing(comparison: Comparison) -> None:
    expert = make_person(comparison.project, role="reviewer")
    for said in ("a>b>c", "nonsense"):
        with pytest.raises(SubmissionError):
            decide(expert, comparison, said)
    assert not Assignment.objects.filter(annotator=expert).exists()
    assert not AuditEntry.objects.exists()

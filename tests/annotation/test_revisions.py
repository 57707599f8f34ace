"""Changing one's own answer: a revision stands in for the one before, which stays in the record."""

import pytest
from django.utils import timezone

from annotation import labels, leases
from annotation.labels import Answer, NotLent, Receipt, Submission, SubmissionError
from annotation.models import Annotation, Annotator, Assignment, Criterion, Demand, Label, Project
from annotation.projects import touch
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db


def say(person: Annotator, held: Assignment, ranking: str, revision: int = 0, **more: object) -> Receipt:
    answer = Answer(ranking, **more)  # type: ignore[arg-type]
    submission = Submission(held.pk, {"overall": answer}, revision=revision, active_seconds=5.0)
    [receipt] = labels.submit_many(person, person.project, [submission])
    return receipt


def answered(project: Project, **more: object) -> tuple[Annotator, Assignment]:
    make_comparison(project, wanted=2)
    person = make_person(project)
    [held] = leases.claim(person, project)
    say(person, held, "a=b", **more)
    return person, held


def test_a_revision_is_current_and_the_answer_before_it_is_kept() -> None:
    person, held = answered(make_project())

    receipt = say(person, held, "both_bad", revision=1)

    assert not receipt.replayed
    first, second = Annotation.objects.order_by("revision")
    assert first.superseded_at is not None
    assert second.superseded_at is None
    assert second.shown == first.shown
    assert [(label.ranking, label.current) for label in Label.objects.order_by("pk")] == [
        ("a=b", False),
        ("both_bad", True),
    ]


def test_a_revision_takes_no_slot_and_frees_none() -> None:
    person, held = answered(make_project())
    before = Demand.objects.values().get()
    say(person, held, "a>b", revision=1)
    say(person, held, "b>a", revision=2)
    assert Demand.objects.values().get() == before
    assert Label.objects.filter(current=True).count() == 1


def test_a_revision_of_a_surplus_answer_is_surplus() -> None:
    project = make_project()
    make_comparison(project)
    person = make_person(project)
    [held] = leases.claim(person, project)
    leases.give_back(person, [held.pk], again=True)
    assert say(person, held, "a=b").surplus
    assert say(person, held, "a>b", revision=1).surplus


def test_a_revision_sent_twice_is_recorded_once() -> None:
    person, held = answered(make_project())
    first = say(person, held, "a>b", revision=1, strength=2)
    again = say(person, held, "a>b", revision=1, strength=2)
    assert again.replayed
    assert not again.differs
    assert again.annotation_id == first.annotation_id
    assert Annotation.objects.count() == 2


@pytest.mark.parametrize("revision", [0, 1])
def test_another_answer_under_a_key_already_used_is_told_so_and_the_first_stands(revision: int) -> None:
    person, held = answered(make_project())
    if revision:
        say(person, held, "a>b", revision=1)
    again = say(person, held, "both_bad", revision=revision)
    assert again.replayed
    assert again.differs
    assert Label.objects.filter(ranking="both_bad").count() == 0


def test_an_answer_and_its_changes_may_come_together_in_any_order() -> None:
    project = make_project()
    make_comparison(project)
    person = make_person(project)
    [held] = leases.claim(person, project)

    def saying(ranking: str, revision: int) -> Submission:
        return Submission(held.pk, {"overall": Answer(ranking)}, revision=revision)

    sent = [saying("both_bad", 2), saying("a=b", 0), saying("a=b", 1), saying("both_bad", 0)]
    receipts = labels.submit_many(person, project, sent)

    recorded = {annotation.pk: annotation for annotation in Annotation.objects.all()}
    assert [recorded[receipt.annotation_id].revision for receipt in receipts] == [2, 0, 1, 0]
    assert [(receipt.replayed, receipt.differs) for receipt in receipts] == [(False, False)] * 3 + [
        (True, True)
    ]
    assert [label.ranking for label in Label.objects.order_by("pk")] == ["a=b", "a=b", "both_bad"]
    assert Label.objects.get(current=True).ranking == "both_bad"
    assert Annotation.objects.get(superseded_at=None).revision == 2
    demand = Demand.objects.get()
    assert (demand.live, demand.done) == (0, 1)


def edit_criterion(project: Project, **fields: object) -> None:
    """A new version of the only criterion, as an edited project file makes it."""
    old = project.criteria.get()
    project.criteria.update(retired_at=timezone.now())
    values = {"name": old.name, "version": 2, "scale": old.scale, "both_bad": old.both_bad} | fields
    Criterion.objects.create(project=project, **values)
    touch(project)


@pytest.mark.parametrize("revision", [0, 1])
def test_a_replay_after_the_question_was_edited_is_a_replay(revision: int) -> None:
    person, held = answered(make_project())
    if revision:
        say(person, held, "both_bad", revision=1)
    said = "both_bad" if revision else "a=b"
    edit_criterion(person.project, scale="two-way", both_bad=False)

    again = say(person, held, said, revision=revision)
    assert (again.replayed, again.differs) == (True, False)
    other = say(person, held, "a>b", revision=revision)
    assert (other.replayed, other.differs) == (True, True)


@pytest.mark.parametrize("nonsense", ["a", "", "a>b>c", "ab"])
def test_a_replay_of_nonsense_differs_and_changes_nothing(nonsense: str) -> None:
    person, held = answered(make_project())
    again = say(person, held, nonsense)
    assert (again.replayed, again.differs) == (True, True)


def test_what_was_recorded_under_a_key_is_told_to_its_annotator_alone() -> None:
    person, held = answered(make_project())
    receipt = labels.recorded(person, held.pk, 0)
    assert receipt
    assert receipt.replayed
    assert receipt.annotation_id == Annotation.objects.get().pk
    assert labels.recorded(person, held.pk, 1) is None
    assert labels.recorded(make_person(person.project), held.pk, 0) is None


def test_a_revision_that_is_not_the_next_one_is_refused() -> None:
    person, held = answered(make_project())
    with pytest.raises(NotLent):
        say(person, held, "a>b", revision=2)
    assert Annotation.objects.count() == 1


def test_nobody_revises_what_somebody_else_said() -> None:
    person, held = answered(make_project())
    other = make_person(person.project)
    with pytest.raises(NotLent):
        say(other, held, "a>b", revision=1)
    assert Annotation.objects.get().superseded_at is None


def test_a_revision_that_cannot_be_recorded_leaves_the_answer_before_it_in_place() -> None:
    person, held = answered(make_project(both_bad=False))
    with pytest.raises(SubmissionError):
        say(person, held, "both_bad", revision=1)
    assert Annotation.objects.get().superseded_at is None
    assert Label.objects.get().current


def test_an_imported_answer_is_nobodys_to_revise() -> None:
    person, held = answered(make_project())
    Assignment.objects.update(purpose="import", demand=None)
    with pytest.raises(NotLent):
        say(person, held, "a>b", revision=1)


@pytest.mark.parametrize("said", [{}, {"guidelines_id": None}])
def test_an_answer_names_the_newest_guidelines_unless_told_that_none_were_read(said: dict[str, None]) -> None:
    project = make_project()
    make_comparison(project)
    person = make_person(project)
    [held] = leases.claim(person, project)
    labels.submit_many(person, project, [Submission(held.pk, {"overall": Answer("a=b")}, **said)])
    newest = project.guidelines_versions.get()
    assert Annotation.objects.get().guidelines == (None if said else newest)


def test_how_an_answer_was_read_and_under_which_guidelines_is_kept() -> None:
    project = make_project()
    make_comparison(project)
    person = make_person(project)
    old = project.guidelines_versions.get()
    [held] = leases.claim(person, project)
    project.guidelines_versions.create(version=2, text="Read them twice.")
    said = {"overall": Answer("a=b")}
    labels.submit_many(
        person, project, [Submission(held.pk, said, guidelines_id=old.pk, view={"diff": True})]
    )
    annotation = Annotation.objects.get()
    assert annotation.guidelines == old
    assert annotation.view == {"diff": True}

"""Submitting: recorded once, mapped back to stored order, refused with a reason, surplus kept."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from annotation import labels, leases
from annotation.models import Annotation, Annotator, Assignment, Criterion, Demand, Label, Project
from annotation.projects import touch
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db


def claim(person: Annotator, project: Project) -> Assignment:
    [held] = leases.claim(person, project)
    return held


def submit(
    person: Annotator, project: Project, held: Assignment, *args: object, **kwargs: object
) -> labels.Receipt:
    answers = {"overall": labels.Answer(*args, **kwargs)}  # type: ignore[arg-type]
    [receipt] = labels.submit_many(person, project, [labels.Submission(held.pk, answers)])
    return receipt


@pytest.mark.usefixtures("even_draws")
def test_what_was_chosen_on_screen_is_stored_for_the_response_it_was() -> None:
    project = make_project()
    for _ in range(12):
        make_comparison(project)
    person = make_person(project)
    shown = set()
    for _ in range(12):
        held = claim(person, project)
        shown.add(held.shown)
        submit(person, project, held, "a>b", 2)
        label = Label.objects.get(comparison=held.comparison)
        assert label.ranking == ("a>b" if held.shown == "ab" else "b>a")
        assert label.strength == 2
    assert shown == {"ab", "ba"}


def test_a_submission_fills_the_slot_it_held() -> None:
    project = make_project()
    comparison = make_comparison(project)
    person = make_person(project)
    receipt = submit(person, project, claim(person, project), "a=b")

    demand = Demand.objects.get(comparison=comparison)
    assert (demand.live, demand.done) == (0, 1)
    assert not receipt.surplus


def test_a_replay_records_nothing_and_answers_the_same() -> None:
    project = make_project()
    comparison = make_comparison(project, wanted=3)
    person = make_person(project)
    held = claim(person, project)

    first = submit(person, project, held, "a>b", 1)
    again = submit(person, project, held, "b>a", 1)

    assert again.annotation_id == first.annotation_id
    assert again.replayed
    assert Label.objects.get().ranking == ("a>b" if held.shown == "ab" else "b>a")
    assert Demand.objects.get(comparison=comparison).done == 1


def test_a_late_submission_is_kept_as_surplus() -> None:
    project = make_project(lease_seconds=60)
    comparison = make_comparison(project)
    slow, quick = make_person(project), make_person(project)
    late = claim(slow, project)
    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        on_time = claim(quick, project)
        submit(quick, project, on_time, "a>b")
        receipt = submit(slow, project, late, "a>b")

    assert receipt.surplus
    demand = Demand.objects.get(comparison=comparison)
    assert (demand.wanted, demand.live, demand.done) == (1, 0, 1)
    assert Label.objects.filter(independent=True, current=True).count() == 2


def test_a_submission_that_beats_its_late_rival_leaves_room_for_nobody_else() -> None:
    project = make_project(lease_seconds=60)
    make_comparison(project)
    slow, quick = make_person(project), make_person(project)
    late = claim(slow, project)
    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        on_time = claim(quick, project)
        assert submit(slow, project, late, "a>b").surplus
        assert not submit(quick, project, on_time, "a>b").surplus
    assert Demand.objects.get().done == 1


def test_one_may_not_submit_what_was_lent_to_another() -> None:
    project = make_project()
    make_comparison(project)
    holder, thief = make_person(project), make_person(project)
    held = claim(holder, project)

    with pytest.raises(labels.NotLent):
        submit(thief, project, held, "a>b")
    assert not Annotation.objects.exists()
    assert Assignment.objects.get().state == Assignment.State.LIVE


@pytest.mark.parametrize(
    ("ranking", "strength", "message"),
    [
        ("a", None, "must name each of a, b exactly once"),
        ("a>b>c", None, "must name each of a, b exactly once"),
        ("a>b", 3, "strength must be 1 to 2"),
        ("a=b", 1, "a tie has no strength"),
        ("both_bad", None, "not offered"),
    ],
)
def test_an_answer_that_is_not_offered_is_refused_and_nothing_is_recorded(
    ranking: str, strength: int | None, message: str
) -> None:
    project = make_project(both_bad=False)
    make_comparison(project)
    person = make_person(project)
    held = claim(person, project)

    with pytest.raises(labels.SubmissionError, match=message) as caught:
        submit(person, project, held, ranking, strength)
    assert caught.value.field == "overall"
    assert Assignment.objects.get().state == Assignment.State.LIVE
    assert Demand.objects.get().live == 1


def test_every_criterion_must_be_answered() -> None:
    project = make_project()
    Criterion.objects.create(project=project, name="truthful", scale="three-way")
    touch(project)
    make_comparison(project)
    person = make_person(project)

    with pytest.raises(labels.SubmissionError, match="truthful is still open"):
        submit(person, project, claim(person, project), "a>b")


def test_reasons_confidence_and_rationale_are_kept_beside_the_label() -> None:
    project = make_project()
    Criterion.objects.filter(project=project).update(reasons=["correct", "clear"])
    touch(project)
    make_comparison(project)
    person = make_person(project)
    submit(
        person,
        project,
        claim(person, project),
        "a>b",
        1,
        "fairly",
        ("clear",),
        "It admits a doubt.",
    )

    label = Label.objects.select_related("rationale").get()
    assert label.confidence == "fairly"
    assert label.rationale.reasons == ["clear"]
    assert label.rationale.text == "It admits a doubt."


def test_a_ranking_of_four_is_mapped_back() -> None:
    project = make_project()
    make_comparison(project, "One.", "Two.", "Three.", "Four.")
    person = make_person(project)
    held = claim(person, project)
    submit(person, project, held, "b>a=d>c")

    place = dict(zip("abcd", held.shown, strict=True))
    tied = "=".join(sorted([place["a"], place["d"]]))
    assert Label.objects.get().ranking == f"{place['b']}>{tied}>{place['c']}"


def test_submitting_and_claiming_cost_seven_statements(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    project = make_project()
    for _ in range(3):
        make_comparison(project)
    person = make_person(project)
    submit(person, project, claim(person, project), "a>b", 1)
    held = claim(person, project)

    with django_assert_num_queries(4 + 3 + 4):  # two transactions of two savepoint statements each
        submit(person, project, held, "a>b", 1)
        claim(person, project)


def test_a_required_rationale_is_asked_for_whatever_way_the_answer_comes() -> None:
    project = make_project()
    Criterion.objects.filter(project=project).update(rationale="required")
    touch(project)
    make_comparison(project)
    person = make_person(project)
    held = claim(person, project)

    with pytest.raises(labels.SubmissionError, match="say why"):
        submit(person, project, held, "a>b", 1)
    submit(person, project, held, "a>b", 1, "", (), "It is right.")
    assert Label.objects.count() == 1


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
def test_a_rationale_that_no_database_stores_is_refused(text: str) -> None:
    project = make_project()
    make_comparison(project)
    person = make_person(project)

    with pytest.raises(labels.SubmissionError, match="not text"):
        submit(person, project, claim(person, project), "a>b", 1, "", (), text)


def test_a_person_must_say_how_sure_they_are_where_it_is_asked() -> None:
    project = make_project()
    Criterion.objects.filter(project=project).update(confidence=True)
    touch(project)
    make_comparison(project)
    person = make_person(project)

    with pytest.raises(labels.SubmissionError, match="how sure"):
        submit(person, project, claim(person, project), "a>b", 1)

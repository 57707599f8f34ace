"""Rules warn, pause and stop by what answers show, say why, and leave careful people alone."""

import random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotation import leases, people
from annotation.instruments.before_work import read_notice
from annotation.instruments.known import known_of, make_gold
from annotation.instruments.setup import set_quality
from annotation.instruments.watching import Given, after_answers, state_of
from annotation.labels import Answer, Submission, submit_many
from annotation.models import Annotator, AuditEntry, Comparison, Label, Notice, Pool, Project
from annotation.projects import touch
from tests.annotation.voting import answer
from tests.factories import make_comparison, make_person, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project(scale="three-way", both_bad=False, labels_wanted=3)


def given(project: Project, comparison: Comparison, ranking: str, shown: str = "ab", **more: object) -> Given:
    values = {"purpose": "work", "seconds": None, **more}
    return Given(comparison.pk, shown=shown, rankings={project.criteria.get().pk: (ranking, None)}, **values)  # type: ignore[arg-type]


def haste(person: Annotator, project: Project, comparison: Comparison, times: int) -> None:
    """Answers that vary, each after a second."""
    draw = random.Random(1)
    for _ in range(times):
        one = given(project, comparison, draw.choice(["a>b", "b>a", "a=b"]), seconds=1.0)
        after_answers(person, project, [one])


def long(project: Project) -> Comparison:
    return make_comparison(project, "word " * 400, "other " * 400)


def test_a_project_without_rules_looks_at_nothing(project: Project) -> None:
    person = make_person(project)
    with CaptureQueriesContext(connection) as captured:
        after_answers(person, project, [Given(1, "work", "ab", 0.1, {1: ("a>b", None)})])
    assert len(captured) == 0


def test_a_warning_waits_to_be_read_and_says_why(project: Project) -> None:
    set_quality(project, {"rules": {"speed": "warn"}})
    person, comparison = make_person(project), long(project)
    haste(person, project, comparison, 12)
    assert person.may_be_lent
    notice = Notice.objects.get()
    assert notice.kind == "warning"
    assert "faster than the texts can be read" in notice.text
    assert leases.claim(person, project) == []
    entry = AuditEntry.objects.get(act="warn")
    assert (entry.annotator_id, entry.actor, entry.reason) == (person.pk, None, notice.text)
    read_notice(person, notice.pk)
    assert leases.claim(person, project)


def test_a_pause_is_told_and_what_was_said_counts(project: Project) -> None:
    set_quality(project, {"rules": {"side": "pause"}})
    person = make_person(project)
    for _ in range(30):
        make_comparison(project)
    answers = 0
    while lent := leases.claim(person, project):
        submit_many(person, project, [Submission(lent[0].pk, {"overall": Answer("a>b")})])
        answers += 1
    assert answers < 25
    assert "prefer the first one" in person.told
    assert AuditEntry.objects.get(act="pause").reason == person.told
    assert Label.objects.filter(independent=True).count() == answers
    people.appeal(Annotator.objects.get(pk=person.pk), "The first one was better.")


def test_a_stop_takes_what_was_said_out_of_all_figures(project: Project) -> None:
    set_quality(project, {"rules": {"same": "stop"}})
    person = make_person(project)
    for _ in range(30):
        make_comparison(project)
    while lent := leases.claim(person, project):
        submit_many(person, project, [Submission(lent[0].pk, {"overall": Answer("a=b")})])
    assert person.excluded_at is not None
    assert Label.objects.exists()
    assert not Label.objects.filter(independent=True).exists()


def test_known_answers_are_scored_and_the_reason_names_them(project: Project) -> None:
    set_quality(project, {"rules": {"accuracy": "pause"}})
    person = make_person(project)
    comparison = make_comparison(project)
    make_gold(project, comparison, {"overall": "a>b"})
    for number in range(20):
        shown = "ab" if number % 2 else "ba"
        one = given(project, comparison, "b>a" if number % 3 else "a=b", shown, purpose="gold")
        after_answers(person, project, [one])
    state = state_of(person)
    assert state.right == 0
    assert 5 <= state.scored <= 10, "as soon as it is clear, and no more is weighed then"
    assert "0 were the same" in person.told


def test_repeats_and_training_are_no_items(project: Project) -> None:
    set_quality(project, {"rules": {"accuracy": "pause"}})
    person, comparison = make_person(project), make_comparison(project)
    make_gold(project, comparison, {"overall": "a>b"})
    for purpose in ("repeat", "mirror", "training"):
        after_answers(person, project, [given(project, comparison, "b>a", purpose=purpose)])
    assert state_of(person).scored == 0


def test_what_others_agree_on_is_compared_without_ones_own_vote(project: Project) -> None:
    set_quality(project, {"rules": {"accuracy": "warn"}})
    agreed, disputed = make_comparison(project, wanted=9), make_comparison(project, wanted=9)
    person, others = make_person(project), [make_person(project) for _ in range(4)]
    answer(person, agreed, "b>a")
    answer(person, disputed, "b>a")
    for number, other in enumerate(others):
        answer(other, agreed, "a>b")
        answer(other, disputed, "a>b" if number % 2 else "b>a")
    for _ in range(5):
        after_answers(person, project, [given(project, make_comparison(project), "a=b")])
    after_answers(person, project, [given(project, make_comparison(project), "a=b")])
    state = state_of(person)
    assert (state.scored, state.right) == (1, 0), "what others dispute is never held against anybody"


def test_answers_wait_for_others_where_all_pools_together_ask_enough_of_them(project: Project) -> None:
    project.labels_wanted = 2
    project.save()
    set_quality(project, {"rules": {"accuracy": "warn"}})
    person = make_person(project)
    after_answers(person, project, [given(project, make_comparison(project), "a>b")])
    assert not state_of(person).pending, "of two people there is one other"
    Pool.objects.create(project=project, name="expert", labels_wanted=2)
    touch(project)
    after_answers(person, project, [given(project, make_comparison(project), "a>b")])
    assert len(state_of(person).pending) == 1


def test_a_revision_is_no_new_evidence(project: Project) -> None:
    set_quality(project, {"rules": {"side": "pause"}})
    person = make_person(project)
    make_comparison(project)
    [lent] = leases.claim(person, project)
    for revision in range(5):
        submission = Submission(lent.pk, {"overall": Answer("a>b")}, revision)
        submit_many(person, project, [submission, submission])
    assert state_of(person).answers == 1


def test_whoever_is_resumed_begins_anew(project: Project) -> None:
    set_quality(project, {"rules": {"speed": "pause"}})
    person, comparison = make_person(project), long(project)
    haste(person, project, comparison, 12)
    assert not person.may_be_lent
    people.resume(person, make_user())
    person = Annotator.objects.get(pk=person.pk)
    haste(person, project, comparison, 2)
    assert person.may_be_lent, "two answers prove nothing"
    haste(person, project, comparison, 20)
    assert not person.may_be_lent


def test_reading_time_is_that_of_the_texts(project: Project) -> None:
    set_quality(project, {"rules": {"speed": "pause"}})
    person = make_person(project)
    haste(person, project, make_comparison(project, "Yes.", "No."), 60)
    assert person.may_be_lent, "a second is enough for two words"


def test_rules_cost_the_same_few_statements_however_long_somebody_works(project: Project) -> None:
    set_quality(project, {"rules": {"accuracy": "pause", "side": "pause", "same": "pause", "speed": "pause"}})
    person, comparison = make_person(project), make_comparison(project)
    known_of(project)
    counts = []
    for number in range(60):
        one = given(project, comparison, "a>b", random.Random(number).choice(["ab", "ba"]), seconds=60.0)
        with CaptureQueriesContext(connection) as captured:
            after_answers(person, project, [one])
        counts.append(len([1 for query in captured if "SAVEPOINT" not in query["sql"]]))
    assert max(counts[1:]) <= 4
    assert counts[-1] <= 4


def test_who_was_paused_for_a_reason_is_no_yardstick_for_others(project: Project) -> None:
    set_quality(project, {"rules": {"accuracy": "warn"}})
    person, careless, done = make_person(project), make_person(project), make_person(project)
    comparison = make_comparison(project, wanted=9)
    answer(person, comparison, "b>a")
    for other in (careless, done):
        answer(other, comparison, "a>b")
    people.pause(careless, None, "Too fast.")
    # As a guest who is through.
    Annotator.objects.filter(pk=done.pk).update(paused_at=project.created_at)
    elsewhere = make_comparison(project)
    for _ in range(6):
        after_answers(person, project, [given(project, elsewhere, "a=b")])
    assert state_of(person).scored == 0, "one other is left"
    answer(make_person(project), comparison, "a>b")
    for _ in range(5):
        after_answers(person, project, [given(project, elsewhere, "a=b")])
    assert state_of(person).scored == 1

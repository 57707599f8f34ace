"""A person's own pace: today's answers and time, the usual time of an answer, and what it pays."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from annotation import leases
from annotation.labels import Answer, Submission, submit_many
from annotation.models import Annotation, Annotator, Assignment
from annotation.pace import (
    ENOUGH,
    FEWEST,
    RECENT,
    Pace,
    answers_needed,
    earned,
    hourly_pay,
    minutes_left,
    pace_of,
)
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.usefixtures("midday")

NOON = datetime(2031, 5, 14, 12, tzinfo=UTC)


def answer(person: Annotator, seconds: float | None = 30.0) -> int:
    """One more comparison, answered by this person; gives the assignment."""
    make_comparison(person.project, wanted=1)
    (assignment,) = leases.claim(person, person.project)
    submit(person, assignment.pk, 0, seconds)
    return assignment.pk


def submit(person: Annotator, assignment: int, revision: int, seconds: float | None) -> None:
    said = {"overall": Answer("a>b", 1 + revision % 2)}
    submit_many(person, person.project, [Submission(assignment, said, revision, active_seconds=seconds)])


@pytest.fixture
def person(db: None) -> Annotator:
    return make_person(make_project())


def test_who_has_not_answered_yet_has_no_pace(person: Annotator) -> None:
    assert pace_of(person) == Pace(0, 0.0, None, 0)


def test_todays_answers_and_active_time_are_added_up(person: Annotator) -> None:
    for seconds in (20, 40.5):
        answer(person, seconds)
    pace = pace_of(person)
    assert (pace.answers_today, pace.seconds_today) == (2, 60.5)


def test_fewer_than_five_answers_say_nothing_about_the_next(person: Annotator) -> None:
    for _ in range(FEWEST - 1):
        answer(person, 90)
    assert pace_of(person).median_seconds is None
    answer(person, 90)
    assert pace_of(person).median_seconds == 90


def test_less_than_five_minutes_of_work_say_nothing_either(person: Annotator) -> None:
    for _ in range(9):
        answer(person, 30)
    pace = pace_of(person)
    assert (pace.median_seconds, answers_needed(pace)) == (None, 10)
    assert hourly_pay(pace.median_seconds, Decimal("0.45")) is None
    answer(person, 30)
    assert pace_of(person).median_seconds == 30


def test_answers_faster_than_anybody_reads_never_make_a_pace(person: Annotator) -> None:
    for _ in range(RECENT + 5):
        answer(person, ENOUGH / RECENT - 1)
    assert pace_of(person).median_seconds is None


def test_before_the_first_answer_the_fewest_are_needed() -> None:
    assert answers_needed(Pace()) == FEWEST
    assert answers_needed(Pace(timed=2, timed_seconds=400)) == FEWEST


def test_one_long_break_does_not_change_the_usual_time(person: Annotator) -> None:
    for seconds in (20, 30, 40, 50, 4000):
        answer(person, seconds)
    assert pace_of(person).median_seconds == 40


def test_an_answer_takes_the_time_of_all_its_revisions_and_counts_once(person: Annotator) -> None:
    for _ in range(4):
        answer(person, 100)
    changed = answer(person, 100)
    submit(person, changed, 1, 25)
    pace = pace_of(person)
    assert (pace.answers_today, pace.seconds_today, pace.timed) == (5, 525, 5)

    others = list(Annotation.objects.exclude(assignment=changed).values_list("assignment", flat=True))
    for assignment in others[:2]:
        submit(person, assignment, 1, 25)
    assert pace_of(person).median_seconds == 125, "three of five answers took 100 + 25 seconds"


def test_an_answer_changed_today_belongs_to_the_day_it_was_given_on_and_its_time_to_today(
    person: Annotator,
) -> None:
    with time_machine.travel(NOON, tick=False):
        assignment = answer(person, 60)
    with time_machine.travel(NOON + timedelta(days=1), tick=False):
        submit(person, assignment, 1, 5)
        pace = pace_of(person)
    assert (pace.answers_today, pace.seconds_today) == (0, 5)


def test_answers_whose_time_nobody_measured_count_but_say_nothing_about_the_pace(person: Annotator) -> None:
    for _ in range(5):
        answer(person, None)
    assert pace_of(person) == Pace(5, 0.0, None, 0)
    for _ in range(5):
        answer(person, 120)
    assert pace_of(person) == Pace(10, 600.0, 120.0, 5, 600.0)


def test_only_the_last_fifty_answers_make_the_pace(person: Annotator) -> None:
    for _ in range(3):
        answer(person, 1000)
    for _ in range(RECENT):
        answer(person, 20)
    pace = pace_of(person)
    assert (pace.median_seconds, pace.timed, pace.answers_today) == (20, RECENT, RECENT + 3)


@pytest.mark.parametrize(
    ("zone", "yesterday", "today"),
    [
        ("UTC", "2031-05-13T23:59:00+00:00", "2031-05-14T00:01:00+00:00"),
        ("Asia/Tokyo", "2031-05-13T14:59:00+00:00", "2031-05-13T15:01:00+00:00"),
        ("America/Los_Angeles", "2031-05-14T06:59:00+00:00", "2031-05-14T07:01:00+00:00"),
    ],
)
def test_the_day_begins_at_midnight_of_the_current_time_zone(
    person: Annotator, zone: str, yesterday: str, today: str
) -> None:
    for moment in (yesterday, today):
        with time_machine.travel(datetime.fromisoformat(moment), tick=False):
            answer(person, 10)
    with (
        timezone.override(ZoneInfo(zone)),
        time_machine.travel(datetime.fromisoformat(today) + timedelta(hours=5), tick=False),
    ):
        assert pace_of(person).answers_today == 1


def test_a_day_whose_midnight_does_not_exist_still_begins(person: Annotator) -> None:
    """Beirut sets its clocks from 0:00 to 1:00."""
    with (
        time_machine.travel(datetime(2031, 3, 30, 9, tzinfo=UTC)),
        timezone.override(ZoneInfo("Asia/Beirut")),
    ):
        answer(person, 10)
        assert pace_of(person).answers_today == 1


def test_other_peoples_answers_and_imported_ones_are_left_out(person: Annotator) -> None:
    answer(make_person(person.project), 99)
    imported = Assignment.objects.create(
        comparison=make_comparison(person.project, wanted=0),
        annotator=person,
        purpose=Assignment.Purpose.IMPORT,
        state=Assignment.State.SUBMITTED,
        shown="ab",
        claimed_at=timezone.now(),
    )
    Annotation.objects.create(assignment=imported, shown="ab", active_seconds=7)
    assert pace_of(person) == Pace()


def test_todays_work_is_looked_for_among_the_latest_answers_only(
    person: Annotator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(7):
        answer(person, 100)
    monkeypatch.setattr("annotation.pace.REACH", 6)
    assert pace_of(person) == Pace(6, 600, 100, 6, 600)


def test_the_pace_takes_one_statement(person: Annotator) -> None:
    for _ in range(6):
        answer(person)
    with CaptureQueriesContext(connection) as captured:
        pace_of(person)
    assert len(captured) == 1


def test_what_is_left_takes_its_number_times_the_usual_time() -> None:
    assert minutes_left(Pace(median_seconds=90.0), 56) == 84
    assert minutes_left(Pace(median_seconds=90.0), 0) == 0
    assert minutes_left(Pace(), 56) is None


def test_an_hour_pays_the_price_as_often_as_an_answer_fits_into_it() -> None:
    assert hourly_pay(90.0, Decimal("0.45")) == Decimal("18.00")
    assert hourly_pay(91.5, Decimal("0.45")) == Decimal("17.70")


@pytest.mark.parametrize(("seconds", "price"), [(None, "0.45"), (90.0, "0"), (0.0, "0.45")])
def test_without_a_price_or_a_pace_nothing_is_said_about_pay(seconds: float | None, price: str) -> None:
    assert hourly_pay(seconds, Decimal(price)) is None


def test_every_answer_earns_the_price_once() -> None:
    assert earned(12, Decimal("0.45")) == Decimal("5.40")
    assert earned(0, Decimal("0.45")) == 0
    assert earned(12, Decimal(0)) is None

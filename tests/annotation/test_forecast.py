"""A forecast says as little as is known."""

from annotation.figures.forecast import DAYS, Forecast, forecast


def test_the_first_day_tells_nothing() -> None:
    assert forecast([], 100) == Forecast(100)


def test_few_days_or_few_answers_give_a_pace_and_no_date() -> None:
    for daily in ([40, 60], [1, 2, 3, 4]):
        seen = forecast(daily, 100)
        assert seen.pace is not None
        assert (seen.days, seen.soonest, seen.latest) == (None, None, None)


def test_steady_days_give_a_date_and_uneven_ones_an_interval_around_it() -> None:
    steady = forecast([20] * 5, 100)
    assert (steady.days, steady.soonest, steady.latest) == (5, 5, 5)
    uneven = forecast([10, 30, 20, 15, 25], 100)
    assert uneven.days == 5
    assert uneven.soonest is not None
    assert uneven.latest is not None
    assert uneven.soonest < 5 < uneven.latest


def test_days_that_differ_too_much_have_no_latest_date() -> None:
    seen = forecast([0, 0, 90], 100)
    assert seen.latest is None
    assert seen.soonest is not None


def test_only_the_last_days_count_and_nothing_left_is_no_date() -> None:
    assert forecast([1000] * 30 + [10] * DAYS, 100).pace == 10
    assert forecast([20] * 5, 0).days is None

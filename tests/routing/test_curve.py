"""The curve: what must rise does, a budget is never exceeded, and nothing is promised that is not there."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from routing import curve, quality
from routing.curve import Crowd
from routing.error_model import TooFew
from routing.policies import POLICIES
from routing.policy import Problem, draws
from routing.quality import Prediction
from routing.selection import ranked, select
from tests.routing.problems import nothing_labelled, signals_of, world


def crowd_of(n: int, seed: int = 0, audit: float = 0.1) -> Crowd:
    rng = np.random.default_rng(seed)
    keys = [f"c{number}" for number in range(n)]
    return Crowd(
        order=ranked(rng.random(n), keys, seed),
        audited=draws(keys, seed, "audit") < audit,
        judged=rng.random(n) < 0.7,
        categories=[("code", "verse", "")[number % 3] for number in range(n)],
    )


def prediction_of(wrong: np.ndarray, human: float = 0.2, noise: float = 0.02) -> Prediction:
    """As if learned, with replicates that differ by a little noise."""
    rng = np.random.default_rng(1)
    draws_ = np.clip(wrong + rng.normal(0, noise, (100, 1)), 0, 1)
    rows = np.arange(len(wrong))
    return Prediction(wrong, human, True, rows, draws_, np.full(100, human), {}, 100, 1.0, True)


@given(n=some.integers(0, 400), seed=some.integers(0, 99), audit=some.floats(0, 1))
def test_counts_rise_with_every_point_and_cover_everything(n: int, seed: int, audit: float) -> None:
    crowd = crowd_of(n, seed, audit)
    people = curve.steps(n)
    table = curve.table(crowd, people, None)
    asked = np.array(table["people"]) + np.array(table["audit"])
    assert (people[0], people[-1]) == (0, n)
    assert (np.diff(table["people"]) > 0).all()
    assert (np.diff(asked) >= 0).all(), "what people cost never falls"
    assert (np.diff(table["lacking"]) <= 0).all()
    inside = np.array([one["people"] for one in table["categories"]]).reshape(-1, len(people)).sum(axis=0)
    assert inside.tolist() == (table["people"] if n else [0] * len(inside))


@given(n=some.integers(1, 300), slots=some.integers(0, 320), seed=some.integers(0, 20))
def test_a_budget_buys_what_selection_gives_and_is_never_exceeded(n: int, slots: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores, keys = rng.integers(0, 4, n).astype(float), [f"c{number}" for number in range(n)]
    audited = draws(keys, seed, "audit") < 0.2
    crowd = Crowd(ranked(scores, keys, seed), audited, np.zeros(n, dtype=np.bool_), [""] * n)
    people = curve.affordable(crowd, slots)
    chosen = select(scores, keys, slots=slots, audit_share=0.2, seed=seed)
    assert people == chosen.human.sum()
    table = curve.table(crowd, np.array([people]), None)
    if audited.sum() <= slots:
        assert people + table["audit"][0] <= slots
        assert table["audit"][0] == chosen.audit.sum()


def test_quality_runs_from_the_judge_alone_to_people_alone() -> None:
    wrong = np.random.default_rng(0).random(300)
    crowd = Crowd(np.argsort(-wrong), *(np.zeros(300, dtype=np.bool_),) * 2, [""] * 300)
    table = curve.table(crowd, curve.steps(300), prediction_of(wrong))
    assert table["quality"][0] == pytest.approx(1 - wrong.mean(), abs=1e-5)
    assert table["quality"][-1] == pytest.approx(0.8, abs=1e-5)
    assert table["random"][-1] == pytest.approx(table["quality"][-1], abs=1e-5)
    assert max(table["quality"]) > table["quality"][-1], "asking everybody is worse than asking where it pays"
    ends = zip(table["low"], table["quality"], table["high"], strict=True)
    assert all(low <= value <= high for low, value, high in ends)


def test_the_recommended_point_is_the_first_that_reaches_nine_tenths_of_the_gain() -> None:
    wrong = np.sort(np.random.default_rng(0).random(300))[::-1]
    crowd = Crowd(np.arange(300), *(np.zeros(300, dtype=np.bool_),) * 2, [""] * 300)
    table = curve.table(crowd, curve.steps(300), prediction_of(wrong))
    at = curve.recommended(table)
    gains = [gain for gain, _, _ in table["over_ai"]]
    assert at is not None
    assert gains[at] >= 0.9 * max(gains) > gains[at - 1]
    more, change = curve.next_batch(table, at) or (0, 0.0)
    assert more == 15
    assert change < 0.1 * max(gains)


def test_without_a_gain_clear_of_zero_nobody_is_recommended() -> None:
    wrong = np.full(300, 0.2)
    crowd = Crowd(np.arange(300), *(np.zeros(300, dtype=np.bool_),) * 2, [""] * 300)
    table = curve.table(crowd, curve.steps(300), prediction_of(wrong, human=0.2))
    assert curve.recommended(table) == 0
    low, high = table["over_random"][100][1:]
    assert low <= 0 <= high


@pytest.mark.parametrize(("informative", "clear"), [(True, True), (False, False)])
def test_only_a_model_that_knows_something_promises_something(informative: bool, clear: bool) -> None:
    known = world(200, 1, informative)
    signals = replace(known.signals, groups=[f"g{number // 2}" for number in range(200)])
    problem = Problem(world(300, 501, informative).signals, replace(known, signals=signals))
    scores = POLICIES["error_model"].score(problem, 0).values
    crowd = Crowd(np.argsort(-scores), *(np.zeros(300, dtype=np.bool_),) * 2, [""] * 300)
    table = curve.table(crowd, np.array([75]), quality.predict(problem))
    assert (table["over_random"][0][1] > 0) == clear


def test_the_same_seed_predicts_the_same() -> None:
    problem = Problem(world(80, seed=9).signals, world(120))
    one, other = quality.predict(problem, 4), quality.predict(problem, 4)
    assert one.wrong.tobytes() == other.wrong.tobytes()
    assert one.draws.tobytes() == other.draws.tobytes()


def test_too_few_labels_predict_nothing() -> None:
    with pytest.raises(TooFew):
        quality.predict(Problem(signals_of([(2, 1.0, 0.0, 0.0)]), nothing_labelled()))


def test_calibration_finds_the_line_that_made_the_answers() -> None:
    rng = np.random.default_rng(0)
    odds = rng.normal(0, 2, 20_000)
    wrong = (rng.random(20_000) < 1 / (1 + np.exp(-(0.5 + 0.4 * odds)))).astype(float)
    intercept, slope = quality.calibration(odds, wrong, np.ones(20_000))
    assert (intercept, slope) == (pytest.approx(0.5, abs=0.06), pytest.approx(0.4, abs=0.03))

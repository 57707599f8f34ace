"""The sequential tests of the rules: what they promise, and that they keep it."""

import random

import pytest

from annotation.instruments.sequential import ALPHA, Sprt, State, part

PLACES = ("0", "1", "tie")


def scored_until_found(kind: str, seed: int, most: int, choices: int = 3) -> int | None:
    """After how many scored answers a simulated person stands out; None: never."""
    draw, state = random.Random(seed), State()
    places = PLACES[:choices]
    for number in range(1, most + 1):
        truth = draw.choice(places)
        wrong = [place for place in places if place != truth]
        said = truth if kind == "honest" and draw.random() < 0.7 else draw.choice(wrong)
        if kind == "random":
            said = draw.choice(places)
        if kind == "careless":
            said = truth if draw.random() < 1 / 3 else draw.choice(places)
        found = state.score(said == truth, truth, choices, 0.7, 1.0)
        state.choose(said, said, True)
        if found:
            return number
    return None


def test_random_answers_stand_out_within_45_and_honest_ones_hardly_ever() -> None:
    caught = [scored_until_found("random", seed, 45) for seed in range(80)]
    wrongly = [scored_until_found("honest", seed, 400) for seed in range(80)]
    assert sum(number is not None for number in caught) >= 0.9 * 80
    assert sum(number is not None for number in wrongly) <= 3


def test_who_reads_one_in_three_is_found_in_time() -> None:
    caught = [scored_until_found("careless", seed, 400) for seed in range(60)]
    assert sum(number is not None for number in caught) >= 0.7 * 60


def test_two_answers_tell_less_than_three() -> None:
    two = [scored_until_found("random", seed, 45, choices=2) for seed in range(60)]
    three = [scored_until_found("random", seed, 45) for seed in range(60)]
    assert sum(map(bool, two)) < sum(map(bool, three))


@pytest.mark.parametrize("side", ["0", "1"])
def test_always_the_same_side_stands_out_within_25_answers(side: str) -> None:
    state = State()
    draw = random.Random(3)
    answers = 0
    while not any(one.side == side for one in state.choose(side, str(draw.random()), True)):
        answers += 1
    assert 10 < answers < 25, "soon, but not after a handful"


def test_a_mild_lean_to_one_side_is_left_alone() -> None:
    for seed in range(20):
        draw, state = random.Random(seed), State()
        for _ in range(300):
            side = "0" if draw.random() < 0.56 else "1"
            assert not [one for one in state.choose(side, str(draw.random()), True) if one.rule == "side"]


def test_the_same_buttons_again_and_again_stand_out_whatever_they_are() -> None:
    state = State()
    found = [state.choose("tie", "a=b.", True) for _ in range(30)]
    assert any(one.rule == "same" for some in found for one in some)


def test_haste_stands_out_only_where_it_is_the_rule() -> None:
    hasty, seldom = State(), State()
    assert any(hasty.read(True) for _ in range(12))
    assert not any(seldom.read(number % 5 == 0) for number in range(200))


def test_an_answer_that_habit_explains_better_than_honesty_tells_nothing() -> None:
    state = State()
    for _ in range(50):
        state.choose("0", "x", True)
    before = state.tests.get("accuracy", Sprt()).log
    state.score(True, "0", 2, 0.7, 1.0)
    assert state.tests["accuracy"].log == before


def test_all_runs_of_a_test_together_spend_no_more_than_alpha() -> None:
    assert sum(part(0.01, runs) for runs in range(10_000)) == pytest.approx(0.01, rel=1e-3)
    assert all(0 < alpha <= 0.01 for alpha in ALPHA.values())


def test_a_state_survives_being_stored() -> None:
    state = State()
    state.score(True, "0", 3, 0.7, 0.98)
    state.choose("0", "x", True)
    state.pending.append([1, 2, "a>b", "ba"])
    assert State.of(state.as_data()) == state

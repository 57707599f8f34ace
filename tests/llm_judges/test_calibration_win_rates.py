"""How often models win with a judge, and at equal length."""

import numpy as np
import pytest
from scipy.special import expit

from annotation.reports.leaderboard import Written
from annotation.votes import Vote, Voter, Votes
from llm_judges.calibration.win_rates import UNBEATEN, part, win_rates

NUMBER = 4000
JUDGE = {1: Voter(1, "judge", "j")}


def written(length: np.ndarray) -> Written:
    """Two models; the first is always response a. Two comparisons a prompt."""
    models = np.tile([0, 1], (len(length), 1))
    return Written(("brief", "wordy"), models, length, np.arange(len(length)) // 2)


def votes_of(choice: np.ndarray) -> Votes:
    said = [Vote("a>b", 2), Vote("b>a", 2), Vote("a=b", 2)]
    return Votes.of([(at, 1, said[one]) for at, one in enumerate(choice.tolist())], JUDGE)


def test_what_length_alone_wins_is_taken_out() -> None:
    rng = np.random.default_rng(7)
    length = np.exp(rng.normal([5.0, 6.0], 0.5, (NUMBER, 2)))  # the wordy one is mostly longer
    pull = 1.5 * np.log(length[:, 0] / length[:, 1])
    better = np.log(0.6 / 0.4)  # at equal length the brief one wins six of ten
    votes = votes_of(np.where(rng.random(NUMBER) < expit(better + pull), 0, 1))
    rows = {row["model"]: row for row in win_rates(votes, written(length), {0: 0.6, 1: 0.4})}
    brief = rows["brief"]
    assert brief["raw"] < 0.35
    assert brief["controlled"]["value"] == pytest.approx(0.6, abs=0.05)
    low, high = brief["controlled"]["ci95"]
    assert low < 0.6 < high
    assert (brief["comparisons"], brief["people"]) == (NUMBER, 0.6)
    assert rows["wordy"]["controlled"]["value"] == pytest.approx(1 - brief["controlled"]["value"])


def test_ties_are_half_a_win_and_few_battles_have_no_controlled_rate() -> None:
    length = np.full((10, 2), 100.0)
    [one, two] = win_rates(votes_of(np.full(10, 2)), written(length), {})
    assert (one["raw"], two["raw"]) == (0.5, 0.5)
    assert one["controlled"]["value"] is None
    assert one["controlled"]["reason"] == "too few: 10 battles, a figure needs 20"
    assert one["people"] is None


def test_a_model_that_never_loses_has_a_rate_without_an_interval() -> None:
    length = np.tile([100.0, 120.0], (40, 1)) + np.arange(40)[:, None]
    [first, _] = win_rates(votes_of(np.zeros(40, dtype=int)), written(length), {})
    assert (first["model"], first["raw"]) == ("brief", 1.0)
    assert (first["controlled"]["ci95"], first["controlled"]["reason"]) == (None, UNBEATEN)


def test_responses_without_a_models_name_fight_no_battle() -> None:
    nameless = Written((), np.full((30, 2), -1), np.ones((30, 2)), np.zeros(30, dtype=int))
    assert win_rates(votes_of(np.zeros(30, dtype=int)), nameless, {}) == []
    assert part(nameless, np.arange(3)).model.shape == (3, 2)

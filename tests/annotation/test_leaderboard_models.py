"""Bradley-Terry, Davidson and Plackett-Luce against published figures, and what intervals must do."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from annotation.ranking import parse
from annotation.ratings import Battles, Orderings, bradley_terry, plackett_luce, rank_intervals
from annotation.ratings.orderings import ways

# Agresti 2002: American League East 1987, wins of the row over the column.
BASEBALL = """0 1 7 4 2 3 1
12 0 7 2 6 7 6
6 6 0 4 4 6 5
9 11 9 0 6 5 7
11 7 9 7 0 7 9
10 6 7 8 6 0 6
12 7 8 6 4 7 0"""
TEAMS = ["Bal", "Bos", "Cle", "Det", "Mil", "NY", "Tor"]
# The same games: who was at home, then wins of home and away.
AT_HOME = """Mil: Det 4-3, Tor 4-2, NY 4-3, Bos 6-1, Cle 4-2, Bal 6-0
Det: Mil 3-3, Tor 4-2, NY 4-3, Bos 6-0, Cle 6-1, Bal 4-3
Tor: Mil 2-5, Det 4-3, NY 2-4, Bos 4-3, Cle 4-2, Bal 6-0
NY: Mil 3-3, Det 5-1, Tor 2-5, Bos 4-3, Cle 4-2, Bal 6-1
Bos: Mil 5-1, Det 2-5, Tor 3-3, NY 4-2, Cle 5-2, Bal 6-0
Cle: Mil 2-5, Det 3-3, Tor 3-4, NY 4-3, Bos 4-2, Bal 2-4
Bal: Mil 2-5, Det 1-5, Tor 1-6, NY 2-4, Bos 1-6, Cle 3-4"""
# Stigler 1994: citations of the row's journal by the column's.
JOURNALS = [[714, 730, 498, 221], [33, 425, 68, 17], [320, 813, 1072, 142], [284, 276, 325, 188]]
# Davidson 1970: six brands of chocolate pudding, wins of either and ties.
PUDDING = """1-2 19 22 16; 1-3 16 19 12; 2-3 19 19 10; 1-4 18 23 13; 2-4 23 19 9; 3-4 19 20 15; 1-5 13 19 18;
2-5 16 20 12; 3-5 16 15 17; 4-5 17 14 16; 1-6 18 21 12; 2-6 22 20 12; 3-6 13 18 10; 4-6 14 19 18;
5-6 11 21 12"""


def battles(rows: list[tuple[int, int, float, int]], models: int) -> Battles:
    """From (first, second, score, how often)."""
    table = np.array([row[:3] for row in rows for _ in range(row[3])])
    return Battles(models, table[:, 0].astype(int), table[:, 1].astype(int), table[:, 2])


def from_wins(wins: np.ndarray) -> Battles:
    m = len(wins)
    return battles([(i, j, 1.0, int(wins[i, j])) for i in range(m) for j in range(m) if i != j], m)


def baseball() -> Battles:
    return from_wins(np.array([line.split() for line in BASEBALL.splitlines()], dtype=int))


def test_baseball_of_agresti() -> None:
    found = bradley_terry(baseball())
    ahead = found.strength - found.strength[0]
    assert ahead[1:] == pytest.approx([1.10770, 0.68385, 1.43641, 1.58136, 1.24762, 1.29449], abs=1e-5)
    cov = found.model_covariance
    errors = np.sqrt(np.diag(cov) + cov[0, 0] - 2 * cov[0])[1:]
    assert errors == pytest.approx([0.334, 0.332, 0.340, 0.343, 0.336, 0.337], abs=2e-3)
    assert found.likelihood == pytest.approx(-172.248176, abs=1e-6)
    assert found.converged
    assert not found.unbeaten


def test_an_advantage_of_playing_at_home_is_a_covariate() -> None:
    rows: list[tuple[int, int, float, int]] = []
    for line in AT_HOME.splitlines():
        home, games = line.split(": ")
        for game in games.split(", "):
            away, result = game.split()
            won, lost = map(int, result.split("-"))
            rows += [(TEAMS.index(home), TEAMS.index(away), score, n) for score, n in ((1, won), (0, lost))]
    played = battles(rows, 7)
    found = bradley_terry(
        Battles(7, played.first, played.second, played.score, covariates=np.ones((len(played), 1)))
    )
    assert found.extra[0] == pytest.approx(0.30226, abs=1e-5)
    shares = np.exp(found.strength) / np.exp(found.strength).sum()
    assert shares == pytest.approx([0.0436, 0.1367, 0.0881, 0.1905, 0.2200, 0.1569, 0.1642], abs=1e-4)


def test_journals_of_stigler() -> None:
    found = bradley_terry(from_wins(np.array(JOURNALS)))
    assert found.strength - found.strength[0] == pytest.approx([0, -2.94907, -0.47957, 0.26895], abs=1e-5)
    cov = found.model_covariance
    errors = np.sqrt(np.diag(cov) + cov[0, 0] - 2 * cov[0])[1:]
    assert errors == pytest.approx([0.10255, 0.06059, 0.07083], abs=1e-4)


def test_ties_of_davidson() -> None:
    rows: list[tuple[int, int, float, int]] = []
    for entry in PUDDING.replace("\n", " ").split("; "):
        pair, *counts = entry.split()
        first, second = (int(brand) - 1 for brand in pair.split("-"))
        rows += [(first, second, score, int(n)) for score, n in zip((1.0, 0.0, 0.5), counts, strict=True)]
    found = bradley_terry(battles(rows, 6), davidson=True)
    shares = np.exp(found.strength) / np.exp(found.strength).sum()
    assert shares == pytest.approx([0.13880, 0.17300, 0.16175, 0.16537, 0.15869, 0.20239], abs=1e-5)
    assert np.exp(found.extra[0]) == pytest.approx(0.746823, abs=1e-6)
    assert found.likelihood == pytest.approx(-809.709510, abs=1e-6)


def test_nascar_of_hunter() -> None:
    rows = (Path(__file__).with_name("nascar_2002.txt")).read_text().split("\n")
    races = [[int(driver) for driver in row.split() if int(driver) < 84] for row in rows if row]
    k = max(map(len, races))
    order = np.array([[driver - 1 for driver in race] + [-1] * (k - len(race)) for race in races])
    depth = np.array([len(race) - (1 if len(race) == k else 0) for race in races])
    found = plackett_luce(Orderings(83, order, depth, np.ones(len(races)), np.arange(len(races))))
    ahead = dict(enumerate(found.strength - found.strength[0], start=1))
    published = {58: 4.148, 68: 3.616, 51: 2.076, 82: 1.832, 15: 0.026, 17: -0.311, 40: -0.145}
    for driver, value in published.items():
        assert ahead[driver] == pytest.approx(value, abs=1e-3), driver
    assert found.likelihood == pytest.approx(-4191.097285, abs=1e-4)


def test_rankings_of_two_are_battles() -> None:
    met = baseball()
    won = np.where(met.score == 1, met.first, met.second)
    lost = np.where(met.score == 1, met.second, met.first)
    one, two = bradley_terry(met), plackett_luce(Orderings.full(7, np.column_stack((won, lost))))
    assert two.strength == pytest.approx(one.strength, abs=1e-8)
    assert two.covariance == pytest.approx(one.covariance, abs=1e-8)


def test_expected_wins_are_wins_and_swapping_sides_changes_nothing() -> None:
    met = baseball()
    found = bradley_terry(met)
    ahead = found.strength[met.first] - found.strength[met.second]
    expected = np.bincount(met.first, 1 / (1 + np.exp(-ahead)), 7)
    expected += np.bincount(met.second, 1 / (1 + np.exp(ahead)), 7)
    wins = np.bincount(met.first, met.score, 7) + np.bincount(met.second, 1 - met.score, 7)
    assert expected == pytest.approx(wins)
    swapped = bradley_terry(Battles(7, met.second, met.first, 1 - met.score))
    assert swapped.strength == pytest.approx(found.strength)
    assert swapped.covariance == pytest.approx(found.covariance)


def test_copies_of_a_vote_on_one_prompt_do_not_narrow_the_interval() -> None:
    met = baseball()
    alone = bradley_terry(met)
    five = np.repeat(np.arange(len(met)), 5)
    copied = bradley_terry(Battles(7, met.first[five], met.second[five], met.score[five], cluster=five))
    assert copied.strength == pytest.approx(alone.strength)
    assert copied.error == pytest.approx(alone.error)
    assert bradley_terry(met.where(five)).error == pytest.approx(alone.error / np.sqrt(5), rel=1e-2)


def test_clusters_of_several_pairs_are_summed_like_those_of_one() -> None:
    met = baseball()
    cluster = np.arange(len(met)) // 3
    found = bradley_terry(Battles(7, met.first, met.second, met.score, cluster))
    p = 1 / (1 + np.exp(found.strength[met.second] - found.strength[met.first]))
    scores = np.zeros((cluster.max() + 1, 7))
    np.add.at(scores, (cluster, met.first), met.score - p)
    np.add.at(scores, (cluster, met.second), p - met.score)
    meat = scores.T @ scores * len(scores) / (len(scores) - 1)
    assert found.covariance == pytest.approx(found.model_covariance @ meat @ found.model_covariance)


def test_intervals_cover_what_is_true() -> None:
    rng = np.random.default_rng(1)
    true = np.linspace(-1, 1, 5)
    inside = 0
    for _ in range(100):
        first, second = rng.integers(0, 5, (2, 600))
        met = first != second
        first, second = first[met], second[met]
        score = (rng.random(len(first)) < 1 / (1 + np.exp(true[second] - true[first]))).astype(float)
        found = bradley_terry(Battles(5, first, second, score))
        inside += int((np.abs(found.strength - true) < 1.96 * found.error).sum())
    assert 0.92 <= inside / 500 <= 0.98


def test_models_that_never_met_are_in_different_groups() -> None:
    found = bradley_terry(battles([(0, 1, 1, 3), (0, 1, 0, 1), (2, 3, 1, 1), (2, 3, 0, 3)], 4))
    assert found.group.tolist() == [0, 0, 1, 1]
    assert found.strength[:2].sum() == pytest.approx(0)
    assert found.strength[0] - found.strength[1] == pytest.approx(np.log(3))
    assert found.strength[3] - found.strength[2] == pytest.approx(np.log(3))
    assert rank_intervals(found)[:, 1].max() == 2


@pytest.mark.parametrize("davidson", [False, True])
def test_a_model_that_always_wins_gets_a_finite_strength_and_it_is_said(davidson: bool) -> None:
    found = bradley_terry(battles([(0, 1, 1, 5), (1, 2, 1, 3), (1, 2, 0, 2), (1, 2, 0.5, 1)], 3), davidson)
    assert found.unbeaten
    assert np.isfinite(found.strength).all()
    assert found.strength[0] == found.strength.max()
    ordered = plackett_luce(Orderings.full(3, np.array([[0, 1, 2], [0, 2, 1]])))
    assert ordered.unbeaten
    assert ordered.strength[0] == ordered.strength.max()
    assert np.isfinite(ordered.strength).all()


def test_ranks_overlap_where_models_are_alike_and_not_where_they_are_not() -> None:
    rows = [(i, j, score, 50) for i, j in combinations(range(2), 2) for score in (0.0, 1.0)]
    rows += [(i, 2, 1.0, 95) for i in range(2)] + [(i, 2, 0.0, 5) for i in range(2)]
    ends = rank_intervals(bradley_terry(battles(rows, 3)))
    assert ends.tolist() == [[1, 2], [1, 2], [3, 3]]


@pytest.mark.parametrize(
    ("ranking", "orders", "depth"),
    [
        ("a>b>c", ["abc"], 2),
        ("a=b>c", ["abc", "bac"], 2),
        ("c>a~b", ["cab"], 1),
        ("a=b>c~d", ["abcd", "bacd"], 2),
        ("a>b~c>d", ["abcd", "acbd"], 3),
        ("both_bad", [], 0),
    ],
)
def test_ties_take_turns_and_what_was_not_compared_is_only_behind(
    ranking: str, orders: list[str], depth: int
) -> None:
    k = 2 if ranking == "both_bad" else len(ranking) // 2 + 1
    assert ways(parse(ranking, k)) == (orders, depth)


def test_nothing_to_compare_is_an_error_in_words() -> None:
    none = np.zeros(0, dtype=int)
    with pytest.raises(ValueError, match="no two models have met"):
        bradley_terry(Battles(2, none, none, none.astype(float)))

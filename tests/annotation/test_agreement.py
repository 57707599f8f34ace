"""Agreement figures: published examples, definitions spelled out by brute force, and what must not matter."""

import random
from itertools import combinations, product
from typing import Any

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation import agreement
from annotation.agreement import Group, cohens_kappa
from annotation.ranking import Scale
from annotation.votes import Vote, Voter, Votes

PAIR_ANSWERS = [
    Vote("a>b", 2),
    Vote("a>b", 2, 1),
    Vote("a>b", 2, 2),
    Vote("a=b", 2),
    Vote("both_bad", 2),
    Vote("b>a", 2),
    Vote("b>a", 2, 2),
]
SWAPPED = {"a>b": "b>a", "b>a": "a>b", "a=b": "a=b", "both_bad": "both_bad"}

Rows = list[tuple[int, int, Vote]]


def votes_of(rows: Rows, judges: tuple[int, ...] = ()) -> Votes:
    names = {
        pk: Voter(pk, "judge" if pk in judges else "human", f"judge-{pk}" if pk in judges else "")
        for pk in {annotator for _, annotator, _ in rows}
    }
    return Votes.of(rows, names)


def ballots(max_comparisons: int = 8, voters: int = 5) -> st.SearchStrategy[Rows]:
    """Random votes on pairs: each voter at most once a comparison; voters 4 and 5 are the judges."""
    keys = st.tuples(st.integers(1, max_comparisons), st.integers(1, voters))
    votes = st.dictionaries(keys, st.sampled_from(PAIR_ANSWERS), max_size=max_comparisons * voters)
    return votes.map(lambda chosen: [(*key, vote) for key, vote in chosen.items()])


def report(rows: Rows, judges: tuple[int, ...] = (4, 5)) -> dict[str, Any]:
    return agreement.report(votes_of(rows, judges))


def class_of(vote: Vote) -> str:
    return vote.ranking[0] if ">" in vote.ranking else "tie"


@pytest.mark.parametrize(
    ("table", "published"),
    [([[20, 5], [10, 15]], 0.4), ([[45, 15], [25, 15]], 0.1304), ([[25, 35], [5, 35]], 0.2593)],
)
def test_cohens_kappa_gives_the_published_figures(table: Any, published: float) -> None:
    assert cohens_kappa(np.array(table)) == pytest.approx(published, abs=5e-5)


@given(ballots())
def test_raw_agreement_is_the_share_of_agreeing_pairs_of_labels(rows: Rows) -> None:
    groups = report(rows)["groups"]
    kinds = {1: "human", 2: "human", 3: "human", 4: "judge", 5: "judge"}
    for name, group in groups.items():
        pairs = [
            (class_of(one), class_of(two))
            for (c, v, one), (d, w, two) in combinations(rows, 2)
            if c == d and "_".join(sorted((kinds[v], kinds[w]))) == name
        ]
        decisive = [pair for pair in pairs if "tie" not in pair]
        assert group["pairs"] == len(pairs)
        for figure, counted in (("raw", pairs), ("raw_without_ties", decisive)):
            share = sum(one == two for one, two in counted) / len(counted) if counted else None
            assert group[figure] == (None if share is None else pytest.approx(share))


@given(ballots())
def test_alpha_across_kinds_compares_people_with_judges_only(rows: Rows) -> None:
    """Cross-replication reliability as Wong et al. (2021) define it, pair by pair."""
    figure = report(rows)["groups"]["human_judge"]["alpha"]["nominal"]
    by_comparison: dict[int, tuple[list[str], list[str]]] = {}
    for comparison, annotator, vote in rows:
        by_comparison.setdefault(comparison, ([], []))[annotator > 3].append(class_of(vote))
    both = [(x, y) for x, y in by_comparison.values() if x and y]
    people, judges = [v for x, _ in both for v in x], [v for _, y in both for v in y]
    different = sum(one != two for one, two in product(people, judges))
    if not different:
        assert figure is None
        return
    expected = different / (len(people) * len(judges))
    observed = sum(
        (len(x) + len(y)) * np.mean([one != two for one, two in product(x, y)]) for x, y in both
    ) / (len(people) + len(judges))
    assert figure == pytest.approx(1 - observed / expected)


@given(ballots())
def test_swapping_the_two_sides_everywhere_changes_no_figure(rows: Rows) -> None:
    swapped = [(c, v, Vote(SWAPPED[vote.ranking], 2, vote.strength)) for c, v, vote in rows]
    before, after = report(rows), report(swapped)
    for name, group in before["groups"].items():
        for figure in ("raw", "raw_without_ties", "comparisons", "labels", "annotators"):
            assert after["groups"][name][figure] == group[figure]
        assert after["groups"][name]["alpha"] == pytest.approx(group["alpha"])
    for name, judge in before["judges"].items():
        assert after["judges"][name] == pytest.approx(judge)


@given(ballots(max_comparisons=30), st.randoms(use_true_random=False))
def test_the_order_that_votes_come_in_does_not_matter(rows: Rows, rng: random.Random) -> None:
    assert report(rng.sample(rows, len(rows))) == report(rows)


def test_both_bad_counts_as_a_tie() -> None:
    figures = report([(1, 1, Vote("both_bad", 2)), (1, 2, Vote("a=b", 2))])["groups"]["human_human"]
    assert figures["raw"] == 1.0
    assert figures["raw_without_ties"] is None


def test_nothing_to_compare_gives_null_with_a_reason() -> None:
    for rows in ([], [(1, 1, Vote("a>b", 2)), (2, 1, Vote("b>a", 2))]):
        figures = report(rows)["groups"]["human_human"]
        assert (figures["raw"], figures["alpha"]["nominal"], figures["alpha_ci95"]) == (None, None, None)
        assert "no comparison has two votes" in figures["reasons"]["nominal"]
        assert figures["comparisons"] == 0


def test_alpha_is_null_where_all_say_the_same_and_raw_agreement_is_1() -> None:
    rows = [(c, v, Vote("a>b", 2)) for c in range(30) for v in (1, 2, 4)]
    for name in ("human_human", "human_judge"):
        figures = report(rows)["groups"][name]
        assert figures["raw"] == 1.0
        assert figures["alpha"] == {"nominal": None, "ordinal": None}
        assert "every vote says the same" in figures["reasons"]["nominal"]


def test_ordinal_alpha_counts_how_strongly_people_differ() -> None:
    def ordinal(second: Vote) -> float:
        agreed = [*PAIR_ANSWERS, Vote("b>a", 2, 1)]
        rows = [(1, 1, Vote("a>b", 2, 2)), (1, 2, second)]
        rows += [(2 + c, v, vote) for c, vote in enumerate(agreed) for v in (1, 2)]
        return float(report(rows)["groups"]["human_human"]["alpha"]["ordinal"])

    assert ordinal(Vote("a>b", 2, 1)) > ordinal(Vote("a=b", 2)) > ordinal(Vote("b>a", 2, 2))


def test_a_judge_is_held_against_the_peoples_unique_most_frequent_answer() -> None:
    a, b, tie = Vote("a>b", 2, 2), Vote("b>a", 2, 1), Vote("a=b", 2)
    rows = [
        *[(1, v, vote) for v, vote in zip((1, 2, 3, 4), (a, a, b, a), strict=True)],  # right
        *[(2, v, vote) for v, vote in zip((1, 2, 3, 4), (b, b, tie, a), strict=True)],  # wrong
        *[(3, v, vote) for v, vote in zip((1, 2, 4), (tie, tie, tie), strict=True)],  # right, a tie
        *[(4, v, vote) for v, vote in zip((1, 2, 4), (a, b, a), strict=True)],  # no unique answer
        *[(5, v, vote) for v, vote in zip((1, 4), (b, tie), strict=True)],  # wrong, a tie
        (6, 4, a),  # no person
    ]
    judge = report(rows)["judges"]["judge-4"]
    assert (judge["n"], judge["vs_majority"]) == (4, 0.5)
    assert (judge["n_without_ties"], judge["vs_majority_without_ties"]) == (2, 0.5)
    # Majority a, b, tie, b against the judge's a, a, tie, tie: chance agreement is 5/16 + 0 = 0.25.
    assert judge["kappa"] == pytest.approx((0.5 - 0.25) / 0.75)
    assert judge["kappa_without_ties"] == pytest.approx(0.0)


def test_a_figure_says_what_it_rests_on() -> None:
    rows = [(1, 1, Vote("a>b", 2)), (1, 2, Vote("a>b", 2)), (1, 4, Vote("b>a", 2)), (2, 1, Vote("b>a", 2))]
    groups = report(rows)["groups"]
    basis = [(g["comparisons"], g["labels"], g["annotators"], g["pairs"]) for g in groups.values()]
    assert basis == [(1, 2, 2, 1), (0, 0, 0, 0), (1, 3, 3, 2)]


def test_rankings_are_compared_by_the_pairs_they_imply() -> None:
    rows = [
        (1, 1, Vote("a>b>c", 3)),
        (1, 2, Vote("b>a>c", 3)),
        (2, 1, Vote("a>b~c", 3)),
        (2, 2, Vote("a=b=c", 3)),
    ]
    figures = report(rows)["groups"]["human_human"]
    # Comparison 1: ab differs, ac and bc agree. Comparison 2: ab and ac differ, bc was not compared by one.
    assert (figures["pairs"], figures["raw"]) == (5, 0.4)
    assert (figures["comparisons"], figures["labels"]) == (2, 4)


def test_a_second_vote_of_the_same_annotator_is_refused() -> None:
    with pytest.raises(ValueError, match="two votes"):
        votes_of([(1, 1, Vote("a>b", 2)), (1, 1, Vote("b>a", 2))])


def crowd(comparisons: int, seed: int = 5) -> Rows:
    """Three people who see the truth three times out of four."""
    rng = random.Random(seed)
    rows = []
    for comparison in range(comparisons):
        truth = rng.choice(["a>b", "b>a"])
        for person in (1, 2, 3):
            rows.append((comparison, person, Vote(truth if rng.random() < 0.75 else SWAPPED[truth], 2)))
    return rows


def test_the_interval_is_there_from_two_comparisons_on_and_the_same_every_time() -> None:
    one, few, enough = (report(crowd(n))["groups"]["human_human"] for n in (1, 20, 80))
    assert one["alpha_ci95"] is None
    assert few["alpha_ci95"][1] - few["alpha_ci95"][0] > enough["alpha_ci95"][1] - enough["alpha_ci95"][0]
    low, high = enough["alpha_ci95"]
    assert low < enough["alpha"]["nominal"] < high
    assert report(crowd(80))["groups"]["human_human"]["alpha_ci95"] == [low, high]


def test_the_interval_is_that_of_a_plain_bootstrap_of_comparisons() -> None:
    rows = crowd(150)
    counts = np.zeros((150, 2), dtype=int)
    for comparison, _, vote in rows:
        counts[comparison, int(vote.ranking == "a>b")] += 1
    rng = np.random.default_rng(0)
    alphas = [
        krippendorff.alpha(value_counts=counts[rng.integers(0, 150, 150)], level_of_measurement="nominal")
        for _ in range(1000)
    ]
    expected = np.quantile(alphas, [0.025, 0.975])
    assert report(rows)["groups"]["human_human"]["alpha_ci95"] == pytest.approx(expected, abs=0.02)


def test_pairs_of_one_ranking_are_resampled_together() -> None:
    """Three pairs of one ranking are not three comparisons: the interval must not shrink by that."""
    rng = random.Random(3)
    orders = ["a>b>c", "c>b>a"]
    whole: Rows = [(c, person, Vote(rng.choice(orders), 3)) for c in range(60) for person in (1, 2)]
    pairs: Rows = [(c, p, Vote("a>b" if vote.ranking == orders[0] else "b>a", 2)) for c, p, vote in whole]
    wide, single = (report(rows)["groups"]["human_human"]["alpha_ci95"] for rows in (whole, pairs))
    assert wide[1] - wide[0] == pytest.approx(single[1] - single[0], rel=0.1)


def test_an_interval_is_withheld_when_resamples_often_hold_one_answer() -> None:
    rows = [(c, v, Vote("a>b", 2)) for c in range(40) for v in (1, 2)]
    rows[0] = (0, 1, Vote("b>a", 2))
    figures = report(rows)["groups"]["human_human"]
    assert figures["alpha"]["nominal"] is not None
    assert figures["alpha_ci95"] is None
    assert "too little variety" in figures["reasons"]["alpha_ci95"]


def test_groups_without_a_pair_have_no_figures() -> None:
    empty = Group(np.zeros((0, 7), dtype=int), np.zeros(0, dtype=int))
    assert agreement.interval(agreement.alpha_sums(empty, "nominal")).ends is None
    assert agreement.alpha(empty, "nominal").value is None


def test_the_level_of_measurement_is_that_of_the_scale() -> None:
    rows = crowd(30)
    graded = agreement.report(votes_of(rows), Scale.FIVE_POINT)
    assert (graded["level"], graded["groups"]["human_human"]["gwet"]["name"]) == ("ordinal", "AC2")
    sides = agreement.report(votes_of(rows), Scale.TWO_WAY)
    assert (sides["level"], sides["groups"]["human_human"]["gwet"]["name"]) == ("nominal", "AC1")


def test_gwets_coefficient_stays_high_where_nearly_all_say_the_same() -> None:
    """The paradox of kappa: with one answer nearly always right, alpha falls to nothing."""
    rows = [(c, v, Vote("b>a" if c % 20 == v else "a>b", 2)) for c in range(100) for v in (1, 2)]
    figures = agreement.report(votes_of(rows), Scale.TWO_WAY)["groups"]["human_human"]
    assert figures["raw"] == 0.9
    assert figures["alpha"]["nominal"] < 0
    assert figures["gwet"]["value"] > 0.88


def test_congers_kappa_does_not_hold_habits_against_annotators() -> None:
    """Two who guess, one nearly always a and one nearly always b: worse than chance by the margin of both
    together, no better and no worse than chance by each one's own."""
    rows = [(c, 1, Vote("b>a" if c % 10 == 0 else "a>b", 2)) for c in range(100)]
    rows += [(c, 2, Vote("a>b" if c < 10 else "b>a", 2)) for c in range(100)]
    figures = agreement.report(votes_of(rows), Scale.TWO_WAY)["groups"]["human_human"]
    assert figures["alpha"]["nominal"] < -0.5
    assert figures["conger"]["value"] == pytest.approx(0)
    assert figures["conger"]["ci95"] is not None


def test_other_annotators_need_three_of_a_kind() -> None:
    two = [row for row in crowd(40) if row[1] < 3]
    assert report(two)["groups"]["human_human"]["other_annotators"]["ci95"] is None
    assert "fewer than 3" in report(two)["groups"]["human_human"]["other_annotators"]["reason"]
    assert report(crowd(40))["groups"]["human_human"]["other_annotators"]["standard_error"] > 0

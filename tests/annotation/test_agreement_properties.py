"""What must not change agreement, and figures against their definitions written out the long way."""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from annotation.agreement import alpha, alpha_of_counts, alpha_sums, cohens_kappa, interval
from annotation.agreement.alpha import corrected
from annotation.agreement.groups import Group, class_counts, profiles_of, value_counts
from annotation.agreement.influence import leave_one_annotator_out
from annotation.agreement.intervals import bootstrap, jackknife
from annotation.agreement.kappa import pairwise_kappa
from annotation.agreement.slices import by_code
from tests.annotation.counting import group_of, judgements_of

Rows = list[tuple[int, int, int]]


def votes(values: int = 3, units: int = 8, voters: int = 5) -> st.SearchStrategy[Rows]:
    """(unit, voter, value) with at most one vote of a voter on a unit; values from -values to values."""
    keys = st.tuples(st.integers(0, units - 1), st.integers(0, voters - 1))
    given_ = st.dictionaries(keys, st.integers(-values, values), min_size=4, max_size=units * voters)
    return given_.map(lambda chosen: [(*key, value) for key, value in chosen.items()])


def group(rows: Rows) -> Group:
    judgements = judgements_of(rows)
    return Group(value_counts(judgements, np.ones(len(rows), dtype=bool)), judgements.comparison)


def same(one: Any, two: Any) -> None:
    assert two.value == (None if one.value is None else pytest.approx(one.value, abs=1e-9))


@given(votes(), st.permutations(range(5)), st.permutations(range(8)))
def test_names_of_annotators_and_comparisons_do_not_matter(
    rows: Rows, who: list[int], which: list[int]
) -> None:
    renamed = [(which[unit], who[voter], value) for unit, voter, value in rows]
    for level in ("nominal", "ordinal"):
        same(alpha(group(rows), level), alpha(group(renamed), level))


@given(votes(), st.permutations(range(7)))
def test_nominal_alpha_does_not_know_the_names_of_values(rows: Rows, columns: list[int]) -> None:
    counts = group(rows).counts
    same(alpha_of_counts(counts, "nominal"), alpha_of_counts(counts[:, columns], "nominal"))


@given(votes(values=2))
def test_ordinal_alpha_knows_the_order_of_values_alone(rows: Rows) -> None:
    stretched = [(unit, voter, {-2: -3, -1: -1, 0: 1, 1: 2, 2: 3}[value]) for unit, voter, value in rows]
    same(alpha(group(rows), "ordinal"), alpha(group(stretched), "ordinal"))


@given(votes(), st.floats(0.1, 10), st.floats(-5, 5))
def test_interval_alpha_does_not_know_the_zero_or_the_unit(rows: Rows, scale: float, shift: float) -> None:
    counts, values = group(rows).counts, np.arange(-3.0, 4.0)
    before = alpha_of_counts(counts, "interval", values)
    after = alpha_of_counts(counts, "interval", values * scale + shift)
    assert after.value == (None if before.value is None else pytest.approx(before.value, abs=1e-6))


@given(votes())
def test_the_same_comparisons_again_leave_observed_disagreement_as_it_is(rows: Rows) -> None:
    counts = class_counts(group(rows).counts)
    once, twice = (alpha_of_counts(each, "nominal").value for each in (counts, np.concatenate([counts] * 2)))
    assume(once is not None)
    assert once is not None
    assert twice is not None
    n = counts[counts.sum(axis=1) > 1].sum()
    # Only the correction for drawing without putting back, n - 1 in place of n, is another.
    assert (1 - twice) * n / (2 * n - 1) * 2 == pytest.approx((1 - once) * n / (n - 1))


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=2, max_size=30))
def test_with_two_annotators_and_no_gaps_alpha_is_scotts_pi_for_small_samples(pairs: list[Any]) -> None:
    counts = np.array([[list(pair).count(value) for value in range(3)] for pair in pairs])
    margin = counts.sum(axis=0) / counts.sum()
    expected = float(np.square(margin).sum())
    assume(expected < 1)
    pi = (np.mean([one == two for one, two in pairs]) - expected) / (1 - expected)
    figure = alpha_of_counts(counts, "nominal").value
    assert figure == pytest.approx(1 - (1 - pi) * (1 - 1 / counts.sum()))


@given(votes())
def test_sums_over_comparisons_give_the_same_alpha_as_the_library(rows: Rows) -> None:
    for level in ("nominal", "ordinal"):
        of = group(rows)
        sums = alpha_sums(of, level)
        figure = alpha(of, level).value
        with np.errstate(all="ignore"):
            added = float(sums.statistic(sums.number @ sums.rows))
        assert added == pytest.approx(figure) if figure is not None else not np.isfinite(added)


@given(votes(units=10, voters=6))
def test_alpha_without_an_annotator_is_alpha_of_the_other_votes(rows: Rows) -> None:
    judgements = judgements_of(rows)
    everyone = np.ones(len(rows), dtype=bool)
    for level in ("nominal", "ordinal"):
        without = leave_one_annotator_out(judgements, everyone, 6, level)
        paired = set(np.flatnonzero(group(rows).counts.sum(axis=1) > 1).tolist())
        for voter in range(6):
            rest = alpha(group([row for row in rows if row[1] != voter] + [(10, 0, 0)]), level).value
            if any(unit in paired for unit, who, _ in rows if who == voter) and rest is not None:
                assert without.alpha[voter] == pytest.approx(rest)
            else:
                assert np.isnan(without.alpha[voter])


@given(votes(values=1, units=12, voters=4))
def test_kappa_of_every_pair_is_that_of_their_table(rows: Rows) -> None:
    judgements = judgements_of(rows)
    found = pairwise_kappa(judgements, np.arange(4), fewest=1)
    said = {(unit, voter): value for unit, voter, value in rows}
    for one in range(4):
        for two in range(one):
            both = [unit for unit in range(12) if (unit, one) in said and (unit, two) in said]
            table = np.zeros((3, 3), dtype=int)
            for unit in both:
                table[said[unit, one] + 1, said[unit, two] + 1] += 1
            assert found.shared[one, two] == len(both)
            expected = cohens_kappa(table)
            if expected is None:
                assert np.isnan(found.kappa[one, two])
            else:
                assert found.kappa[one, two] == pytest.approx(expected)


def rated(units: int, votes_each: int = 3, seed: int = 2) -> Group:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, units)
    said = np.where(
        rng.random((units, votes_each)) < 0.6, truth[:, None], rng.integers(0, 3, (units, votes_each))
    )
    counts = np.zeros((units, 7), dtype=np.int64)
    for column in said.T:
        counts[np.arange(units), column + 2] += 1
    return group_of(counts)


def test_the_jackknife_is_that_of_comparisons_left_out_one_by_one() -> None:
    of = rated(30)
    whole = alpha(of, "nominal").value
    rest = np.array(
        [alpha(of.where(np.arange(30) != unit), "nominal").value for unit in range(30)], dtype=float
    )
    error = np.sqrt(29 / 30 * np.square(rest - rest.mean()).sum())
    sums = alpha_sums(of, "nominal")
    assert whole is not None
    assert jackknife(sums, sums.number).ends == pytest.approx(
        [whole - 2.04522964 * error, whole + 2.04522964 * error]
    )


def test_bootstrap_and_jackknife_agree_where_there_is_much_to_resample() -> None:
    sums = alpha_sums(rated(3000), "nominal")
    assert bootstrap(sums).ends == pytest.approx(jackknife(sums, sums.number).ends, abs=0.004)


def test_few_comparisons_have_a_wider_interval_and_one_has_none() -> None:
    few, many = (interval(alpha_sums(rated(size), "nominal")).ends for size in (20, 400))
    assert few is not None
    assert many is not None
    assert few[1] - few[0] > 2 * (many[1] - many[0])
    assert "at least two" in str(interval(alpha_sums(group_of([[1, 0, 1, 0, 0, 0, 0]]), "nominal")).reason)


def test_alpha_of_every_category_is_that_of_its_comparisons_alone() -> None:
    of, code = rated(90), np.arange(90) % 4 - 1
    slices = by_code(alpha_sums(of, "nominal"), code)
    assert [part.code for part in slices] == [0, 1, 2]
    for part in slices:
        alone = of.where(code == part.code)
        assert part.alpha.value == pytest.approx(alpha(alone, "nominal").value)
        assert part.comparisons == (code == part.code).sum()


def test_other_annotators_are_what_alpha_depends_on_most() -> None:
    """One who answers at random among many careful ones: comparisons hardly say so, annotators do."""
    rng = np.random.default_rng(4)
    rows = [
        (unit, voter, int(rng.integers(-1, 2)) if voter == 0 else int(np.sign(unit % 3 - 1)))
        for unit in range(3000)
        for voter in range(6)
    ]
    judgements = judgements_of(rows)
    without = leave_one_annotator_out(judgements, np.ones(len(rows), dtype=bool), 6, "nominal")
    assert without.alpha.argmax() == 0
    assert without.alpha[0] == pytest.approx(1.0)
    by_comparison = interval(alpha_sums(group(rows), "nominal")).ends
    assert by_comparison is not None
    assert without.interval.ends is not None
    assert np.ptp(without.interval.ends) > 5 * np.ptp(by_comparison)


def test_agreement_across_kinds_is_corrected_by_how_far_each_agrees_with_itself() -> None:
    people, judges = rated(400, 4, seed=1), rated(400, 4, seed=1)
    across = Group(people.counts, people.comparison, judges.counts)
    kappa_x = alpha(across, "nominal").value
    own = alpha(people, "nominal").value
    assert kappa_x is not None
    assert own is not None
    assert corrected(across, "nominal").value == pytest.approx(kappa_x / own)
    one_judge = np.zeros_like(judges.counts)
    one_judge[:, 3] = 1
    assert "among themselves" in str(
        corrected(Group(people.counts, people.comparison, one_judge), "nominal").reason
    )


@given(st.lists(st.lists(st.integers(0, 40), min_size=9, max_size=9), min_size=1, max_size=30))
def test_rows_share_a_profile_exactly_where_they_are_equal(rows: list[list[int]]) -> None:
    table = np.array(rows)
    first, profile = profiles_of(table)
    assert np.array_equal(table[first[profile]], table)
    assert len(first) == len({tuple(row) for row in rows})

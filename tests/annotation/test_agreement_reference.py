"""Agreement against figures that others have published."""

from typing import Any

import numpy as np
import pytest
from scipy.special import stdtrit

from annotation.agreement import alpha_of_counts, cohens_kappa
from annotation.agreement.alpha import alpha_of_sums, within_sums
from annotation.agreement.groups import ALL_EQUAL
from annotation.agreement.gwet import Weights, chance_corrected, conger, weights
from annotation.agreement.intervals import bootstrap, interval, sums_of
from annotation.agreement.kappa import interval_of, kappa_error
from annotation.agreement.rankings import kendalls_w
from tests.annotation.counting import counts_by_unit, counts_of, group_of, ratings_of, table_of

# Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, examples A, B and C; rows are observers.
EXAMPLE_A = ("0100000010", "1110010000")
EXAMPLE_B = ("aabbdcccedda", "babbbccceddd")
EXAMPLE_C = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
# The same as cac.raw4raters of Gwet's irrCAC, whose last unit is the third rater's: Conger asks who it was.
FOUR_RATERS = ("123321412...", "1233224125..", ".33323422513", "12332441251.")
# Wikipedia, Krippendorff's alpha: three coders, fifteen units.
THREE_CODERS = (".....34121133.3", "1.213343.......", "..21344.21133.4")
# Hayes and Krippendorff (2007): 40 units, five observers, unit by unit.
HAYES = """
112.2 1101. 2333. .00.0 000.0 000.0 102.1 1.20. 222.2 2111. .100. 0000. 1222. 33223 111.1 111.1 212.2 1233.
1101. 000.0 0011. 00.00 2333. 0000. 12.22 0111. 00010 1212. 1122. 112.2 110.0 2121. 22.22 3222. 222.2 223.2
222.2 22.12 2222. 111.1
"""
# Fleiss (1971): 30 patients, six psychiatrists, five diagnoses.
FLEISS = """
444444 222555 233335 555555 222444 113333 333355 113334 114444 555555 144444 124444 222333 144444 224445
333335 111455 111112 224444 133555 555555 244444 224555 114444 144445 222224 111155 224444 133333 555555
"""
# Wikipedia, Fleiss' kappa: ten subjects, fourteen raters.
FOURTEEN = [
    [0, 0, 0, 0, 14],
    [0, 2, 6, 4, 2],
    [0, 0, 3, 5, 6],
    [0, 3, 9, 2, 0],
    [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0],
    [2, 5, 3, 2, 2],
    [6, 5, 2, 1, 0],
    [0, 2, 2, 3, 7],
]
# SAS, PROC FREQ: diagnoses of two doctors.
DOCTORS = np.array([[0, 4, 1], [0, 8, 0], [0, 1, 5]])
# The anxiety data of R's irr package: 20 people, three raters, 1 to 6.
ANXIETY = "332 361 344 464 523 542 221 346 531 231 221 632 133 533 221 221 113 233 432 342"
# Dawid and Skene (1979): 45 patients; three readings of observer 1, then observers 2 to 5.
PATIENTS = """
111-1111 333-4334 112-2122 222-3121 222-3222 222-3322 122-2111 333-3433 222-2223 232-2223 444-4444 222-3343
111-1111 222-3212 121-1111 111-2111 111-1111 111-1111 222-2221 222-1322 222-2222 222-2221 222-3222 221-2222
111-1111 111-1111 232-2222 111-1111 111-1111 112-1121 111-1111 333-3233 111-1111 222-2222 222-3232 433-4343
221-2232 232-3233 333-3432 111-1111 111-1111 121-2111 232-2222 121-1111 222-2222
"""
LEVELS = ("nominal", "ordinal", "interval", "ratio")


@pytest.mark.parametrize(
    ("counts", "values", "expected"),
    [
        (counts_of(EXAMPLE_A), "01", (0.0952381,)),
        (counts_of(EXAMPLE_B), "", (0.6919643,)),
        (counts_of(EXAMPLE_C), "12345", (0.7434211, 0.8153875, 0.8491071, 0.7974028)),
        (counts_of(THREE_CODERS), "1234", (0.6913580, 0.8067214, 0.8108449, 0.8089437)),
        (counts_by_unit(HAYES, "0123"), "0123", (0.4765096, 0.7598292, 0.7573783, 0.6621230)),
        (counts_by_unit(ANXIETY, "123456"), "123456", (-0.0237252, 0.2283869, 0.1700986, 0.1418013)),
        (counts_of(("AB", "BA")), "", (-0.5,)),
        (counts_of(("123", "122")), "", (0.5454545,)),
        (counts_of(("aba", "abb")), "", (0.4444444,)),
    ],
)
def test_alpha_at_every_level(counts: Any, values: str, expected: tuple[float, ...]) -> None:
    numbers = np.array([float(value) for value in values]) if values else None
    for level, figure in zip(LEVELS, expected, strict=False):
        assert alpha_of_counts(counts, level, numbers).value == pytest.approx(figure, abs=5e-8)


def test_one_deviating_value_among_equal_ratings_gives_zero() -> None:
    assert alpha_of_counts(counts_of(("1111111", "1111112")), "nominal").value == pytest.approx(0, abs=1e-12)


def test_equal_ratings_have_no_alpha() -> None:
    assert alpha_of_counts(counts_of(("111", "111")), "nominal") == (None, ALL_EQUAL)


def test_alpha_between_readings_of_one_observer_and_between_observers() -> None:
    patients = PATIENTS.split()
    again = np.array([[patient[:3].count(value) for value in "1234"] for patient in patients])
    others = np.array([[(patient[0] + patient[4:]).count(value) for value in "1234"] for patient in patients])
    figures = [alpha_of_counts(counts, level).value for counts in (again, others) for level in LEVELS[:2]]
    assert figures == pytest.approx([0.6960, 0.8179, 0.5843, 0.8119], abs=5e-5)


@pytest.mark.parametrize(
    ("counts", "fleiss"),
    [(counts_by_unit(FLEISS, "12345"), 0.4302445), (FOURTEEN, 0.2099307), ([[7, 1], [3, 5]], 0.161905)],
)
def test_fleiss_kappa(counts: Any, fleiss: float) -> None:
    categories = np.asarray(counts).shape[1]
    figure = chance_corrected(group_of(counts), "fleiss", weights("identity", categories))
    assert figure.value == pytest.approx(fleiss, abs=5e-7)


def test_the_diagnoses_of_fleiss_are_as_often_given_as_he_says() -> None:
    assert counts_by_unit(FLEISS, "12345").sum(axis=0).tolist() == [26, 26, 30, 55, 43]


@pytest.mark.parametrize(
    ("counts", "fleiss", "free"),
    [
        ([[7, 0], [7, 0]], None, 1.0),
        ([[7, 1], [3, 5]], 0.161905, 0.214286),
        ([[6, 1, 0], [0, 7, 0]], 0.708333, 0.785714),
    ],
)
def test_free_marginal_kappa_counts_the_categories_of_the_scale(
    counts: Any, fleiss: Any, free: float
) -> None:
    identity = weights("identity", len(counts[0]))
    uniform = chance_corrected(group_of(counts), "uniform", identity)
    assert uniform.value == pytest.approx(free, abs=5e-7)
    margins = chance_corrected(group_of(counts), "fleiss", identity)
    assert margins.value == (None if fleiss is None else pytest.approx(fleiss, abs=5e-7))


@pytest.mark.parametrize(
    ("chance", "value", "error"),
    [("gwet", 0.77544, 0.14295), ("fleiss", 0.76117, 0.15302), ("uniform", 0.77273, 0.14472)],
)
def test_coefficients_and_errors_of_gwets_four_raters(chance: Any, value: float, error: float) -> None:
    figure = chance_corrected(group_of(counts_of(EXAMPLE_C)), chance, weights("identity", 5))
    assert (figure.value, figure.error) == pytest.approx((value, error), abs=5e-6)
    if chance == "gwet":
        assert figure.ends == pytest.approx([0.46081, 1.0], abs=5e-6)


def test_gwets_four_raters_agree_observed_and_by_chance() -> None:
    """He prints both terms; chance alike over five categories is 1/5, which gives the observed one away."""
    group, identity = group_of(counts_of(EXAMPLE_C)), weights("identity", 5)
    uniform = chance_corrected(group, "uniform", identity).value
    ac1 = chance_corrected(group, "gwet", identity).value
    assert uniform is not None
    assert ac1 is not None
    observed = 1 / 5 + 4 / 5 * uniform
    assert observed == pytest.approx(0.81818, abs=5e-6)
    assert (observed - ac1) / (1 - ac1) == pytest.approx(0.19032, abs=5e-6)


def test_the_error_of_alpha_is_gwets_to_one_part_in_a_hundred() -> None:
    """His is linearised and has the unit with a single rating; ours leaves out one unit after another."""
    sums = sums_of(
        group_of(counts_of(EXAMPLE_C)),
        lambda of: within_sums(of.counts),
        lambda sums: alpha_of_sums(sums, "nominal"),
    )
    found = interval(sums)
    assert found.ends is not None
    error = (0.7434211 - found.ends[0]) / stdtrit(sums.number.sum() - 1, 0.975)
    assert error == pytest.approx(0.14557, rel=0.01)


def test_congers_kappa_and_error_of_gwets_four_raters() -> None:
    judgements, said = ratings_of(FOUR_RATERS, "12345")
    figure = conger(judgements, np.ones(len(said), dtype=bool), said, weights("identity", 5))
    assert (figure.value, figure.error) == pytest.approx((0.76282, 0.14917), abs=5e-6)


def test_congers_kappa_of_two_is_cohens() -> None:
    raters = tuple("".join(unit[rater] for unit in ANXIETY.split()) for rater in (0, 1))
    judgements, said = ratings_of(raters, "123456")
    kinds: tuple[Weights, ...] = ("identity", "linear", "quadratic")
    for kind in kinds:
        weight = weights(kind, 6)
        figure = conger(judgements, np.ones(len(said), dtype=bool), said, weight)
        assert figure.value == pytest.approx(cohens_kappa(table_of(raters[0], raters[1], "123456"), weight))


@pytest.mark.parametrize(
    ("kind", "value"),
    [("linear", 0.85874), ("quadratic", 0.91400), ("ordinal", 0.89894), ("bipolar", 0.90037)],
)
def test_ac2_with_every_kind_of_weights(kind: Any, value: float) -> None:
    figure = chance_corrected(group_of(counts_of(EXAMPLE_C)), "gwet", weights(kind, 5))
    assert figure.value == pytest.approx(value, abs=5e-6)


def test_cohens_kappa_with_its_standard_error() -> None:
    kappa, error = cohens_kappa(DOCTORS), kappa_error(DOCTORS)
    assert (kappa, error) == pytest.approx((0.4842, 0.1380), abs=5e-5)
    low, high = interval_of(np.array(kappa), np.array(error))
    assert (float(low), float(high)) == pytest.approx((0.2137, 0.7547), abs=5e-5)
    linear = weights("linear", 3)
    assert (cohens_kappa(DOCTORS, linear), kappa_error(DOCTORS, linear)) == pytest.approx(
        (0.4701, 0.1457), abs=5e-5
    )


def test_the_error_of_doctors_who_agree_by_chance_alone() -> None:
    """Fleiss, Cohen and Everitt: under the null hypothesis the table is what its margins say."""
    chance = np.outer(DOCTORS.sum(axis=1), DOCTORS.sum(axis=0)) / DOCTORS.sum()
    kappa, error = cohens_kappa(DOCTORS), kappa_error(chance)
    assert kappa is not None
    assert error is not None
    assert cohens_kappa(chance) == pytest.approx(0, abs=1e-12)
    assert error == pytest.approx(0.1484, abs=5e-5)
    assert kappa / error == pytest.approx(3.2626, abs=5e-5)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("identity", (0.1194969, -0.0062893, -0.1656442)),
        ("linear", (0.1891892, 0.1262136, -0.0510511)),
        ("quadratic", (0.2967651, 0.2297980, 0.0695067)),
    ],
)
def test_weighted_kappa_takes_the_scale_and_not_the_values_that_occur(kind: Any, expected: Any) -> None:
    raters = ["".join(unit[rater] for unit in ANXIETY.split()) for rater in range(3)]
    for (one, two), figure in zip(((0, 1), (1, 2), (0, 2)), expected, strict=True):
        table = table_of(raters[one], raters[two], "123456")
        assert cohens_kappa(table, weights(kind, 6)) == pytest.approx(figure, abs=5e-8)


def test_kendalls_w_with_ties() -> None:
    scores = np.array([[int(value) for value in unit] for unit in ANXIETY.split()]).T
    places = np.array([[(row < x).sum() + ((row == x).sum() + 1) / 2 for x in row] for row in scores])
    assert kendalls_w(places, np.array([0]))[0] == pytest.approx(0.5396569, abs=5e-8)


def test_the_interval_of_hayes_and_krippendorff_is_that_of_units_not_of_pairs() -> None:
    """KALPHA's [.716, .813] resamples pairs of ratings as if they were independent."""
    sums = sums_of(
        group_of(counts_by_unit(HAYES, "0123")),
        lambda of: within_sums(of.counts),
        lambda sums: alpha_of_sums(sums, "ordinal"),
    )
    assert bootstrap(sums, resamples=4000).ends == pytest.approx([0.622, 0.841], abs=0.015)

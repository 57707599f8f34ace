#!/usr/bin/env python3
"""How often a 95 % interval of alpha holds the true value: simulated, five annotators, 20 to 300 comparisons.

Two generators. Nominal: three answers, of which an annotator sees the right one with a probability that the
comparison has (Beta(4, 2)) and guesses otherwise. Ordinal: five answers, cut from a normal value seen with
noise whose size the comparison has too. So annotators are not independent given the answer, as in life. The
true alpha is that of 400,000 comparisons.

Held against each other: the percentile bootstrap of comparisons, the jackknife with Student's t, what Tandem
reports (the jackknife below 50 comparisons, the bootstrap from there on), and the bootstrap of single pairs
of votes that KALPHA and evalica use, which takes the pairs of one comparison for independent. There is
nothing to start and nothing to read. `--quick` takes under a minute with 250 data sets a cell in place of
2,000.
"""

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
from _benchmark import arguments, finish, goal, machine, set_up

VOTES = 5
UNITS = (20, 50, 100, 300)
RESAMPLES = 1000
TRUTH = 400_000


def main() -> int:
    options = arguments(__doc__).parse_args()
    set_up()
    results = {level: coverage(level, 250 if options.quick else 2000) for level in ("nominal", "ordinal")}
    reported = [cell["reported"] for level in results.values() for cell in level["units"].values()]
    pairs = [cell["pairs (KALPHA)"] for level in results.values() for cell in level["units"].values()]
    slack = 0.03 if options.quick else 0.015  # of a share known from so many data sets
    goals = [
        goal("reported_coverage_lowest", min(reported), 0.935 - slack, "at_least", "share"),
        goal("reported_coverage_highest", max(reported), 0.965 + slack, "at_most", "share"),
        goal("kalpha_coverage_highest", max(pairs), 0.8, "at_most", "share"),
    ]
    result = {"machine": machine(), "results": results, "goals": goals}
    return finish(result, options.json, *in_words(results))


def coverage(level: Any, sets: int) -> dict[str, Any]:
    """The share of data sets whose interval holds the true alpha, by number of comparisons and method."""
    from annotation.agreement.intervals import alpha_sums, bootstrap, interval, jackknife

    rng = np.random.default_rng(7)
    truth = true_alpha(level, rng)
    cells = {}
    for units in UNITS:
        held = dict.fromkeys(("bootstrap", "jackknife", "reported", "pairs (KALPHA)"), 0)
        for number in range(sets):
            sums = alpha_sums(draw(level, units, rng), level)
            ends = {
                "bootstrap": bootstrap(sums, RESAMPLES, number).ends,
                "jackknife": jackknife(sums, sums.number).ends,
                "reported": interval(sums, RESAMPLES, number).ends,
                "pairs (KALPHA)": of_pairs(sums, level, units, rng),
            }
            for name, found in ends.items():
                held[name] += bool(found and found[0] <= truth <= found[1])
        cells[str(units)] = {name: round(number / sets, 4) for name, number in held.items()}
    return {"true_alpha": round(truth, 4), "data_sets": sets, "units": cells}


def draw(level: str, units: int, rng: Any) -> Any:
    """Counts of a simulated data set, as the group that alpha is taken of."""
    from annotation.agreement.groups import VALUES, Group

    if level == "nominal":
        answer, sure = rng.integers(0, 3, units), rng.beta(4, 2, units)
        sees = rng.random((units, VOTES)) < sure[:, None]
        said = np.where(sees, answer[:, None], rng.integers(0, 3, (units, VOTES))) + 2
    else:
        noise = rng.gamma(2, 0.4, units)
        seen = rng.normal(size=units)[:, None] + rng.normal(size=(units, VOTES)) * noise[:, None]
        said = np.clip(np.round(seen), -2, 2).astype(np.int64) + 3
    counts = np.zeros((units, VALUES), dtype=np.int64)
    for column in said.T:
        counts[np.arange(units), column] += 1
    return Group(counts, np.arange(units))


def true_alpha(level: Any, rng: Any) -> float:
    from annotation.agreement import alpha

    figure = alpha(draw(level, TRUTH, rng), level).value
    assert figure is not None
    return figure


def of_pairs(sums: Any, level: str, units: int, rng: Any) -> list[float]:
    """The percentile interval from single pairs of votes, expected disagreement held fixed."""
    from annotation.agreement.alpha import distances

    matrix = sums.number @ sums.rows
    size = round(len(matrix) ** 0.5)
    margin = matrix.reshape(size, size).sum(axis=1)
    delta = distances(margin, level)
    expected = margin @ delta @ margin / (margin.sum() * (margin.sum() - 1))
    number = units * VOTES * (VOTES - 1) // 2
    drawn = rng.multinomial(number, matrix / matrix.sum(), RESAMPLES)
    alphas = 1 - drawn @ delta.ravel() / number / expected
    return [float(end) for end in np.quantile(alphas, [0.025, 0.975])]


def in_words(results: dict[str, Any]) -> Iterator[str]:
    for level, found in results.items():
        yield f"{level}, true alpha {found['true_alpha']}, {found['data_sets']} data sets"
        for units, cells in found["units"].items():
            shares = "  ".join(f"{name} {share:.3f}" for name, share in cells.items())
            yield f"  {units:>4} comparisons  {shares}"


if __name__ == "__main__":
    sys.exit(main())

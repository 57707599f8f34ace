"""Draws the figures of docs/routing.md from a run on MT-Bench: half of the prompts teach, half test.

    python docs/figures/routing.py [RESULT.json…]   # reads TANDEM_BENCH_DATA (default ../shared/data)

Results of `benchmarks/routing.py --json` go into the tables (`tables.py`) and the figures of policies and
of models of mixes (`told.py`).

GPT-4 is the judge whose label stands, Llama-2 a second one; the people are MT-Bench's annotators.
"""

import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "benchmarks"), str(HERE.parents[1])]

from _benchmark import set_up, texts_of  # noqa: E402
from _votes import described, lines_of, read  # noqa: E402
from chart import FAINT, JUDGE, PEOPLE, Chart  # noqa: E402
from learning import learning  # noqa: E402
from tables import main as write_tables  # noqa: E402
from told import mixes, policies  # noqa: E402


def main() -> None:
    path = texts_of("mtbench.jsonl.gz")
    set_up()
    from routing.combining import part
    from routing.curve import Crowd, recommended, steps, table
    from routing.policies import POLICIES
    from routing.policy import Problem, draws
    from routing.quality import predict
    from routing.selection import ranked

    lines = lines_of(path)
    data = read(lines, described(lines), "gpt-4", "llama-2-70b-instruct-v2", without_ties=False, gold=False)
    known = data.labelled
    names = np.unique(np.array(known.signals.groups))
    teach = np.isin(known.signals.groups, np.random.default_rng(0).permutation(names)[: len(names) // 2])
    here = part(known, np.flatnonzero(~teach))
    problem = Problem(here.signals, part(known, np.flatnonzero(teach)))
    prediction = predict(problem)
    scores = POLICIES["combined"].score(problem, 0).values
    n = len(here)
    crowd = Crowd(
        ranked(scores, here.signals.keys, 0),
        np.zeros(n, dtype=np.bool_),
        np.ones(n, dtype=np.bool_),
        here.signals.categories,
    )
    points = table(crowd, steps(n), prediction)
    at = recommended(points) or 0
    curve(points, at, crowd, here)
    chances(prediction.wrong, here.wrong)
    shares(points, at)
    audit(here, scores, draws, ranked)
    learning(known)


def curve(points: dict, at: int, crowd: object, here: object) -> None:
    """Predicted quality over the whole range, and what people's held-out labels say of it."""
    n = len(here)
    chart = Chart(
        "Quality against budget",
        (0, 1),
        (0.58, 0.80),
        ("share of comparisons to people", "agreement with another person"),
    )
    chart.grid([(s / 4, f"{25 * s} %") for s in range(5)], [(y / 100, f"{y} %") for y in range(60, 81, 5)])
    share = [k / n for k in points["people"]]
    chart.band(share, points["low"], points["high"])
    chart.line(share, points["random"], FAINT, "5 4")
    chart.line(share, points["quality"])
    wrong, human = here.wrong[crowd.order], np.nan_to_num(here.human_wrong)[crowd.order]
    for tenth in range(11):
        k = round(n * tenth / 10)
        chart.dot(k / n, 1 - (human[:k].sum() + wrong[k:].sum()) / n)
    chart.dot(share[at], points["quality"][at], JUDGE, 6)
    chart.write("routing-curve")


def chances(predicted: np.ndarray, wrong: np.ndarray) -> None:
    """P(people contradict the judge) by tenths, against how often they did."""
    chart = Chart(
        "Chances and what happened",
        (0, 0.8),
        (0, 0.8),
        ("predicted chance that people contradict the judge", "how often they did"),
    )
    chart.grid(
        [(x / 10, f"{10 * x} %") for x in range(0, 9, 2)], [(y / 10, f"{10 * y} %") for y in range(0, 9, 2)]
    )
    chart.line([0, 0.8], [0, 0.8], FAINT, "5 4")
    for rows in np.array_split(np.argsort(predicted), 10):
        chart.dot(float(predicted[rows].mean()), float(wrong[rows].mean()), PEOPLE, 5)
    chart.write("routing-chances")


def shares(points: dict, at: int) -> None:
    """What approval of the recommended point sends to people, by category."""
    rows = sorted(points["categories"], key=lambda one: -one["people"][at] / one["all"])
    chart = Chart(
        "Who gets what", (0, 1), (0, len(rows)), ("share of each category: people, then the judge", "")
    )
    chart.grid([(s / 4, f"{25 * s} %") for s in range(5)], [])
    for row, one in enumerate(rows):
        part = one["people"][at] / one["all"]
        (x0, y0), (x1, y1), (x2, _) = (
            chart.at(0, len(rows) - row - 0.25),
            chart.at(part, len(rows) - row - 0.8),
            chart.at(1, 0),
        )
        for x, wide, fill in ((x0, x1 - x0, PEOPLE), (x1 + 2, x2 - x1 - 2, JUDGE)):
            size = f'width="{wide:.1f}" height="{y1 - y0:.1f}"'
            chart.parts.append(f'<rect x="{x:.1f}" y="{y0:.1f}" {size} fill="{fill}"/>')
        chart.text(x0 + 6, y1 - 5, f"{one['name']}: {one['people'][at]} of {one['all']}", "start", "#fff")
    chart.write("routing-approve")


def audit(here: object, scores: np.ndarray, draws: object, ranked: object) -> None:
    """The gain over people by lot as twenty different audits of a fifth would have measured it."""
    from routing.auditing import Audited, measure

    n, human = len(here), round(0.25 * len(here))
    chart = Chart(
        "What the audit says",
        (0, 21),
        (-2, 12),
        ("twenty audits, each another fifth of what the judge kept", "gain over people by lot, points"),
    )
    chart.grid([], [(y, str(y)) for y in range(-2, 13, 2)])
    top = np.zeros(n, dtype=np.bool_)
    top[ranked(scores, here.signals.keys, 0)[:human]] = True
    gain = here.wrong - here.human_wrong
    true = 100 * 0.25 * 0.75 * (gain[top].mean() - gain[~top].mean())
    chart.line([0, 21], [true, true], JUDGE, "5 4")
    for seed in range(20):
        rows = np.flatnonzero(top | (draws(here.signals.keys, seed, "audit") < 0.2))
        found = measure(
            Audited(
                top[rows],
                here.wrong[rows],
                here.human_wrong[rows],
                np.full(len(rows), np.nan),
                [here.signals.groups[row] for row in rows],
            ),
            human,
            n,
            seed,
        )
        seen = found.over_random
        chart.line([seed + 1, seed + 1], [100 * seen.low, 100 * seen.high], PEOPLE)
        chart.dot(seed + 1, 100 * seen.value, PEOPLE, 3)
    chart.write("routing-audit")


if __name__ == "__main__":
    main()
    write_tables(sys.argv[1:])
    policies()
    mixes()

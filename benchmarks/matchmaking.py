#!/usr/bin/env python3
"""Matchmaking beside comparisons by lot and in turn: answers until the ranking of simulated models is right.

Models with known skills (normal, in log odds) write the responses; an answer is drawn by Plackett-Luce. Out
of a project of many comparisons each way asks for some, batch by batch, and ranks by what was said. A ranking
is right at a Kendall's tau of 0.85 with the truth, averaged over seeds; figures are answers until it is right
and stays so, with a bootstrap over seeds. Beside it two rankings from the answers by lot: each model updated
by itself (Weng & Lin 2011, as in K-Sort Arena), and Elo (K = 32).
"""

import sys
from itertools import combinations
from typing import Any

import numpy as np
from _benchmark import arguments, finish, goal, machine, set_up

TAU = 0.85
SKILL = 1.0  # standard deviation, 174 points of Elo
REPLICATES = 1000
# Models, responses, answers at most, answers a batch.
ARENAS = ((20, 2, 1500, 50), (20, 4, 500, 25), (45, 4, 800, 50))
WAYS = ("matchmaking", "lot", "turn", "lot, each by itself", "lot, elo")


def main() -> int:
    options = arguments(__doc__).parse_args()
    set_up()
    seeds = range(4 if options.quick else 24)
    results, goals, lines = {}, [], []
    for models, k, most, batch in ARENAS[: 2 if options.quick else 3]:
        name = f"{models} models, k = {k}"
        runs = {way: [run(way, seed, models, k, most, batch) for seed in seeds] for way in WAYS}
        found = measured(runs, batch)
        results[name] = found
        lines += [name, *(f"  {way:22} {one}" for way, one in found.items())]
        goals.append(goal(f"vs_lot {name}", found["lot"]["times"][0], 1.0, "at_least", "times"))
        goals.append(goal(f"coverage {name}", found["matchmaking"]["inside"], 0.9, "at_least", ""))
    return finish({"machine": machine(), "results": results, "goals": goals}, options.json, *lines)


def run(way: str, seed: int, models: int, k: int, most: int, batch: int) -> tuple[list[float], float]:
    """Tau after each batch, and how often 95 % intervals hold the truth in the end."""
    from scipy.stats import kendalltau

    from routing.matchmaking import learn

    draw, people = np.random.default_rng(seed), np.random.default_rng(seed + 10_000)
    skill = draw.normal(0, SKILL, models)
    sets = np.array([np.sort(draw.permutation(models)[:k]) for _ in range(5 * most)])
    order = in_turn(sets, models) if way == "turn" else np.arange(len(sets))
    waiting = np.ones(len(sets), dtype=bool)
    pairs: list[tuple[int, int]] = []
    taus, found = [], learn(models, *columns(pairs, k))
    for _ in range(most // batch):
        rows = (
            order[waiting[order]][:batch]
            if way != "matchmaking"
            else matched(sets, waiting, found, batch, draw)
        )
        waiting[rows] = False
        for row in rows.tolist():
            said = sets[row][np.argsort(-(skill[sets[row]] + people.gumbel(size=k)))].tolist()
            pairs += combinations(said, 2)
        found = learn(models, *columns(pairs, k))
        if way.endswith("by itself"):
            mean, spread = one_by_one(models, pairs, k)
        elif way.endswith("elo"):
            mean, spread = elo(models, pairs), np.zeros(models)
        else:
            mean, spread = found.mean, found.error
        taus.append(float(kendalltau(mean, skill).statistic))
    return taus, float(np.mean(np.abs(mean - mean.mean() - skill + skill.mean()) < 1.96 * spread))


def columns(pairs: list[tuple[int, int]], k: int) -> tuple[Any, ...]:
    first, second = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return first, second, np.ones(len(pairs)), np.full(len(pairs), k)


def matched(sets: Any, waiting: Any, found: Any, batch: int, draw: Any) -> Any:
    """What our priorities put first."""
    from routing.matchmaking import priorities

    open_rows = np.flatnonzero(waiting)
    distinct, of = np.unique(sets[open_rows], axis=0, return_inverse=True)
    urgent = priorities(distinct.tolist(), of.ravel(), draw.random(len(open_rows)), found, batch)
    return open_rows[np.argsort(-urgent, kind="stable")[:batch]]


def in_turn(sets: Any, models: int) -> Any:
    """Always the next comparison whose models were asked about least: everybody as often."""
    times, left, order = np.zeros(models, dtype=np.int64), np.ones(len(sets), dtype=bool), []
    met = np.zeros((models, models), dtype=np.int64)
    pairs = list(combinations(range(sets.shape[1]), 2))
    for _ in range(len(sets) // 5):
        again = sum(met[sets[:, one], sets[:, other]] for one, other in pairs)
        row = int(np.where(left, again * 1000 + times[sets].sum(1), np.iinfo(np.int64).max).argmin())
        order.append(row)
        left[row] = False
        times[sets[row]] += 1
        for one, other in pairs:
            met[sets[row, one], sets[row, other]] += 1
    return np.array(order)


def one_by_one(models: int, pairs: list[tuple[int, int]], k: int) -> tuple[Any, Any]:
    """Weng & Lin 2011, algorithm 1 (Bradley-Terry, all pairs), each model's skill by itself."""
    mean, variance = np.zeros(models), np.full(models, 2.0)
    step = k * (k - 1) // 2
    for at in range(0, len(pairs), step):
        one, other = np.array(pairs[at : at + step]).T
        square = 1 + variance[one] + variance[other]
        lost = 1 / (1 + np.exp((mean[one] - mean[other]) / np.sqrt(square)))
        moves, told = lost / np.sqrt(square), lost * (1 - lost) / square
        shift = np.bincount(one, moves, models) - np.bincount(other, moves, models)
        mean = mean + variance * shift
        told = np.bincount(one, told, models) + np.bincount(other, told, models)
        variance = variance * np.maximum(1 - variance * told, 1e-4)
    return mean, np.sqrt(variance)


def elo(models: int, pairs: list[tuple[int, int]]) -> Any:
    rating = [0.0] * models
    for winner, loser in pairs:
        move = 32 / (1 + 10 ** ((rating[winner] - rating[loser]) / 400))
        rating[winner] += move
        rating[loser] -= move
    return np.array(rating)


def measured(runs: dict[str, list[tuple[list[float], float]]], batch: int) -> dict[str, Any]:
    """By way: tau in the end, answers until TAU, and how many times those of matchmaking, with intervals."""
    taus = {way: np.array([one for one, _ in found]) for way, found in runs.items()}
    size = len(runs[WAYS[0]])
    drawn = np.vstack([np.arange(size), np.random.default_rng(0).integers(0, size, (REPLICATES, size))])
    until = {
        way: np.array([reached(one[rows].mean(0), batch) for rows in drawn]) for way, one in taus.items()
    }
    found = {}
    for way, answers in until.items():
        times = answers / until[WAYS[0]]
        found[way] = {
            "tau": round(float(taus[way][:, -1].mean()), 3),
            "answers": float(answers[0]),
            "answers_ci95": np.percentile(answers[1:], [2.5, 97.5]).tolist(),
            "times": [round(float(v), 2) for v in (times[0], *np.nanpercentile(times[1:], [2.5, 97.5]))],
            "inside": round(float(np.mean([inside for _, inside in runs[way]])), 3),
        }
    return found


def reached(taus: Any, batch: int) -> float:
    """Answers until tau is TAU and stays there, linear between batches; all there were where it never is."""
    short = np.flatnonzero(taus < TAU)
    last = int(short[-1]) if len(short) else -1
    if last + 1 >= len(taus):
        return float(len(taus) * batch)
    low = taus[last] if last >= 0 else 0.0
    return float((last + 1 + (TAU - low) / (taus[last + 1] - low)) * batch)


if __name__ == "__main__":
    sys.exit(main())

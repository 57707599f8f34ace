"""Simulated crowds and battles: when to stop asking, and how long a million labels take."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from annotation.consensus import dawid_skene, mace
from annotation.consensus.answers import Answers
from annotation.ratings import Battles, bradley_terry, rank_intervals


def stopping(comparisons: int, cap: int = 9) -> dict[str, Any]:
    """A simulated crowd of 100 with leanings and guessers, asked until sure, beside fixed numbers of labels.

    The posterior is that of the product: every answer is weighed by the last fit, which is renewed after
    every round.
    """
    rng = np.random.default_rng(7)
    truth = rng.choice(3, comparisons, p=(0.4, 0.2, 0.4))
    knows = rng.beta(4, 2, 100)
    leaning = np.stack([rng.dirichlet((1, 1, 1)) for _ in range(100)])
    who = np.stack([rng.permutation(100)[:cap] for _ in range(comparisons)])
    guess = np.array([[rng.choice(3, p=leaning[a]) for a in row] for row in who])
    said = np.where(rng.random(who.shape) < knows[who], truth[:, None], guess)

    def fitted(asked: np.ndarray) -> np.ndarray:
        item, turn = np.nonzero(np.arange(cap) < asked[:, None])
        answers = Answers.of(item, who[item, turn], said[item, turn], 3)
        return mace.fit(answers).posterior(answers)

    result: dict[str, Any] = {}
    for number in (3, 5, 7, 9):
        asked = np.full(comparisons, number)
        item, turn = np.nonzero(np.arange(cap) < asked[:, None])
        votes = Answers.of(item, who[item, turn], said[item, turn], 3).votes
        best = votes == votes.max(0)
        result[f"fixed {number}"] = {
            "labels": float(number),
            "accuracy": float((fitted(asked).argmax(0) == truth).mean()),
            "majority_accuracy": float((best[truth, np.arange(comparisons)] / best.sum(0)).mean()),
        }
    for threshold in (0.8, 0.9, 0.95):
        asked = np.full(comparisons, 2)
        open_ones = np.ones(comparisons, dtype=bool)
        while open_ones.any():
            posterior = fitted(asked)
            open_ones = (posterior.max(0) < threshold) & (asked < cap)
            asked[open_ones] += 1
        sure = posterior.max(0) >= threshold
        right = posterior.argmax(0) == truth
        result[f"until {threshold}"] = {
            "labels": float(asked.mean()),
            "accuracy": float(right.mean()),
            "sure": float(sure.mean()),
            "right_of_the_sure": float(right[sure].mean()),
        }
    return result


# --- speed ---------------------------------------------------------------------------------------------


def seconds(times: int, crowd_kit: Callable[[Answers], Any] | None) -> dict[str, Any]:
    """A million labels: the default consensus, Dawid-Skene, and Bradley-Terry of 100 models."""
    rng = np.random.default_rng(0)
    labels, items, people = 1_000_000, 200_000, 1000
    item = np.repeat(np.arange(items), labels // items)
    annotator = np.minimum((rng.pareto(1.2, labels) * 20).astype(np.int64), people - 1)
    annotator[:people] = np.arange(people)
    truth = rng.integers(0, 3, items)
    right = rng.random(labels) < rng.beta(4, 2, people)[annotator]
    value = np.where(right, truth[item], rng.integers(0, 3, labels))
    results: dict[str, Any] = {}

    def consensus(module: Any) -> Callable[[], Any]:
        def run() -> Any:
            answers = Answers.of(item, annotator, value, 3)
            return module.fit(answers).posterior(answers)

        return run

    results["map_seconds"], _ = best_of(times, consensus(mace))
    results["dawid_skene_seconds"], _ = best_of(times, consensus(dawid_skene))
    if crowd_kit is not None:
        theirs = Answers.of(item, annotator, value, 3)
        results["crowd_kit_ds_seconds"], _ = best_of(1, lambda: crowd_kit(theirs))
    results |= rankings(rng, times)
    return results


def rankings(rng: np.random.Generator, times: int, models: int = 100) -> dict[str, Any]:
    prompts, votes = 200_000, 5
    strength = rng.normal(0, 1, models)
    first = rng.integers(0, models, prompts)
    second = (first + rng.integers(1, models, prompts)) % models
    prompt, first, second = (np.repeat(column, votes) for column in (np.arange(prompts), first, second))
    won = rng.random(len(first)) < 1 / (1 + np.exp(strength[second] - strength[first]))
    score = np.where(rng.random(len(first)) < 0.15, 0.5, won)
    took, found = best_of(times, lambda: bradley_terry(Battles(models, first, second, score, prompt)))
    shared, _ = best_of(times, lambda: bradley_terry(Battles(models, first, second, score, prompt // 4)))
    ranks, _ = best_of(times, lambda: rank_intervals(found))
    results = {
        "bradley_terry_ci_ms": took * 1000,
        "bradley_terry_ci_4_comparisons_a_prompt_ms": shared * 1000,
        "rank_intervals_ms": ranks * 1000,
    }
    try:
        import evalica
    except ImportError:
        return results
    outcome = [
        evalica.Winner.X if s == 1 else evalica.Winner.Y if s == 0 else evalica.Winner.Draw for s in score
    ]
    xs, ys = first.tolist(), second.tolist()
    took, theirs = best_of(1, lambda: evalica.bradley_terry(xs, ys, outcome, tolerance=1e-9, limit=1000))
    logs = np.log(theirs.scores.sort_index().to_numpy(dtype=float))
    results["evalica_bradley_terry_without_ci_ms"] = took * 1000
    results["max_difference"] = float(np.abs(logs - logs.mean() - found.strength).max())
    return results


def best_of(times: int, run: Callable[[], Any]) -> tuple[float, Any]:
    took, result = float("inf"), None
    for _ in range(times):
        start = time.perf_counter()
        result = run()
        took = min(took, time.perf_counter() - start)
    return took, result

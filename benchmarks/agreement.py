#!/usr/bin/env python3
"""What agreement costs, from flat arrays of labels and from the database, beside the libraries people use.

Labels: five an item in five ordered classes, 1,000 annotators with heavy-tailed activity, noise and a leaning
of their own. Ours is timed from (item, annotator, value) arrays, counting included; libraries from the input
they ask for, made beforehand. `krippendorff` is given value counts, which is its fastest way in, and up to
100,000 labels also the matrix of annotators by items, its usual one; evalica a frame of five rows (alpha does
not ask who rated), not one of 1,000. Times are the best of several runs, because what else a machine does
only ever adds. `max_difference` is over every figure that a library also gives.

`alpha_ci_ms`: alpha and 1,000 resamples, the slower of the two levels of measurement.
`leave_one_annotator_out_ms`: alpha without each of the 1,000 annotators and the standard error over them.
`map_seconds`, `bradley_terry_ci_ms`: see benchmarks/consensus.py, which holds them against other methods.
`page_cold_ms`, `page_warm_ms`: the agreement page of a project with 100,000 submissions of four labels each,
through Django on PostgreSQL, without network; cold with nothing in the cache.

The libraries are in the dependency group `bench` (`uv sync --group bench`); those that are missing are left
out and named. `--quick` takes under a minute: up to a million labels and a page of 20,000 submissions, on
which no goal is held.
"""

import importlib.util
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from _benchmark import INSIDE, arguments, finish, goal, machine, run_with_services, set_up

MILLION = 1_000_000
ANNOTATORS = 1000
EACH = 5
MODELS = 100
PEERS = {"evalica": "evalica", "crowd-kit": "crowdkit", "choix": "choix"}


def main() -> int:
    options = arguments(__doc__).parse_args()
    if not os.environ.get(INSIDE):
        return run_with_services(__file__)
    set_up()
    warnings.simplefilter("ignore")
    result = run(options.quick)
    return finish(result, options.json, *in_words(result["results"]))


def run(quick: bool) -> dict[str, Any]:
    missing = [name for name, module in PEERS.items() if importlib.util.find_spec(module) is None]
    sizes = [10_000, 100_000, MILLION] if quick else [10_000, 100_000, MILLION, 10 * MILLION]
    results: dict[str, Any] = {"peers_missing": missing, "labels": {}}
    differences = []
    for size in sizes:
        say(f"{size:,} labels")
        found, difference = agreement_of(size, missing)
        results["labels"][f"{size:,}"] = found
        differences.append(difference)
    results["max_difference"] = max(differences)
    say("consensus and rankings at a million")
    results |= {"map": consensus_at(MILLION), "bradley_terry": rankings_at(MILLION, missing)}
    results["page"] = page(20_000 if quick else 100_000)
    at = results["labels"][f"{MILLION:,}"]
    slower = max(at[level]["alpha_ci_ms"] for level in ("nominal", "ordinal"))
    left_out = max(at[level]["leave_one_annotator_out_ms"] for level in ("nominal", "ordinal"))
    goals = [
        goal("alpha_ci_ms", slower, 100, "at_most", "ms"),
        goal("leave_one_annotator_out_ms", left_out, 300, "at_most", "ms"),
        goal("map_seconds", results["map"]["seconds"], 2, "at_most", "s"),
        goal("bradley_terry_ci_ms", results["bradley_terry"]["ms"], 50, "at_most", "ms"),
        goal("max_difference", results["max_difference"], 1e-9, "at_most", ""),
    ]
    if not quick:
        goals += [
            goal("page_cold_ms", results["page"]["cold_ms"], 2000, "at_most", "ms"),
            goal("page_warm_ms", results["page"]["warm_ms"], 200, "at_most", "ms"),
        ]
    return {"machine": machine(), "results": results, "goals": goals}


def labels(size: int) -> tuple[Any, Any, Any]:
    """(item, annotator, value) of `size` labels, values -2 to 2; items in order."""
    rng = np.random.default_rng(size)
    item = np.repeat(np.arange(size // EACH), EACH)
    activity = rng.pareto(1.2, ANNOTATORS) + 0.05
    annotator = rng.choice(ANNOTATORS, size=len(item), p=activity / activity.sum())
    seen = rng.normal(size=size // EACH)[item] * 1.2 + rng.normal(0, 0.3, ANNOTATORS)[annotator]
    seen += rng.normal(size=len(item)) * rng.uniform(0.5, 1.5, ANNOTATORS)[annotator]
    return item, annotator, np.clip(np.round(seen), -2, 2).astype(np.int64)


def agreement_of(size: int, missing: list[str]) -> tuple[dict[str, Any], float]:
    """Times by level, ours and theirs, and the largest difference between figures."""
    from annotation.agreement import alpha, alpha_sums, interval
    from annotation.agreement.groups import Group, Level, value_counts
    from annotation.agreement.influence import leave_one_annotator_out
    from annotation.agreement.kappa import pairwise_kappa
    from annotation.votes import Judgements

    item, annotator, value = labels(size)
    judgements = Judgements(item, annotator, value, np.arange(size // EACH))
    everyone = np.ones(size, dtype=bool)

    def ours(level: Level) -> Any:
        group = Group(value_counts(judgements, everyone), judgements.comparison)
        return alpha(group, level), interval(alpha_sums(group, level))

    def without(level: Level) -> Any:
        return leave_one_annotator_out(judgements, everyone, ANNOTATORS, level)

    found: dict[str, Any] = {}
    differences = [0.0]
    for level in ("nominal", "ordinal"):
        taken, (figure, ends) = best(lambda level=level: ours(level), runs=9 if size <= MILLION else 2)
        left, each = best(lambda level=level: without(level), runs=9 if size <= MILLION else 2)
        found[level] = {
            "alpha": figure.value,
            "ci95": ends.ends,
            "ci95_other_annotators": each.interval.ends,
            "alpha_ci_ms": taken,
            "leave_one_annotator_out_ms": left,
            "libraries": {},
        }
        # Three classes for us, so the libraries get the signs.
        said = np.sign(value) + 1 if level == "nominal" else value + 2
        for name, make in libraries(item, annotator, said, level, size, missing).items():
            milliseconds, theirs = best(make, runs=3 if size < 100_000 else 1)
            found[level]["libraries"][name] = milliseconds
            if theirs is not None:
                differences.append(abs(theirs - figure.value))
    taken, _ = best(lambda: pairwise_kappa(judgements, np.arange(ANNOTATORS)), runs=2)
    found["pairwise_kappa_ms"] = taken
    return found, max(differences)


def libraries(
    item: Any, annotator: Any, said: Any, level: str, size: int, missing: list[str]
) -> dict[str, Callable[[], float | None]]:
    """What gives the same alpha, as far as it can be asked for that many labels; figures or None."""
    import krippendorff

    values = int(said.max()) + 1
    domain = np.arange(values)

    def counts() -> float:
        table = np.bincount(item * values + said, minlength=(size // EACH) * values).reshape(-1, values)
        return float(krippendorff.alpha(value_counts=table, value_domain=domain, level_of_measurement=level))

    calls: dict[str, Callable[[], float | None]] = {"krippendorff, value counts": counts}
    if size <= 100_000:
        matrix = np.full((ANNOTATORS, size // EACH), np.nan)
        matrix[annotator, item] = said

        def dense() -> None:
            """For its time alone: who meets an item twice has two labels here and one in a matrix."""
            krippendorff.alpha(reliability_data=matrix, level_of_measurement=level)

        calls["krippendorff, annotators x items"] = dense
    if "evalica" not in missing:
        import evalica
        import pandas as pd

        frame = pd.DataFrame(said.reshape(-1, EACH).T.astype(float))
        calls["evalica.alpha, five rows"] = lambda: float(evalica.alpha(frame, distance=level).alpha)
        if size <= 100_000:

            def resampled() -> None:
                evalica.alpha_bootstrap(frame, distance=level, n_resamples=1000, random_state=1)

            calls["evalica.alpha_bootstrap, 1,000 (of pairs: too narrow)"] = resampled
    if "crowd-kit" not in missing and size <= 100_000 and level == "nominal":
        import pandas as pd
        from crowdkit.metrics.data import alpha_krippendorff

        # crowd-kit knows one label of a worker and a task.
        answers = pd.DataFrame({"task": item, "worker": np.arange(size) % EACH, "label": said})
        calls["crowd-kit"] = lambda: float(alpha_krippendorff(answers))
    return calls


def consensus_at(size: int) -> dict[str, Any]:
    """The default consensus model fitted to three classes."""
    from annotation.consensus import Answers, mace

    item, annotator, value = labels(size)
    answers = Answers.of(item, annotator, np.sign(value) + 1, 3)
    milliseconds, fitted = best(lambda: mace.fit(answers), runs=2)
    return {"labels": size, "seconds": round(milliseconds / 1000, 3), "iterations": int(fitted.iterations)}


def rankings_at(size: int, missing: list[str]) -> dict[str, Any]:
    """Bradley-Terry of 100 models with sandwich intervals, and what choix and evalica take for the fit.

    Five votes a comparison, clustered by it; `scattered_ms` has ten votes a prompt on as many pairs.
    """
    from annotation.ratings import Battles, bradley_terry

    rng = np.random.default_rng(3)
    strength = rng.normal(0, 1, MODELS)
    first = rng.integers(0, MODELS, size)
    second = (first + rng.integers(1, MODELS, size)) % MODELS
    won = rng.random(size) < 1 / (1 + np.exp(strength[second] - strength[first]))
    scattered = Battles(MODELS, first, second, won.astype(float), np.arange(size) // 10)
    scattered_ms, _ = best(lambda: bradley_terry(replace(scattered)), runs=3)
    comparison = np.arange(size) // EACH
    first, second = first[comparison], second[comparison]
    won = rng.random(size) < 1 / (1 + np.exp(strength[second] - strength[first]))
    battles = Battles(MODELS, first, second, won.astype(float), comparison)
    milliseconds, fitted = best(lambda: bradley_terry(replace(battles)), runs=9)
    theirs: dict[str, float] = {}
    if "choix" not in missing:
        import choix

        wins = np.zeros((MODELS, MODELS))
        np.add.at(wins, (np.where(won, first, second), np.where(won, second, first)), 1)
        theirs["choix.ilsr_pairwise_dense, fit alone"], figures = best(
            lambda: choix.ilsr_pairwise_dense(wins), runs=2
        )
        own = np.asarray(fitted.strength)
        theirs["choix, max_difference"] = float(np.abs((figures - figures.mean()) - (own - own.mean())).max())
    if "evalica" not in missing:
        import evalica

        one, two = [str(model) for model in first], [str(model) for model in second]
        outcome = [evalica.Winner.X if one_won else evalica.Winner.Y for one_won in won]
        theirs["evalica.bradley_terry, fit alone"], _ = best(
            lambda: evalica.bradley_terry(one, two, outcome), runs=1
        )
    return {
        "battles": size,
        "models": MODELS,
        "ms": milliseconds,
        "scattered_ms": scattered_ms,
        "libraries": theirs,
    }


def page(submissions: int) -> dict[str, Any]:
    """The agreement page as its owner gets it, of a project with this many submissions of four labels."""
    from _voted import voted_project
    from django.core.cache import cache
    from django.core.management import call_command
    from django.test import Client
    from django.urls import reverse

    say(f"a project of {submissions:,} submissions")
    call_command("migrate", verbosity=0)
    project = voted_project(submissions)
    client = Client(SERVER_NAME="localhost")
    client.force_login(project.memberships.get().user)
    path = reverse("agreement", args=[project.slug])
    client.get(reverse("overview", args=[project.slug]))

    def get() -> int:
        response = client.get(path)
        if response.status_code != 200:
            raise RuntimeError(f"{path} answered {response.status_code}")
        return len(response.content)

    def cold() -> int:
        cache.clear()
        client.force_login(project.memberships.get().user)  # sessions are in the cache
        return get()

    cold_ms, size = best(cold, runs=3)
    warm_ms, _ = best(get, runs=5)
    return {"labels": submissions * 4, "cold_ms": cold_ms, "warm_ms": warm_ms, "bytes": size}


def best(call: Callable[[], Any], runs: int = 3) -> tuple[float, Any]:
    """(milliseconds of the fastest run, its result)."""
    fastest, kept = float("inf"), None
    for _ in range(runs):
        start = time.perf_counter()
        result = call()
        taken = time.perf_counter() - start
        if taken < fastest:
            fastest, kept = taken, result
    return round(1000 * fastest, 2), kept


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text} …", file=sys.stderr)


def in_words(results: dict[str, Any]) -> Iterator[str]:
    for size, found in results["labels"].items():
        for level in ("nominal", "ordinal"):
            one = found[level]
            yield (
                f"{size:>12} {level:8} alpha {one['alpha']:.4f}   with interval {one['alpha_ci_ms']:>8} ms"
                f"   without each annotator {one['leave_one_annotator_out_ms']:>8} ms"
            )
            for name, taken in one["libraries"].items():
                yield f"{'':22}{name:55}{taken:>10} ms"
    for name in ("map", "bradley_terry", "page", "max_difference", "peers_missing"):
        yield f"{name:16}{results[name]}"


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""How well and how fast consensus and rankings are worked out, beside a smoothed majority and crowd-kit.

`truth_inference.jsonl.gz` holds 17 public data sets with known answers; `convarg.jsonl.gz` pairs of arguments
with published competences of the crowd, its references not used. The rest is simulated: asking until it is
sure, and a million labels. Nothing here needs a database. `--json` prints one object. Crowd-kit and evalica
come with `uv sync --group bench`; without them their columns are missing.
"""

import gzip
import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

# One thread: with two, waiting for a busy core takes longer than inverting a matrix of 100 models.
for _library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

import numpy as np  # noqa: E402
from _benchmark import DATA, ROOT, arguments, finish, goal, machine, texts_of  # noqa: E402

sys.path.insert(0, str(ROOT))

from _simulated import seconds, stopping  # noqa: E402

from annotation.consensus import dawid_skene, mace  # noqa: E402
from annotation.consensus.answers import Answers  # noqa: E402
from annotation.consensus.majority import agreement_with_majority, shares  # noqa: E402

FLOOR = 1e-3
CROWD_KIT = importlib.util.find_spec("crowdkit") is not None
BASELINE = "crowd-kit DS" if CROWD_KIT else "plain DS"
CLASSES = ("a", "tie", "b")


class Known(NamedTuple):
    """A data set: answers, and the true class of some items."""

    name: str
    answers: Answers
    item: np.ndarray
    truth: np.ndarray


class Score(NamedTuple):
    accuracy: float
    log_loss: float
    seconds: float


def main() -> int:
    options = arguments(__doc__).parse_args()
    texts_of("truth_inference.jsonl.gz")
    if not CROWD_KIT:
        say("no crowd-kit (uv sync --group bench): our plain Dawid-Skene is the baseline instead")
    sets, goals = known_answers()
    convarg, more = of_arguments()
    speed = seconds(3 if options.quick else 7, crowd_kit if CROWD_KIT else None)
    most = [
        goal("map_seconds", speed["map_seconds"], 2.0, "at_most", "s"),
        goal("bradley_terry_ci_ms", speed["bradley_terry_ci_ms"], 50.0, "at_most", "ms"),
    ]
    result = {
        "machine": machine(),
        "results": {
            "truth_inference": sets,
            "convarg": convarg,
            "stopping": stopping(comparisons=1000 if options.quick else 5000),
            "speed": speed,
        },
        "goals": goals + more + most,
    }
    return finish(result, options.json, *in_words(result["results"]))


# --- known answers -------------------------------------------------------------------------------------


def known_answers() -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Every method on every data set, and the goals over all of them."""
    sets: dict[str, dict[str, Score]] = {}
    for known in read_sets():
        sets[known.name] = {name: score(known, method) for name, method in methods().items()}
        say(f"{known.name:24} " + "  ".join(f"{n} {s.accuracy:.3f}" for n, s in sets[known.name].items()))
    rows = list(sets.values())
    ahead = [row["mace"].accuracy - max(row["majority"].accuracy, row[BASELINE].accuracy) for row in rows]
    loss = [row["mace"].log_loss - row["majority"].log_loss for row in rows]
    mean = {
        name: {part: float(np.mean([getattr(row[name], part) for row in rows])) for part in Score._fields}
        for name in rows[0]
    }
    goals = [
        goal("mean_accuracy_vs_best_baseline", float(np.mean(ahead)), -0.005, "at_least", ""),
        goal("mean_log_loss_vs_majority", float(np.mean(loss)), 0.0, "at_most", "nats"),
    ]
    return {
        "sets": {n: {m: s._asdict() for m, s in row.items()} for n, row in sets.items()},
        "mean": mean,
    }, goals


def methods() -> dict[str, Callable[[Answers], np.ndarray]]:
    """From answers to (classes, items)."""
    return {
        "majority": lambda a: (a.votes + 1 / a.classes) / (a.votes + 1 / a.classes).sum(0),
        BASELINE: crowd_kit if CROWD_KIT else plain,
        "mace": lambda a: mace.fit(a).posterior(a),
        "dawid_skene": lambda a: dawid_skene.fit(a).posterior(a),
        "wawa": lambda a: shares(a, agreement_with_majority(a)),
    }


def crowd_kit(answers: Answers) -> np.ndarray:
    import pandas as pd
    from crowdkit.aggregation import DawidSkene

    columns = {"task": answers.item, "worker": answers.annotator, "label": answers.value}
    found = DawidSkene(n_iter=100).fit(pd.DataFrame(columns)).probas_
    return found.reindex(index=range(answers.items), columns=range(answers.classes)).fillna(0).to_numpy().T


def plain(answers: Answers) -> np.ndarray:
    return dawid_skene.fit(answers, dawid_skene.PLAIN).posterior(answers)


def score(known: Known, method: Callable[[Answers], np.ndarray]) -> Score:
    """Accuracy (of n equal best classes the right one counts 1/n) and log loss, floored, on known items."""
    start = time.perf_counter()
    posterior = method(known.answers)
    took = time.perf_counter() - start
    chances = posterior[:, known.item]
    best = chances >= chances.max(0) - 1e-9
    right = best[known.truth, np.arange(len(known.truth))] / best.sum(0)
    floored = np.maximum(chances, FLOOR)
    floored /= floored.sum(0)
    return Score(
        float(right.mean()), float(-np.log(floored[known.truth, np.arange(len(known.truth))]).mean()), took
    )


def read_sets() -> Iterator[Known]:
    with gzip.open(DATA / "truth_inference.jsonl.gz", "rt") as lines:
        for line in lines:
            data = json.loads(line)
            labels = np.array(data["labels"])
            items, item = np.unique(labels[:, 0], return_inverse=True)
            annotator = np.unique(labels[:, 1], return_inverse=True)[1]
            classes = data["classes"]
            value = np.searchsorted(classes, labels[:, 2])
            at = {int(pk): index for index, pk in enumerate(items)}
            truth = [
                (at[int(pk)], classes.index(true)) for pk, true in data["truth"].items() if int(pk) in at
            ]
            answers = Answers.of(item, annotator, value, len(classes))
            yield Known(data["dataset"], answers, *np.array(truth).T)


# --- arguments -----------------------------------------------------------------------------------------


def of_arguments() -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Convarg: accuracy on its references, and competences beside the published ones."""
    from scipy.stats import spearmanr

    item, who, value, truth = [], [], [], []
    with gzip.open(DATA / "convarg.jsonl.gz", "rt") as lines:
        for number, line in enumerate(lines):
            data = json.loads(line)
            for label in data["labels"]:
                item.append(number)
                who.append(label["annotator"])
                value.append(CLASSES.index(label["choice"]))
            if data["gold"]["overall"]:
                truth.append((number, CLASSES.index(data["gold"]["overall"])))
    names, annotator = np.unique(who, return_inverse=True)
    known = Known("convarg", Answers.of(np.array(item), annotator, np.array(value), 3), *np.array(truth).T)
    with gzip.open(DATA / "convarg_workers.jsonl.gz", "rt") as lines:
        rows = map(json.loads, lines)
        published = {row["annotator"]: row["mace_competence"] for row in rows}
    compared = np.array([published[name] for name in names])
    voted = shares(known.answers)[:, known.item]
    decided = (voted >= voted.max(0) - 1e-9).sum(0) == 1  # where the majority has one answer
    result: dict[str, Any] = {"majority": of_the_decided(known, shares(known.answers), decided)}
    for name, priors in (("mace", mace.Priors()), ("mace, plain", mace.PLAIN)):
        found = mace.fit(known.answers, priors)
        result[name] = of_the_decided(known, found.posterior(known.answers), decided) | {
            "competence_rank_correlation": float(spearmanr(found.competence, compared)[0])
        }
    goals = [
        goal(
            "convarg_competence_rank_correlation_plain",
            result["mace, plain"]["competence_rank_correlation"],
            0.95,
            "at_least",
            "",
        ),
        goal(
            "convarg_reference_accuracy",
            result["mace"]["where_the_majority_is_decided"],
            round(result["majority"]["where_the_majority_is_decided"], 4),
            "at_least",
            "",
        ),
    ]
    return result, goals


def of_the_decided(known: Known, posterior: np.ndarray, decided: np.ndarray) -> dict[str, float]:
    """Accuracy on references where the majority is decided, and on all (undecided counts as wrong)."""
    chances = posterior[:, known.item]
    alone = (chances >= chances.max(0) - 1e-9).sum(0) == 1
    right = (chances.argmax(0) == known.truth) & alone
    return {"where_the_majority_is_decided": float(right[decided].mean()), "accuracy": float(right.mean())}


# --- what is printed -----------------------------------------------------------------------------------


def say(text: str) -> None:
    print(text, file=sys.stderr)


def in_words(results: dict[str, Any]) -> list[str]:
    lines = ["mean over 17 data sets: accuracy, log loss, seconds"]
    for name, mean in results["truth_inference"]["mean"].items():
        lines.append(f"  {name:14} {mean['accuracy']:.4f}  {mean['log_loss']:.4f}  {mean['seconds']:.3f}")
    for part in ("convarg", "stopping", "speed"):
        lines.append(part)
        for name, value in results[part].items():
            shown = (
                "  ".join(f"{key} {number:.3f}" for key, number in value.items())
                if isinstance(value, dict)
                else f"{value:.4g}"
            )
            lines.append(f"  {name:44} {shown}")
    return lines


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Second and third labels where they pay, beside one label each and three each, at the same number of labels.

Comparisons with four people or more: one of them is the truth, one to three others are asked, over all ways
to choose them; where the most frequent answer is not alone, a lot decides. Scores are the error model's, on
groups it has not seen (10 folds, five seeds), learned from all comparisons that two people have labelled.

Figures are percentage points of labels that another person agrees with; intervals are a bootstrap
over groups with the choices as they are.
"""

import argparse
import sys
from itertools import combinations
from typing import Any

import numpy as np
from _benchmark import finish, goal, machine, set_up, texts_of
from _votes import Data, described, lines_of, people_of, read

SHARES = (0.10, 0.25, 0.50, 1.00)  # labels, as a share of the comparisons
MOST = 3


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    mtbench = texts_of("mtbench.jsonl.gz")
    set_up()
    seeds = range(1 if options.quick else 5)
    replicates = 300 if options.quick else 2000
    results: dict[str, Any] = {}
    pairs = lines_of(mtbench)
    texts = described(pairs)
    for name, without_ties in (("MT-Bench, ties kept", False), ("MT-Bench, ties dropped", True)):
        data = read(pairs, texts, "gpt-4", "llama-2-70b-instruct-v2", without_ties, gold=False)
        results[name] = measured(data, without_ties, seeds, replicates)
    goals = [
        goal(f"vs_{other}_mean {name}", found[f"over {other} each"][-1][0], 0.0, "at_least", "points")
        for name, found in results.items()
        for other in ("one", "three")
    ]
    lines = [told(name, found) for name, found in results.items()]
    return finish({"machine": machine(), "results": results, "goals": goals}, options.json, *lines)


def measured(data: Data, without_ties: bool, seeds: Any, replicates: int) -> dict[str, Any]:
    """Gains of spreading labels over other ways, by share of labels, with their mean last."""
    from routing.evaluation import resampled
    from routing.learning import human_error
    from routing.overlap import agreement, ladder, spread
    from routing.policy import draws

    labelled = data.labelled
    votes = [people_of(line, without_ties) for line in data.lines]
    rows = np.array([at for at, said in enumerate(votes) if len(said) > MOST])
    quality = np.column_stack([data.cases.judge[rows], *np.array([agreeing(votes[at]) for at in rows]).T])
    groups = [labelled.signals.groups[at] for at in rows.tolist()]
    keys = [labelled.signals.keys[at] for at in rows.tolist()]
    human, _ = human_error(labelled)
    weights = np.vstack([np.ones(len(rows)), resampled(groups, replicates, 0)])
    ways: dict[str, list[Any]] = {"one": [], "two": [], "three": []}
    numbers = []
    for seed in seeds:
        scores = held_out(labelled, seed)[rows] - human
        ties = draws(keys, seed, "tie")
        order = np.lexsort((ties, -scores))
        for share in SHARES:
            room = round(share * len(rows))
            labels, _ = spread(scores, ties, ladder(human, MOST), room)
            numbers.append(np.bincount(labels, minlength=MOST + 1))
            adaptive = quality[np.arange(len(rows)), labels]
            for each, name in enumerate(ways, start=1):
                fixed = quality[:, 0].copy()
                fixed[order[: room // each]] = quality[order[: room // each], each]
                ways[name].append(weights @ (adaptive - fixed) / weights.sum(axis=1))
    given = np.reshape(numbers, (len(seeds), len(SHARES), -1)).mean(axis=0)
    found: dict[str, Any] = {
        "comparisons": len(rows),
        "people contradict each other": round(human, 3),
        "agreement of 1, 2, 3 seen": quality[:, 1:].mean(axis=0).round(3).tolist(),
        "agreement of 1, 2, 3 expected": agreement(human, MOST).round(3).tolist(),
        "given 0, 1, 2, 3 labels": given.round().tolist(),
    }
    for name, drawn in ways.items():
        by_share = 100 * np.reshape(drawn, (len(seeds), len(SHARES), -1)).mean(axis=0)
        figures = [*by_share, by_share.mean(axis=0)]
        found[f"over {name} each"] = [
            [round(float(one), 2) for one in (row[0], *np.percentile(row[1:], [2.5, 97.5]))]
            for row in figures
        ]
    return found


def agreeing(said: Any) -> list[float]:
    """How often another person agrees with the majority of 1, 2, … MOST, over all ways to choose them."""
    found = []
    for number in range(1, MOST + 1):
        hits = []
        for truth in range(len(said)):
            for asked in combinations(np.delete(said, truth).tolist(), number):
                times = {one: asked.count(one) for one in asked}
                most = [one for one, count in times.items() if count == max(times.values())]
                hits.append((said[truth] in most) / len(most))
        found.append(float(np.mean(hits)))
    return found


def held_out(labelled: Any, seed: int) -> Any:
    """P(judge wrong) of every comparison by an error model that has not seen its group."""
    from routing.combining import error_alone, part
    from routing.error_model import folds_of, splits

    found = np.empty(len(labelled))
    for train, test in splits(folds_of(labelled.signals.groups, 10, seed)):
        rows = np.flatnonzero(test)
        found[rows] = error_alone(part(labelled, np.flatnonzero(train)), seed)(labelled.signals.at(rows))
    return found


def told(name: str, found: dict[str, Any]) -> str:
    rows = [f"{name}: {found['comparisons']} comparisons with four people or more"]
    for key, value in found.items():
        if key.startswith("over"):
            value = "  ".join(f"{v:+.1f} [{low:+.1f}, {high:+.1f}]" for v, low, high in value)
        rows.append(f"  {key:32} {value}")
    return "\n".join(rows)


if __name__ == "__main__":
    sys.exit(main())

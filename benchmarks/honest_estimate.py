#!/usr/bin/env python3
"""How often the interval of a figure over the whole project holds the truth, when routing chose who is asked.

Simulated projects: comparisons differ in how hard they are; the judge is wrong, and leans towards one model,
more often where they are hard; routing sends the hardest share to people, or a random share, and the audit
slice is drawn by lottery from the rest. The truth is what people would have said on every comparison, so it
is known. `audited.whole` estimates the first model's win rate and how often the judge agrees with people.

Agreement has nothing that stands in for it: where routing draws lots, its score is the lot.

`coverage`: share of simulated projects whose 95 % interval holds the truth. `bias`: mean error. `routed`:
the same error of the baseline: people's answers and, elsewhere, the judge's put together (of
agreement: over the comparisons that people answered).
`width_ratio`: width beside that of the interval from people's answers alone, the same strata, no judge.
`--quick` takes under a minute: fewer projects.
"""

import os
import sys
from typing import Any

for _library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

import numpy as np  # noqa: E402
from _benchmark import ROOT, arguments, finish, goal, machine  # noqa: E402

sys.path.insert(0, str(ROOT))
from annotation.audited import Figure, whole  # noqa: E402

SIZE = 2000
SHARE = 0.25
AUDITS = (0.02, 0.05, 0.1, 0.3)
JUDGES = {"good": 0.9, "middling": 0.7, "guessing": 0.34}


def main() -> int:
    options = arguments(__doc__).parse_args()
    projects = 300 if options.quick else 2000
    rng = np.random.default_rng(20)
    settings = []
    for policy in ("hardest", "random"):
        for judge, skill in JUDGES.items():
            for audit in AUDITS:
                for figure, found in simulate(rng, projects, policy, skill, audit).items():
                    settings.append(
                        {"policy": policy, "judge": judge, "audit": audit, "figure": figure} | found
                    )
    coverage = [one["coverage"] for one in settings]
    goals = [
        # Four standard errors of a share of that many projects below 95 %.
        goal(
            "coverage_least",
            min(coverage),
            round(0.95 - 4 * (0.95 * 0.05 / projects) ** 0.5, 3),
            "at_least",
            "",
        ),
        goal("coverage_mean", round(float(np.mean(coverage)), 4), 0.945, "at_least", ""),
        goal("bias_worst", max(abs(one["bias"]) for one in settings), 0.01, "at_most", ""),
    ]
    result = {"machine": machine(), "results": {"projects": projects, "settings": settings}, "goals": goals}
    return finish(result, options.json, *lines(settings))


def simulate(
    rng: np.random.Generator, projects: int, policy: str, skill: float, audit: float
) -> dict[str, dict[str, Any]]:
    rows: dict[str, list[tuple[Figure, float, Figure]]] = {"win_rate": [], "agreement": []}
    for _ in range(projects):
        hard = rng.beta(2, 3, SIZE)
        people = rng.choice([1.0, 0.5, 0.0], SIZE, p=(0.5, 0.15, 0.35))
        right = rng.random(SIZE) < skill + (1 - skill) * (1 - hard) * 0.6
        judge = np.where(right, people, rng.choice([1.0, 0.5, 0.0], SIZE, p=(0.6, 0.1, 0.3)))
        chosen = np.zeros(SIZE, dtype=bool)
        score = hard + rng.normal(0, 0.1, SIZE) if policy == "hardest" else rng.random(SIZE)
        chosen[np.argsort(-score)[: round(SHARE * SIZE)]] = True
        asked = chosen | (rng.random(SIZE) < audit)
        probability = (
            np.where(chosen, 1.0, audit) if policy == "hardest" else np.full(SIZE, SHARE + 0.75 * audit)
        )
        agree = (judge == people).astype(float)
        nothing = np.full(SIZE, np.nan)
        for name, truth, stand_in in (("win_rate", people, judge), ("agreement", agree, nothing)):
            said = np.where(asked, truth, np.nan)
            figure = whole(said, stand_in, probability)
            alone = whole(said, nothing, probability)
            rows[name].append((figure, float(truth.mean()), alone))
    return {name: summary(found) for name, found in rows.items()}


def summary(rows: list[tuple[Figure, float, Figure]]) -> dict[str, Any]:
    told = [row for row in rows if row[0].value is not None]
    value = np.array([figure.value for figure, _, _ in told], dtype=float)
    ends = np.array([(figure.low, figure.high) for figure, _, _ in told], dtype=float)
    alone = np.array([(other.low, other.high) for _, _, other in told], dtype=float)
    truth = np.array([true for _, true, _ in told])
    routed = np.array([figure.routed for figure, _, _ in told], dtype=float)
    held = (ends[:, 0] <= truth) & (truth <= ends[:, 1])
    width = float(np.diff(ends).mean())
    return {
        "coverage": round(float(held.mean()), 4),
        "bias": round(float((value - truth).mean()), 5),
        "routed_bias": round(float((routed - truth).mean()), 5),
        "width": round(width, 4),
        "width_ratio": round(width / float(np.diff(alone).mean()), 3),
        "not_told": len(rows) - len(told),
    }


def lines(settings: list[dict[str, Any]]) -> list[str]:
    told = ["policy   judge     audit  figure     coverage     bias  routed_bias   width  width_ratio"]
    for one in settings:
        told.append(
            f"{one['policy']:9}{one['judge']:10}{one['audit']:<7}{one['figure']:11}{one['coverage']:8.3f}"
            f"{one['bias']:9.4f}{one['routed_bias']:13.4f}{one['width']:8.3f}{one['width_ratio']:13.3f}"
        )
    return told


if __name__ == "__main__":
    sys.exit(main())

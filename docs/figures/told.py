"""Figures of docs/routing.md that show what `benchmarks/routing.py` measured (`measured/routing.json`)."""

import json
from typing import Any

from chart import FAINT, HERE, JUDGE, PEOPLE, Chart
from tables import every

MODELS = ("OLS quadratic", "OLS linear", "boosting", "ridge")
SIZE = 100  # mixes that each model learned from


def policies() -> None:
    """Mean gain of every policy over people by lot, ties kept, best first; drawn where it was measured."""
    rows = [(name, one[-1]) for name, one in every(_results(), "with ties").items()]
    if not rows:
        return
    chart = Chart(
        "What each policy gains",
        (-2, 4),
        (0, len(rows)),
        ("points of label accuracy over people by lot, mean of 10, 25 and 50 %", ""),
        left=130,
    )
    chart.grid([(x, f"{x:+d}" if x else "0") for x in range(-2, 5)], [])
    chart.line([0, 0], [0, len(rows)], FAINT, "5 4")
    for row, (name, (value, low, high)) in enumerate(rows):
        y = len(rows) - row - 0.5
        colour = PEOPLE if name == "combined" else JUDGE
        chart.line([low, high], [y, y], colour)
        chart.dot(value, y, colour, 5)
        chart.label(y, name)
    chart.write("routing-policies")


def mixes() -> None:
    """How models of mixes rank fresh mixes: on the prompts they learned about, and on others."""
    found = _results()["mixes"]
    chart = Chart(
        "Mixes on known and on unseen prompts",
        (-0.4, 1),
        (0, len(MODELS)),
        ("rank correlation of predicted and measured mixes", ""),
        left=130,
    )
    chart.grid([(x / 10, f"{x / 10:g}") for x in range(-4, 11, 2)], [])
    chart.line([0, 0], [0, len(MODELS)], FAINT, "5 4")
    for row, name in enumerate(MODELS):
        for key, shift, colour in (("rho_same", 0.65, PEOPLE), ("rho_unseen", 0.35, JUDGE)):
            value, low, high = found[f"{name}, {SIZE} mixes"][key]
            chart.line([low, high], [row + shift, row + shift], colour)
            chart.dot(value, row + shift, colour, 5)
        chart.label(row + 0.5, name)
    chart.text(chart.at(0.72, 0)[0], 16, "same prompts", "start", PEOPLE)
    chart.text(chart.at(0.4, 0)[0], 16, "unseen prompts", "start", JUDGE)
    chart.write("routing-mixes")


def _results() -> dict[str, Any]:
    kept: dict[str, Any] = json.loads((HERE / "measured" / "routing.json").read_text())["results"]
    return kept

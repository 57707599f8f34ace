"""The figure of the stop rule: what each next batch was predicted to put right, and what it did."""

from decimal import Decimal

import numpy as np
from chart import FAINT, JUDGE, Chart

BATCH = 60
FIRST = 120  # drawn by lot, to learn from


def learning(known: object) -> None:
    """People label the whole of `known`, batch after batch, best scores first; models refit after each."""
    from routing.combining import error_alone, part
    from routing.learned import learn
    from routing.learning import gains_of

    n = len(known)
    order = np.random.default_rng(0).permutation(n)
    done, rest = list(order[:FIRST]), list(order[FIRST:])
    gain = gains_of(known)
    at, value, low, high, seen = [], [], [], [], []
    while len(rest) >= BATCH:
        labelled = part(known, np.array(done))
        scores = error_alone(labelled, 0)(known.signals.at(np.array(rest)))
        batch = np.array(rest)[np.argsort(-scores, kind="stable")[:BATCH]]
        told = learn(labelled, known.signals.at(batch), 0, Decimal(0), None).next_batch
        at.append(len(done))
        for column, name in ((value, "gain"), (low, "low"), (high, "high")):
            column.append(told[name])
        seen.append(float(gain[batch].sum()))
        done += batch.tolist()
        rest = [row for row in rest if row not in set(batch.tolist())]
    top = 5 * (int(max([*high, *seen]) // 5) + 1)
    bottom = 5 * int(min([*low, *seen]) // 5)
    chart = Chart(
        "The next batch",
        (0, n),
        (bottom, top),
        ("comparisons that people have labelled", f"labels that the next {BATCH} put right, net"),
    )
    step = 5 if top - bottom <= 40 else 10
    chart.grid(
        [(x, f"{x}") for x in range(0, n + 1, 120)], [(y, str(y)) for y in range(bottom, top + 1, step)]
    )
    chart.line([0, n], [0, 0], FAINT, "5 4")
    chart.band(at, low, high)
    chart.line(at, value)
    for x, y in zip(at, seen, strict=True):
        chart.dot(x, y)
    stop = next((x for x, end in zip(at, low, strict=True) if end <= 0), None)
    if stop is not None:
        chart.line([stop, stop], [bottom, top], JUDGE, "5 4")
    chart.write("routing-learning")

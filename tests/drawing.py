"""Draws that come out evenly, whatever the keys of rows are.

The product draws from its secret and from primary keys, and keys differ from run to run; what a test expects
of few draws would fail now and then.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterator

import pytest

# Multiples of it leave no gap between 0 and 1 for long.
GOLDEN = 0.6180339887498949


def draw_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    """What follows is spread evenly over what is asked, and the orders shown to a person alternate."""
    numbers: dict[object, Iterator[int]] = defaultdict(itertools.count)
    drawn: dict[tuple[object, ...], int] = {}

    def number(kind: object, *parts: object) -> int:
        if (kind, *parts) not in drawn:
            drawn[kind, *parts] = next(numbers[kind])
        return drawn[kind, *parts]

    def follows(*parts: object) -> float:
        return (0.5 + number(parts[-1], *parts) * GOLDEN) % 1

    def place(annotator: object, comparison: object, letter: str) -> bytes:
        turned = number(("order", annotator), comparison) % 2
        return bytes([255 - ord(letter) if turned else ord(letter)])

    monkeypatch.setattr("annotation.instruments.lending.draw", follows)
    monkeypatch.setattr("annotation.leases.order._draw", place)

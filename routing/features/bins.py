"""Thirds with frozen edges, for methods that count tags (HyPER, section 3.1). Pure.

The edges are terciles of 2,400 comparisons of chat answers (MT-Bench), rounded and kept here, so that a
comparison's bin never depends on what it is looked at with. Bins are half-open, the last one is closed at the
top, and they cover the whole line: every finite value has exactly one.
"""

import numpy as np
from numpy.typing import NDArray

from .describing import SHARED

NAMES = ("low", "middle", "high")
BINS: dict[str, tuple[float, float]] = {
    "similarity": (0.50, 0.71),
    "rouge_l": (0.16, 0.27),
    "entity_overlap": (0.05, 0.30),
    "vocabulary_overlap": (0.16, 0.27),
    "prompt_length": (3.4, 4.1),
    "shortest_length": (3.1, 4.6),
    "longest_length": (4.6, 5.5),
    "length_gap": (0.4, 1.2),
    "openness": (0.25, 0.75),
    "safety_concern": (0.25, 0.75),
    "expertise": (0.25, 0.75),
    "intents": (0.7, 1.2),
    "format_constraints": (0.5, 1.0),
}


def bin_of(name: str, values: NDArray[np.float64]) -> NDArray[np.int64]:
    """0 low, 1 middle, 2 high for each value (n,). KeyError for a column without edges."""
    return np.searchsorted(np.array(BINS[name]), values, side="right").astype(np.int64)


def tags(shared: NDArray[np.float32]) -> tuple[list[str], NDArray[np.bool_]]:
    """Names and membership (n, tags): a tag for each bin, and for each subject and fact that is 0 or 1."""
    names: list[str] = []
    columns: list[NDArray[np.bool_]] = []
    for place, name in enumerate(SHARED):
        values = shared[:, place].astype(np.float64)
        if name in BINS:
            where = bin_of(name, values)
            names += [f"{name} {third}" for third in NAMES]
            columns += [where == third for third in range(len(NAMES))]
        elif name.startswith("about ") or name in ("material", "lists_differ", "code_differs"):
            names.append(name)
            columns.append(values > 0.5)
    return names, np.column_stack(columns)

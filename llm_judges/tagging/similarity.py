"""How alike texts are by their embeddings. Pure: no Django."""

import math
from collections.abc import Sequence
from itertools import combinations

Vector = Sequence[float]


def mean_cosine(vectors: Sequence[Vector]) -> float:
    """Mean cosine over all pairs of k >= 2 vectors, from -1 to 1. Raises ValueError for vectors of different
    lengths, without direction, or with numbers that are none."""
    if len({len(vector) for vector in vectors}) != 1:
        raise ValueError("embeddings differ in length")
    sizes = [math.hypot(*vector) for vector in vectors]
    if not all(math.isfinite(size) and size > 0 for size in sizes):
        raise ValueError("an embedding has no direction")
    pairs = list(combinations(range(len(vectors)), 2))
    total = math.fsum(
        math.fsum(x * y for x, y in zip(vectors[i], vectors[j], strict=True)) / (sizes[i] * sizes[j])
        for i, j in pairs
    )
    return max(-1.0, min(1.0, total / len(pairs)))

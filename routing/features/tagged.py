"""A judge's tags in place of the rules. Pure: no Django.

Rules guess what a prompt is about; a judge was asked. Where a plan goes by tags it does so throughout: a
comparison that lacks one has no value there (NaN), never one on another scale.
"""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from annotation import tagging

from .describing import SHARED, VERSION

TAGGED = 100 * tagging.VERSION + VERSION  # what rows of rules and tags together are kept as

# The words of a tag, from least to most, on the scale of the column that they stand in for.
_SCALES = {
    "expertise": ("expertise", (0.0, 0.5, 1.0)),
    "openness": ("openness", (0.0, 0.5, 1.0)),
    "safety-concern": ("safety_concern", (0.0, 0.5, 1.0)),
    "complexity": ("intents", tuple(math.log1p(number) for number in (1, 3, 6))),
    "material": ("material", (0.0, 1.0)),
    "format-constraints": ("format_constraints", tuple(math.log1p(number) for number in (0, 1, 3))),
}
_ABOUT = {name.removeprefix("about "): at for at, name in enumerate(SHARED) if name.startswith("about ")}
_SIMILARITY = SHARED.index("similarity")


def overlaid(
    shared: NDArray[np.float32], tags: Mapping[str, str], embedded: bool = True
) -> NDArray[np.float32]:
    """A row (len(SHARED),) by rules with tags in place of what they say better; NaN where a tag is missing or
    off the menu. `embedded`: similarity is by embeddings in this project."""
    row = shared.copy()
    for name, (column, scale) in _SCALES.items():
        words = tagging.TAGS[name][1]
        value = tags.get(name)
        row[SHARED.index(column)] = scale[words.index(value)] if value in words else np.nan
    subject = tags.get("subject")
    for name, at in _ABOUT.items():
        row[at] = float(name == subject) if subject in tagging.SUBJECTS else np.nan
    if embedded:
        row[_SIMILARITY] = _number(tags.get(tagging.SIMILARITY))
    return row


def _number(text: str | None) -> float:
    try:
        value = float(text or "nan")
    except ValueError:
        return math.nan
    return value if math.isnan(value) else max(-1.0, min(1.0, value))

"""How far annotators agree: alpha and its uncertainty, people and judges, every annotator, rankings. Pure.

A unit is a comparison, or with more than two responses every pair of them that a ranking implies. All
figures come from counts of votes by unit; `both_bad` counts as a tie. A figure that cannot be computed is
None with a reason, never a number.
"""

from .alpha import alpha, alpha_of_counts, corrected
from .groups import Figure, Group, Interval, class_counts, level_of, value_counts
from .intervals import alpha_sums, interval
from .kappa import cohens_kappa
from .report import against_majority, groups_of, raw, report

__all__ = [
    "Figure",
    "Group",
    "Interval",
    "against_majority",
    "alpha",
    "alpha_of_counts",
    "alpha_sums",
    "class_counts",
    "cohens_kappa",
    "corrected",
    "groups_of",
    "interval",
    "level_of",
    "raw",
    "report",
    "value_counts",
]

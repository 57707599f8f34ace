"""Judges against people: how far each may be believed, what it leans to, and what its confidence is worth."""

from .keeping import calibrated_probability, held_out, keep, newest, stop_using
from .kept import KEPT
from .maps import ProbabilityMap
from .report import calibration_of

__all__ = [
    "KEPT",
    "ProbabilityMap",
    "calibrated_probability",
    "calibration_of",
    "held_out",
    "keep",
    "newest",
    "stop_using",
]

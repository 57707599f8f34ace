"""The figures of the calibration page, each with what it says, its table and where its marks stand."""

from .confidence import reliability
from .confusion import confusion
from .judges import against, by_category
from .parts import Maker
from .people import people, person_name, stand_in

__all__ = [
    "Maker",
    "against",
    "by_category",
    "confusion",
    "people",
    "person_name",
    "reliability",
    "stand_in",
]

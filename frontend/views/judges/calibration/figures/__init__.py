"""The figures of the calibration page, each with what it says, its table and where its marks stand."""

from .confidence import reliability
from .confusion import confusion
from .judges import against, by_basis, by_category
from .parts import Maker
from .people import people, person_name, stand_in
from .win_rates import win_rates

__all__ = [
    "Maker",
    "against",
    "by_basis",
    "by_category",
    "confusion",
    "people",
    "person_name",
    "reliability",
    "stand_in",
    "win_rates",
]

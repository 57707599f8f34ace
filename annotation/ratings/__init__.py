"""How strong models are, from who beat whom: Bradley-Terry and Plackett-Luce with honest intervals. Pure."""

from .battles import Battles
from .bradley_terry import fit as bradley_terry
from .orderings import Orderings
from .plackett_luce import fit as plackett_luce
from .strengths import Strengths, elo, rank_intervals

__all__ = [
    "Battles",
    "Orderings",
    "Strengths",
    "bradley_terry",
    "elo",
    "plackett_luce",
    "rank_intervals",
]

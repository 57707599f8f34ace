"""A project's comparisons: the list, and one of them."""

from .gold import comparison_gold
from .listing import comparisons
from .one import adjudicate, comparison

__all__ = ["adjudicate", "comparison", "comparison_gold", "comparisons"]

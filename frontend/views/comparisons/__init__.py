"""A project's comparisons: the list, and one of them."""

from .listing import comparisons
from .one import adjudicate, comparison

__all__ = ["adjudicate", "comparison", "comparisons"]

"""A project's questions as the label page asks them, and the answers that its form sends back."""

from .asked import Item, Option, Question, Spot
from .form import filled, questions

__all__ = ["Item", "Option", "Question", "Spot", "filled", "questions"]

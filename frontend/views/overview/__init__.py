"""A project's overview: how far it is, who labelled what, what it cost, what needs its owner."""

from .charting import chart_table, charts
from .page import overview

__all__ = ["chart_table", "charts", "overview"]

"""What several figures of the calibration page are made of."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ....agreement.charts import Axis, mark
from ....agreement.figure import Figure
from ....agreement.tables import spread
from ..sentence import figure_in_words

Report = Mapping[str, Any]
Maker = Callable[[Report, Report], Figure]
SHARES = Axis(0, 1, 0.25, decimals=0, factor=100, suffix=" %")
WHISKERS = "frontend/judges/calibration/whiskers.html"


def line(who: str, kind: str, figure: Report, axis: Axis, share: bool = True) -> dict[str, Any]:
    """A line of the whisker picture: whose it is, its mark, and the figure in words."""
    return {
        "who": who,
        "kind": kind,
        "mark": mark(axis, kind, figure["value"], figure["ci95"]),
        "words": figure_in_words(figure, share),
    }


def spread_of(figure: Report | None) -> Sequence[float | None]:
    """A figure of the report for the columns of `with_interval`."""
    return spread(figure["value"], figure["ci95"]) if figure else [None, None, None]

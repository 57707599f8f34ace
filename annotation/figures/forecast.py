"""When the work will be done at the pace of the last days, and how sure that is. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from scipy.special import stdtrit

DAYS = 14  # a pace is taken from so many days before today, at most
FEWEST_DAYS = 3
FEWEST_ANSWERS = 30
SURE = 0.8


@dataclass(frozen=True, slots=True)
class Forecast:
    """Days until `left` answers are given: most likely, soonest and latest (an interval of SURE).

    `latest` is None where the days differ so much that nobody can say; all are None where too little is
    known. `pace`: answers a day; None on the first day.
    """

    left: int
    pace: float | None = None
    days: float | None = None
    soonest: float | None = None
    latest: float | None = None


def forecast(daily: Sequence[int], left: int) -> Forecast:
    """From answers on each day before today, the first day of work first, days without any counted.

    The last DAYS count as so many draws of a day's work: the interval is Student's, of their mean.
    """
    days = list(daily)[-DAYS:]
    if not days:
        return Forecast(left)
    pace = fmean(days)
    if len(days) < FEWEST_DAYS or sum(days) < FEWEST_ANSWERS or not left:
        return Forecast(left, pace)
    reach = float(stdtrit(len(days) - 1, (1 + SURE) / 2)) * stdev(days) / len(days) ** 0.5
    latest = left / (pace - reach) if pace > reach else None
    return Forecast(left, pace, left / pace, left / (pace + reach), latest)

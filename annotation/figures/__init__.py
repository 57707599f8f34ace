"""Figures and reports of a whole project: what they are made of. How they are kept is in `keeping`."""

from . import forecast, keeping
from .agreement import agreement, agreement_basis, criteria_with_newest, named
from .answers import answers_of
from .keeping import Basis, Found, Kind, Moment, find, find_all, kept, moment, register, renew, renew_stale
from .leaderboard import board_named, leaderboard, leaderboard_basis
from .pay import Pay, pace_of_people, pay_at
from .progress import progress_of
from .trust import trust_basis, trust_of

__all__ = [
    "Basis",
    "Found",
    "Kind",
    "Moment",
    "Pay",
    "board_named",
    "criteria_with_newest",
    "find",
    "find_all",
    "forecast",
    "keeping",
    "kept",
    "moment",
    "named",
    "pay_at",
    "register",
    "renew",
    "renew_stale",
]

register("progress", Kind(progress_of))
register("answers", Kind(answers_of))
register("pace", Kind(pace_of_people))
register("agreement", Kind(agreement, agreement_basis))
register("trust", Kind(trust_of, trust_basis))
register("leaderboard", Kind(leaderboard, leaderboard_basis))

"""The pages around a project's judges: their runs, trials, settings, calls and how far to believe them."""

from .calls import judge_call, judge_calls
from .runs import judge, judge_act, judge_estimate, judges
from .trial import judge_trial, judge_try

__all__ = [
    "judge",
    "judge_act",
    "judge_call",
    "judge_calls",
    "judge_estimate",
    "judge_trial",
    "judge_try",
    "judges",
]

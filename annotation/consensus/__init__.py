"""The estimated preference on each comparison, from the votes that stand. Pure.

`standing` says whose votes stand. A method turns votes into estimates; `METHODS` holds what there is and
`DEFAULT` names the one to take. A tied vote is `unresolved`: no method ever falls back on the first response.
"""

from .answers import TIE, Answers, top_of
from .estimates import UNRESOLVED, Estimate
from .layer import in_layer
from .majority import majority, majority_of
from .methods import DEFAULT, METHODS, Fit, Method, Outcome, Skill, parameters_of
from .standing import learnt_from, spoken, standing

__all__ = [
    "DEFAULT",
    "METHODS",
    "TIE",
    "UNRESOLVED",
    "Answers",
    "Estimate",
    "Fit",
    "Method",
    "Outcome",
    "Skill",
    "in_layer",
    "learnt_from",
    "majority",
    "majority_of",
    "parameters_of",
    "spoken",
    "standing",
    "top_of",
]

"""Annotators as what could have been different: alpha without each of them. Pure.

An interval over comparisons takes the annotators for granted. How far alpha depends on who they happen to be
is often ten times as much, and this is what says it.
"""

from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.special import stdtrit

from ..votes import Ints, Judgements, Mask
from .alpha import alpha_of_sums, within_sums
from .groups import MAX_STEPS, Floats, Interval, Level, class_counts, profiles_of, value_counts

FEWEST_ANNOTATORS = 3

TOO_FEW = f"fewer than {FEWEST_ANNOTATORS} annotators share comparisons"
ONE_MATTERS = "without one of the annotators every vote says the same"


class WithoutEach(NamedTuple):
    """Alpha without each annotator, and what their spread says about other annotators.

    `alpha` has one element a voter: nan for who shares no comparison with another, and where alpha is not
    defined without them. `error` is the jackknife's standard error over annotators, `interval` alpha with
    Student's t on it.
    """

    alpha: Floats
    error: float | None
    interval: Interval


def leave_one_annotator_out(judgements: Judgements, of: Mask, voters: int, level: Level) -> WithoutEach:
    """Alpha among the judgements that `of` picks (one kind of annotator), without each of `voters` in turn.

    One pass over the judgements, whatever the number of annotators: what a vote changes depends only on the
    votes of its unit and on what it says, and there are few such cases.
    """
    counts = value_counts(judgements, of)
    said = judgements.value[of] + MAX_STEPS
    if level == "nominal":
        counts, said = class_counts(counts), np.sign(judgements.value[of]) + 1
    first, profile = profiles_of(counts)
    unit, voter = judgements.unit[of], judgements.voter[of]
    distinct = counts[first]
    paired = distinct.sum(axis=1) > 1
    shared = paired[profile[unit]]
    unit, voter, said = unit[shared], voter[shared], said[shared]
    total = np.bincount(profile, minlength=len(first)) @ within_sums(distinct)
    number = np.bincount(voter, minlength=voters)
    change = _changes(distinct, profile[unit], said, voter, voters)
    if not voters:
        return WithoutEach(np.zeros(0), None, Interval(None, TOO_FEW))
    with np.errstate(invalid="ignore", divide="ignore"):
        alphas = np.where(number > 0, alpha_of_sums(total - change, level), np.nan)
        whole = float(alpha_of_sums(total, level))
    return WithoutEach(alphas, *_spread(alphas[number > 0], whole))


def _changes(distinct: Ints, profile: Ints, said: Ints, voter: Ints, voters: int) -> Floats:
    """(voters x values²): what the sums lose with all votes of a voter."""
    values = distinct.shape[1]
    case = profile * values + said
    cases = np.flatnonzero(np.bincount(case, minlength=distinct.size))
    place = np.zeros(distinct.size, dtype=np.int64)
    place[cases] = np.arange(len(cases))
    before = distinct[cases // values]
    after = before.copy()
    after[np.arange(len(cases)), cases % values] -= 1
    lost = within_sums(before) - within_sums(after)
    if voters * len(cases) <= 8 * len(case) + (1 << 16):
        votes = np.bincount(voter * len(cases) + place[case], minlength=voters * len(cases))
        return votes.reshape(voters, len(cases)) @ lost
    ones = np.ones(len(case))
    return sparse.csr_array((ones, (voter, place[case])), shape=(voters, len(cases))) @ lost


def _spread(alphas: Floats, whole: float) -> tuple[float | None, Interval]:
    if len(alphas) < FEWEST_ANNOTATORS:
        return None, Interval(None, TOO_FEW)
    if not (np.isfinite(alphas).all() and np.isfinite(whole)):
        return None, Interval(None, ONE_MATTERS)
    annotators = len(alphas)
    error = float(np.sqrt((annotators - 1) / annotators * np.square(alphas - alphas.mean()).sum()))
    reach = float(stdtrit(annotators - 1, 0.975)) * error
    return error, Interval([max(whole - reach, -1.0), min(whole + reach, 1.0)])

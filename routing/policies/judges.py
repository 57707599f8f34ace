"""Policies that follow one signal of the judges, without learning anything."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from ..features.judging import COLUMNS
from ..policy import Floats, Problem, Scored, Signals, Term, Terms, policy

# Unjudged comparisons stand between those on which judges agree (0) and those on which they differ (1).
UNJUDGED = 0.5
ORDER_WEIGHT = 0.5
TIE_WEIGHT = 0.25


def disagreement_terms(signals: Signals, model: Mapping[str, Any]) -> Terms:
    """The three shares of one comparison, weighted."""
    if not signals.judges[0]:
        return Terms(UNJUDGED, UNJUDGED, ())
    differing, flipped, tied = (float(one[0]) for one in (signals.differing, signals.flipped, signals.tied))
    return Terms(
        differing + ORDER_WEIGHT * flipped + TIE_WEIGHT * tied,
        0.0,
        (
            Term("pairs of judges that differ", differing, differing),
            Term("judges whose answer changed with the order", flipped, ORDER_WEIGHT * flipped),
            Term("labels that name no winner", tied, TIE_WEIGHT * tied),
        ),
    )


def tie_terms(signals: Signals, model: Mapping[str, Any]) -> Terms:
    """Tie, order and other judges of one comparison, weighted."""
    tied, flipped, differ = _told(signals)
    if np.isnan(tied):
        return Terms(UNJUDGED, UNJUDGED, ())
    return Terms(
        tied + 0.5 * flipped + 0.25 * differ,
        0.0,
        (
            Term("the judge sees a tie", tied, tied),
            Term("its answer changed with the order", flipped, 0.5 * flipped),
            Term("other judges that differ", differ, 0.25 * differ),
        ),
    )


def unsure_terms(signals: Signals, model: Mapping[str, Any]) -> Terms:
    """How unsure the judge was of one comparison, or what its answers show in thirds."""
    tied, flipped, differ = _told(signals)
    unsure = float(column(signals, "unsure")[0])
    if not np.isnan(unsure):
        return Terms(unsure, 0.0, (Term("how unsure the judge says it is", unsure, unsure),))
    if np.isnan(tied):
        return Terms(UNJUDGED, UNJUDGED, ())
    return Terms(
        (tied + flipped + differ) / 3,
        0.0,
        (
            Term("the judge sees a tie", tied, tied / 3),
            Term("its answer changed with the order", flipped, flipped / 3),
            Term("other judges that differ", differ, differ / 3),
        ),
    )


@policy("disagreement", "1", terms=disagreement_terms)
def disagreement(problem: Problem, seed: int) -> Scored:
    """Judges that differ first, then answers that changed with the order, then ties.

    Score = share of pairs of judges that differ + 0.5 x share of judges whose orders differ + 0.25 x share
    of ties; 0.5 where no judge has answered yet.
    """
    signals = problem.open
    judged = signals.differing + ORDER_WEIGHT * signals.flipped + TIE_WEIGHT * signals.tied
    values = np.where(signals.judges > 0, judged, UNJUDGED)
    columns = (signals.judges, signals.differing, signals.flipped, signals.tied)
    return Scored(values, list(map(_disagreement, *(column.tolist() for column in columns))))


@policy("tie_first", "1", terms=tie_terms)
def tie_first(problem: Problem, seed: int) -> Scored:
    """Ties of the judge first, those its two orders made before those it meant; then disagreement.

    Score = 1 x tie + 0.5 x its orders differ + 0.25 x share of other judges that differ, of the judge whose
    label stands; 0.5 where it has not answered.
    """
    signals = problem.open
    tied, flipped, differ = (column(signals, name) for name in ("tied", "order changed it", "others differ"))
    values = np.where(np.isnan(tied), UNJUDGED, tied + 0.5 * flipped + 0.25 * differ)
    return Scored(values, list(map(_tie, tied.tolist(), flipped.tolist(), differ.tolist())))


@policy("low_confidence", "1", terms=unsure_terms)
def low_confidence(problem: Problem, seed: int) -> Scored:
    """The judge's least certain labels first, by what it says itself or by what its answers show.

    Score = how unsure the judge was (0..1); where it did not say, the mean of: a tie, orders that differ, the
    share of other judges that differ; 0.5 where it has not answered.
    """
    signals = problem.open
    tied, flipped, differ = (column(signals, name) for name in ("tied", "order changed it", "others differ"))
    unsure = column(signals, "unsure")
    shown = (tied + flipped + differ) / 3
    values = np.where(np.isnan(unsure), np.where(np.isnan(tied), UNJUDGED, shown), unsure)
    return Scored(values, list(map(_unsure, unsure.tolist(), tied.tolist(), shown.tolist())))


def _told(signals: Signals) -> tuple[float, float, float]:
    """Tied, order changed it, others differ: of one comparison."""
    tied, flipped, differ = (column(signals, name) for name in ("tied", "order changed it", "others differ"))
    return float(tied[0]), float(flipped[0]), float(differ[0])


def column(signals: Signals, name: str) -> Floats:
    """One of the judging columns, (n,); NaN where it is not known."""
    return signals.judging[:, COLUMNS.index(name)]


@lru_cache(maxsize=4096)
def _disagreement(judges: int, differing: float, flipped: float, tied: float) -> str:
    if judges == 0:
        return "no judge has answered yet, so there is nothing to compare"
    parts = []
    if differing:
        parts.append("the judges disagree" if differing == 1 else f"{differing:.0%} of judge pairs disagree")
    if flipped:
        parts.append(
            "the answer changed with the order of the responses"
            if flipped == 1
            else f"for {flipped:.0%} of the judges the answer changed with the order of the responses"
        )
    if tied:
        parts.append("no winner is named" if tied == 1 else f"{tied:.0%} of the labels name no winner")
    if parts:
        return "; ".join(parts)
    return "the judges agree" if judges > 1 else "the only judge names a winner"


@lru_cache(maxsize=4096)
def _tie(tied: float, flipped: float, differ: float) -> str:
    if tied != tied:
        return "the judge has not answered yet"
    if tied and flipped:
        return "a tie because the judge's answer changed with the order of the responses"
    if tied:
        return "the judge sees a tie"
    return "the judge names a winner; others differ" if differ else "the judge names a winner"


@lru_cache(maxsize=4096)
def _unsure(unsure: float, tied: float, shown: float) -> str:
    if unsure == unsure:
        return f"the judge is {1 - unsure:.0%} certain"
    if tied != tied:
        return "the judge has not answered yet"
    return "the judge's answers waver" if shown else "nothing speaks against the judge's label"

"""One judge's part of the calibration report."""

from typing import Any

import numpy as np

from annotation.agreement import rankings
from annotation.agreement.alpha import corrected
from annotation.agreement.groups import VALUES, Group
from annotation.agreement.intervals import corrected_alpha_sums
from annotation.agreement.leanings import share
from annotation.votes import MAX_STEPS, Ints, Mask

from ..models import Calibration
from . import leanings
from .alternative import PASSES, alternative
from .answers import CLASSES, UNKNOWN, Basis
from .case import REFERENCE, Case
from .confidence import confidence_of, soft_of
from .families import family_of
from .figures import FEWEST, Figure, missing, too_few
from .ground import Judge, State
from .held import beside, by_category, by_group, kappa_x, pulls
from .position import Replies, position
from .tables import against, confusion, confusion_shown, turned
from .win_rates import part, win_rates

IMPORTED = "not known: labels were imported, and do not tell what was asked and failed"
NO_REPLIES = "not computable: no pair has two replies of the judge to hold against each other"
SHOWN = ("first", "tie", "second")


def judge_row(case: Case, judge: Judge, epsilon: float, kept: Calibration | None) -> dict[str, Any]:
    """Everything about one judge version on one criterion; `kept` is its newest stored map."""
    index = case.index_of[judge.annotator]
    said = case.answers.of(index)
    replies = _replies(case, judge)
    soft, _ = soft_of(case, confidence_of(case, judge, said))
    return {
        "annotator": judge.annotator,
        "name": judge.name,
        "judge": judge.judge,
        "version": judge.version,
        "model": judge.model,
        "family": judge.family,
        "retired": judge.retired,
        "panel": judge.panel,
        "labels": int((case.votes.voter == index).sum()),
        "coverage": _coverage(case, judge, index),
        **_against_people(case, index, said),
        "confusion": _confusion(case, said, replies),
        "kappa_x": kappa_x(case, beside(case, index).group).json(),
        "kappa_x_corrected": _without_noise(case, replies).json(),
        "tau_b": _tau_b(case, index),
        "alternative": _alternative(case, said, epsilon),
        "soft": soft | {"kept": kept.summary() if kept else None},
        "position": position(
            replies, case.ground.group[case.at], case.consistent.get(judge.annotator)
        ).json(),
        **_leanings(case, judge, index, said),
    }


def _replies(case: Case, judge: Judge) -> Replies:
    """The judge's single replies to pairs that were voted on."""
    of = case.orders.annotator == judge.annotator
    at, known = case.place(case.orders.comparison[of])
    return Replies(at, case.orders.swapped[of][known], case.orders.value[of][known])


def _coverage(case: Case, judge: Judge, index: int) -> dict[str, Any]:
    calls = case.ground.calls.get(judge.annotator, [])
    if not calls:
        unknown = missing(IMPORTED).json()
        return {"calls": unknown, "by_state": {}, "comparisons": unknown}
    by_state = {state: len(ids) for state, ids in calls}
    asked = np.unique(np.concatenate([ids for _, ids in calls]))
    labelled = np.isin(asked, case.votes.comparison_ids[case.votes.comparison[case.votes.voter == index]])
    shares = (
        share(by_state.get(State.OK, 0), sum(by_state.values())),
        share(int(labelled.sum()), len(asked)),
    )
    of_calls, comparisons = (Figure(one.value, one.ends, one.n).json() for one in shares)
    return {"calls": of_calls, "by_state": dict(sorted(by_state.items())), "comparisons": comparisons}


def _against_people(case: Case, index: int, said: Ints) -> dict[str, Any]:
    """The headline, then by what people's answer rests on and by category."""
    target, comparison = case.target, case.answers.comparison

    def where(units: Any) -> dict[str, Any]:
        at = np.flatnonzero(units)
        return against(target.said[at], said[at], comparison[at], case.group[at]).json()

    bases = {one.name.lower(): target.basis == one for one in (Basis.REFERENCE, Basis.MAJORITY, Basis.SINGLE)}
    bases["all"] = target.said != UNKNOWN
    return {
        "against_people": where(target.known),
        "by_basis": {name: where(units) for name, units in bases.items()},
        "by_category": by_category(case, index, np.arange(case.answers.units), case.people, said),
    }


def _confusion(case: Case, said: Ints, replies: Replies) -> dict[str, Any]:
    shown = None
    unit = case.unit_of[replies.comparison]
    at = unit >= 0
    if at.any():
        reply = 1 - np.sign(replies.value[at])  # a, tie, b
        people = turned(case.people[unit[at]], replies.swapped[at])
        counts = confusion_shown(people, turned(reply, replies.swapped[at]))
        shown = {"classes": list(SHOWN), "counts": counts, "n": int(np.sum(counts))}
    return {"classes": list(CLASSES), "counts": confusion(case.people, said), "shown": shown}


def _without_noise(case: Case, replies: Replies) -> Figure:
    """kappa_x corrected for both sides' noise takes the judge's single replies, because its label is one vote
    and cannot differ from itself; these have no strength, so it is nominal."""
    unit = case.unit_of[replies.comparison]
    cell = unit[unit >= 0] * VALUES + np.sign(replies.value[unit >= 0]) + MAX_STEPS
    counts = np.bincount(cell, minlength=case.answers.units * VALUES).reshape(-1, VALUES)
    if not (counts.sum(axis=1) > 1).any():
        return missing(NO_REPLIES)
    single = Group(case.values, case.judgements.comparison, counts)
    noise = corrected(single, "nominal")
    if noise.value is None:
        return missing(noise.reason or "")
    return by_group(case, single, corrected_alpha_sums(single, "nominal"))


def _tau_b(case: Case, index: int) -> dict[str, Any] | None:
    """Rankings of more than two: with the Reference's where there is one, else with each person's."""
    votes = case.votes
    if all(vote.k == 2 for vote in votes.distinct):
        return None
    voters = np.arange(len(votes.voters))
    known = np.array([voter == REFERENCE for voter in votes.voters])
    referenced = np.zeros(len(votes.comparison_ids), dtype=bool)
    referenced[votes.comparison[known[votes.voter]]] = True
    others = known[votes.voter] | (votes.human & ~referenced[votes.comparison])
    found = rankings.tau_b(votes.where(others | (votes.voter == index)), voters == index)
    if found.value is None or found.comparisons < FEWEST:
        return too_few(found.comparisons).json()
    return Figure(found.value, found.interval.ends, found.comparisons, found.interval.reason).json()


def _alternative(case: Case, said: Ints, epsilon: float) -> dict[str, Any]:
    found = alternative(case.answers, case.votes.people, said, epsilon, case.counts)
    return {
        "passes": found.passes,
        "winning_rate": found.winning_rate,
        "advantage": found.advantage,
        "epsilon": epsilon,
        "by_epsilon": [
            {"epsilon": one, "winning_rate": rate, "passes": rate >= PASSES}
            for one, rate in found.by_epsilon.items()
        ],
        "annotators": [
            {
                "annotator": case.votes.voters[one.voter].id,
                "comparisons": one.comparisons,
                "advantage": one.advantage,
                "person_advantage": one.person_advantage,
                "difference": one.person_advantage - one.advantage,
                "p": one.p,
                "wins": one.wins,
            }
            for one in found.people
        ],
        "left_out": found.left_out,
        "reason": found.reason,
    }


def _leanings(case: Case, judge: Judge, index: int, said: Ints) -> dict[str, Any]:
    """Length, markup and its own family, on pairs that people answered too."""
    pair = case.pair
    found = pulls(case, np.arange(case.answers.units), case.people, said)
    found["length"]["win_rates"] = _win_rates(case, index)
    about = said[pair], case.people[pair]
    own = _self_preference(case, judge, case.answers.comparison[pair], about, case.group[pair])
    return found | {"self_preference": own}


def _win_rates(case: Case, index: int) -> list[dict[str, Any]]:
    votes = case.votes.where(case.votes.voter == index)
    comparisons = np.unique(case.votes.comparison[case.votes.voter == index])
    return win_rates(votes, part(case.written, comparisons), case.rates_by_people)


def _self_preference(
    case: Case, judge: Judge, comparison: Ints, about: tuple[Ints, Ints], group: Ints
) -> dict[str, Any]:
    if judge.panel:
        found = leanings.unknown_family("not measurable: a panel is of no family; see its members")
    elif judge.family is None:
        found = leanings.unknown_family(f"not measurable: the family of {judge.model!r} is not known")
    elif not case.written.names:
        found = leanings.unknown_family("not measurable: responses name no models")
    elif not (own := _own(case, judge)).any():
        found = leanings.unknown_family(f"not measurable: no response is of the family {judge.family}")
    else:
        side = own[case.written.model[comparison][:, :2]].astype(np.int64)  # -1, no name, is the last
        found = leanings.self_preference(*about, side[:, 0] - side[:, 1], group)
    return {"family": judge.family} | found.json()


def _own(case: Case, judge: Judge) -> Mask:
    """Which of the models that responses name are of the judge's family; the last element is "no name"."""
    return np.array([*(family_of(name) == judge.family for name in case.written.names), False])

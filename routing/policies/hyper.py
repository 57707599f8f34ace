"""HyPER's own procedure as a policy, on the performance that the labelled comparisons can show."""

import numpy as np

from .. import hyper as paper
from ..error_model import TooFew, enough
from ..learning import gains_of, tags_of
from ..policy import Labelled, Problem, Scored, policy
from ..proxy import Transfer, interval, transfer
from .judges import tie_first
from .learned import error_model

LEAST_GROUPS = 12  # groups of prompts, to have some for training, for the target, and unseen


@policy("hyper", "2", texts=True)
def hyper(problem: Problem, seed: int) -> Scored:
    """The paper's method: a quadratic model of whole mixes, the best of 500 simulated ones.

    With a share, comparisons of the best predicted mix come first (by single gain among themselves); with a
    budget, those with the highest single gain. Performance of a mix is its labels' accuracy against people.
    Where a model of mixes does not rank them on prompts that it has not seen, it is refused: the error model
    decides then, and the plan says so.
    """
    known = problem.labelled
    try:
        enough(known.wrong)
    except TooFew as few:
        first = tie_first(problem, seed)
        return Scored(first.values, first.reasons, [f"nothing learned yet, ties first: {few}"])
    found = ranking_of(known, seed)
    told = dict(zip(("rho", "low", "high"), interval(found.unseen), strict=True))
    if not found.ranks:
        base = error_model(problem, seed)
        note = (
            "refused: a model of mixes does not rank them on prompts it has not seen "
            f"(rho {told['rho']:.2f} [{told['low']:.2f}, {told['high']:.2f}]); the error model decides"
        )
        return Scored(base.values, base.reasons, [note, *base.notes], {**base.model, "mixes": told})
    learned, here = tags_of(known.signals), tags_of(problem.open)
    gain = gains_of(known)
    ppm = paper.learn(learned, lambda mixes: mixes @ gain / len(gain), seed)
    single = paper.single_gains(ppm, here)
    if problem.share is None:
        return Scored(single, ["gain of this one label by the mix model"] * len(single), (), {"mixes": told})
    people = round(problem.share * len(single))
    chosen = (
        paper.best_of(ppm, here, people, seed) if 0 < people < len(single) else np.zeros(len(single), bool)
    )
    spread = np.ptp(single) if len(single) else 0.0
    inside = (single - single.min()) / spread / 2 if spread else np.zeros(len(single))
    reasons = np.where(
        chosen, "in the best predicted of 500 mixes", "outside the best predicted of 500 mixes"
    )
    return Scored(chosen + inside, reasons.tolist(), (), {"mixes": told})


def ranking_of(known: Labelled, seed: int) -> Transfer:
    """How a penalised model of mixes ranks them, by a reward model on what sets the judge's choice apart.

    Ties of the judge say nothing about rewards and are left out.
    """
    toward = np.nan_to_num(known.signals.toward.astype(np.float64))
    rows = np.flatnonzero((toward != 0).any(axis=1))
    spread = toward[rows].std(axis=0) if len(rows) else np.ones(toward.shape[1])
    signals = known.signals.at(rows)
    if len(set(signals.groups)) < LEAST_GROUPS:
        nothing = np.zeros(1)
        return Transfer(nothing, nothing, nothing, nothing)
    return transfer(
        toward[rows] / np.where(spread > 0, spread, 1.0),
        1 - known.wrong[rows],
        np.ones(len(rows)),
        tags_of(signals),
        list(signals.groups),
        seed=seed,
    )

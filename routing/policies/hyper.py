"""HyPER's own procedure as a policy, on the performance that the labelled comparisons can show."""

import numpy as np

from .. import hyper as paper
from ..error_model import TooFew, enough
from ..learning import gains_of, tags_of
from ..policy import Problem, Scored, policy
from .judges import tie_first


@policy("hyper", "1", texts=True)
def hyper(problem: Problem, seed: int) -> Scored:
    """The paper's method: a quadratic model of whole mixes, the best of 500 simulated ones.

    With a share, comparisons of the best predicted mix come first (by single gain among themselves); with a
    budget, those with the highest single gain. Performance of a mix is its labels' accuracy against people.
    """
    known = problem.labelled
    try:
        enough(known.wrong)
    except TooFew as few:
        first = tie_first(problem, seed)
        return Scored(first.values, first.reasons, [f"nothing learned yet, ties first: {few}"])
    learned, here = tags_of(known.signals), tags_of(problem.open)
    gain = gains_of(known)
    ppm = paper.learn(learned, lambda mixes: mixes @ gain / len(gain), seed)
    single = paper.single_gains(ppm, here)
    if problem.share is None:
        return Scored(single, ["gain of this one label by the mix model"] * len(single))
    people = round(problem.share * len(single))
    chosen = (
        paper.best_of(ppm, here, people, seed) if 0 < people < len(single) else np.zeros(len(single), bool)
    )
    spread = np.ptp(single) if len(single) else 0.0
    inside = (single - single.min()) / spread / 2 if spread else np.zeros(len(single))
    reasons = np.where(
        chosen, "in the best predicted of 500 mixes", "outside the best predicted of 500 mixes"
    )
    return Scored(chosen + inside, reasons.tolist())

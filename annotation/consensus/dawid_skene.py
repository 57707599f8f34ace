"""Annotators with a confusion matrix each: Dawid & Skene 1979, by maximum a posteriori. Pure.

Every row of an annotator's matrix (what they say when this class is true) begins with a few pseudo-answers of
all annotators' pooled matrix. Without them, people with few answers come out as perfect or useless, and the
model does worse than a vote below some 25 answers a person. `mace.py` explains `correlation`.
"""

from dataclasses import dataclass

import numpy as np

from .answers import Answers, Floats, normalised
from .mace import MOST_STEPS, TOLERANCE, design_effect, judge_weights


@dataclass(frozen=True, slots=True)
class Priors:
    """`confusion`: pseudo-answers a row of an annotator's matrix, as the pooled matrix has them. `pooled`:
    pseudo-answers a row of the pooled matrix, right in 7 of 10 cases. `classes`: pseudo-items, alike in all
    classes, for each item."""

    confusion: float = 5.0
    pooled: float = 20.0
    classes: float = 0.05
    correlation: float = 0.3


# As published: maximum likelihood.
PLAIN = Priors(confusion=0.0, pooled=0.0, classes=0.0, correlation=0.0)
RIGHT = 0.7
TINY = 1e-300


@dataclass(frozen=True)
class DawidSkene:
    """What was learnt: `classes` (their prior) and by annotator `confusion` (true class, class said; rows sum
    to 1) and `weight`, below 1 for judges whose votes are capped. `objective` is the log posterior after
    each step (a constant apart)."""

    priors: Priors
    classes: Floats
    confusion: Floats
    weight: Floats
    objective: tuple[float, ...]
    converged: bool

    @property
    def iterations(self) -> int:
        return len(self.objective)

    @property
    def accuracy(self) -> Floats:
        """By annotator: the chance to say the true class, classes weighed by their prior."""
        right: Floats = np.einsum("aii,i->a", self.confusion, self.classes)
        return right

    def posterior(self, answers: Answers) -> Floats:
        """(classes, items) from answers of the annotators that it was fitted to; columns sum to 1."""
        evidence = _evidence(answers, self.confusion, self.weight)
        evidence += np.log(np.maximum(self.classes, TINY))[:, None]
        evidence -= evidence.max(axis=0)
        evidence /= design_effect(answers.count, self.priors.correlation)
        return normalised(evidence, answers.known)[0]


def fit(
    answers: Answers,
    priors: Priors = Priors(),
    start: Floats | None = None,
    most_steps: int = MOST_STEPS,
    tolerance: float = TOLERANCE,
) -> DawidSkene:
    """Fits by expectation maximisation, from `start` (classes, items; default the shares of votes) on.

    Deterministic. Judges are capped as `mace.fit` does it.
    """
    if start is None:
        start = np.array(answers.votes / np.maximum(answers.votes.sum(0), 1))
    clamped = np.flatnonzero(answers.known >= 0)
    start[:, clamped] = 0.0
    start[answers.known[clamped], clamped] = 1.0
    model = _run(answers, priors, np.ones(answers.annotators), start, most_steps, tolerance)
    if answers.people.all() or not answers.people.any():
        return model
    own = np.einsum("aii->ai", model.confusion)
    others = (model.confusion.sum(1) - own) / max(answers.classes - 1, 1)
    weight = judge_weights(answers, np.log(np.maximum(own, TINY) / np.maximum(others, TINY)))
    if not (weight < 1).any():
        return model
    return _run(answers, priors, weight, model.posterior(answers), most_steps, tolerance)


def _run(
    answers: Answers, priors: Priors, weight: Floats, posterior: Floats, most_steps: int, tolerance: float
) -> DawidSkene:
    pooled = _pooled(answers, posterior, priors)
    pseudo = priors.classes * answers.items / answers.classes
    objective: list[float] = []
    converged = False
    while not converged and len(objective) < most_steps:
        counts = _counts(answers, posterior) * weight[:, None, None] + priors.confusion * pooled
        confusion = counts / np.maximum(counts.sum(2, keepdims=True), TINY)
        classes = (posterior.sum(1) + pseudo) / (answers.items + pseudo * answers.classes)
        evidence = _evidence(answers, confusion, weight) + np.log(np.maximum(classes, TINY))[:, None]
        posterior, likelihood = normalised(evidence, answers.known)
        prior = priors.confusion * float((np.log(np.maximum(confusion, TINY)) * pooled).sum())
        prior += pseudo * float(np.log(np.maximum(classes, TINY)).sum())
        objective.append(likelihood + prior)
        if len(objective) > 1:
            converged = objective[-1] - objective[-2] < tolerance * len(answers)
    return DawidSkene(priors, classes, confusion, weight, tuple(objective), converged)


def _counts(answers: Answers, posterior: Floats) -> Floats:
    """(annotators, true class, class said): expected answers."""
    said = answers.by_item.T @ posterior.T
    counts: Floats = said.reshape(answers.annotators, answers.classes, answers.classes).transpose(0, 2, 1)
    return counts


def _pooled(answers: Answers, posterior: Floats, priors: Priors) -> Floats:
    k = answers.classes
    wrong = (1 - RIGHT) / max(k - 1, 1)
    counts = _counts(answers, posterior).sum(0) + priors.pooled * (wrong + (RIGHT - wrong) * np.eye(k))
    pooled: Floats = counts / np.maximum(counts.sum(1, keepdims=True), TINY)
    return pooled


def _evidence(answers: Answers, confusion: Floats, weight: Floats) -> Floats:
    logs = np.log(np.maximum(confusion, TINY)) * weight[:, None, None]
    by_answer = logs.transpose(0, 2, 1).reshape(-1, answers.classes)
    evidence: Floats = np.ascontiguousarray((answers.by_item @ by_answer).T)
    return evidence

"""Annotators who know or guess: MACE (Hovy et al. 2013) fitted by maximum a posteriori. Pure.

With probability `competence` an annotator gives the true class, else one drawn from a `strategy` of their
own: always the same, mostly ties, anything. Competence has a Beta prior, strategies a Dirichlet prior around
how often each class is answered, which is most of the prior of the true class too. Many annotators with a
handful of answers are the rule, and without priors such models do worse than a vote.

Answers on one item share its difficulty, so they are not independent given the truth, and the posterior of
any such model is too sure. `correlation` is the part that they share: the log posterior is divided by the
design effect 1 + (n - 1) x correlation of an item's n answers (Kish 1965). It never changes which class is
the most probable. Unsupervised, the data do not tell its size; 0.3 is from within the range (0.2 to 0.7) in
which the log loss over 17 public data sets is below that of a smoothed majority (docs/consensus.md).
"""

from dataclasses import dataclass

import numpy as np

from ..votes import Mask
from .answers import Answers, Floats, normalised

JUDGE_CAP = 2.0  # a judge's vote weighs at most what those of two average people weigh
Z95 = 1.959964


@dataclass(frozen=True, slots=True)
class Priors:
    """Pseudo-counts of answers: known, guessed, and of strategies.

    `uniform` is the part of the classes' prior that is the same for all; the rest is how often each was
    answered.
    """

    knows: float = 2.0
    guesses: float = 1.0
    strategy: float = 2.0
    correlation: float = 0.3
    uniform: float = 0.25


# Close to the published MACE: hardly any prior, every class alike, answers independent.
PLAIN = Priors(knows=0.1, guesses=0.1, strategy=0.1, correlation=0.0, uniform=1.0)

MOST_STEPS = 200
TOLERANCE = 1e-6  # change of the log posterior an answer


@dataclass(frozen=True)
class Mace:
    """What was learnt: `classes` (their prior) and, by annotator, `competence`, `strategy` and `weight`.

    `competence_interval` is (annotators, 2), 95 %. `strategy` is (annotators, classes), rows sum to 1;
    `weight` is below 1 for judges whose votes are capped. `objective` is the log posterior after each step.
    """

    priors: Priors
    classes: Floats
    competence: Floats
    competence_interval: Floats
    strategy: Floats
    weight: Floats
    objective: tuple[float, ...]
    converged: bool

    @property
    def iterations(self) -> int:
        return len(self.objective)

    def lift(self) -> Floats:
        """(annotators, classes): by how much an answer raises the log odds of its class."""
        return lift(self.competence, self.strategy) * self.weight[:, None]

    def posterior(self, answers: Answers) -> Floats:
        """(classes, items) from answers of the annotators that it was fitted to; columns sum to 1."""
        evidence = _evidence(answers, self.lift()) + np.log(self.classes)[:, None]
        evidence -= evidence.max(axis=0)
        evidence /= design_effect(answers.count, self.priors.correlation)
        return normalised(evidence, answers.known)[0]


def fit(answers: Answers, priors: Priors = Priors(), most_steps: int = MOST_STEPS) -> Mace:
    """Fits by expectation maximisation, from equal competence on. Deterministic.

    Where both people and judges answer, it is fitted once more with every judge's weight capped.
    """
    model = _run(answers, priors, np.ones(answers.annotators), None, most_steps)
    if answers.people.all() or not answers.people.any():
        return model
    weight = judge_weights(answers, lift(model.competence, model.strategy))
    return _run(answers, priors, weight, model, most_steps) if (weight < 1).any() else model


def lift(competence: Floats, strategy: Floats) -> Floats:
    """log P(answer | it is true) - log P(answer | it is not), for each annotator and class."""
    knows = competence[:, None]
    result: Floats = np.log1p(knows / ((1 - knows) * strategy))
    return result


def design_effect(count: Floats | np.ndarray, correlation: float) -> Floats:
    """By how much the variance of n correlated answers exceeds that of n independent ones."""
    result: Floats = 1 + np.maximum(count - 1, 0) * correlation
    return result


def judge_weights(answers: Answers, rise: Floats) -> Floats:
    """1 for people; for judges what brings their average vote down to the cap."""
    total = (answers.said * rise).sum(1)
    number = answers.said.sum(1)
    by_people: Mask = answers.people
    cap = JUDGE_CAP * total[by_people].sum() / number[by_people].sum()
    return np.where(by_people, 1.0, np.clip(cap * number / np.maximum(total, 1e-12), 0.0, 1.0))


def _run(answers: Answers, priors: Priors, weight: Floats, start: Mace | None, most_steps: int) -> Mace:
    number = answers.said * weight[:, None]
    # A class that is known but never answered still needs some probability.
    shares = (answers.shares + 1e-9) / (answers.shares + 1e-9).sum()
    classes = (1 - priors.uniform) * shares + priors.uniform / answers.classes
    competence = start.competence if start else np.full(answers.annotators, 2 / 3)
    strategy = start.strategy if start else np.tile(shares, (answers.annotators, 1))
    objective: list[float] = []
    converged = False
    while not converged and len(objective) < most_steps:
        knows = competence[:, None]
        guessed = (1 - knows) * strategy
        rise = np.log1p(knows / guessed)
        evidence = _evidence(answers, rise * weight[:, None]) + np.log(classes)[:, None]
        posterior, likelihood = normalised(evidence, answers.known)
        objective.append(
            likelihood
            + float((number * np.log(guessed)).sum())
            + float(priors.knows * np.log(competence).sum() + priors.guesses * np.log1p(-competence).sum())
            + float(priors.strategy * (np.log(strategy) @ shares).sum())
        )
        true = (answers.by_class.T @ posterior.ravel()).reshape(strategy.shape) * weight[:, None]
        known = true * (knows / (knows + guessed))
        spared = number - known
        total = known.sum(1)
        competence = (total + priors.knows) / (number.sum(1) + priors.knows + priors.guesses)
        strategy = (spared + priors.strategy * shares) / (spared.sum(1) + priors.strategy)[:, None]
        if len(objective) > 1:
            converged = objective[-1] - objective[-2] < TOLERANCE * len(answers)
    interval = _interval(competence, strategy, true, number, priors)
    return Mace(priors, classes, competence, interval, strategy, weight, tuple(objective), converged)


def _evidence(answers: Answers, rise: Floats) -> Floats:
    # Everything that a class's evidence has in common with the other classes' cancels: only the rise stays.
    result: Floats = (answers.by_class @ rise.ravel()).reshape(answers.classes, answers.items)
    return result


def _interval(competence: Floats, strategy: Floats, true: Floats, number: Floats, priors: Priors) -> Floats:
    """95 % on the log-odds scale, from the curvature of the log posterior with the classes as estimated."""
    knows = competence[:, None]
    right = true * ((1 - strategy) / (knows + (1 - knows) * strategy)) ** 2
    wrong = (number - true) / (1 - knows) ** 2
    information = (
        (right + wrong).sum(1) + priors.knows / competence**2 + priors.guesses / (1 - competence) ** 2
    )
    logit = np.log(competence / (1 - competence))
    half = Z95 / (np.sqrt(information) * competence * (1 - competence))
    ends: Floats = 1 / (1 + np.exp(-np.stack((logit - half, logit + half), axis=1)))
    return ends

"""The methods by name: from votes to estimates, with what was learnt about annotators on the way. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np

from ..ranking import BOTH_BAD, letters, signed
from ..votes import Mask, Voter, Votes
from . import dawid_skene as ds
from . import gaussian as normal
from . import mace as know_or_guess
from .answers import TIE, Floats, Question, questions
from .estimates import Estimate, doubled_places, estimates
from .majority import agreement_with_majority, majority, shares

Gold = Mapping[int, str]

# With less there is nothing to learn about annotators.
LEAST_ANNOTATORS = 3
LEAST_COMPARISONS = 30


class Skill(NamedTuple):
    """What a fit says of an annotator. `competence` is the method's own: the chance to know (mace), to be
    right (dawid_skene), to be with the majority (wawa); for gaussian the part of the variance of their
    answers that is not noise. `low` and `high` are its 95 % interval, where the method has one."""

    voter: Voter
    labels: int
    competence: float
    low: float | None = None
    high: float | None = None
    strategy: dict[str, float] | None = None
    weight: float = 1.0


@dataclass(frozen=True)
class Fit:
    """What was learnt from the votes on comparisons with k responses. `note` says why a method fell back to
    the majority; it is empty where it did not. `classes` is the prior of each answer."""

    k: int
    comparisons: int
    annotators: int
    labels: int
    note: str = ""
    classes: Mapping[str, float] | None = None
    skills: tuple[Skill, ...] = ()
    iterations: int = 0
    converged: bool = True


@dataclass(frozen=True)
class Outcome:
    """Estimates in order of k and comparison id (iterate, once), and the fits behind them, one a k."""

    fits: tuple[Fit, ...]
    estimates: Iterator[tuple[int, Estimate]]

    def __iter__(self) -> Iterator[tuple[int, Estimate]]:
        return self.estimates


Method = Callable[..., Outcome]
"""Called with votes, all of which are learnt from. Optional: `standing`, a mask of the votes that count in
the estimates (default all), and `gold`, known classes by comparison id."""

_Model = Callable[[Question, Question], tuple[Fit, Iterable[tuple[int, Estimate]]]]


def by_majority(votes: Votes, standing: Mask | None = None, gold: Gold | None = None) -> Outcome:
    """Shares of votes, all alike."""

    def model(learnt: Question, judged: Question) -> tuple[Fit, Iterable[tuple[int, Estimate]]]:
        return _plain(learnt), majority(judged.votes)

    return _each(model, votes, standing, None, least=False)


def by_wawa(votes: Votes, standing: Mask | None = None, gold: Gold | None = None) -> Outcome:
    """Shares of votes, each weighed by how often its giver is with the majority."""

    def model(learnt: Question, judged: Question) -> tuple[Fit, Iterable[tuple[int, Estimate]]]:
        # Whoever is never with the majority still counts where nobody else has voted.
        weight = np.maximum(agreement_with_majority(learnt.answers), 1e-6)
        fit = _plain(learnt, skills=_skills(learnt, weight))
        return fit, estimates(judged, shares(judged.answers, weight), weight)

    return _each(model, votes, standing, gold)


def by_mace(
    votes: Votes,
    standing: Mask | None = None,
    gold: Gold | None = None,
    priors: know_or_guess.Priors = know_or_guess.Priors(),  # noqa: B008
) -> Outcome:
    """`mace.py`, the default."""

    def model(learnt: Question, judged: Question) -> tuple[Fit, Iterable[tuple[int, Estimate]]]:
        found = know_or_guess.fit(learnt.answers, priors)
        skills = tuple(
            skill._replace(low=low, high=high, strategy=dict(zip(learnt.names, row, strict=True)), weight=w)
            for skill, (low, high), row, w in zip(
                _skills(learnt, found.competence),
                found.competence_interval.tolist(),
                found.strategy.tolist(),
                found.weight.tolist(),
                strict=True,
            )
        )
        fit = _plain(
            learnt,
            classes=dict(zip(learnt.names, found.classes.tolist(), strict=True)),
            skills=skills,
            iterations=found.iterations,
            converged=found.converged,
        )
        return fit, estimates(judged, found.posterior(judged.answers), found.competence * found.weight)

    return _each(model, votes, standing, gold)


def by_dawid_skene(votes: Votes, standing: Mask | None = None, gold: Gold | None = None) -> Outcome:
    """`dawid_skene.py`: worth it where the median annotator has 100 labels or more."""

    def model(learnt: Question, judged: Question) -> tuple[Fit, Iterable[tuple[int, Estimate]]]:
        found = ds.fit(learnt.answers)
        fit = _plain(
            learnt,
            classes=dict(zip(learnt.names, found.classes.tolist(), strict=True)),
            skills=_skills(learnt, found.accuracy, found.weight),
            iterations=found.iterations,
            converged=found.converged,
        )
        return fit, estimates(judged, found.posterior(judged.answers), found.accuracy * found.weight)

    return _each(model, votes, standing, gold)


def by_gaussian(votes: Votes, standing: Mask | None = None, gold: Gold | None = None) -> Outcome:
    """`gaussian.py` on signed strengths of pairs, and on places of more than two. `both_bad` has no strength:
    its probability is its share of the votes. Gold is not used: it seldom has a strength."""
    correlation = know_or_guess.Priors().correlation

    def model(learnt: Question, judged: Question) -> tuple[Fit, Iterable[tuple[int, Estimate]]]:
        values = _values(learnt)
        if values is None:
            return _plain(learnt, note="every vote is both_bad"), majority(judged.votes)
        found = normal.fit(*values, learnt.answers.people)
        signal = found.spread / (found.spread + found.noise**2)
        fit = _plain(
            learnt,
            skills=_skills(learnt, signal),
            iterations=found.iterations,
            converged=found.converged,
        )
        chances = _chances(judged, found, ties=TIE in learnt.names, correlation=correlation)
        return fit, estimates(judged, chances, found.precision)

    return _each(model, votes, standing, None)


METHODS: dict[str, Method] = {
    "majority": by_majority,
    "wawa": by_wawa,
    "mace": by_mace,
    "dawid_skene": by_dawid_skene,
    "gaussian": by_gaussian,
}
DEFAULT = "mace"


def parameters_of(method: str) -> dict[str, float]:
    """The constants that a method's estimates depend on: its priors and from when on it learns."""
    priors: dict[str, dict[str, float]] = {
        "mace": asdict(know_or_guess.Priors()),
        "dawid_skene": asdict(ds.Priors()),
        "gaussian": {"pseudo": normal.PSEUDO, "correlation": know_or_guess.Priors().correlation},
    }
    if method == "majority":
        return {}
    learns = {"least_annotators": LEAST_ANNOTATORS, "least_comparisons": LEAST_COMPARISONS}
    caps = {"judge_cap": know_or_guess.JUDGE_CAP} if method in priors else {}
    return priors.get(method, {}) | caps | learns


def _each(
    model: _Model, votes: Votes, standing: Mask | None, gold: Gold | None, least: bool = True
) -> Outcome:
    fits, parts = [], []
    for learnt in questions(votes, gold):
        judged = learnt if standing is None else learnt.where(standing[learnt.at])
        part: Iterable[tuple[int, Estimate]]
        if least and (note := _too_little(learnt)):
            fit, part = _plain(learnt, note=note), majority(judged.votes)
        else:
            fit, part = model(learnt, judged)
        fits.append(fit)
        parts.append(part)
    return Outcome(tuple(fits), chain.from_iterable(parts))


def _too_little(question: Question) -> str:
    annotators, comparisons = question.answers.annotators, question.answers.items
    if annotators >= LEAST_ANNOTATORS and comparisons >= LEAST_COMPARISONS:
        return ""
    return (
        f"majority instead: {annotators} annotators on {comparisons} comparisons;"
        f" learning about annotators takes {LEAST_ANNOTATORS} and {LEAST_COMPARISONS}"
    )


def _plain(question: Question, note: str = "", **more: object) -> Fit:
    answers = question.answers
    return Fit(question.k, answers.items, answers.annotators, len(answers), note, **more)  # type: ignore[arg-type]


def _skills(question: Question, competence: Floats, weight: Floats | None = None) -> tuple[Skill, ...]:
    labels = question.answers.said.sum(1).tolist()
    weights = np.ones(len(labels)) if weight is None else weight
    who = (question.votes.voters[at] for at in question.voter.tolist())
    return tuple(
        Skill(voter, n, value, weight=w)
        for voter, n, value, w in zip(who, labels, competence.tolist(), weights.tolist(), strict=True)
    )


def _values(question: Question) -> tuple[np.ndarray, np.ndarray, Floats] | None:
    """(item, annotator, value) of every vote but both_bad; above two responses an item is one response."""
    votes, k = question.votes, question.k
    graded = np.array([v.ranking != BOTH_BAD for v in votes.distinct])[votes.code]
    if not graded.any():
        return None
    item, code = votes.comparison[graded], votes.code[graded]
    annotator = question.answers.annotator[graded]
    if k == 2:
        table = np.array(
            [signed(v.parsed, v.strength) if v.k == 2 else 0 for v in votes.distinct], dtype=float
        )
        return item, annotator, table[code]
    places = np.array(
        [doubled_places(v) if v.k == k and v.ranking != BOTH_BAD else [0] * k for v in votes.distinct]
    )
    items = (item[:, None] * k + np.arange(k)).ravel()
    return items, np.repeat(annotator, k), places[code].ravel() / 2


def _chances(question: Question, found: normal.Gaussian, ties: bool, correlation: float) -> Floats:
    """(classes, items) over the question's names."""
    k, names, items = question.k, question.names, len(question.votes.comparison_ids)
    score, error = np.zeros(items * (k if k > 2 else 1)), np.ones(items * (k if k > 2 else 1))
    if (values := _values(question)) is not None:
        some, deviation = found.scores(*values, correlation)
        score[: len(some)], error[: len(some)] = some, deviation
    everything = [*letters(k), TIE]
    if k == 2:
        a, tie, b = normal.chances_of_a_pair(score, error, ties)
        graded = np.stack((a, b, tie))
    else:
        best = normal.chances_to_be_best(score.reshape(items, k), error.reshape(items, k))
        graded = np.vstack((best.T, np.zeros(items)))
    bad = np.zeros(items)
    if BOTH_BAD in names:
        bad = shares(question.answers)[names.index(BOTH_BAD)]
    rows = {name: row * (1 - bad) for name, row in zip(everything, graded, strict=True)} | {BOTH_BAD: bad}
    chances = np.stack([rows[name] for name in names])
    result: Floats = chances / np.maximum(chances.sum(0), 1e-12)  # an answer that nobody gave has no row
    return result

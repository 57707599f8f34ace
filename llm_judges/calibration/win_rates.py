"""How often each model's responses win with a judge, as they are and at equal length."""

from dataclasses import replace
from typing import Any

import numpy as np
from scipy.special import expit

from annotation.agreement.groups import Floats
from annotation.ratings import Battles, Strengths, bradley_terry
from annotation.ratings.strengths import Z95
from annotation.reports.leaderboard import Written, battles_of
from annotation.votes import Ints, Votes

from .figures import FEWEST, Figure, missing, too_few

UNBEATEN = "no interval: some model never lost, or never won"


def win_rates(votes: Votes, written: Written, by_people: dict[int, float]) -> list[dict[str, Any]]:
    """By model; `votes` are one judge's, on the comparisons that `written` speaks of.

    After the length-controlled win rate of AlpacaEval (Dubois et al. 2024): a logistic regression of the
    choice on both models and on the difference of lengths (the leaderboard's), read off where lengths are
    equal, over the very battles that were fought. What makes a prompt hard is the same for both sides of a
    battle, and drops out. `by_people`: each model's rate by people's answers on the comparisons that have
    one.
    """
    battles = battles_of(votes, written, lengths=True)
    if not len(battles):
        return []
    fitted = bradley_terry(battles) if len(battles) >= FEWEST else None
    rows = []
    for model in np.unique(np.concatenate([battles.first, battles.second])).tolist():
        _, score = _of_model(battles, model)
        rows.append(
            {
                "model": written.names[model],
                "comparisons": len(score),
                "raw": float(score.mean()),
                "controlled": _controlled(battles, fitted, model).json(),
                "people": by_people.get(model),
            }
        )
    rows.sort(key=lambda row: (-row["raw"], row["model"]))
    return rows


def mean_scores(battles: Battles) -> dict[int, float]:
    """How often each model won, a tie as half."""
    models = np.unique(np.concatenate([battles.first, battles.second])).tolist()
    return {model: float(_of_model(battles, model)[1].mean()) for model in models}


def part(written: Written, comparisons: Ints) -> Written:
    """What is known of some of the comparisons."""
    return replace(
        written,
        model=written.model[comparisons],
        length=written.length[comparisons],
        prompt=written.prompt[comparisons],
    )


def _of_model(battles: Battles, model: int) -> tuple[Ints, Floats]:
    """(opponents, scores) of one model's battles."""
    one, two = battles.first == model, battles.second == model
    opponents = np.concatenate([battles.second[one], battles.first[two]])
    return opponents, np.concatenate([battles.score[one], 1 - battles.score[two]])


def _controlled(battles: Battles, fitted: Strengths | None, model: int) -> Figure:
    """The mean chance to win at equal length, its interval by the delta method."""
    opponents, score = _of_model(battles, model)
    if fitted is None or len(score) < FEWEST:
        return too_few(len(score), "battles")
    if not fitted.converged:
        return missing("not computable: the fit did not converge", len(score))
    ahead: Floats = fitted.strength[model] - fitted.strength[opponents]
    chance = expit(ahead)
    slope = chance * (1 - chance) / len(chance)
    gradient = -np.bincount(opponents, weights=slope, minlength=len(fitted.strength))
    gradient[model] += slope.sum()
    value = float(chance.mean())
    if fitted.unbeaten:
        return Figure(value, None, len(score), UNBEATEN)
    reach = Z95 * max(float(gradient @ fitted.covariance @ gradient), 0.0) ** 0.5
    return Figure(value, [max(value - reach, 0.0), min(value + reach, 1.0)], len(score))

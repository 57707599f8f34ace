"""Policies that learn from the comparisons which both people and the judge have labelled."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..error_model import ErrorModel, TooFew, fit
from ..learning import categories_of, columns, human_error, inputs, phrase, reasons
from ..policy import Problem, Scored, Signals, Term, Terms, policy
from .judges import tie_first, tie_terms


def error_terms(signals: Signals, model: Mapping[str, Any]) -> Terms:
    """What every column adds to the log odds that people contradict the judge, largest first."""
    if "error_model" not in model:  # nothing had been learned
        return tie_terms(signals, model)
    kept = model["error_model"]
    categories = sorted(name[3:] for name in kept["columns"] if name.startswith("in "))
    names = columns(categories)
    learned = ErrorModel.from_dict(kept, names)
    row = inputs(signals, categories)
    values = np.hstack([row.judging, row.looks])[0]
    high = learned.standard(row)[0] > 0
    added = learned.contributions(row)[0]
    terms = [
        Term(phrase(names[at], bool(high[at])), float(values[at]), float(added[at]))
        for at in np.argsort(-np.abs(added), kind="stable")
    ]
    score = float(learned.probability(row)[0]) - model["human_error"]
    return Terms(score, learned.intercept, terms, model["human_error"])


@policy("error_model", "1", texts=True, gain=True, terms=error_terms)
def error_model(problem: Problem, seed: int) -> Scored:
    """Asks people where they would most likely contradict the judge, as learned from labelled comparisons.

    Score = P(judge wrong) - P(a person wrong), the latter a constant: the expected gain of asking a person.
    Without enough labelled comparisons it says so and does what `tie_first` does.
    """
    categories = categories_of(problem.labelled)
    known = problem.labelled
    try:
        model = fit(inputs(known.signals, categories), known.wrong, known.signals.groups, seed)
    except TooFew as few:
        first = tie_first(problem, seed)
        return Scored(first.values, first.reasons, [f"nothing learned yet, ties first: {few}"])
    rows = inputs(problem.open, categories)
    probability = model.probability(rows)
    human, note = human_error(known)
    return Scored(
        probability - human,
        reasons(probability, model, rows, categories),
        [note] if note else [],
        {"error_model": model.as_dict(columns(categories)), "human_error": human},
    )

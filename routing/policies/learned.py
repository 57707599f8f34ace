"""Policies that learn from the comparisons which both people and the judge have labelled."""

import numpy as np

from ..error_model import TooFew, fit
from ..learning import categories_of, columns, inputs, reasons
from ..policy import Labelled, Problem, Scored, policy
from .judges import tie_first

LEAST_PAIRS = 10  # comparisons with two people, to say how often people contradict each other


@policy("error_model", "1", texts=True)
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


def human_error(labelled: Labelled) -> tuple[float, str]:
    """How often one person contradicts another, and a note where too little is known to say."""
    pairs = labelled.human_wrong[~np.isnan(labelled.human_wrong)]
    if len(pairs) < LEAST_PAIRS:
        return 0.0, (
            f"only {len(pairs)} comparisons have labels of two people, so scores do not count how often "
            "people contradict each other"
        )
    return float(pairs.mean()), ""

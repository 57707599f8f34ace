"""Policies that learn from the comparisons which both people and the judge have labelled."""

from ..error_model import TooFew, fit
from ..learning import categories_of, columns, human_error, inputs, reasons
from ..policy import Problem, Scored, policy
from .judges import tie_first


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

"""From signals to what the error model takes, and back into words. Pure: no Django."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .error_model import ErrorModel, Inputs, pieces
from .features import EACH, SHARED, tags
from .features.judging import COLUMNS
from .policy import Floats, Labelled, Signals

LEAST_PAIRS = 10  # comparisons with two people, to say how often people contradict each other
OFTEN = 20  # labelled comparisons that make a category a column of its own
# How each column reads where it is high, and where it is low.
WORDS = {
    "tied": ("the judge sees a tie", "the judge names a winner"),
    "order changed it": ("its answer changed with the order", "both orders gave the same answer"),
    "unsure": ("the judge is unsure", "the judge is sure"),
    "others differ": ("the judges differ", "the judges agree"),
    "others contradict": ("the judges contradict each other", "no judge contradicts it"),
    "others tied": ("other judges see a tie", "other judges name winners"),
    "order changed others": ("other judges waver with the order", "other judges do not waver"),
    "alone": ("no other judge answered", "other judges answered"),
    "similarity": ("similar responses", "dissimilar responses"),
    "rouge_l": ("similar wording", "dissimilar wording"),
    "entity_overlap": ("the same names and numbers", "different names and numbers"),
    "vocabulary_overlap": ("a shared vocabulary", "different vocabularies"),
    "same_last_number": ("the same final number", "different final numbers"),
    "prompt_length": ("a long prompt", "a short prompt"),
    "shortest_length": ("long responses", "a short response"),
    "longest_length": ("a long response", "short responses"),
    "length_gap": ("very different lengths", "similar lengths"),
    "refusals_differ": ("one response refuses", "no refusal on one side only"),
    "lists_differ": ("one response is a list", "the same use of lists"),
    "code_differs": ("one response has code", "the same use of code"),
    "turns": ("several turns", "a single turn"),
    "expertise": ("expert knowledge", "general knowledge"),
    "openness": ("an open question", "a closed question"),
    "safety_concern": ("a safety concern", "no safety concern"),
    "intents": ("many things asked at once", "one thing asked"),
    "format_constraints": ("demands on the form", "no demands on the form"),
    "material": ("material in the prompt", "no material in the prompt"),
    "not_latin": ("another script", "Latin script"),
    "numbers": ("numbers in the prompt", "no numbers in the prompt"),
    "prefers length": ("the judge prefers the longer one", "the judge prefers the shorter one"),
    "prefers list_items": ("the judge prefers more lists", "the judge prefers fewer lists"),
    "prefers refuses": ("the judge prefers a refusal", "the judge prefers no refusal"),
    "prefers answers_prompt": ("the judge prefers the prompt's words", "the judge prefers other words"),
    "prefers variety": ("the judge prefers a richer vocabulary", "the judge prefers a plainer vocabulary"),
    "prefers digits": ("the judge prefers more numbers", "the judge prefers fewer numbers"),
}


def categories_of(labelled: Labelled) -> list[str]:
    """Categories that are frequent enough to learn something about, by name."""
    counted = Counter(labelled.signals.categories)
    return sorted(name for name, number in counted.items() if name and number >= OFTEN)


def columns(categories: Sequence[str]) -> list[str]:
    """Names of the columns of `inputs`, judging ones first."""
    return [*COLUMNS, *SHARED, *(f"prefers {name}" for name in EACH), *(f"in {name}" for name in categories)]


def inputs(signals: Signals, categories: Sequence[str]) -> Inputs:
    """What the error model learns from or scores, one row a comparison."""
    at = np.array(signals.categories, dtype=object)
    inside = [(at == name).astype(np.float32) for name in categories]
    # As narrow as it is kept: a million rows are widened a few thousand at a time.
    return Inputs(signals.judging, np.column_stack([signals.shared, signals.toward, *inside]))


def human_error(labelled: Labelled) -> tuple[float, str]:
    """How often one person contradicts another, and a note where too little is known to say."""
    pairs = labelled.human_wrong[~np.isnan(labelled.human_wrong)]
    if len(pairs) < LEAST_PAIRS:
        return 0.0, (
            f"only {len(pairs)} comparisons have labels of two people, so scores do not count how often "
            "people contradict each other"
        )
    return float(pairs.mean()), ""


def tags_of(signals: Signals) -> NDArray[np.bool_]:
    """Tags (n, t) of comparisons; what is not known of a text counts as its lowest third."""
    return tags(np.nan_to_num(signals.shared))[1]


def gains_of(labelled: Labelled) -> Floats:
    """What a person's label is worth on each labelled comparison, (m,), as a fraction of a label."""
    human, _ = human_error(labelled)
    return labelled.wrong - np.where(np.isnan(labelled.human_wrong), human, labelled.human_wrong)


def reasons(
    probability: Floats, model: ErrorModel, rows: Inputs, categories: Sequence[str], most: int = 2
) -> list[str]:
    """Why each score is what it is: P(judge wrong) and the columns that raise it or lower it most."""
    names = tuple(columns(categories))
    keys = np.empty((len(rows), 1 + most), dtype=np.int64)
    keys[:, 0] = np.rint(100 * probability)
    for piece in pieces(len(rows)):
        standard = model.standard(rows.at(piece))
        keys[piece, 1:] = _largest(standard, standard * model.weights, most)
    # Words are made once for each distinct row: a million comparisons have some ten thousand.
    place: dict[tuple[int, ...], str] = {}
    found = []
    for key in map(tuple, keys.tolist()):
        words = place.get(key)
        if words is None:
            words = place[key] = _reason(key[0], key[1:], names)
        found.append(words)
    return found


def _largest(standard: Floats, added: Floats, most: int) -> NDArray[np.int64]:
    """The columns that add most to each row, whatever their sign, (n, most), each as one number:
    6 x column + 2 x (0 lowers, 1 neither, 2 raises) + (its value is above the mean)."""
    size, rows = np.abs(added), np.arange(len(added))
    found = []
    for _ in range(most):
        at = size.argmax(axis=1)
        size[rows, at] = -1.0
        raises = np.sign(np.round(added[rows, at], 2)).astype(np.int64)
        found.append(6 * at + 2 * (raises + 1) + (standard[rows, at] > 0))
    return np.column_stack(found)


def _reason(percent: int, codes: tuple[int, ...], names: tuple[str, ...]) -> str:
    """`codes` as `_largest` gives them."""
    parts = [(code // 6, code % 6 // 2 - 1, bool(code % 2)) for code in codes]
    found = {
        effect: [phrase(names[at], high) for at, up, high in parts if up == effect] for effect in (1, -1)
    }
    told = [f"{percent} % likely that people contradict the judge"]
    told += [f"more because of: {', '.join(found[1])}"] if found[1] else []
    told += [f"less because of: {', '.join(found[-1])}"] if found[-1] else []
    return "; ".join(told)


def phrase(name: str, high: bool) -> str:
    """How a column reads where it is above the mean, or below."""
    if name in WORDS:
        return WORDS[name][0 if high else 1]
    subject = name.removeprefix("about ").removeprefix("in ")
    return subject if high else f"not {subject}"

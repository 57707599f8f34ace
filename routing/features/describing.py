"""One comparison as one row of numbers, and a judge's verdict laid over it. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from . import rules
from .words import cosine, entities_in, jaccard, numbers_in, rouge_l, words_of

VERSION = 1

SHARED = (
    # textual: how the responses differ, how long everything is (lengths are logarithms of words)
    "similarity",
    "rouge_l",
    "entity_overlap",
    "vocabulary_overlap",
    "same_last_number",
    "prompt_length",
    "shortest_length",
    "longest_length",
    "length_gap",
    "refusals_differ",
    "lists_differ",
    "code_differs",
    # descriptive: what the prompt is
    "turns",
    "expertise",
    "openness",
    "safety_concern",
    "intents",
    "format_constraints",
    "material",
    "not_latin",
    "numbers",
    *(f"about {name}" for name in rules.SUBJECTS),
)
EACH = ("length", "list_items", "refuses", "answers_prompt", "variety", "digits")


@dataclass(frozen=True, slots=True)
class Described:
    """`shared` has shape (len(SHARED),), `each` (k, len(EACH)); all values finite, float32."""

    shared: NDArray[np.float32]
    each: NDArray[np.float32]


def describe(turns: Sequence[str], responses: Sequence[str]) -> Described:
    """Describes a comparison: the prompt's turns in order and k >= 2 responses, all as plain text."""
    prompt = "\n".join(turns)
    asked = words_of(prompt)
    said = [words_of(response) for response in responses]
    each = [_each(text, words, set(asked)) for text, words in zip(responses, said, strict=True)]
    shared = (*_textual(asked, responses, said), *_descriptive(turns, prompt, len(asked)))
    return Described(np.array(shared, dtype=np.float32), np.array(each, dtype=np.float32))


def directed(each: NDArray[np.float32], preferred: NDArray[np.float64]) -> NDArray[np.float64]:
    """What a judge preferred minus the rest: (n, len(EACH)) from `each` (n, k, len(EACH)).

    `preferred` has shape (n, k): weights that sum to +1 over the responses on top and to -1 over the others,
    all 0 for a tie. Changing places of responses, in both, changes nothing.
    """
    return np.einsum("nk,nkf->nf", preferred, each.astype(np.float64))


def _textual(asked: list[str], texts: Sequence[str], said: list[list[str]]) -> list[float]:
    lengths = [math.log1p(len(words)) for words in said]
    pairs = list(combinations(range(len(texts)), 2))
    named = [entities_in(text) for text in texts]
    vocabulary = [set(words) for words in said]
    last = [(numbers_in(text) or [""])[-1] for text in texts]

    def mean(measure: list[float]) -> float:
        return sum(measure) / len(measure)

    def differ(facts: list[bool]) -> float:
        return float(len(set(facts)) > 1)

    return [
        mean([cosine(said[i], said[j]) for i, j in pairs]),
        mean([rouge_l(said[i], said[j]) for i, j in pairs]),
        mean([jaccard(named[i], named[j]) for i, j in pairs]),
        mean([jaccard(vocabulary[i], vocabulary[j]) for i, j in pairs]),
        mean([float(last[i] == last[j]) for i, j in pairs]),
        math.log1p(len(asked)),
        min(lengths),
        max(lengths),
        max(lengths) - min(lengths),
        differ([rules.refuses(text) for text in texts]),
        differ([rules.list_items(text) > 0 for text in texts]),
        differ(["```" in text for text in texts]),
    ]


def _descriptive(turns: Sequence[str], prompt: str, length: int) -> list[float]:
    return [
        float(min(len(turns), 10)),
        rules.expertise_of(prompt),
        rules.openness_of(prompt),
        rules.safety_of(prompt),
        math.log1p(rules.intents_of(prompt)),
        math.log1p(rules.formats_of(prompt)),
        float(rules.has_material(prompt)),
        1 - rules.latin_share(prompt),
        math.log1p(len(numbers_in(prompt))),
        *rules.subjects_of(prompt).values(),
    ]


def _each(text: str, words: list[str], asked: set[str]) -> list[float]:
    vocabulary = set(words)
    return [
        math.log1p(len(words)),
        math.log1p(rules.list_items(text)),
        float(rules.refuses(text)),
        len(asked & vocabulary) / len(asked) if asked else 0.0,
        len(vocabulary) / len(words) if words else 0.0,
        math.log1p(len(numbers_in(text))),
    ]

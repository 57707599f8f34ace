"""What a judge is asked and may answer. Pure: no Django."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from annotation.ranking import BOTH_BAD, Ranking, RankingTask, Scale, from_preference

# Letters that begin no word of the menu, so that the first token of a verdict says which one it is, and no
# word of English prose, so that a rationale that names one means the response.
ALPHABET = "CDFGHJKLMNPQRSVWXZ"
# Strength in words, weakest first, by the number of steps on the scale.
_STRENGTHS = {1: ("",), 2: ("slightly ", "clearly "), 3: ("slightly ", "clearly ", "much ")}
_FULL = RankingTask()


@dataclass(frozen=True, slots=True)
class Question:
    """What a judge is asked: one criterion as it was when the question was put.

    A judge ranks all responses whatever the task: that says all that was asked, and more. A ranking that
    leaves open what was asked, such as a tie at the top where the best are named, is no answer.
    """

    name: str
    text: str
    scale: Scale
    both_bad: bool
    rationale_required: bool = False
    task: RankingTask = _FULL


class Rung:
    """How a verdict is asked for, best first: what the endpoint can do decides."""

    JSON_SCHEMA = "json_schema"
    TOOL = "tool"
    JSON_OBJECT = "json_object"
    TAGGED = "tagged"
    ALL = (JSON_SCHEMA, TOOL, JSON_OBJECT, TAGGED)


@dataclass(frozen=True, slots=True)
class Form:
    """How one reply is asked for and read.

    `letters` stand for the responses in the order shown and are drawn for each call; so is `token`, which
    marks a verdict in tagged text. `own_answer`: the judge answers the prompt itself before it compares.
    """

    questions: tuple[Question, ...]
    letters: str
    rung: str = Rung.JSON_SCHEMA
    token: str = ""
    own_answer: bool = False

    @property
    def k(self) -> int:
        return len(self.letters)


@lru_cache(maxsize=1024)
def menu(scale: Scale, both_bad: bool, letters: str = "AB") -> dict[str, tuple[Ranking, int | None]]:
    """The words offered on a pair, best for the first letter first, each with the ranking (over the order
    shown: a came first) and the strength it stands for."""
    words = {}
    for preference in scale.preferences():
        strength = abs(preference)
        if strength:
            letter = letters[0] if preference > 0 else letters[1]
            word = f"{letter} {_STRENGTHS[scale.steps][strength - 1]}better"
        else:
            word = "tie"
        graded = strength if strength and scale.graded else None
        words[word] = (from_preference(preference), graded)
    if both_bad:
        words[BOTH_BAD] = (Ranking((), both_bad=True), None)
    return words


@lru_cache(maxsize=1024)
def describe(question: Question, letters: str) -> str:
    """The offered answers in words, for prompts and for servers that do not enforce a schema."""
    if len(letters) == 2:
        words = menu(question.scale, question.both_bad, letters)
        return "one of " + ", ".join(f'"{word}"' for word in words)
    text = f"all letters {listed(letters)}, best first, {_allowed(question.task, letters)}"
    return f'{text}, or "{BOTH_BAD}" when all of them are bad' if question.both_bad else text


def listed(letters: Sequence[str]) -> str:
    """``K, C and M``."""
    return f"{', '.join(letters[:-1])} and {letters[-1]}"


def _allowed(task: RankingTask, letters: str) -> str:
    """What the task allows among all rankings, with an example that is none of the obvious ones."""
    shown = [letters[1], letters[0], *letters[2:]]
    k = len(letters)
    if task.full:
        return f"such as {_joined(shown, {k - 1})} where = means a tie"
    if task.best_worst:
        ties = {2} if k > 3 else set()
        middle = "; = means a tie and may only stand between the best and the worst" if ties else ""
        return f"such as {_joined(shown, ties)}, with one best and one worst and no tie with either{middle}"
    places = task.places(k)
    ties = {k - 1} if places < k - 1 else set()
    after = "; = means a tie and may only stand after them" if ties else ""
    first = f"the first {places} places" if places > 1 else "the first place"
    return f"such as {_joined(shown, ties)}, with no tie in {first}{after}"


def _joined(letters: Sequence[str], ties: set[int]) -> str:
    """``B>A=C``: a tie before the positions in `ties`."""
    rest = (f"{'=' if place in ties else '>'}{b}" for place, (_, b) in enumerate(pairwise(letters), 1))
    return letters[0] + "".join(rest)

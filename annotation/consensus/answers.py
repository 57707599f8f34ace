"""Votes on comparisons with k responses as codes of classes, which is what models of annotators fit. Pure.

A class says who is alone on top: a letter, `tie` where several share the top, `both_bad`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ..ranking import BOTH_BAD, letters
from ..votes import Ints, Mask, Vote, Votes

Floats = NDArray[np.float64]

TIE = "tie"


@dataclass(frozen=True)
class Answers:
    """Answers in one of `classes` classes; `item`, `annotator` and `value` have one element an answer.

    `known` has one element an item: the class that is certain (gold), or -1. `people` has one an annotator.
    """

    items: int
    annotators: int
    classes: int
    item: Ints
    annotator: Ints
    value: Ints
    known: Ints
    people: Mask

    @classmethod
    def of(cls, item: Ints, annotator: Ints, value: Ints, classes: int | None = None) -> "Answers":
        """From arrays of codes that begin at 0; all annotators are people and nothing is known."""
        items, annotators = int(item.max()) + 1, int(annotator.max()) + 1
        return cls(
            items,
            annotators,
            classes or int(value.max()) + 1,
            item,
            annotator,
            value,
            np.full(items, -1, dtype=np.int64),
            np.ones(annotators, dtype=bool),
        )

    def __len__(self) -> int:
        return len(self.value)

    @cached_property
    def count(self) -> Ints:
        """Answers an item."""
        return np.bincount(self.item, minlength=self.items)

    @cached_property
    def said(self) -> Ints:
        """(annotators, classes): how often each annotator gave each answer."""
        return np.bincount(self._said, minlength=self.annotators * self.classes).reshape(
            self.annotators, self.classes
        )

    @cached_property
    def shares(self) -> Floats:
        """How often each class was answered; they sum to 1."""
        return self.said.sum(0) / len(self)

    @cached_property
    def votes(self) -> Ints:
        """(classes, items): answers in each class."""
        flat = np.bincount(self.value * self.items + self.item, minlength=self.classes * self.items)
        return flat.reshape(self.classes, self.items)

    @cached_property
    def by_class(self) -> csr_array:
        """(classes x items, annotators x classes): 1 where the annotator gave the item this answer."""
        rows = self.value * self.items + self.item
        return _ones(rows, self._said, (self.classes * self.items, self.annotators * self.classes))

    @cached_property
    def by_item(self) -> csr_array:
        """(items, annotators x classes): 1 where the annotator gave the item this answer."""
        return _ones(self.item, self._said, (self.items, self.annotators * self.classes))

    @cached_property
    def _said(self) -> Ints:
        return self.annotator * self.classes + self.value


def normalised(evidence: Floats, known: Ints) -> tuple[Floats, float]:
    """Turns log weights (classes, items), in place, into posteriors; gives them and the log likelihood.

    Items whose class is `known` are certain of it, and count with the likelihood of that class.
    """
    clamped = np.flatnonzero(known >= 0)
    at_known = evidence[known[clamped], clamped]
    top = evidence.max(axis=0)
    evidence -= top
    np.exp(evidence, out=evidence)
    total = evidence.sum(axis=0)
    evidence /= total
    logs = np.log(total) + top
    logs[clamped] = at_known
    evidence[:, clamped] = 0.0
    evidence[known[clamped], clamped] = 1.0
    return evidence, float(logs.sum())


@dataclass(frozen=True)
class Question:
    """The votes on all comparisons that have k responses, and their answers.

    `names` are the classes in use, in the order letters, tie, both_bad. `votes` has the votes' annotators and
    comparisons renumbered; `voter` says for each annotator of `answers` who it is among the original voters,
    `at` for each vote where it is among the original votes.
    """

    k: int
    names: tuple[str, ...]
    votes: Votes
    voter: Ints
    at: Ints
    answers: Answers

    def where(self, mask: Mask) -> "Question":
        """The votes that `mask` (one element a vote) picks; classes and annotators keep their codes."""
        votes = self.votes.where(mask)
        known = self.answers.known[np.searchsorted(self.votes.comparison_ids, votes.comparison_ids)]
        answers = replace(
            self.answers,
            items=len(votes.comparison_ids),
            item=votes.comparison,
            annotator=self.answers.annotator[mask],
            value=self.answers.value[mask],
            known=known,
        )
        return replace(self, votes=votes, at=self.at[mask], answers=answers)


def questions(votes: Votes, gold: Mapping[int, str] | None = None) -> list[Question]:
    """The votes by the number of responses, fewest first. `gold` has known classes by comparison id."""
    sizes = np.array([vote.k for vote in votes.distinct], dtype=np.int64)
    found = []
    for k in sorted({vote.k for vote in votes.distinct}):
        at = np.flatnonzero(sizes[votes.code] == k)
        if len(at):
            found.append(_question(k, votes.where(sizes[votes.code] == k), at, gold or {}))
    return found


def all_names(k: int) -> tuple[str, ...]:
    """Every class of a comparison with k responses."""
    return (*letters(k), TIE, BOTH_BAD)


def top_of(vote: Vote) -> str:
    """The class of a vote."""
    return BOTH_BAD if vote.ranking == BOTH_BAD else vote.parsed.winner or TIE


def _question(k: int, votes: Votes, at: Ints, gold: Mapping[int, str]) -> Question:
    every = all_names(k)
    place = {name: index for index, name in enumerate(every)}
    of_code = np.array([place[top_of(v)] if v.k == k else 0 for v in votes.distinct], dtype=np.int64)
    value = of_code[votes.code]
    known = np.full(len(votes.comparison_ids), -1, dtype=np.int64)
    if gold:
        for index, pk in enumerate(votes.comparison_ids.tolist()):
            known[index] = place.get(gold.get(pk, ""), -1)
    used = np.unique(np.concatenate((value, known[known >= 0])))
    code = np.full(len(every) + 1, -1, dtype=np.int64)  # the last stays -1: not known
    code[used] = np.arange(len(used))
    voter, annotator = np.unique(votes.voter, return_inverse=True)
    answers = Answers(
        items=len(votes.comparison_ids),
        annotators=len(voter),
        classes=len(used),
        item=votes.comparison,
        annotator=annotator,
        value=code[value],
        known=code[known],
        people=votes.people[voter],
    )
    return Question(k, tuple(every[index] for index in used), votes, voter, at, answers)


def _ones(rows: Ints, columns: Ints, shape: tuple[int, int]) -> csr_array:
    return csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)

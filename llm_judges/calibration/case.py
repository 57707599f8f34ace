"""One criterion's case: everybody's answers, people's answer on each unit, and what stands around them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from django.db.models import BigIntegerField, FloatField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from annotation.agreement.groups import Floats, value_counts
from annotation.models import Annotator, Criterion, Label, Project, Reference, SoftLabel
from annotation.ranking import BOTH_BAD
from annotation.ratings import Battles
from annotation.reports.circumstances import Orders, read_orders
from annotation.reports.columns import MISSING, numbers_by
from annotation.reports.evidence import Evidence
from annotation.reports.leaderboard import Written, read_written
from annotation.votes import Ints, Judgements, Mask, Vote, Voter, Votes, responses_in

from .answers import UNKNOWN, Answers, Target, answers_of, merged, target
from .ground import Ground
from .win_rates import mean_scores

MILLION = 1_000_000  # soft labels are kept to so many parts
REFERENCE = Voter(0, "reference", "Reference")  # ids of annotators begin at 1


@dataclass(frozen=True)
class Soft:
    """Soft labels of pairs, one element each: whose, on which comparison (its id), the chances of a, tie
    (both bad too) and b, and whether the orders contradict each other."""

    annotator: Ints
    comparison: Ints
    chances: Floats
    inconsistent: Mask


@dataclass(frozen=True)
class Case:
    """Everything is worked out once. `votes` hold the References as one more voter; comparisons are those
    that an annotator voted on. Use it inside the `snapshot` that it was made in."""

    ground: Ground
    evidence: Evidence
    votes: Votes
    fewest: int

    @classmethod
    def of(cls, project: Project, criterion: Criterion, ground: Ground, fewest: int) -> "Case":
        evidence = Evidence.of(project, criterion)
        return cls(ground, evidence, with_references(evidence.votes, criterion, ground), fewest)

    @cached_property
    def at(self) -> Ints:
        """Where each comparison of the votes stands in the ground."""
        return self.ground.at(self.votes.comparison_ids)

    @cached_property
    def judgements(self) -> Judgements:
        return self.votes.judgements()

    @cached_property
    def answers(self) -> Answers:
        return answers_of(self.votes)

    @cached_property
    def group(self) -> Ints:
        """The group of each unit's comparison."""
        return self.ground.group[self.at][self.answers.comparison]

    @cached_property
    def pair(self) -> Ints:
        """The units that are comparisons of two responses."""
        return np.flatnonzero(self.ground.k[self.at][self.answers.comparison] == 2)

    @cached_property
    def unit_of(self) -> Ints:
        """For each comparison of the votes its unit where it is a pair that somebody judged, else -1."""
        found = np.full(len(self.votes.comparison_ids), -1)
        found[self.answers.comparison[self.pair]] = self.pair
        return found

    @cached_property
    def counts(self) -> Ints:
        """(units x classes) of people's votes."""
        return self.answers.counts(self.votes.people)

    @cached_property
    def values(self) -> Ints:
        """(units x values) of people's votes."""
        return value_counts(self.judgements, self.votes.people[self.judgements.voter])

    @cached_property
    def reference(self) -> Ints:
        """What the Reference says of each unit."""
        known = [index for index, voter in enumerate(self.votes.voters) if voter == REFERENCE]
        return self.answers.of(known[0]) if known else np.full(self.answers.units, UNKNOWN)

    @cached_property
    def target(self) -> Target:
        return target(self.counts, self.reference, self.fewest)

    @cached_property
    def people(self) -> Ints:
        """People's answer on each unit where it rests on a Reference or enough people."""
        return np.where(self.target.known, self.target.said, UNKNOWN)

    @cached_property
    def index_of(self) -> dict[int, int]:
        """Each voter's index by annotator id."""
        return {voter.id: index for index, voter in enumerate(self.votes.voters)}

    @cached_property
    def orders(self) -> Orders:
        return read_orders(self.evidence.project, self.evidence.criterion)

    @cached_property
    def written(self) -> Written:
        return read_written(self.evidence.project, self.votes, lengths=True)

    @cached_property
    def rates_by_people(self) -> dict[int, float]:
        """How often each model (as `written` numbers them) wins by people's answers to pairs."""
        unit = self.pair[self.people[self.pair] != UNKNOWN]
        comparison = self.answers.comparison[unit]
        first, second = self.written.model[comparison][:, :2].T
        met = (first >= 0) & (second >= 0) & (first != second)
        score = (2 - merged(self.people[unit][met])) / 2  # a, tie, b
        return mean_scores(Battles(len(self.written.names), first[met], second[met], score))

    @cached_property
    def soft(self) -> Soft:
        return _read_soft(self.evidence.project, self.evidence.criterion)

    @cached_property
    def consistent(self) -> dict[int, Ints]:
        """By annotator id and for each comparison of the votes: 1 where the orders are said to agree, 0 where
        they contradict each other, -1 where that is not known."""
        labels = Label.objects.filter(
            project=self.evidence.project,
            criterion=self.evidence.criterion,
            current=True,
            independent=True,
            annotator__kind=Annotator.Kind.JUDGE,
            annotation__order_consistent__isnull=False,
        )
        found: dict[int, Ints] = {}
        by = ("annotator_id", "annotation__order_consistent")
        for (annotator, same), ids in numbers_by(labels, by, ("comparison_id",)):
            known = found.setdefault(annotator, np.full(len(self.votes.comparison_ids), -1))
            known[np.searchsorted(self.votes.comparison_ids, ids[:, 0])] = bool(same)
        return found

    def place(self, comparison_ids: Ints) -> tuple[Ints, Mask]:
        """(where those that were voted on stand among the votes' comparisons, which those are)."""
        ids = self.votes.comparison_ids
        at = np.searchsorted(ids, comparison_ids)
        known = at < len(ids)
        known[known] = ids[at[known]] == comparison_ids[known]
        return at[known], known


def with_references(votes: Votes, criterion: Criterion, ground: Ground) -> Votes:
    """The votes, and the References of the comparisons voted on as those of one more voter. One statement."""
    known = Reference.objects.filter(criterion=criterion).exclude(ranking="")
    rows = list(known.values_list("comparison_id", "ranking"))
    ids = np.array([pk for pk, _ in rows], dtype=np.int64)
    sizes = ground.k[ground.at(ids)].tolist()
    table = {vote: code for code, vote in enumerate(votes.distinct)}
    codes = np.array(
        [
            table.setdefault(Vote(ranking, responses_in(ranking) or k), len(table))
            for (_, ranking), k in zip(rows, sizes, strict=True)
        ],
        dtype=np.int64,
    )
    voted = np.isin(ids, votes.comparison_ids)
    everybody = {voter.id: voter for voter in (*votes.voters, REFERENCE)}
    own = np.array([voter.id for voter in votes.voters], dtype=np.int64)[votes.voter]
    return Votes.from_columns(
        np.concatenate([votes.comparison_ids[votes.comparison], ids[voted]]),
        np.concatenate([own, np.full(int(voted.sum()), REFERENCE.id)]),
        np.concatenate([votes.code, codes[voted]]),
        tuple(table),
        everybody,
    )


def _read_soft(project: Project, criterion: Criterion) -> Soft:
    """One statement."""
    labels = SoftLabel.objects.filter(
        label__project=project,
        label__criterion=criterion,
        label__current=True,
        label__independent=True,
        label__comparison__k=2,
    )
    chances = (
        Cast(Cast(KeyTextTransform(name, "probabilities"), FloatField()) * MILLION, BigIntegerField())
        for name in ("a", "tie", BOTH_BAD, "b")
    )
    numbers: tuple[Any, ...] = ("label__annotator_id", "label__comparison_id", *chances)
    found, inconsistent = [np.zeros((0, 6), dtype=np.int64)], [np.zeros(0, dtype=bool)]
    for (same,), rows in numbers_by(labels, ("order_consistent",), numbers):
        found.append(rows)
        inconsistent.append(np.full(len(rows), same is False))
    rows = np.concatenate(found)
    a, tie, bad, b = (np.where(rows == MISSING, 0, rows)[:, 2:] / MILLION).T
    return Soft(
        rows[:, 0],
        rows[:, 1],
        np.stack([a, tie + bad, b], axis=1),
        np.concatenate(inconsistent),
    )

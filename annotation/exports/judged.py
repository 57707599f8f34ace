"""The consensus of a release's criteria, kept in little room, and the gates that a comparison has to pass.

An estimate is an object of several hundred bytes; a release may have a million. They are kept as arrays, with
the few different rankings and tallies of votes in tables, and made anew one by one.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from .. import agreement
from ..consensus import Estimate, in_layer
from ..models import Criterion, Project
from ..ranking import Scale, letters
from ..reports import read_votes, totals
from ..reports.estimates import decided_of, estimated_from, gold_of, standing_mask
from ..votes import Ints, Mask, Votes
from .estimates import estimates_of
from .frozen import Frozen
from .options import Options


@dataclass
class Estimates:
    """Estimates by comparison id."""

    of_k: dict[int, "_OfK"] = field(default_factory=dict)

    @classmethod
    def of(cls, estimated: Iterator[tuple[int, Estimate]]) -> "Estimates":
        kept = cls()
        for pk, estimate in estimated:
            if estimate.k not in kept.of_k:
                kept.of_k[estimate.k] = _OfK(estimate.k)
            kept.of_k[estimate.k].add(pk, estimate)
        for one in kept.of_k.values():
            one.finish()
        return kept

    def get(self, comparison: int, k: int) -> Estimate | None:
        return self.of_k[k].get(comparison) if k in self.of_k else None


class _OfK:
    """Those of comparisons with k responses, added in order of id."""

    def __init__(self, k: int) -> None:
        self.k = k
        self.names = [*letters(k), "tie", "both_bad"]
        self.tables: dict[Any, int] = {}
        self.kept: list[Any] = []
        self.ids = array("q")
        self.chances = array("d")
        self.rest = array("i")

    def add(self, pk: int, estimate: Estimate) -> None:
        self.ids.append(pk)
        self.chances.extend([estimate.probabilities.get(name, np.nan) for name in self.names])
        for part in (estimate.winner, estimate.ranking, estimate.votes):
            code = self.tables.setdefault(part, len(self.kept))
            if code == len(self.kept):
                self.kept.append(part)
            self.rest.append(code)
        self.rest.append(estimate.support)

    def finish(self) -> None:
        self.tables = {}

    def get(self, comparison: int) -> Estimate | None:
        at = bisect_left(self.ids, comparison)
        if at == len(self.ids) or self.ids[at] != comparison:
            return None
        width = len(self.names)
        chances = self.chances[at * width : (at + 1) * width]
        winner, ranking, votes, support = self.rest[at * 4 : at * 4 + 4]
        known = {name: p for name, p in zip(self.names, chances, strict=True) if p == p}
        return Estimate(self.k, known, self.kept[winner], self.kept[ranking], support, self.kept[votes])


class Gated(Protocol):
    """What the gates ask of a comparison."""

    @property
    def pk(self) -> int: ...
    @property
    def k(self) -> int: ...
    @property
    def fit(self) -> bool: ...
    @property
    def flagged(self) -> bool: ...
    @property
    def instrument(self) -> bool: ...


@dataclass(frozen=True)
class Judged:
    """One criterion of a release: how far its annotators agree, and where a format asks for one answer a
    comparison, estimates and how they came about."""

    criterion: Criterion
    estimates: Estimates
    consensus: dict[str, Any] | None
    agreement: dict[str, Any]
    annotators: dict[str, Any]
    whole: dict[str, Any] | None
    low_agreement: bool

    @classmethod
    def of(cls, frozen: Frozen, criterion: Criterion, estimated: bool = True) -> "Judged":
        """Reads the frozen votes of one criterion and, where asked for, estimates from those that stand."""
        votes = frozen.votes(criterion)
        protocol = frozen.release.facts["protocol"]
        layer = _layer(votes, protocol["labels_cap"], protocol["overlap_share"])
        standing = frozen.standing(votes) if estimated else None
        over_all, gold, decided = (
            estimates_of(frozen, votes),
            frozen.gold(criterion),
            frozen.decided(criterion),
        )
        return cls._of(criterion, frozen.options, votes, layer, standing, gold, decided, over_all)

    @classmethod
    def now(cls, project: Project, criterion: Criterion, options: Options) -> "Judged":
        """The same from the labels as they are now, nothing frozen; for what is asked before a release."""
        votes = read_votes(project, criterion)
        if options.source in ("human", "judge"):
            votes = votes.where(votes.human == (options.source == "human"))
        everyone = np.ones(len(votes), dtype=bool)
        standing = standing_mask(project, votes) if options.source == "routed" else everyone
        layer = _layer(votes, project.labels_cap, project.overlap_share)
        gold, decided = gold_of(criterion), decided_of(criterion)
        return cls._of(criterion, options, votes, layer, standing, gold, decided, None)

    @classmethod
    def _of(
        cls,
        criterion: Criterion,
        options: Options,
        votes: Votes,
        layer: Votes,
        standing: Mask | None,
        gold: dict[int, str],
        decided: dict[int, str],
        over_all: dict[str, Any] | None,
    ) -> "Judged":
        found = {"criterion": criterion.name, "version": criterion.version}
        found |= totals(votes) | agreement.report(layer, Scale(criterion.scale))
        estimated = (
            None if standing is None else estimated_from(votes, standing, gold, options.consensus, decided)
        )
        return cls(
            criterion,
            Estimates.of(iter(estimated or ())),
            None if estimated is None else estimated.facts(),
            found,
            _annotators(votes),
            over_all,
            _below(found, options.min_agreement),
        )

    def gate(self, item: Gated, options: Options) -> Estimate | str:
        """The comparison's estimate, or why it stays out."""
        if reason := held_back(item.instrument, item.flagged, options):
            return reason
        if not item.fit:
            return "unfit"
        if self.low_agreement:
            return "low_agreement"
        estimate = self.estimates.get(item.pk, item.k)
        if estimate is None:
            return "no_votes"
        return "too_few_votes" if estimate.support < options.min_labels else estimate


def held_back(instrument: bool, flagged: bool, options: Options) -> str:
    """Why a comparison may not be told of at all, whatever was said of it; empty where it may."""
    if instrument and not options.instruments:
        return "instrument"
    return "flagged" if flagged and not options.flagged else ""


def _layer(votes: Votes, cap: int | None, share: float) -> Votes:
    """The votes that agreement is worked out from (see `reports.evidence`): where asking stops early, those
    of the random layer that nobody chose by difficulty."""
    if cap is None:
        return votes
    return votes.where(in_layer(votes.comparison_ids, share)[votes.comparison])


def _annotators(votes: Votes) -> dict[str, Any]:
    """How votes are spread over people, judges and comparisons: least, median and greatest number."""
    each = np.bincount(votes.voter, minlength=len(votes.voters))
    people = np.bincount(votes.comparison[votes.human], minlength=len(votes.comparison_ids))
    return {
        "people": _spread(each[votes.people]),
        "judges": _spread(each[~votes.people]),
        "people_a_comparison": _spread(people[people > 0]),
    }


def _spread(numbers: Ints) -> dict[str, float] | None:
    if not len(numbers):
        return None
    found = {"number": len(numbers), "min": int(numbers.min()), "median": float(np.median(numbers))}
    return found | {"max": int(numbers.max())}


def _below(found: dict[str, Any], least: float | None) -> bool:
    """Whether the lower end of alpha's interval misses the least, among people where two of them voted on
    something, else among judges. Without an interval nobody knows, so the gate stays shut."""
    if least is None:
        return False
    groups = found["groups"]
    name = "human_human" if groups["human_human"]["pairs"] else "judge_judge"
    ends = groups[name]["intervals"].get(found["level"]) or groups[name]["alpha_ci95"]
    return ends is None or ends[0] < least

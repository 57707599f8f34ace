"""The consensus of one criterion as a value: what `reports.consensus` stores and a release freezes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .. import consensus
from ..consensus import Estimate, Fit
from ..models import Assignment, Criterion, Decision, Gold, Label, Project
from ..ranking import RankingError, parse
from ..votes import Mask, Vote, Votes
from .reading import BATCH, Unknown, read_votes, snapshot

# Figures beyond this digit depend on the machine's arithmetic, and a frozen file must not.
DIGITS = 6


@dataclass(frozen=True)
class Estimated:
    """Estimates in order of comparison id (iterate, once), the `fits` behind them and how many comparisons
    had their answer from `gold`. `decided`: by comparison id, what an adjudicator said, which stands in place
    of the votes."""

    method: str
    gold: int
    outcome: consensus.Outcome
    decided: Mapping[int, str] = field(default_factory=dict)

    @property
    def fits(self) -> tuple[Fit, ...]:
        return self.outcome.fits

    def __iter__(self) -> Iterator[tuple[int, Estimate]]:
        for pk, estimate in self.outcome:
            yield pk, _settled(estimate, self.decided[pk]) if pk in self.decided else estimate

    def facts(self) -> dict[str, Any]:
        """How the estimates came about, for a manifest: method, constants, and each fit but its annotators.

        A fit's `skills` say by annotator id what it knew of whom; who writes them down names nobody.
        """
        return {
            "method": self.method,
            "parameters": consensus.parameters_of(self.method),
            "gold": self.gold,
            "fits": [fit_facts(fit) for fit in self.fits],
        }


def estimates_of(
    project: Project, criterion: Criterion, method: str = consensus.DEFAULT, votes: Votes | None = None
) -> Estimated:
    """Estimates the consensus from the labels as they are now, and stores nothing. Raises Unknown.

    Annotators are learnt about from all independent `votes` (read where they are not given), gold as known,
    with a panel in place of its members where it has spoken; the estimates rest on the votes that stand. The
    same labels give the same figures. Three SQL statements and those of `read_votes`.
    """
    method_named(method)
    with snapshot():
        if votes is None:
            votes = read_votes(project, criterion)
        standing = standing_mask(project, votes)
        gold, decided = gold_of(criterion), decided_of(criterion)
    return estimated_from(votes, standing, gold, method, decided)


def estimated_from(
    votes: Votes,
    standing: Mask,
    gold: dict[int, str],
    method: str,
    decided: Mapping[int, str] | None = None,
) -> Estimated:
    """The consensus of these votes, of which those in `standing` count (`estimates_of`). Raises Unknown."""
    once = consensus.learnt_from(votes, standing)
    if not once.all():
        votes, standing = votes.where(once), standing[once]
    outcome = method_named(method)(votes, standing=standing, gold=gold)
    return Estimated(method, len(gold), outcome, decided or {})


def method_named(name: str) -> consensus.Method:
    """The consensus method called `name`. Raises Unknown."""
    try:
        return consensus.METHODS[name]
    except KeyError:
        available = ", ".join(consensus.METHODS)
        raise Unknown(
            f"consensus method {name!r} is not available in this version; there is: {available}"
        ) from None


def standing_mask(project: Project, votes: Votes) -> Mask:
    """Which votes stand, given the project's current Decisions (see `consensus.standing`)."""
    decisions = Decision.objects.filter(comparison__project=project, superseded_at=None)
    rows = decisions.values_list("comparison_id", "destination", "judge_id").iterator(BATCH)
    human = Decision.Destination.HUMAN
    return consensus.standing(votes, ((pk, where == human, judge) for pk, where, judge in rows))


def gold_of(criterion: Criterion) -> dict[int, str]:
    """By comparison id, the class (a letter, tie, both_bad) of references that the owner made gold."""
    rows = Gold.objects.filter(reference__criterion=criterion).exclude(reference__ranking="")
    known = {}
    for pk, k, ranking in rows.values_list(
        "reference__comparison_id", "reference__comparison__k", "reference__ranking"
    ):
        try:
            parse(ranking, k)
        except RankingError:
            continue  # a reference to another number of responses says nothing here
        known[pk] = consensus.top_of(Vote(ranking, k))
    return known


def decided_of(criterion: Criterion) -> dict[int, str]:
    """By comparison id, the ranking that an adjudicator decided on; where several did, the newest."""
    labels = Label.objects.filter(
        criterion=criterion,
        current=True,
        annotation__assignment__purpose=Assignment.Purpose.ADJUDICATION,
        annotator__excluded_at=None,
    )
    return dict(labels.order_by("pk").values_list("comparison_id", "ranking"))


def _settled(estimate: Estimate, ranking: str) -> Estimate:
    winner = consensus.top_of(Vote(ranking, estimate.k))
    chances = dict.fromkeys(estimate.probabilities, 0.0) | {winner: 1.0}
    return replace(estimate, probabilities=chances, winner=winner, ranking=ranking)


def fit_facts(fit: Fit) -> dict[str, Any]:
    """A fit as plain values, without its annotators."""
    return {
        "k": fit.k,
        "comparisons": fit.comparisons,
        "labels": fit.labels,
        "annotators": fit.annotators,
        "iterations": fit.iterations,
        "converged": fit.converged,
        "note": fit.note,
        "classes": {name: round(share, DIGITS) for name, share in (fit.classes or {}).items()},
    }

"""Preferences that run in a ring over the comparisons of one prompt, its models being what is compared.

Whoever says a > b, b > c and c > a has said something that no order of the three fits: seldom on purpose.
"""

from collections import defaultdict
from typing import Any, NamedTuple

import numpy as np
from django.db.models import Count, QuerySet, TextField, Window
from django.db.models.functions import MD5, Cast

from ..agreement.annotators import FEWEST_LABELS, reference_of
from ..agreement.cycles import Cycle, Cycles, cycles
from ..agreement.leanings import share
from ..consensus import DEFAULT
from ..models import Comparison, Consensus, Response
from ..votes import Ints, Vote, Votes
from .evidence import Evidence
from .leaderboard import implied
from .reading import BATCH

MAJORITY = "majority"


class _Prompts(NamedTuple):
    """Prompts with several comparisons. `model` is (comparisons of `ids` x responses): indexes of `models`,
    -1 without a name; `prompt` has one element a comparison and indexes `groups`."""

    groups: tuple[str, ...]
    models: tuple[str, ...]
    ids: Ints
    prompt: Ints
    model: Ints


class _Said(NamedTuple):
    """One element for every pair of models that somebody compared; `net` above 0: `one` is better."""

    graph: Ints
    one: Ints
    two: Ints
    net: Ints
    comparison: Ints


def cycles_of(evidence: Evidence) -> dict[str, Any] | None:
    """Rings in what each annotator says and in the consensus; None where no prompt's pairs could close one.

    Both have the number of prompts (of an annotator each) with a ring among those `possible`, and `listed`:
    prompt, models in the order in which they beat each other, and the comparisons that say so. The
    consensus is the project's, or the majority of votes where that was never estimated. `each` has the
    share of rings of everybody with enough labels. Three SQL statements at most.
    """
    prompts = _read_prompts(evidence)
    if not len(prompts.ids):
        return None
    votes = evidence.votes.where(
        np.isin(evidence.votes.comparison_ids, prompts.ids)[evidence.votes.comparison]
    )
    own = _said(votes, prompts)
    number = len(prompts.groups)
    own = own._replace(graph=votes.voter[own.graph] * number + prompts.prompt[own.comparison])
    by_annotator = cycles(own.graph, own.one, own.two, own.net)
    method, agreed = _agreed(evidence, votes, prompts)
    by_consensus = cycles(agreed.graph, agreed.one, agreed.two, agreed.net)
    if not len(by_annotator.possible) and not len(by_consensus.possible):
        return None
    ids = [voter.id for voter in votes.voters]
    return {
        "consensus": {"method": method, **_counted(by_consensus)}
        | {"listed": [_cycle(one, agreed, prompts, one.graph) for one in by_consensus.listed]},
        "annotators": _counted(by_annotator)
        | {
            "listed": [
                {"annotator": ids[one.graph // number], **_cycle(one, own, prompts, one.graph % number)}
                for one in by_annotator.listed
            ]
        },
        "each": _each(evidence.votes, votes, by_annotator, number),
    }


def _counted(found: Cycles) -> dict[str, Any]:
    return {"number": len(found.graphs), "possible": len(found.possible)}


def _each(everything: Votes, votes: Votes, found: Cycles, prompts: int) -> list[dict[str, Any]]:
    size = len(everything.voters)
    labels = np.bincount(everything.voter, minlength=size)
    rings = np.bincount(found.graphs // prompts, minlength=size)
    possible = np.bincount(found.possible // prompts, minlength=size)
    return [
        {"annotator": votes.voters[at].id, **share(int(rings[at]), int(possible[at]))._asdict()}
        for at in np.flatnonzero(possible)
        if labels[at] >= FEWEST_LABELS
    ]


def _cycle(one: Cycle, said: _Said, prompts: _Prompts, prompt: int) -> dict[str, Any]:
    here = np.flatnonzero(said.graph == one.graph)
    between: dict[frozenset[int], set[int]] = defaultdict(set)
    for at in here.tolist():
        between[frozenset((int(said.one[at]), int(said.two[at])))].add(int(prompts.ids[said.comparison[at]]))
    pairs = zip(one.items, [*one.items[1:], one.items[0]], strict=True)
    return {
        "prompt": prompts.groups[prompt],
        "models": [prompts.models[item] for item in one.items],
        "comparisons": sorted(set().union(*(between[frozenset(pair)] for pair in pairs))),
    }


def _agreed(evidence: Evidence, votes: Votes, prompts: _Prompts) -> tuple[str, _Said]:
    """The consensus as one vote a comparison, else all votes of those whom annotators are held against."""
    rows = Consensus.objects.filter(
        criterion=evidence.criterion, method=DEFAULT, comparison__in=_repeated(evidence)
    )
    found = [
        (pk, 0, Vote(ranking, k))
        for pk, k, ranking in rows.exclude(ranking="")
        .values_list("comparison_id", "comparison__k", "ranking")
        .iterator(BATCH)
    ]
    if found:
        votes = Votes.of(found, {0: evidence.votes.voters[0]})
        votes = votes.where(np.isin(votes.comparison_ids, prompts.ids)[votes.comparison])
    else:
        votes = votes.where(reference_of(votes)[votes.voter])
    said = _said(votes, prompts)
    return DEFAULT if found else MAJORITY, said._replace(graph=prompts.prompt[said.comparison])


def _said(votes: Votes, prompts: _Prompts) -> _Said:
    """Every pair of different named models that a vote compares; `graph` is the vote's index."""
    none = np.zeros(0, dtype=np.int64)
    parts = [(none, none, none, none)]
    for code, pairs in implied(votes):
        at = np.flatnonzero(votes.code == code)
        parts += [
            (at, np.full(len(at), x), np.full(len(at), y), np.full(len(at), sign)) for x, y, sign in pairs
        ]
    vote, left, right, net = (np.concatenate(column) for column in zip(*parts, strict=True))
    comparison = np.searchsorted(prompts.ids, votes.comparison_ids)[votes.comparison[vote]]
    one, two = prompts.model[comparison, left], prompts.model[comparison, right]
    met = (one >= 0) & (two >= 0) & (one != two)
    return _Said(vote[met], one[met], two[met], net[met], comparison[met])


def _repeated(evidence: Evidence) -> QuerySet[Any, Any]:
    """Comparisons whose prompt has another one. Counted in one pass over them: a subquery of groups is gone
    through once a comparison where PostgreSQL has no statistics yet."""
    every = Comparison.objects.filter(project=evidence.project)
    return every.annotate(number=Window(Count("pk"), partition_by="group")).filter(number__gt=1).values("pk")


def _read_prompts(evidence: Evidence) -> _Prompts:
    """Prompts with several comparisons that have votes. One SQL statement.

    A group may hold several prompts (the turns of a conversation), so the text itself is part of the key.
    """
    rows = Response.objects.filter(comparison__in=_repeated(evidence)).exclude(model="")
    rows = rows.order_by("comparison_id", "position")  # numbers models and prompts alike every time
    asked = MD5(Cast("comparison__prompt", TextField()))
    columns = ("comparison_id", "position", "model", "comparison__group", asked)
    groups: dict[tuple[str, str], int] = {}
    models: dict[str, int] = {}
    found = [
        (pk, position, models.setdefault(model, len(models)), groups.setdefault((group, text), len(groups)))
        for pk, position, model, group, text in rows.values_list(*columns).iterator(BATCH)
    ]
    pk, position, model, prompt = np.array(found, dtype=np.int64).reshape(-1, 4).T
    known = np.isin(pk, evidence.votes.comparison_ids)
    ids, at = np.unique(pk[known], return_inverse=True)
    table = np.full((len(ids), int(position.max(initial=1)) + 1), -1, dtype=np.int64)
    table[at, position[known]] = model[known]
    of = np.zeros(len(ids), dtype=np.int64)
    of[at] = prompt[known]
    return _Prompts(tuple(group for group, _ in groups), tuple(models), ids, of, table)

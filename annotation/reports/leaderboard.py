"""How strong the models are that wrote the responses, over a whole project."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from django.db.models import CharField
from django.db.models.functions import Cast, Length

from ..models import Criterion, Project, Response
from ..ranking import letters, pairs
from ..ratings import (
    Battles,
    Orderings,
    Strengths,
    bradley_terry,
    elo,
    plackett_luce,
    rank_intervals,
)
from ..ratings.orderings import ways
from ..ratings.strengths import ELO, Z95, Floats
from ..votes import Ints, Mask, Vote, Votes
from .estimates import standing_mask
from .reading import Unknown, criteria_named, read_votes, snapshot

METHODS = ("bradley_terry", "davidson", "plackett_luce")
VOTES = ("standing", "human", "judge")
CHUNK = 20_000


@dataclass(frozen=True)
class Written:
    """Who wrote what: `model` (comparisons, most responses) indexes `names`, -1 where nobody is named;
    `length` has that shape, characters; `prompt` numbers the prompts that comparisons share."""

    names: tuple[str, ...]
    model: Ints
    length: Floats
    prompt: Ints


def leaderboard_of(
    project: Project,
    criterion: str | None = None,
    method: str | None = None,
    votes: str = "standing",
    length_controlled: bool = False,
) -> dict[str, Any]:
    """What the `leaderboard` command prints: `project` and `criteria`, one object each. Raises Unknown.

    `votes`: those that stand (see `consensus.standing`), only people's, or only judges'. Without a method it
    is Plackett-Luce where anything has more than two responses, else Bradley-Terry. `length_controlled` adds
    to battles of two the effect of the difference of lengths, and gives strengths at equal length.
    """
    if method not in (None, *METHODS):
        raise Unknown(f"leaderboard method {method!r} is not available; there is: {', '.join(METHODS)}")
    if votes not in VOTES:
        raise Unknown(f"there are no {votes!r} votes; there are: {', '.join(VOTES)}")
    if length_controlled and method == "plackett_luce":
        raise Unknown("lengths are controlled by bradley_terry and davidson only")
    return {
        "project": project.slug,
        "votes": votes,
        "criteria": [
            _leaderboard(project, one, method, votes, length_controlled)
            for one in criteria_named(project, criterion)
        ],
    }


def _leaderboard(
    project: Project, criterion: Criterion, method: str | None, which: str, controlled: bool
) -> dict[str, Any]:
    with snapshot():
        votes = read_votes(project, criterion)
        votes = votes.where(_which(project, votes, which))
        written = read_written(project, votes, controlled)
    if method is None:
        ranked = any(vote.k > 2 for vote in votes.distinct) and not controlled
        method = "plackett_luce" if ranked else "bradley_terry"
    result: dict[str, Any] = {
        "criterion": criterion.name,
        "method": method,
        "labels": len(votes),
        "comparisons": len(votes.comparison_ids),
        "prompts": len(np.unique(written.prompt)),
        "unnamed": int((written.model[votes.comparison, 0] < 0).sum()) if len(votes) else 0,
        "models": [],
        "groups": 0,
        "notes": [],
    }
    battles = battles_of(votes, written, controlled)
    if not len(battles):
        result["notes"].append("No two models have met: responses need the name of their model.")
        return result
    try:
        if method == "plackett_luce":
            found = plackett_luce(orderings_of(votes, written))
        else:
            found = bradley_terry(battles, davidson=method == "davidson")
    except ValueError as error:  # every vote says both bad
        result["notes"].append(f"Nothing to rank: {error}.")
        return result
    return result | _figures(written.names, battles, found, controlled)


def _figures(names: tuple[str, ...], battles: Battles, found: Strengths, controlled: bool) -> dict[str, Any]:
    rating, half = elo(found.strength), ELO * Z95 * found.error
    ends = rank_intervals(found)
    played = np.bincount(np.concatenate((battles.first, battles.second)), minlength=len(names))
    tied = battles.score == 0.5
    sides = ((battles.first, battles.score == 1), (battles.second, battles.score == 0))
    won = sum(np.bincount(side[mask], minlength=len(names)) for side, mask in sides)
    ties = sum(np.bincount(side[tied], minlength=len(names)) for side in (battles.first, battles.second))
    order = np.lexsort((np.arange(len(names)), -found.strength, found.group)).tolist()
    order = [at for at in order if played[at]]
    # Numbered from 0 on without those of which nobody met anybody.
    shown = {number: index for index, number in enumerate(dict.fromkeys(found.group[order].tolist()))}
    models = [
        {
            "model": names[at],
            "group": shown[int(found.group[at])],
            "rank": int((found.strength[found.group == found.group[at]] > found.strength[at]).sum()) + 1,
            "rank_ci95": [int(end) for end in ends[at]],
            "rating": float(rating[at]),
            "ci95": [float(rating[at] - half[at]), float(rating[at] + half[at])],
            "battles": int(played[at]),
            "wins": int(np.asarray(won)[at]),
            "ties": int(np.asarray(ties)[at]),
            "losses": int(played[at] - np.asarray(won)[at] - np.asarray(ties)[at]),
        }
        for at in order
    ]
    groups = len(shown)
    notes = []
    if groups > 1:
        notes.append(
            f"The models fall into {groups} groups that never met each other, directly or by way of others:"
            " ratings and ranks hold within a group only."
        )
    if found.unbeaten:
        notes.append(
            "Some models never lost, or never won. Half a win each way was added to every pair that met, so"
            " that ratings stay finite."
        )
    if not found.converged:
        notes.append("The fit did not converge.")
    figures: dict[str, Any] = {"models": models, "groups": groups, "notes": notes}
    if controlled:
        figures["length_effect"] = {
            "value": float(found.extra[0]),
            "ci95": [float(found.extra[0] + sign * Z95 * found.extra_error[0]) for sign in (-1, 1)],
        }
    return figures


def _which(project: Project, votes: Votes, which: str) -> Mask:
    if which == "standing":
        return standing_mask(project, votes)
    return votes.human if which == "human" else votes.judges[votes.voter]


def read_written(project: Project, votes: Votes, lengths: bool) -> Written:
    """Who wrote the responses of the comparisons voted on. One SQL statement.

    Lengths are of the stored answer, formatting included; they are read only where they are asked for.
    """
    most = max((vote.k for vote in votes.distinct), default=2)
    size = (len(votes.comparison_ids), most)
    model, length = np.full(size, -1, dtype=np.int64), np.zeros(size)
    prompt = np.zeros(size[0], dtype=np.int64)
    names = {"": -1}  # nobody
    prompts: dict[str, int] = {}
    rows = Response.objects.filter(comparison__project=project, position__lt=most).order_by()
    columns = ["comparison_id", "position", "model", "comparison__group"]
    if lengths:
        rows = rows.annotate(size=Length(Cast("messages", CharField())))
        columns.append("size")
    places = {pk: at for at, pk in enumerate(votes.comparison_ids.tolist())}
    read = rows.values_list(*columns).iterator(CHUNK)
    while chunk := list(islice(read, CHUNK)):
        known = [(places[pk], *rest) for pk, *rest in chunk if pk in places]
        if not known:
            continue
        at, position, called, group, *characters = map(list, zip(*known, strict=True))
        model[at, position] = [names.setdefault(name, len(names) - 1) for name in called]
        prompt[at] = [prompts.setdefault(name, len(prompts)) for name in group]
        if lengths:
            length[at, position] = characters[0]
    del names[""]
    return Written(tuple(names), model, length, prompt)


def battles_of(votes: Votes, written: Written, lengths: bool = False) -> Battles:
    """Every pair of responses that a vote compares, of different and named models. Both bad is a tie.

    With `lengths`, the covariate is the difference of the logarithms of the lengths, in parts of its
    standard deviation.
    """
    parts = []
    for code, compared in implied(votes):
        at = np.flatnonzero(votes.code == code)
        for x, y, sign in compared:
            parts.append((at, np.full(len(at), x), np.full(len(at), y), np.full(len(at), (sign + 1) / 2)))
    if not parts:
        none = np.zeros(0, dtype=np.int64)
        return Battles(len(written.names), none, none, none.astype(float))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    together = np.argsort(columns[0], kind="stable")  # the votes on a comparison follow each other
    vote, left, right, score = (column[together] for column in columns)
    comparison = votes.comparison[vote]
    first, second = written.model[comparison, left], written.model[comparison, right]
    ahead = np.log(np.maximum(written.length[comparison, left], 1))
    ahead = ahead - np.log(np.maximum(written.length[comparison, right], 1))
    met = (first >= 0) & (second >= 0) & (first != second)
    covariates = np.zeros((0, 0))
    if lengths and met.any():
        covariates = ahead[met, None] / max(float(ahead[met].std()), 1e-9)
    cluster = np.unique(written.prompt[comparison[met]], return_inverse=True)[1]
    return Battles(len(written.names), first[met], second[met], score[met], cluster, covariates)


def orderings_of(votes: Votes, written: Written) -> Orderings:
    """Every vote as orderings of the named models; a vote in several orders weighs one altogether."""
    most = written.model.shape[1]
    orders, depths, weights, clusters = [], [], [], []
    for code in np.unique(votes.code).tolist():
        vote = votes.distinct[code]
        found, depth = ways(vote.parsed)
        at = votes.comparison[votes.code == code]
        named = (written.model[at, : vote.k] >= 0).all(axis=1)
        at = at[named]
        for text in found:
            places = [letters(vote.k).index(letter) for letter in text]
            row = np.full((len(at), most), -1, dtype=np.int64)
            row[:, : vote.k] = written.model[at][:, places]
            orders.append(row)
            depths.append(np.full(len(at), depth))
            weights.append(np.full(len(at), 1 / len(found)))
            clusters.append(written.prompt[at])
    if not orders:
        empty = np.zeros(0, dtype=np.int64)
        return Orderings(len(written.names), empty.reshape(0, most), empty, empty.astype(float), empty)
    cluster = np.unique(np.concatenate(clusters), return_inverse=True)[1]
    return Orderings(
        len(written.names), np.concatenate(orders), np.concatenate(depths), np.concatenate(weights), cluster
    )


def implied(votes: Votes) -> Iterator[tuple[int, list[tuple[int, int, int]]]]:
    """For each distinct vote that was given: the pairs of places that it compares, and which is better."""
    for code in np.unique(votes.code).tolist():
        vote: Vote = votes.distinct[code]
        place = {letter: index for index, letter in enumerate(letters(vote.k))}
        yield code, [(place[x], place[y], sign) for x, y, sign in pairs(vote.parsed, vote.k)]

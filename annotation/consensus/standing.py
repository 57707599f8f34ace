"""Whose votes stand on each comparison, and whose speak for others. Pure."""

from collections.abc import Iterable

import numpy as np

from ..votes import Ints, Mask, Votes


def standing(votes: Votes, decisions: Iterable[tuple[int, bool, int | None]]) -> Mask:
    """Which votes stand (one element a vote). Decisions are (comparison id, sent to people, judge's id).

    - People's, wherever people have labelled: routing's audit slice is labelled by both, and people decide.
    - Elsewhere, if routing sent the comparison to a judge, that judge's alone (any judge's if it named none).
    - Elsewhere, if routing sent it to people, nobody's: it waits for a person.
    - Elsewhere, without a Decision, every judge's.

    Where any judge's vote stands, a panel's stands in place of its members' (see `spoken`).
    """
    by_person = votes.human
    labelled = np.zeros(len(votes.comparison_ids), dtype=bool)
    labelled[votes.comparison[by_person]] = True
    voter_ids = np.array([voter.id for voter in votes.voters], dtype=np.int64)
    anyone = np.ones(len(votes.comparison_ids), dtype=bool)
    only = np.zeros(len(votes.comparison_ids), dtype=np.int64)
    decided = np.array([(c, human, judge or 0) for c, human, judge in decisions], dtype=np.int64).reshape(
        -1, 3
    )
    decided = decided[np.isin(decided[:, 0], votes.comparison_ids)]
    at = np.searchsorted(votes.comparison_ids, decided[:, 0])
    anyone[at] = (decided[:, 1] == 0) & (decided[:, 2] == 0)
    # Sent to people: no judge's vote stands, and no annotator has the id -1.
    only[at] = np.where(decided[:, 1] == 1, -1, decided[:, 2])
    named = only[votes.comparison] == voter_ids[votes.voter]
    anybody = anyone[votes.comparison] & spoken(votes)
    return by_person | (~labelled[votes.comparison] & (anybody | named))


def spoken(votes: Votes) -> Mask:
    """Which votes count where nothing was heard twice (one element a vote).

    A panel's vote is made of its members', so wherever it has one theirs are left out. Of panels that share a
    member the newest counts.
    """
    counts = np.ones(len(votes), dtype=bool)
    ids = {voter.id: place for place, voter in enumerate(votes.voters)}
    panels = np.flatnonzero(votes.panels).tolist()
    for place in sorted(panels, key=lambda place: -votes.voters[place].id):
        members = votes.voters[place].members
        quiet = [ids[pk] for pk in members if pk in ids]
        quiet += [older for older in panels if _shares(votes, older, place)]
        speaks = _comparisons(votes, counts & (votes.voter == place))
        counts &= ~(np.isin(votes.voter, quiet) & speaks[votes.comparison])
    return counts


def learnt_from(votes: Votes, stands: Mask) -> Mask:
    """The votes that a method may learn about annotators from: nobody's twice, and all that stand.

    Where routing named a member of a panel, its vote stands and the panel's does not; there, what stands.
    """
    counts = spoken(votes)
    otherwise = _comparisons(votes, stands & ~counts)[votes.comparison]
    return np.where(otherwise, stands, counts)


def _shares(votes: Votes, older: int, newer: int) -> bool:
    one, other = votes.voters[older], votes.voters[newer]
    return one.id < other.id and not one.members.isdisjoint(other.members)


def _comparisons(votes: Votes, mask: Mask | Ints) -> Mask:
    """The comparisons that these votes are on."""
    found = np.zeros(len(votes.comparison_ids), dtype=bool)
    found[votes.comparison[mask]] = True
    return found

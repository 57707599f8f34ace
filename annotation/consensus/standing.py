"""Whose votes stand on each comparison. Pure."""

from collections.abc import Iterable

import numpy as np

from ..votes import Mask, Votes


def standing(votes: Votes, decisions: Iterable[tuple[int, bool, int | None]]) -> Mask:
    """Which votes stand (one element a vote). Decisions are (comparison id, sent to people, judge's id).

    - People's, wherever people have labelled: routing's audit slice is labelled by both, and people decide.
    - Elsewhere, if routing sent the comparison to a judge, that judge's alone (any judge's if it named none).
    - Elsewhere, if routing sent it to people, nobody's: it waits for a person.
    - Elsewhere, without a Decision, every judge's.
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
    return by_person | (~labelled[votes.comparison] & (anyone[votes.comparison] | named))

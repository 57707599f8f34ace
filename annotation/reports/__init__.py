"""Agreement and consensus of a project: reads votes and calls the pure functions on them."""

from .agreement import agreement_of, totals
from .consensus import refresh_consensus
from .estimates import Estimated, estimates_of, method_named
from .leaderboard import leaderboard_of
from .reading import Unknown, criteria_named, read_votes, snapshot, voters_of

__all__ = [
    "Estimated",
    "Unknown",
    "agreement_of",
    "criteria_named",
    "estimates_of",
    "leaderboard_of",
    "method_named",
    "read_votes",
    "refresh_consensus",
    "snapshot",
    "totals",
    "voters_of",
]

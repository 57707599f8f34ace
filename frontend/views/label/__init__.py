"""The label page: one comparison, its questions, and the next one as soon as they are answered.

The browser holds `AHEAD` comparisons: the one shown and those fetched ahead, whose clocks start when they are
shown. A submission brings the next ones in the same request, in at most eight SQL statements: one for
account and access, four to record the answer and one for a rationale, two to lend. Where the project has
rules, two or three more weigh the answer; where an instrument is lent, some three more. Whatever counts (what
was done, what is left, the pace) waits for the heartbeat. Without scripts every answer is a page load.
"""

from .edit import label_one
from .notices import appeal, consent, flag, guidelines, notice
from .page import label
from .queue import beat, following, skip, unskip

__all__ = [
    "appeal",
    "beat",
    "consent",
    "flag",
    "following",
    "guidelines",
    "label",
    "label_one",
    "notice",
    "skip",
    "unskip",
]

"""Several judges that speak as one. Its answer is an annotation of record, and never counts beside theirs."""

from .asking import annotator_of, ask_for, ask_members, members_of, retry_failed
from .registry import MOST_MEMBERS, renew, retire, retire_other_panels, set_panel
from .settling import Settling, settle, settle_again
from .standing import Standing, standing_of
from .working import Worked, later_in_cascades, panels_with, tend, work_through

__all__ = [
    "MOST_MEMBERS",
    "Settling",
    "Standing",
    "Worked",
    "annotator_of",
    "ask_for",
    "ask_members",
    "later_in_cascades",
    "members_of",
    "panels_with",
    "renew",
    "retire",
    "retire_other_panels",
    "retry_failed",
    "set_panel",
    "settle",
    "settle_again",
    "standing_of",
    "tend",
    "work_through",
]

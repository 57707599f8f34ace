"""Several judges that speak as one. Its answer is an annotation of record, and never counts beside theirs."""

from .asking import annotator_of, ask_for, ask_members, members_of, retry_failed
from .registry import renew, retire_other_panels, set_panel
from .settling import Settling, settle, settle_again
from .working import Worked, later_in_cascades, panels_with, tend, work_through

__all__ = [
    "Settling",
    "Worked",
    "annotator_of",
    "ask_for",
    "ask_members",
    "later_in_cascades",
    "members_of",
    "panels_with",
    "renew",
    "retire_other_panels",
    "retry_failed",
    "set_panel",
    "settle",
    "settle_again",
    "tend",
    "work_through",
]

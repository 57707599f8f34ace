"""The domain's tables, one word each (see docs/data-model.md)."""

from .comparisons import Comparison, Reference, Rendering, Response, Tag
from .judging import Decision, JudgeCall, JudgeVersion
from .labels import Annotation, Label, Rationale
from .outcomes import Consensus, Gold, Release
from .people import Annotator, Membership, Pool, PoolMembership, User
from .projects import Criterion, Guidelines, Project
from .queue import Assignment, Demand

__all__ = [
    "Annotation",
    "Annotator",
    "Assignment",
    "Comparison",
    "Consensus",
    "Criterion",
    "Decision",
    "Demand",
    "Gold",
    "Guidelines",
    "JudgeCall",
    "JudgeVersion",
    "Label",
    "Membership",
    "Pool",
    "PoolMembership",
    "Project",
    "Rationale",
    "Reference",
    "Release",
    "Rendering",
    "Response",
    "Tag",
    "User",
]

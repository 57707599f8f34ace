"""The domain's tables, one word each (see docs/data-model.md)."""

from .audit import AuditEntry
from .comparisons import Comparison, IdentityLeak, Reference, Rendering, Response, Tag
from .decisions import Decision
from .instruments import Consent, ConsentGiven, Notice, QualificationTry, Watch
from .joining import CrowdLink, Invitation, Participation, ProfileAnswer
from .judging import JudgeCall, JudgeRun, JudgeVersion, SoftLabel
from .labels import Annotation, Label, Rationale
from .media import MediaFile
from .notices import Acknowledgement, Flag
from .outcomes import AnnotatorSkill, Consensus, ConsensusFit, Gold
from .people import Annotator, Membership, Pool, PoolMembership, User
from .programs import Delivery, KeptReply, Token, Webhook
from .projects import Criterion, Guidelines, Project
from .queue import Assignment, Demand
from .releases import Release, ReleaseItem
from .summaries import Figures, SearchText, Summary, SummaryMark
from .uploads import Upload

__all__ = [
    "Acknowledgement",
    "Annotation",
    "Annotator",
    "AnnotatorSkill",
    "Assignment",
    "AuditEntry",
    "Comparison",
    "Consensus",
    "ConsensusFit",
    "Consent",
    "ConsentGiven",
    "Criterion",
    "CrowdLink",
    "Decision",
    "Delivery",
    "Demand",
    "Figures",
    "Flag",
    "Gold",
    "Guidelines",
    "IdentityLeak",
    "Invitation",
    "JudgeCall",
    "JudgeRun",
    "JudgeVersion",
    "KeptReply",
    "Label",
    "MediaFile",
    "Membership",
    "Notice",
    "Participation",
    "Pool",
    "PoolMembership",
    "ProfileAnswer",
    "Project",
    "QualificationTry",
    "Rationale",
    "Reference",
    "Release",
    "ReleaseItem",
    "Rendering",
    "Response",
    "SearchText",
    "SoftLabel",
    "Summary",
    "SummaryMark",
    "Tag",
    "Token",
    "Upload",
    "User",
    "Watch",
    "Webhook",
]

"""What the room of judges keeps, by job."""

from .batches import JudgeBatch
from .calibrations import Calibration
from .judges import Judge, JudgeTemplate, JudgeTerms, in_service, judges_of
from .limits import Limit
from .panels import Panel, PanelMember, PanelVerdict, panels_in_service, panels_of
from .taggings import Tagging

__all__ = [
    "Calibration",
    "Judge",
    "JudgeBatch",
    "JudgeTemplate",
    "JudgeTerms",
    "Limit",
    "Panel",
    "PanelMember",
    "PanelVerdict",
    "Tagging",
    "in_service",
    "judges_of",
    "panels_in_service",
    "panels_of",
]

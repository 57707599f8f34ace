"""A project's settings as forms: each gives keys of the project file, which `project_file` alone applies."""

from .criteria import CriteriaSection
from .labels import LabelsSection
from .plain import GeneralSection, GuidelinesSection, JudgesSection, RoutingSection
from .profile import ProfileSection
from .section import Section

SECTIONS: dict[str, type[Section]] = {
    section.key: section
    for section in (
        CriteriaSection,
        GuidelinesSection,
        LabelsSection,
        ProfileSection,
        JudgesSection,
        GeneralSection,
        RoutingSection,
    )
}

__all__ = ["SECTIONS", "CriteriaSection", "Section"]

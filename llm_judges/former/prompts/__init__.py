"""Prompt templates (text files beside this one) and their rendering."""

from .render import (
    PAIRWISE,
    RANKING,
    Material,
    Message,
    Unshowable,
    new_boundary,
    render,
    template_for,
    template_text,
    templates,
)

__all__ = [
    "PAIRWISE",
    "RANKING",
    "Material",
    "Message",
    "Unshowable",
    "new_boundary",
    "render",
    "template_for",
    "template_text",
    "templates",
]

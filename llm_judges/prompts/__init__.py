"""Prompt templates (text files beside this one) and their rendering."""

from .library import (
    PAIRWISE,
    RANKING,
    VARIABLES,
    Template,
    TemplateError,
    built_in,
    built_in_text,
    parse,
)
from .render import Material, Message, Unshowable, Words, render, shortened

__all__ = [
    "PAIRWISE",
    "RANKING",
    "VARIABLES",
    "Material",
    "Message",
    "Template",
    "TemplateError",
    "Unshowable",
    "Words",
    "built_in",
    "built_in_text",
    "parse",
    "render",
    "shortened",
]

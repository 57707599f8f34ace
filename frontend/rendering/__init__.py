"""From hostile text to safe HTML, made once and kept in the database."""

from .comparisons import (
    VERSION,
    Content,
    content_of,
    content_of_draft,
    render_ahead,
    render_missing,
    render_open,
    with_media,
)
from .markdown import plain, to_html
from .turns import Turn, text_of
from .words import word_count
from .written import plain_parts

__all__ = [
    "VERSION",
    "Content",
    "Turn",
    "content_of",
    "content_of_draft",
    "plain",
    "plain_parts",
    "render_ahead",
    "render_missing",
    "render_open",
    "text_of",
    "to_html",
    "with_media",
    "word_count",
]

"""From hostile text to safe HTML, made once and kept in the database."""

from .comparisons import VERSION, Content, content_of, render_ahead, render_missing, render_open
from .markdown import plain, to_html, word_count

__all__ = [
    "VERSION",
    "Content",
    "content_of",
    "plain",
    "render_ahead",
    "render_missing",
    "render_open",
    "to_html",
    "word_count",
]

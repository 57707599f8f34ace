"""The untouched text of a comparison, for whoever doubts what Markdown made of it."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from annotation.models import Assignment
from annotation.ranking import letters

from ..templatetags.humanise import role_name
from . import markdown
from .turns import role_of, text_of


def plain_parts(assignment: Assignment) -> SafeString:
    """Prompt and responses as written, in the order that this assignment shows them; one SQL statement.

    ``<div data-plain="prompt">``, then ``<div data-plain="a">`` and so on by the letters shown. Each holds a
    ``<pre class="plain">`` for every message, with the role before it where that says something. Characters
    that turn the direction of reading are put into words, such as [U+202E].
    """
    comparison = assignment.comparison
    stored = dict(
        zip(letters(comparison.k), comparison.responses.order_by("position"), strict=True),
    )
    parts = [("prompt", comparison.prompt, "user")]
    for letter, shown in zip(letters(comparison.k), assignment.shown, strict=True):
        response = stored[shown]
        said = [*response.context, *response.messages]
        if response.media:
            said.append({"role": "assistant", "content": response.media})
        parts.append((letter, said, "assistant"))
    return format_html_join(
        "\n",
        '<div data-plain="{}">{}</div>',
        ((name, _messages(said, expected)) for name, said, expected in parts),
    )


def _messages(messages: Iterable[Mapping[str, Any]], expected: str) -> SafeString:
    """A single message in the role that anybody would expect needs no word about it."""
    listed = list(messages)
    alone = len(listed) == 1 and role_of(listed[0]) == expected
    html = [
        format_html(
            "{}{}",
            "" if alone else format_html('<p class="role">{}</p>', role_name(role_of(message))),
            mark_safe(markdown.shown_as_written(text_of(message))),  # noqa: S308 (came through the allow-list)
        )
        for message in listed
    ]
    return format_html_join("", "{}", ((one,) for one in html))

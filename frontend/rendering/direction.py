"""Which way lists, quotations and tables run. Pure: no Django.

`dir="auto"` passes over everything inside that has a direction of its own, which all our paragraphs have: a
list of Arabic paragraphs would run left to right. So the containers are told by their first letter here.
"""

import re
from collections.abc import Iterable
from typing import Any

from markdown_it.token import Token

CONTAINERS = ("ul", "ol", "li", "blockquote", "table")

# Letters and the two invisible marks; digits and signs have no direction.
_STRONG = re.compile("[^\\W\\d_]|[\u200e\u200f]")
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]"
)


def direction_of(text: str) -> str | None:
    """`ltr` or `rtl` by the first letter; None for a text without letters."""
    strong = _STRONG.search(text)
    if strong is None:
        return None
    return "rtl" if _RIGHT_TO_LEFT.match(strong.group()) else "ltr"


def directions(state: Any) -> None:
    """A core rule for markdown-it: gives every container the direction of the first text inside it."""
    undecided: list[Token] = []
    for token in state.tokens:
        if token.tag in CONTAINERS and token.nesting == 1:
            undecided.append(token)
        elif token.tag in CONTAINERS and token.nesting == -1:
            # Whatever is undecided was opened after everything that is decided, and closes before it.
            del undecided[-1:]
        elif token.type == "inline" and undecided:
            direction = next(filter(None, map(direction_of, _texts(token))), None)
            if direction:
                for container in undecided:
                    container.attrSet("dir", direction)
                undecided = []


def _texts(token: Token) -> Iterable[str]:
    """What is read as text: code and formulas run left to right whatever surrounds them."""
    return (child.content for child in token.children or () if child.type == "text")

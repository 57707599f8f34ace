"""Emphasis in Chinese, Japanese and Korean, which CommonMark reads by the spaces those texts do not have.

``**重点：**正文`` stays asterisks by the letter of the specification: the closing mark stands between a colon
and a letter. Models write so all the time. The rule here is the one that markdown-cjk-friendly proposes:
beside such a character, a run of asterisks counts as if there were a space. Pure: no Django.
"""

import re
from unicodedata import category

from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.emphasis import tokenize

# Letters, and the punctuation that only these texts have.
_CJK = re.compile(
    "[\u1100-\u11ff\u2e80-\u303f\u3040-\ua4cf\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef"
    "\U00020000-\U0003ffff]"
)


def emphasis(state: StateInline, silent: bool) -> bool:
    """markdown-it's rule for emphasis, with another view of asterisks that touch one of these characters."""
    start, known = state.pos, len(state.delimiters)
    if not tokenize(state, silent):
        return False
    before = state.src[start - 1] if start else " "
    after = state.src[state.pos] if state.pos < state.posMax else " "
    if state.src[start] == "*" and (_CJK.match(before) or _CJK.match(after)):
        opens, closes = _may_begin(before, after), _may_begin(after, before)
        for delimiter in state.delimiters[known:]:
            delimiter.open, delimiter.close = opens, closes
    return True


def _may_begin(outside: str, inside: str) -> bool:
    """Whether emphasis may begin between these characters; mirrored, whether it may end."""
    if inside.isspace():
        return False
    return bool(_CJK.match(inside) or _CJK.match(outside)) or not _is_sign(inside) or _is_apart(outside)


def _is_apart(character: str) -> bool:
    return character.isspace() or _is_sign(character)


def _is_sign(character: str) -> bool:
    return category(character)[0] in "PS"

"""Counting words as a reader would, in any script. Pure: no Django."""

import re

# Chinese and Japanese have no spaces between words; a character counts as one.
_ALONE = "\u3005\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9d\U00020000-\U0003ffff"
# Vowel signs and points belong to the word but are no letters to `\w`: Latin accents, Hebrew, Arabic, the
# scripts of India and South-East Asia (without their full stops), Khmer.
_SIGNS = (
    "\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc"
    "\u0900-\u0963\u0970-\u0df3\u0e31-\u0e4e\u0eb1-\u0ecd\u0f71-\u0f84\u102b-\u103e\u17b4-\u17d3"
)
_WORD = re.compile(rf"[{_ALONE}]|(?:(?![{_ALONE}])[\w{_SIGNS}])+(?:['’-](?:(?![{_ALONE}])[\w{_SIGNS}])+)*")


def word_count(text: str) -> int:
    """Words of a text; every Chinese or Japanese character is one."""
    return sum(1 for _ in _WORD.finditer(text))

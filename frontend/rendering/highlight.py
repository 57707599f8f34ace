"""Code blocks coloured with four classes that the stylesheet knows. Pure: no Django.

Pygments' lexers are regular expressions, many of them quadratic on text made to be so. What hostile code may
cost is therefore bounded three ways: known languages only, short blocks only, and an allowance for each text.
"""

import re
from dataclasses import dataclass
from html import escape

from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Keyword, Literal, Name, Number, Operator, String, Token, _TokenType

# Characters of one block, and of all blocks coloured in one text; the rest is plain. The worst block of the
# worst lexer takes about 0.1 s.
LONGEST = 1_500
ALLOWANCE = 6_000

# Language as written after the fence: Pygments' lexer. Others wait for a lexer that is quick on any text:
# that of C# takes seconds for a page of short lines.
LANGUAGES = {
    "bash": "bash", "sh": "bash", "shell": "bash", "zsh": "bash", "console": "console",
    "c": "c", "h": "c", "cpp": "cpp", "c++": "cpp", "cc": "cpp", "hpp": "cpp",
    "css": "css", "diff": "diff", "patch": "diff", "go": "go", "golang": "go",
    "html": "html", "xml": "xml", "svg": "xml", "java": "java",
    "javascript": "javascript", "js": "javascript", "jsx": "javascript", "mjs": "javascript",
    "json": "json", "jsonc": "json", "kotlin": "kotlin", "kt": "kotlin", "php": "html+php",
    "python": "python", "py": "python", "python3": "python", "r": "r",
    "ruby": "ruby", "rb": "ruby", "rust": "rust", "rs": "rust", "sql": "sql", "swift": "swift",
    "toml": "toml", "typescript": "typescript", "ts": "typescript", "yaml": "yaml", "yml": "yaml",
}  # fmt: skip
# Lexers that look for a function's head (C, C++) begin anew at every one of a run of blanks.
_BLANKS = re.compile(r"\s{100}")

CLASSES = frozenset({"word", "text", "number", "remark"})
_CLASS_OF = (
    (Comment, "remark"),
    (Number, "number"),
    (String, "text"),
    (Literal, "text"),
    (Keyword, "word"),
    (Operator.Word, "word"),
    (Name.Builtin, "word"),
    (Name.Tag, "word"),
)


@dataclass(slots=True)
class Allowance:
    """How many characters of code may still be coloured."""

    left: int = ALLOWANCE

    def takes(self, code: str) -> bool:
        """Whether this block is coloured; what it takes is gone."""
        if not code or len(code) > min(LONGEST, self.left) or _BLANKS.search(code):
            return False
        self.left -= len(code)
        return True


def to_spans(code: str, language: str, allowance: Allowance) -> str:
    """Escaped code with ``<span class>`` round what has a colour.

    Plain in an unknown language, longer than LONGEST, or beyond what the allowance has left.
    """
    name = LANGUAGES.get(language.lower())
    if name is None or not allowance.takes(code):
        return escape(code)
    parts = []
    for kind, value in get_lexer_by_name(name, stripnl=False, ensurenl=False).get_tokens(code):
        colour = _class_of(kind)
        parts.append(f'<span class="{colour}">{escape(value)}</span>' if colour else escape(value))
    return "".join(parts)


def _class_of(kind: _TokenType) -> str | None:
    if kind is Token.Text:
        return None
    return next((name for family, name in _CLASS_OF if kind is family or kind[: len(family)] == family), None)

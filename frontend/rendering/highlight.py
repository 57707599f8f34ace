"""Code blocks coloured with four classes that the stylesheet knows. Pure: no Django."""

from html import escape

from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Keyword, Literal, Name, Number, Operator, String, Token, _TokenType
from pygments.util import ClassNotFound

# Lexers are regular expressions; a block longer than this is data, and nobody reads its colours.
LONGEST = 20_000

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


def to_spans(code: str, language: str) -> str:
    """Escaped code with ``<span class>`` round what has a colour; plain in an unknown language."""
    if not language or len(code) > LONGEST:
        return escape(code)
    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return escape(code)
    parts = []
    for kind, value in lexer.get_tokens(code):
        name = _class_of(kind)
        parts.append(f'<span class="{name}">{escape(value)}</span>' if name else escape(value))
    return "".join(parts)


def _class_of(kind: _TokenType) -> str | None:
    if kind is Token.Text:
        return None
    return next((name for family, name in _CLASS_OF if kind is family or kind[: len(family)] == family), None)

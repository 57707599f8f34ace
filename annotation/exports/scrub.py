"""Takes out of free text what says who wrote it. Pure.

Found are e-mail addresses, IP addresses, and the names and ids of the project's own people: whole names and
ids in any case, single names of three letters or more as they are written. What else a text may give away
is not found: read rationales before you publish them.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from ipaddress import ip_address

GONE = "[removed]"
# A part of a name is a word of its own as well ("will", "may"), so it counts as written only.
LEAST_PART = 3

_EMAIL = re.compile(r"[\w.+-]+\s?(?:@|\(at\)|\[at\])\s?[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
_ADDRESS = re.compile(
    r"(?<![\w:.])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7})(?![\w:])", re.I
)
_WORD = re.compile(r"\w+")


class Scrubber:
    """`names` are whole names (their parts are found too), `ids` what must be met as it is."""

    def __init__(self, names: Iterable[str] = (), ids: Iterable[str] = ()) -> None:
        self.phrases: dict[str, set[tuple[str, ...]]] = defaultdict(set)
        self.parts: set[str] = set()
        for text in (*names, *ids):
            words = tuple(_WORD.findall(text.casefold()))
            if words and (len(words) > 1 or len(words[0]) >= LEAST_PART):
                self.phrases[words[0]].add(words)
        for text in names:
            self.parts |= {
                part for part in _WORD.findall(text) if len(part) >= LEAST_PART and not part.isdigit()
            }

    def __call__(self, text: str) -> str:
        """The text with `[removed]` in the place of whatever names somebody."""
        text = _EMAIL.sub(GONE, text)
        text = _ADDRESS.sub(lambda found: GONE if _is_address(found[0]) else found[0], text)
        return self._without_names(text)

    def _without_names(self, text: str) -> str:
        words = list(_WORD.finditer(text))
        folded = [word[0].casefold() for word in words]
        pieces, last, at = [], 0, 0
        while at < len(words):
            length = max(
                (len(phrase) for phrase in self.phrases.get(folded[at], ()) if _begins(folded, at, phrase)),
                default=int(words[at][0] in self.parts),
            )
            if length:
                pieces += [text[last : words[at].start()], GONE]
                last = words[at + length - 1].end()
            at += max(length, 1)
        return "".join([*pieces, text[last:]])


def _begins(words: list[str], at: int, phrase: tuple[str, ...]) -> bool:
    return tuple(words[at : at + len(phrase)]) == phrase


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return text != "::"

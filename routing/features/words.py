"""Words, overlap and similarity of texts. Pure; every comparison of two texts is symmetric."""

import re
from collections import Counter
from collections.abc import Sequence, Set

# A run of word characters, or a single character of a script that puts no spaces between words.
_WORD = re.compile(r"[぀-ヿ㐀-鿿豈-﫿가-힯]|[^\W぀-ヿ㐀-鿿豈-﫿가-힯]+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
# Capitalised words that stand together inside a sentence; the first word of one need not be a name.
_NAME = re.compile(r"(?<=[\w,;'’)] )[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)*")
LONGEST = 2000  # words: where two texts have agreed or not for so long, the rest says little more


def words_of(text: str) -> list[str]:
    """The words in order, in lower case; Chinese, Japanese and Korean characters are one word each."""
    return _WORD.findall(text.lower())


def numbers_in(text: str) -> list[str]:
    """Numbers in order, with thousands separators taken away."""
    return [number.replace(",", "") for number in _NUMBER.findall(text)]


def entities_in(text: str) -> set[str]:
    """Names (capitalised words inside a sentence) and numbers."""
    return {name.lower() for name in _NAME.findall(text)} | set(numbers_in(text))


def jaccard(one: Set[str], other: Set[str]) -> float:
    """Shared by all that occur, 0..1; two empty sets are alike."""
    both = len(one | other)
    return len(one & other) / both if both else 1.0


def cosine(one: Sequence[str], other: Sequence[str]) -> float:
    """Cosine of the two word counts, 0..1; two empty texts are alike, an empty one is like no other."""
    if not one or not other:
        return float(not one and not other)
    a, b = Counter(one), Counter(other)
    if len(b) < len(a):
        a, b = b, a
    product = sum(count * b[word] for word, count in a.items())
    norm = sum(count * count for count in a.values()) * sum(count * count for count in b.values())
    return min(float(product / norm**0.5), 1.0)


def rouge_l(one: Sequence[str], other: Sequence[str]) -> float:
    """ROUGE-L's F measure (Lin 2004) with equal weights on the first `LONGEST` words, 0..1."""
    a, b = one[:LONGEST], other[:LONGEST]
    if not a or not b:
        return float(not a and not b)
    return 2 * common_subsequence(a, b) / (len(a) + len(b))


def common_subsequence(one: Sequence[str], other: Sequence[str]) -> int:
    """Length of the longest common subsequence, one bit a word of `one` (Hyyrö 2004)."""
    at: dict[str, int] = {}
    for place, word in enumerate(one):
        at[word] = at.get(word, 0) | 1 << place
    every = (1 << len(one)) - 1
    free = every
    for word in other:
        matched = free & at.get(word, 0)
        free = (free + matched | free - matched) & every
    return len(one) - free.bit_count()

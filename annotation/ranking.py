"""One representation for every answer: a ranking of responses in tiers. Pure: no Django.

Canonical text: ``a>b=c`` (tiers best first, letters sorted inside a tier), ``b~c`` for a tier whose members
were not compared with each other (the middle of best-worst, an unranked tail), or ``both_bad``.
Letters a, b, c … stand for responses in *stored* order.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from itertools import combinations
from string import ascii_lowercase

BOTH_BAD = "both_bad"
MAX_K = len(ascii_lowercase)


class RankingError(ValueError):
    """The text or answer is not a ranking of these responses; the message says why."""


class Scale(Enum):
    """How a pair is judged. More than two responses are always ranked, whatever the scale."""

    TWO_WAY = "two-way"
    THREE_WAY = "three-way"
    FIVE_POINT = "five-point"
    SEVEN_POINT = "seven-point"
    RANKING = "ranking"

    @property
    def steps(self) -> int:
        """K: a signed preference on this scale runs from -K to +K."""
        return {Scale.FIVE_POINT: 2, Scale.SEVEN_POINT: 3}.get(self, 1)

    @property
    def ties(self) -> bool:
        return self is not Scale.TWO_WAY

    @property
    def graded(self) -> bool:
        """True where a pair's answer carries a strength."""
        return self.steps > 1

    def preferences(self) -> list[int]:
        """The signed answers to a pair, best-for-a first: ``[2, 1, 0, -1, -2]`` on five points."""
        return [p for p in range(self.steps, -self.steps - 1, -1) if p or self.ties]


@dataclass(frozen=True, slots=True)
class RankingTask:
    """How more than two responses are ranked.

    `full` places every response, ties allowed; `top-3` places the best three one by one and leaves the rest
    uncompared; `best-worst` names one best and one worst and leaves the middle uncompared.
    """

    top: int | None = None
    best_worst: bool = False

    @classmethod
    def parse(cls, text: str) -> "RankingTask":
        """Reads ``full``, ``best-worst`` or ``top-N``. Raises RankingError for anything else."""
        if text == "full":
            return cls()
        if text == "best-worst":
            return cls(best_worst=True)
        name, _, number = text.partition("-")
        if name == "top" and number.isascii() and number.isdigit() and 1 <= int(number) < MAX_K:
            return cls(top=int(number))
        raise RankingError(f"{text!r} is no ranking task: full, best-worst, or top-1, top-2 …")

    @property
    def full(self) -> bool:
        return self.top is None and not self.best_worst

    def __str__(self) -> str:
        return "best-worst" if self.best_worst else "full" if self.top is None else f"top-{self.top}"

    def places(self, k: int) -> int:
        """Places to give among k responses. The last response of a top that is as long needs none."""
        if self.best_worst:
            return 2
        return k if self.top is None else min(self.top, k - 1)

    def admits(self, ranking: "Ranking") -> bool:
        """Whether a ranking of more than two responses says what this task asks.

        The places asked for must be given one by one (`full` allows ties). Everything else is one tier of
        responses that were not compared, or is ranked too, which says more than was asked: judges do.
        """
        sizes = [len(tier) for tier in ranking.tiers]
        k, last = sum(sizes), len(sizes) - 1
        if self.full:
            return not ranking.uncompared
        if self.best_worst:
            asked, rest = {0, last}, range(1, last)
        else:
            asked, rest = set(range(self.places(k))), range(self.places(k), len(sizes))
        if not rest or any(index > last or sizes[index] > 1 for index in asked):
            return False
        return not ranking.uncompared or (ranking.uncompared == {rest[0]} and len(rest) == 1)


@dataclass(frozen=True, slots=True)
class Ranking:
    """Tiers of letters, best first. `uncompared` holds the indexes of tiers joined by ``~``."""

    tiers: tuple[tuple[str, ...], ...]
    uncompared: frozenset[int] = frozenset()
    both_bad: bool = False

    def __str__(self) -> str:
        if self.both_bad:
            return BOTH_BAD
        return ">".join(
            ("~" if index in self.uncompared else "=").join(tier) for index, tier in enumerate(self.tiers)
        )

    @property
    def winner(self) -> str | None:
        """The one letter on top, or None for a tie at the top and for both bad."""
        return self.tiers[0][0] if self.tiers and len(self.tiers[0]) == 1 else None

    def place(self, letter: str) -> int:
        """Tier index of a letter, 0 best."""
        return next(index for index, tier in enumerate(self.tiers) if letter in tier)


def letters(k: int) -> str:
    """``abc`` for 3. Raises RankingError beyond 26 responses."""
    if not 2 <= k <= MAX_K:
        raise RankingError(f"a comparison has 2 to {MAX_K} responses, not {k}")
    return ascii_lowercase[:k]


@lru_cache(maxsize=4096)
def parse(text: str, k: int) -> Ranking:
    """Reads canonical or near-canonical text over the letters of k responses.

    Raises RankingError when a letter is missing, unknown or named twice, or a tier mixes ``=`` and ``~``.
    """
    text = text.strip().lower().replace(" ", "")
    if text == BOTH_BAD:
        return Ranking((), both_bad=True)
    expected = letters(k)
    tiers: list[tuple[str, ...]] = []
    uncompared: set[int] = set()
    for index, part in enumerate(text.split(">")):
        if "=" in part and "~" in part:
            raise RankingError(f"{text!r} mixes = and ~ in one tier")
        if "~" in part:
            uncompared.add(index)
        tiers.append(tuple(sorted(part.replace("~", "=").split("="))))
    named = [letter for tier in tiers for letter in tier]
    if sorted(named) != list(expected):
        raise RankingError(f"{text!r} must name each of {', '.join(expected)} exactly once")
    return Ranking(tuple(tiers), frozenset(uncompared))


def from_tiers(tiers: Iterable[Iterable[str]]) -> Ranking:
    """A ranking from lists of letters, best first; empty tiers are dropped."""
    return Ranking(tuple(tuple(sorted(tier)) for tier in tiers if tier))


def from_top(best: Sequence[str], k: int) -> Ranking:
    """The best few one by one, ``c>a>b~d``; the others were not compared with each other."""
    rest = tuple(letter for letter in letters(k) if letter not in best)
    tiers = (*((letter,) for letter in best), *([rest] if rest else []))
    return Ranking(tiers, frozenset({len(best)} if len(rest) > 1 else ()))


def from_best_worst(best: str, worst: str, k: int) -> Ranking:
    """The best and the worst of more than two, ``c>a~b>d``; the middle was not compared."""
    middle = tuple(letter for letter in letters(k) if letter not in (best, worst))
    return Ranking(((best,), middle, (worst,)), frozenset({1} if len(middle) > 1 else ()))


def from_preference(preference: int) -> Ranking:
    """Of a pair: above 0 means a, below 0 means b, 0 a tie."""
    if preference == 0:
        return Ranking((("a", "b"),))
    return Ranking((("a",), ("b",))) if preference > 0 else Ranking((("b",), ("a",)))


def signed(ranking: Ranking, strength: int | None) -> int:
    """The signed preference of a pair: the inverse of `from_preference`; both bad is 0."""
    if ranking.winner is None:
        return 0
    return (strength or 1) * (1 if ranking.winner == "a" else -1)


def relabel(ranking: Ranking, shown: str) -> Ranking:
    """Maps a ranking over *shown* letters back to stored letters.

    ``shown`` lists stored letters in the order shown: with ``ba``, shown a is stored b. Raises RankingError
    when `shown` is not a permutation of the ranking's letters.
    """
    if ranking.both_bad:
        return ranking
    named = sorted(letter for tier in ranking.tiers for letter in tier)
    if sorted(shown) != named:
        raise RankingError(f"order shown {shown!r} is not a permutation of {''.join(named)}")
    stored = dict(zip(letters(len(shown)), shown, strict=True))
    tiers = tuple(tuple(sorted(stored[letter] for letter in tier)) for tier in ranking.tiers)
    return Ranking(tiers, ranking.uncompared)


def check_answer(
    ranking: Ranking,
    strength: int | None,
    scale: Scale,
    k: int,
    both_bad: bool,
    task: RankingTask | None = None,
) -> None:
    """Raises RankingError when an answer is not one that the criterion offers.

    Without a task any ranking of more than two responses will do: labels made elsewhere hold what they hold.
    """
    if ranking.both_bad:
        if not both_bad:
            raise RankingError("both_bad is not offered by this criterion")
        if strength is not None:
            raise RankingError("both_bad has no strength")
        return
    if k > 2:
        if strength is not None:
            raise RankingError("strength applies to pairs only")
        if task is not None and not task.admits(ranking):
            raise RankingError(f"{ranking} does not answer the task {task}")
        return
    if ranking.winner is None:
        if not scale.ties:
            raise RankingError("a tie is not offered on a two-way scale")
        if strength is not None:
            raise RankingError("a tie has no strength")
    elif strength is not None and not 1 <= strength <= scale.steps:
        raise RankingError(f"strength must be 1 to {scale.steps} on the {scale.value} scale, not {strength}")


def pairs(ranking: Ranking, k: int) -> Iterator[tuple[str, str, int]]:
    """Implied pairs ``(x, y, sign)`` with x before y in stored order: +1 x is better, -1 y, 0 a tie.

    Pairs that were not compared are left out; both bad implies a tie of every pair.
    """
    place = {letter: index for index, tier in enumerate(ranking.tiers) for letter in tier}
    for x, y in combinations(letters(k), 2):
        if ranking.both_bad:
            yield x, y, 0
        elif place[x] != place[y]:
            yield x, y, 1 if place[x] < place[y] else -1
        elif place[x] not in ranking.uncompared:
            yield x, y, 0


def reconcile(answers: Sequence[tuple[Ranking, int | None]]) -> tuple[Ranking, int | None, bool]:
    """One answer from several of the same judge (orders, samples), and whether they all said the same.

    A pair: the common winner with the weakest strength; any difference of direction is a tie (the
    convention of MT-Bench, Zheng et al. 2023, section 3.4). More than two responses: by mean place, equal
    means tie. Raises RankingError when there is nothing to reconcile.
    """
    if not answers:
        raise RankingError("no answer to reconcile")
    first = answers[0][0]
    if all(ranking == first for ranking, _ in answers):
        strengths = [strength for _, strength in answers if strength is not None]
        weakest = min(strengths) if len(strengths) == len(answers) else None
        return first, weakest, True
    ranked = [ranking for ranking, _ in answers if not ranking.both_bad]
    names = sorted(letter for tier in (ranked or [first])[0].tiers for letter in tier)
    if len(names) == 2 or len(ranked) < len(answers):
        return Ranking((tuple(names),)), None, False
    mean: dict[float, list[str]] = {}
    for name in names:
        mean.setdefault(sum(_mid_place(ranking, name) for ranking in ranked) / len(ranked), []).append(name)
    return from_tiers(mean[key] for key in sorted(mean)), None, False


def _mid_place(ranking: Ranking, letter: str) -> float:
    """Mean place of a letter's tier members, 0 best, so that ties take the middle of their places."""
    before = 0
    for tier in ranking.tiers:
        if letter in tier:
            return before + (len(tier) - 1) / 2
        before += len(tier)
    raise RankingError(f"{letter} is not ranked")

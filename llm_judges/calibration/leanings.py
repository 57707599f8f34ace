"""What a judge leans to whatever the responses say: length, markup, its own family. Pure.

Everything is about comparisons of two responses, one element each, and held against what people said of the
very same ones: people may like longer answers too, and with reason.
"""

from typing import Any, NamedTuple

import numpy as np

from annotation.agreement.groups import Floats
from annotation.votes import Ints, Mask

from .answers import UNKNOWN, A, B, merged
from .figures import FEWEST, Figure, figure, missing, share, too_few
from .regression import figure_at, logistic
from .texts import FEATURES

_SIGN = np.array([1, 0, -1])  # of a, tie, b
FEWEST_DIFFERING = 20


class Leaning(NamedTuple):
    """How often the judge, and people, choose the response that has more of something; and `slope`, the
    judge's log odds for it with people's choice held fixed, where that can be told."""

    prefers_more: Figure
    people_prefer_more: Figure
    slope: Figure

    def json(self) -> dict[str, Any]:
        return {name: one.json() for name, one in self._asdict().items()}


def length(said: Ints, people: Ints, characters: Floats, group: Ints) -> Leaning:
    """`characters` is (comparisons, 2). The slope is that of a response twice as long: a logistic regression
    of the judge's choice on the log of the ratio and on people's choice."""
    ratio = log_ratio(characters)
    slopes, n = _slopes([ratio], said, people, group)
    return Leaning(*_both(ratio, said, people, group), figure_at(slopes, 0, n))


def markup(said: Ints, people: Ints, counts: Floats, group: Ints) -> dict[str, Leaning]:
    """By FEATURE; `counts` is (comparisons, 2, features). One regression of the judge's choice on all of them
    and on people's choice; a slope is from "the other has it all" halfway to "this one has it all"."""
    differences = [log_ratio(counts[:, :, 0])]
    differences += [balance(counts[:, :, at]) for at in range(1, len(FEATURES))]
    decided = _decided(said) & (people != UNKNOWN)
    used = [int((one[decided] != 0).sum()) >= FEWEST_DIFFERING for one in differences]
    slopes, n = _slopes([one for one, use in zip(differences, used, strict=True) if use], said, people, group)
    found = {}
    for at, name in enumerate(FEATURES):
        if used[at]:
            slope = figure_at(slopes, sum(used[:at]), n)
        else:
            slope = too_few(
                int((differences[at][decided] != 0).sum()), "comparisons in which responses differ in it"
            )
        found[name] = Leaning(*_both(differences[at], said, people, group), slope)
    return found


class SelfPreference(NamedTuple):
    """How often the judge, and people, choose the response of the judge's family; a tie is half a choice.

    `gap`: how often the judge takes its family's response where people do, less how often it takes the other
    one where people do (the equal opportunity gap of Wataoka et al. 2024). `n` comparisons had exactly one
    response of the family.
    """

    own: Figure
    people_own: Figure
    difference: Figure
    gap: Figure
    n: int
    reason: str | None = None

    def json(self) -> dict[str, Any]:
        return {name: one.json() if isinstance(one, Figure) else one for name, one in self._asdict().items()}


def self_preference(said: Ints, people: Ints, own: Ints, group: Ints) -> SelfPreference:
    """`own`: 1 where response a alone is of the judge's family, -1 where b alone is, 0 elsewhere."""
    at = (own != 0) & (said != UNKNOWN) & (people != UNKNOWN)
    n = int(at.sum())
    if n < FEWEST:
        lacking = too_few(n, "comparisons with one response of the judge's family and an answer of people")
        return SelfPreference(lacking, lacking, lacking, lacking, n, lacking.reason)
    judge, human = (_SIGN[merged(one[at])] * own[at] for one in (said, people))
    group, one = group[at], np.ones(n)
    return SelfPreference(
        share(np.stack([(judge + 1) / 2, one], axis=1), group),
        share(np.stack([(human + 1) / 2, one], axis=1), group),
        figure(np.stack([(judge - human) / 2, one], axis=1), group, lambda sums: sums[..., 0] / sums[..., 1]),
        _gap(judge, human, group),
        n,
    )


def unknown_family(reason: str) -> SelfPreference:
    lacking = missing(reason)
    return SelfPreference(lacking, lacking, lacking, lacking, 0, reason)


def log_ratio(characters: Floats) -> Floats:
    """How many times the first is twice as long as the second; negative where it is shorter."""
    characters = np.maximum(characters, 1)
    return np.log2(characters[:, 0] / characters[:, 1])


def balance(counts: Floats) -> Floats:
    """From -1 (the second has all of it) to 1 (the first has); 0 where neither has any."""
    total = counts.sum(axis=1)
    return np.divide(counts[:, 0] - counts[:, 1], total, out=np.zeros(len(total)), where=total > 0)


def _decided(said: Ints) -> Mask:
    return (said == A) | (said == B)


def _both(difference: Floats, said: Ints, people: Ints, group: Ints) -> tuple[Figure, Figure]:
    """(judge's, people's) share of choices for the response that has more, where both chose."""
    at = _decided(said) & _decided(people) & (difference != 0)
    more = np.where(difference[at] > 0, A, B)
    one = np.ones(len(more), dtype=np.int64)
    judge, human = (
        share(np.stack([(answer[at] == more).astype(np.int64), one], axis=1), group[at])
        for answer in (said, people)
    )
    return judge, human


def _slopes(differences: list[Floats], said: Ints, people: Ints, group: Ints) -> tuple[Any, int]:
    """(fit or why there is none, choices it is on); people's choice is the last column."""
    at = _decided(said) & (people != UNKNOWN)
    columns = [one[at] for one in differences] + [_SIGN[merged(people[at])].astype(float)]
    return logistic(np.stack(columns, axis=1), (said[at] == A).astype(np.int64), group[at]), int(at.sum())


def _gap(judge: Floats, human: Floats, group: Ints) -> Figure:
    for_own, for_other = human > 0, human < 0
    if min(for_own.sum(), for_other.sum()) < FEWEST:
        least = int(min(for_own.sum(), for_other.sum()))
        return too_few(least, "comparisons in which people took the one side")
    rows = np.stack([(judge > 0) & for_own, for_own, (judge < 0) & for_other, for_other], axis=1)

    def statistic(sums: Floats) -> Floats:
        with np.errstate(invalid="ignore", divide="ignore"):
            result: Floats = sums[..., 0] / sums[..., 1] - sums[..., 2] / sums[..., 3]
        return result

    return figure(rows.astype(np.int64), group, statistic)

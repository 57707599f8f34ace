"""One answer from all that a judge said on a comparison, in several orders and samples. Pure.

Method. Within an order: the direction that most samples took. Across orders of a pair: the common winner
with the weakest strength (after Zheng et al. 2023, section 3.4, who have no strength); orders that differ are
a fact of their own, and the project says what they mean. More than two responses: mean place, equal means
tie; they are asked in every cyclic shift, so each stood in each place once.

How sure: the mean of the model's own token probabilities over the orders, which takes an additive effect of
position out of it; without them, orders and samples counted, with Jeffreys' prior, so that few votes never
read as certainty.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median_low

from annotation.ranking import BOTH_BAD, Ranking, RankingError, check_answer, letters
from annotation.ranking import reconcile as reconcile_orders

from .verdicts import TIE, Question, Reading

LOGPROBS, VOTES, POLICY = "logprobs", "votes", "policy"
_JEFFREYS = 0.5
_LEVEL = Ranking((("a", "b"),))


@dataclass(frozen=True, slots=True)
class Said:
    """What one call said on one criterion, in stored letters; `order` is the one it was shown."""

    order: str
    reading: Reading


@dataclass(frozen=True, slots=True)
class Settled:
    """One criterion's answer of a judge. `ranking` is None where the orders leave none: `why` says so.

    `probabilities`: of a pair `a`, `tie`, `b` (and `both_bad` where offered), of more than two the chance of
    each letter to be the best. They rest on `votes` replies of those `asked` for. `shift`: chance of a when
    shown first minus when shown second. `consistent` is None with one order.
    """

    ranking: Ranking | None
    strength: int | None
    rationale: str
    probabilities: Mapping[str, float]
    source: str
    votes: int
    mass: float | None
    shift: float | None
    consistent: bool | None
    why: str = ""
    asked: int | None = None


def settle(said: Sequence[Said], question: Question, k: int, inconsistent: str) -> Settled:
    """One answer from at least one; `inconsistent` is what the orders of a pair mean where they differ:
    `tie`, `half` (a tie, each order's half of the probability) or `drop` (no answer)."""
    by_order: dict[str, list[Reading]] = {}
    for one in said:
        by_order.setdefault(one.order, []).append(one.reading)
    ranking, strength, same = reconcile_orders([_of_order(some, k) for some in by_order.values()])
    chances = {order: _chances(some, question, k) for order, some in by_order.items()}
    from_tokens = all(one.reading.probabilities is not None for one in said)
    source = LOGPROBS if from_tokens else VOTES
    probabilities = _mean(chances.values()) if from_tokens else _counted(said, question, k)
    found: Ranking | None = ranking
    why = ""
    if not same and k == 2:
        source = POLICY
        probabilities = _mean(chances.values()) if inconsistent == "half" else _all_on(TIE, probabilities)
        if inconsistent == "drop":
            found, why = None, "the orders disagree"
    if found is not None:
        try:
            check_answer(found, strength, question.scale, k, question.both_bad, question.task)
        except RankingError as error:
            found, why = None, f"the orders leave no answer that is offered: {error}"
    masses = [one.reading.mass for one in said if one.reading.mass is not None]
    return Settled(
        found,
        strength,
        _rationale(said, ranking),
        probabilities,
        source,
        len(said),
        min(masses) if from_tokens and masses else None,
        _shift(chances) if k == 2 else None,
        same if len(by_order) > 1 else None,
        why,
    )


def _of_order(readings: Sequence[Reading], k: int) -> tuple[Ranking, int | None]:
    """What one order says: of a pair, what most samples say; where none is most, a tie."""
    if len(readings) == 1 or k > 2:
        ranking, strength, _ = reconcile_orders([(one.ranking, one.strength) for one in readings])
        return ranking, strength
    (first, most), *others = Counter(one.ranking for one in readings).most_common()
    if others and others[0][1] == most:
        return _LEVEL, None
    strengths = [one.strength for one in readings if one.ranking == first]
    known = [strength for strength in strengths if strength is not None]
    return first, median_low(known) if len(known) == len(strengths) else None


def _chances(readings: Sequence[Reading], question: Question, k: int) -> dict[str, float]:
    """What one order says, as probabilities: the tokens' where they are known, else the share of samples."""
    return _mean(
        {**dict.fromkeys(answers_of(question, k), 0.0), **(one.probabilities or vote_of(one.ranking, k))}
        for one in readings
    )


def _counted(said: Sequence[Said], question: Question, k: int) -> dict[str, float]:
    """All votes counted, with Jeffreys' prior. Where samples are missing, every order still counts alike."""
    counts = dict.fromkeys(answers_of(question, k), _JEFFREYS)
    replies = Counter(one.order for one in said)
    for one in said:
        weight = len(said) / (len(replies) * replies[one.order])
        for answer, share in vote_of(one.reading.ranking, k).items():
            counts[answer] = counts.get(answer, _JEFFREYS) + weight * share
    total = sum(counts.values())
    return {answer: count / total for answer, count in counts.items()}


def vote_of(ranking: Ranking, k: int) -> dict[str, float]:
    if k == 2:
        return {BOTH_BAD if ranking.both_bad else ranking.winner or TIE: 1.0}
    best = letters(k) if ranking.both_bad else ranking.tiers[0]
    return dict.fromkeys(best, 1 / len(best))


def answers_of(question: Question, k: int) -> list[str]:
    """What may be best, in the order in which it is shown to people."""
    if k > 2:
        return list(letters(k))
    ties = [TIE] if question.scale.ties else []
    return ["a", *ties, "b", *([BOTH_BAD] if question.both_bad else [])]


def _mean(several: Iterable[Mapping[str, float]]) -> dict[str, float]:
    some = list(several)
    names = dict.fromkeys(name for one in some for name in one)
    return {name: fmean(one.get(name, 0.0) for one in some) for name in names}


def _all_on(answer: str, names: Mapping[str, float]) -> dict[str, float]:
    return {**dict.fromkeys(names, 0.0), answer: 1.0}


def _shift(chances: Mapping[str, Mapping[str, float]]) -> float | None:
    first = [one.get("a", 0.0) for order, one in chances.items() if order[0] == "a"]
    second = [one.get("a", 0.0) for order, one in chances.items() if order[0] == "b"]
    return fmean(first) - fmean(second) if first and second else None


def _rationale(said: Sequence[Said], ranking: Ranking) -> str:
    """Of a call that said the same, in stored order if it can be."""
    agreeing = [one for one in said if one.reading.ranking == ranking] or list(said)
    return min(agreeing, key=lambda one: one.order).reading.rationale

"""One answer of several judges, by a rule. Pure.

- `majority`: what more than half of them say.
- `mean`: the answer with the largest mean of their soft labels (Verga et al. 2024 average scores alike).
- `weighted`: the most probable answer given how often each of them knows, which is the rule that errs least
  where errors are independent (Nitzan and Paroush 1982); the posterior allows for answers that share errors.

Of more than two responses the ranking is by mean place, as with orders and samples of one judge; `weighted`
weighs places by competence.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median_low

from annotation.consensus.estimates import EQUAL, doubled_places, in_tiers
from annotation.consensus.frozen import UNKNOWN, Said, posterior
from annotation.ranking import BOTH_BAD, Ranking, RankingError, check_answer, parse
from annotation.votes import Vote

from ..reconcile import Settled, answers_of, vote_of
from ..verdicts import TIE, Question

MAJORITY, MEAN, WEIGHTED = "majority", "mean", "weighted"
PANEL = "panel"
_JEFFREYS = 0.5


@dataclass(frozen=True, slots=True)
class Voice:
    """What one member says on one criterion, in stored letters. `probabilities`: its soft label, if it has
    one; `consistent`: whether its own orders agreed; `competence` and `strategy`: what a fit knows of it."""

    ranking: Ranking
    strength: int | None = None
    probabilities: Mapping[str, float] | None = None
    consistent: bool | None = None
    rationale: str = ""
    competence: float | None = None
    strategy: Mapping[str, float] | None = None


def together(
    voices: Sequence[Voice],
    question: Question,
    k: int,
    rule: str,
    no_majority: str,
    classes: Mapping[str, float] | None = None,
    asked: int | None = None,
) -> Settled:
    """What the members say together; at least one voice. `no_majority`: `tie`, or `drop` for no answer.

    `classes`: how frequent each answer is, as far as a fit knows. The probabilities are, for `majority`, the
    votes counted with Jeffreys' prior.
    """
    probabilities = _probabilities(voices, question, k, rule, classes)
    answer = _majority(voices, k) if rule == MAJORITY else _largest(probabilities)
    ranking = _ranking(answer, voices, k, rule)
    found: Ranking | None = ranking
    why = ""
    if answer is None and k == 2:
        why = "no majority" if no_majority == "drop" else ""
    strength = _strength(voices, ranking) if k == 2 else None
    if not why:
        try:
            check_answer(ranking, strength, question.scale, k, question.both_bad, question.task)
        except RankingError as error:
            why = f"the members leave no answer that is offered: {error}"
    if why:
        found, strength = None, None
    known = [voice.consistent for voice in voices if voice.consistent is not None]
    agreeing = [voice for voice in voices if voice.ranking == ranking] or voices
    return Settled(
        found,
        strength,
        next((voice.rationale for voice in agreeing if voice.rationale), ""),
        probabilities,
        PANEL,
        len(voices),
        None,
        None,
        all(known) if known else None,
        why,
        asked,
    )


def _probabilities(
    voices: Sequence[Voice], question: Question, k: int, rule: str, classes: Mapping[str, float] | None
) -> dict[str, float]:
    offered = answers_of(question, k)
    if rule == WEIGHTED:
        prior = {name: share for name, share in (classes or {}).items() if name in offered}
        said = [
            Said(answer, voice.competence, voice.strategy)
            for voice in voices
            if (answer := _top(voice.ranking, k)) is not None
        ]
        return posterior(said, prior or dict.fromkeys(offered, 1.0)).probabilities
    names = dict.fromkeys(offered)
    if rule == MEAN:
        soft = [voice.probabilities or vote_of(voice.ranking, k) for voice in voices]
        names |= dict.fromkeys(name for one in soft for name in one)
        return {name: fmean(one.get(name, 0.0) for one in soft) for name in names}
    votes = [vote_of(voice.ranking, k) for voice in voices]
    names |= dict.fromkeys(name for one in votes for name in one)
    counts = {name: _JEFFREYS + sum(one.get(name, 0.0) for one in votes) for name in names}
    return {name: count / sum(counts.values()) for name, count in counts.items()}


def _top(ranking: Ranking, k: int) -> str | None:
    """The class that a ranking votes for; of more than two responses only one that is alone on top."""
    if ranking.both_bad:
        return BOTH_BAD
    return ranking.winner or (TIE if k == 2 else None)


def _majority(voices: Sequence[Voice], k: int) -> str | None:
    """The answer of more than half of the members."""
    (answer, number), *_ = Counter(_top(voice.ranking, k) for voice in voices).most_common(1)
    return answer if 2 * number > len(voices) else None


def _largest(probabilities: Mapping[str, float]) -> str | None:
    """The most probable answer, unless several are equally so."""
    most = max(probabilities.values())
    best = [answer for answer, p in probabilities.items() if p >= most - EQUAL]
    return best[0] if len(best) == 1 else None


def _ranking(answer: str | None, voices: Sequence[Voice], k: int, rule: str) -> Ranking:
    if answer == BOTH_BAD:
        return Ranking((), both_bad=True)
    if k > 2:
        return _by_place(voices, k, rule)
    if answer in ("a", "b"):
        return Ranking((("a",), ("b",)) if answer == "a" else (("b",), ("a",)))
    return Ranking((("a", "b"),))


def _by_place(voices: Sequence[Voice], k: int, rule: str) -> Ranking:
    ranked = [voice for voice in voices if not voice.ranking.both_bad]
    votes = [Vote(str(voice.ranking), k) for voice in ranked]
    places = [0.0] * k
    for voice, vote in zip(ranked, votes, strict=True):
        weight = voice.competence if rule == WEIGHTED and voice.competence is not None else UNKNOWN
        for at, place in enumerate(doubled_places(vote)):
            places[at] += weight * place
    return parse(in_tiers(places, votes), k)


def _strength(voices: Sequence[Voice], ranking: Ranking) -> int | None:
    """The middle one of those who say the same, where all of them have one."""
    if ranking.winner is None:
        return None
    strengths = [voice.strength for voice in voices if voice.ranking == ranking]
    known = [strength for strength in strengths if strength is not None]
    return median_low(known) if known and len(known) == len(strengths) else None

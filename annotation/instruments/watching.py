"""The rules at work: after every answer of a person, as soon as it is written and in the same transaction.

What an answer shows goes into the sequential tests of `sequential`; where one becomes clear the owner's rule
warns, pauses or stops the person, and says why. Only the first answer to something counts: a revision is no
new evidence. An answer that is compared with what others say is weighed when enough of them have spoken.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from .. import people
from ..audit import record
from ..consensus.answers import TIE, top_of
from ..consensus.frozen import Said, posterior
from ..models import Annotator, Assignment, Comparison, Criterion, Label, Notice, Project, Response, Watch
from ..projects import criteria_of, people_asked
from ..ranking import BOTH_BAD, Scale, letters, parse, relabel
from ..votes import Vote
from .before_work import tell
from .known import known_of
from .sequential import Found, State
from .settings import Quality, quality_of

# How sure we are of an answer that the owner calls right: even owners err.
KNOWN = 0.98

# An answer is compared with those of so many others at least, if together they are so sure.
OTHERS = 2
AGREED = 0.8

# What they say together is right somewhat less often than their votes tell: among them are some who do not
# read, and whom the rules have not found yet.
TRUSTED = 0.95

# Answers that wait for others; they are looked through after so many answers of one's own.
PENDING = 200
EVERY = 5

# Letters of a word, the space behind it included: reading speed is told in words of any language.
LETTERS_A_WORD = 6

_NOT_READ = (Assignment.Purpose.REPEAT, Assignment.Purpose.MIRROR)  # was read before


class Given(NamedTuple):
    """A first answer that has just been written: `rankings` by criterion id, in stored letters."""

    comparison_id: int
    purpose: str
    shown: str
    seconds: float | None
    rankings: Mapping[int, tuple[str, int | None]]


def after_answers(annotator: Annotator, project: Project, given: Sequence[Given]) -> None:
    """Weighs what somebody has just answered, and acts. Nothing at all where the project has no rules, and
    where they are paused: what they still hold is not held against them.

    Some three statements for each call; one more every EVERY answers, for those that waited for others.
    """
    quality = quality_of(project)
    if not given or not quality.watches or not annotator.may_be_lent:
        return
    with transaction.atomic(savepoint=False):
        watch = Watch.objects.select_for_update(of=("self",)).filter(annotator=annotator).first()
        state = State.of(watch.state) if watch and watch.state else State()
        found: list[Found] = []
        for one in given:
            found += _weigh(state, annotator, project, quality, one)
        Watch.objects.update_or_create(annotator=annotator, defaults={"state": state.as_data()})
        for each in found:
            _act(annotator, project, quality, each)


def state_of(annotator: Annotator) -> State:
    """What the rules know of somebody."""
    watch = Watch.objects.filter(annotator=annotator).first()
    return State.of(watch.state) if watch and watch.state else State()


def offered(criterion: Criterion, k: int) -> list[str]:
    """The answers there can be on top: a response, a tie and both bad where the criterion has them."""
    names = [*letters(k)]
    if k > 2 or Scale(criterion.scale).ties:
        names.append(TIE)
    return [*names, BOTH_BAD] if criterion.both_bad else names


def place_of(ranking: str, shown: str) -> str:
    """Where the preferred response stood, from 0; `tie` or `both_bad` where there was none."""
    top = top_of(Vote(ranking, len(shown)))
    return top if top in (TIE, BOTH_BAD) else str(shown.index(top))


def words_for(found: Found, quality: Quality) -> str:
    """Why a rule speaks up, as the person and the owner read it."""
    numbers: dict[str, Any] = {"hits": found.hits, "seen": found.seen, "share": round(100 * quality.honest)}
    match found.rule:
        case "accuracy":
            text = _(
                "Of your last %(seen)s answers that can be compared with a known or agreed one, %(hits)s "
                "were the same. Careful work reaches %(share)s in a hundred or more; answers given by habit "
                "would look like this."
            )
        case "side":
            side = _("first") if found.side == "0" else _("second")
            text = _(
                "Of your last %(seen)s answers that prefer one response, %(hits)s prefer the %(side)s one. "
                "The order is drawn anew each time, so careful work prefers either about as often."
            )
            numbers["side"] = side
        case "same":
            text = _(
                "Of your last %(seen)s answers, %(hits)s are exactly the same as the one before. The order "
                "of the responses is drawn anew each time, so careful work varies more."
            )
        case _:
            numbers["words"] = quality.words_a_minute
            text = _(
                "Of your last %(seen)s answers, %(hits)s came faster than the texts can be read, at "
                "%(words)s words a minute."
            )
    return text % numbers


def _weigh(
    state: State, annotator: Annotator, project: Project, quality: Quality, given: Given
) -> list[Found]:
    """What this answer shows; the known answer first, because habits are those before it."""
    criteria = [one for one in criteria_of(project) if one.pk in given.rankings]
    if not criteria:
        return []
    found: list[Found | None] = []
    watched = {rule for rule in ("accuracy", "side", "same", "speed") if quality.action(rule) != "off"}
    if "accuracy" in watched:
        found += _against_others(state, annotator, project, quality)
        found.append(_against_known(state, project, criteria, quality, given))
    first = criteria[0]
    place = place_of(given.rankings[first.pk][0], given.shown)
    signature = "/".join(
        f"{_as_shown(ranking, given.shown)}.{strength or ''}"
        for ranking, strength in (given.rankings[one.pk] for one in criteria)
    )
    found += state.choose(place, signature, len(given.shown) == 2)
    if "speed" in watched and given.seconds is not None and given.purpose not in _NOT_READ:
        least = 60 * _words(project, given.comparison_id) / quality.words_a_minute
        found.append(state.read(given.seconds < least))
    return [one for one in found if one and one.rule in watched]


def _against_known(
    state: State, project: Project, criteria: Sequence[Criterion], quality: Quality, given: Given
) -> Found | None:
    """One item an answer, on the first criterion whose answer is known; what is not known waits for others.

    A repeat or a mirror of something is no new item, and a training answer is one to learn from.
    """
    if given.purpose in (*_NOT_READ, Assignment.Purpose.TRAINING):
        return None
    known = known_of(project).get(given.comparison_id)
    for criterion in criteria:
        if known and (right := known.answers.get(criterion.pk)):
            ranking = given.rankings[criterion.pk][0]
            k = len(given.shown)
            same = top_of(Vote(right, k)) == top_of(Vote(ranking, k))
            names = offered(criterion, k)
            return state.score(same, place_of(right, given.shown), len(names), quality.honest, KNOWN)
    if given.purpose == Assignment.Purpose.WORK and people_asked(project) > OTHERS:
        first = criteria[0]
        entry = [given.comparison_id, first.pk, given.rankings[first.pk][0], given.shown]
        state.pending = [*state.pending, entry][-PENDING:]
    return None


def _against_others(
    state: State, annotator: Annotator, project: Project, quality: Quality
) -> list[Found | None]:
    """Scores what waited, where OTHERS or more have answered meanwhile and are sure without this person
    (leave one out). Where they are not, it is never scored: people may differ. Whoever was paused for a
    reason is no yardstick for others, though what they said counts."""
    if not state.pending or state.answers % EVERY:
        return []
    criteria = {one.pk: one for one in criteria_of(project)}
    votes: dict[tuple[int, int], list[str]] = {}
    others = Label.objects.filter(
        project=project,
        comparison__in=[entry[0] for entry in state.pending],
        current=True,
        independent=True,
        annotator__kind=Annotator.Kind.HUMAN,
    ).exclude(annotator=annotator)
    others = others.exclude(annotator__paused_at__isnull=False, annotator__told__gt="")
    for comparison, asked, ranking in others.values_list("comparison", "criterion", "ranking"):
        votes.setdefault((comparison, asked), []).append(ranking)
    found: list[Found | None] = []
    waiting = []
    for entry in state.pending:
        comparison, criterion_id, ranking, shown = entry
        said, criterion = votes.get((comparison, criterion_id), []), criteria.get(criterion_id)
        if len(said) < OTHERS:
            waiting.append(entry)
        elif criterion is not None:
            found.append(_score_among(state, quality, criterion, ranking, shown, said))
    state.pending = waiting
    return found


def _score_among(
    state: State, quality: Quality, criterion: Criterion, ranking: str, shown: str, said: list[str]
) -> Found | None:
    k = len(shown)
    tops = [top_of(Vote(other, k)) for other in said]
    names = offered(criterion, k)
    # Others are taken to be as honest as is asked for, and every answer for as likely before they spoke.
    knows = (quality.honest - 1 / len(names)) / (1 - 1 / len(names))
    probabilities = posterior([Said(top, knows) for top in tops], dict.fromkeys(names, 1.0)).probabilities
    best = max(probabilities, key=probabilities.__getitem__)
    if probabilities[best] < AGREED:
        return None
    where = best if best in (TIE, BOTH_BAD) else str(shown.index(best))
    right = top_of(Vote(ranking, k)) == best
    return state.score(right, where, len(names), quality.honest, TRUSTED * min(probabilities[best], KNOWN))


def _act(annotator: Annotator, project: Project, quality: Quality, found: Found) -> None:
    """Does what the owner's rule says, once: nothing more happens to somebody who is paused already."""
    if not annotator.may_be_lent:
        return
    why = words_for(found, quality)
    with suppress(people.StandingError):  # a person did it at the same moment
        match quality.action(found.rule):
            case "warn":
                tell(annotator, Notice.Kind.WARNING, why)
                record(project, None, "warn", annotator.name, annotator=annotator, reason=why)
            case "pause":
                people.pause(annotator, None, why)
            case "stop":
                people.exclude(annotator, None, why)
    annotator.refresh_from_db(fields=["paused_at", "excluded_at", "told"])


def _as_shown(ranking: str, shown: str) -> str:
    """The ranking in letters of the order shown."""
    stored = letters(len(shown))
    places = "".join(stored[shown.index(letter)] for letter in stored)
    return str(relabel(parse(ranking, len(shown)), places))


def _words(project: Project, comparison_id: int) -> float:
    """Length of question and responses in words."""
    return _length(comparison_id, project.created_at) / LETTERS_A_WORD


@lru_cache(maxsize=20_000)
def _length(comparison_id: int, _version: Any) -> int:
    prompt = Comparison.objects.values_list("prompt", flat=True).get(pk=comparison_id)
    responses = Response.objects.filter(comparison=comparison_id).values_list("messages", flat=True)
    return sum(_letters(message) for messages in (prompt, *responses) for message in messages)


def _letters(message: Mapping[str, Any]) -> int:
    content = message.get("content")
    if isinstance(content, str):
        return len(content)
    parts = content if isinstance(content, list) else []
    return sum(len(part["text"]) for part in parts if isinstance(part, dict) and "text" in part)

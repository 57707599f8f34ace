"""One annotator's answers on one comparison: what stands in the database and what comes in. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from ..ranking import letters, parse, reconcile
from .answers import BOTH, HUMAN, JUDGE, UNKNOWN, Vote


@dataclass(slots=True)
class Answer:
    """A label. `old` ones came with an earlier file; `created_at` is None until it is written."""

    ranking: str
    strength: int | None
    confidence: str = ""
    reasons: list[str] = field(default_factory=list)
    rationale: str = ""
    created_at: datetime | None = None
    old: bool = False


@dataclass(slots=True)
class Call:
    """A judge's answers when asked in one order: `verdict` is {criterion: {ranking, strength}}."""

    order: str
    sample: int
    verdict: dict[str, dict[str, Any]]
    id: int | None = None
    old: bool = False
    changed: bool = False
    reply: list[str] = field(default_factory=list)

    def say(self, criterion: str, vote: Vote) -> None:
        self.verdict[criterion] = {"ranking": vote.ranking, "strength": vote.strength}
        self.changed = True
        if vote.rationale:
            self.reply.append(vote.rationale)


@dataclass(slots=True)
class Sheet:
    """An annotation with its assignment; their ids are 0 until written."""

    round: int
    shown: str
    assignment_id: int = 0
    annotation_id: int = 0
    revision: int = 0
    consistent: bool | None = None
    seconds: float | None = None
    standing: dict[int, Answer] = field(default_factory=dict)
    coming: dict[int, Answer] = field(default_factory=dict)
    flags: list[bool] = field(default_factory=list)

    def say(self, vote: Vote) -> None:
        self.coming[vote.criterion] = Answer(
            vote.ranking, vote.strength, vote.confidence, vote.reasons, vote.rationale
        )
        if vote.consistent is not None:
            self.flags.append(vote.consistent)
        if vote.seconds is not None:
            # Lines of one submission repeat its time.
            self.seconds = max(vote.seconds, self.seconds or 0.0)


@dataclass(slots=True)
class Change:
    """Answers to write on a sheet: a new annotation, labels for the one there is, or a revision of it."""

    sheet: Sheet
    answers: dict[int, Answer]
    consistent: bool | None
    supersedes: bool = False


@dataclass(slots=True)
class Record:
    """`rounds` are taken by any assignment, `elsewhere` holds answers that were given here, not imported."""

    comparison_id: int
    k: int
    annotator: str
    kind: str
    sheets: list[Sheet] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    rounds: set[int] = field(default_factory=set)
    elsewhere: dict[int, list[Answer]] = field(default_factory=dict)
    was_there: bool = False
    touched: bool = False

    def answers(self, criterion: int) -> list[Answer]:
        """Every answer to a question, one a round, those given here last."""
        given = (sheet.standing.get(criterion) or sheet.coming.get(criterion) for sheet in self.sheets)
        return [answer for answer in given if answer] + self.elsewhere.get(criterion, [])

    def earlier(self, criterion: int, name: str, vote: Vote) -> list[tuple[str, int | None]]:
        """What the annotator is known from before this file to have said where `vote` is about to speak."""
        if vote.per_order:
            said = [call.verdict.get(name) for call in self.calls if call.old and call.order == vote.shown]
            return [(answer["ranking"], answer["strength"]) for answer in said if answer]
        if self.judged(name):
            return []
        return [(answer.ranking, answer.strength) for answer in self.answers(criterion) if answer.old]

    def judged(self, name: str) -> bool:
        """True where the label is what the answers to single orders reconcile to."""
        return any(name in call.verdict for call in self.calls)

    def place(self, vote: Vote, name: str) -> None:
        """Takes an answer that is new."""
        self.touched = True
        if vote.per_order:
            same = [call for call in self.calls if call.order == vote.shown]
            call = next((call for call in same if name not in call.verdict), None)
            if call is None:
                call = Call(vote.shown, len(same), {})
                self.calls.append(call)
            call.say(name, vote)
            return
        index = len(self.answers(vote.criterion))
        if index == len(self.sheets):
            self._open(vote.shown)
        self.sheets[index].say(vote)

    def settle(self, criteria: Mapping[str, int]) -> Iterator[Change]:
        """What has to be written so that the sheets say what the answers and calls amount to."""
        judged: dict[int, Answer] = {}
        flags: list[bool] = []
        said = dict.fromkeys(name for call in self.calls for name in call.verdict)
        for name in said.keys() & criteria.keys():  # a criterion may have been retired since
            judged[criteria[name]], consistent = self._reconciled(name)
            flags += [consistent] if consistent is not None else []
        if judged and not self.sheets:
            self._open(letters(self.k))
        for sheet in self.sheets:
            yield from _changed(sheet, judged, flags)
            judged, flags = {}, []  # calls speak for the first round

    def _open(self, shown: str) -> None:
        """A new sheet in the first free round."""
        if shown == BOTH:
            shown = letters(self.k) if self.kind == JUDGE else UNKNOWN
        free = next(number for number in count() if number not in self.rounds)
        self.rounds.add(free)
        self.sheets.append(Sheet(free, shown))

    def _reconciled(self, name: str) -> tuple[Answer, bool | None]:
        calls = [call for call in self.calls if name in call.verdict]
        said = [
            (parse(call.verdict[name]["ranking"], self.k), call.verdict[name]["strength"]) for call in calls
        ]
        ranking, strength, consistent = reconcile(said)
        one_order = len({call.order for call in calls}) == 1
        return Answer(str(ranking), strength), None if one_order else consistent

    @property
    def new_person(self) -> bool:
        """True where this is a person's first answer on the comparison."""
        return self.kind == HUMAN and not self.was_there


def _changed(sheet: Sheet, judged: dict[int, Answer], flags: list[bool]) -> Iterator[Change]:
    known = [flag for flag in (*flags, *sheet.flags, sheet.consistent) if flag is not None]
    consistent = all(known) if known else None
    wanted = sheet.standing | sheet.coming | judged
    if not sheet.annotation_id:
        yield Change(sheet, wanted, consistent)
    elif consistent != sheet.consistent or any(
        (wanted[pk].ranking, wanted[pk].strength) != (answer.ranking, answer.strength)
        for pk, answer in sheet.standing.items()
    ):
        yield Change(sheet, wanted, consistent, supersedes=True)
    elif fresh := {pk: answer for pk, answer in wanted.items() if pk not in sheet.standing}:
        yield Change(sheet, fresh, consistent)

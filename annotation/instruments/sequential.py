"""Sequential tests of one person's answers: how long until it is clear that something is wrong. Pure.

Each test weighs every observation as it comes by its likelihood ratio: how much more often somebody who does
what is suspected would show it than somebody honest (Wald 1945). While a person is honest, the chance that
the product ever exceeds 1 / alpha is at most alpha, however long one watches (Ville's inequality), so looking
after every answer costs nothing. When a test has become sure of the honest side it begins anew, to notice
those who grow careless later, with a smaller part of alpha each time; the parts add up to alpha.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

# Alpha of each rule: the chance that it ever speaks up against an honest person.
ALPHA = {"accuracy": 0.01, "side": 0.002, "same": 0.002, "speed": 0.002}

# Part of alpha that the first run of a test has; the later ones share the rest.
FIRST = 0.8

# A run ends for the honest side when its likelihood ratio falls below this.
SETTLED = 0.02

# Of decided answers, how many pick the first response: by honest people at most, and by others.
SIDE_USUAL = 0.6
SIDE_SUSPECT = (0.8, 0.97)

# The same buttons as in the answer before; answers given faster than the texts can be read.
SAME_USUAL, SAME_SUSPECT = 0.7, 0.97
SPEED_USUAL, SPEED_SUSPECT = 0.3, 0.9

# What is thought of somebody's habits before the first answer: as if each had been given so often.
PRIOR = 2.0

# Of somebody who answers by habit it is thought that they read so many of the comparisons all the same. An
# alternative between habit and honesty weighs each answer less, but more evenly: who only guesses passes the
# bound later on average, yet the unlucky draws that hide a guesser for long become half as frequent (the idea
# of the 2-SPRT, Lorden 1976), and who reads now and then is found at all.
READ = 1 / 3

FIRST_SIDE, SECOND_SIDE = "0", "1"


@dataclass(slots=True)
class Sprt:
    """One sequential test. `seen` and `hits` are of the present run."""

    log: float = 0.0
    runs: int = 0
    seen: int = 0
    hits: int = 0

    def take(self, hit: bool, usual: float, suspect: float, alpha: float) -> bool:
        """Weighs an observation that honest people show with probability `usual` (at most, where `suspect`
        is above it; at least, where it is below), suspects with `suspect`. True: it is clear."""
        self.seen += 1
        self.hits += hit
        self.log += math.log(suspect / usual) if hit else math.log((1 - suspect) / (1 - usual))
        return self.log >= -math.log(part(alpha, self.runs))

    def begin_anew(self) -> None:
        """The next run, with a smaller part of alpha."""
        self.log, self.seen, self.hits = 0.0, 0, 0
        self.runs += 1

    @property
    def settled(self) -> bool:
        """Whether this run is sure of the honest side."""
        return self.log <= math.log(SETTLED)


@dataclass(frozen=True, slots=True)
class Found:
    """A rule speaks up: of `seen` observations, `hits`."""

    rule: str
    seen: int
    hits: int
    side: str = ""


@dataclass(slots=True)
class State:
    """What the rules know of one person; `habits` counts what they chose, by place shown.

    `scored` and `right` are over all answers that were compared with a known or agreed one. `pending` are
    answers that others have still to confirm.
    """

    answers: int = 0
    scored: int = 0
    right: int = 0
    habits: dict[str, int] = field(default_factory=dict)
    last: str = ""
    tests: dict[str, Sprt] = field(default_factory=dict)
    pending: list[list[Any]] = field(default_factory=list)

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "State":
        """From what `as_data` gave."""
        tests = {name: Sprt(**test) for name, test in data.get("tests", {}).items()}
        return cls(**{**data, "tests": tests})

    def as_data(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)

    def score(self, right: bool, answer: str, choices: int, honest: float, certainty: float) -> Found | None:
        """Weighs an answer of which the right one is known: `answer` by place shown, of so many `choices`.

        `honest`: the share that honest people get right at least; `certainty` that the known answer is right.
        What is suspected is somebody who reads READ of the comparisons and answers the others by habit,
        whatever the texts say: so often they would be right.
        """
        usual = certainty * honest + (1 - certainty) * (1 - honest) / (choices - 1)
        by_habit = (self.habits.get(answer, 0) + PRIOR) / (sum(self.habits.values()) + PRIOR * choices)
        self.scored += 1
        self.right += right
        # Where habit alone is right more often than honesty, the answer tells nothing.
        suspect = READ * usual + (1 - READ) * min(by_habit, usual)
        return self._take("accuracy", "", right, usual, suspect)

    def choose(self, place: str, signature: str, pair: bool) -> list[Found]:
        """Weighs where the preferred response stood, and whether these are the buttons of the answer before.

        `place` is 0 for the first as shown, or what else was said; `signature` stands for all buttons.
        """
        found = []
        if pair and place in (FIRST_SIDE, SECOND_SIDE):
            for side in (FIRST_SIDE, SECOND_SIDE):
                for suspect in SIDE_SUSPECT:
                    found += [
                        self._take(
                            "side", side, place == side, SIDE_USUAL, suspect, 2 * len(SIDE_SUSPECT), suspect
                        )
                    ]
        if self.last:
            found += [self._take("same", "", signature == self.last, SAME_USUAL, SAME_SUSPECT)]
        self.last = signature
        self.answers += 1
        self.habits[place] = self.habits.get(place, 0) + 1
        return list({one.rule: one for one in found if one}.values())

    def read(self, too_fast: bool) -> Found | None:
        """Weighs whether an answer came faster than its texts can be read."""
        return self._take("speed", "", too_fast, SPEED_USUAL, SPEED_SUSPECT)

    def _take(
        self,
        rule: str,
        side: str,
        hit: bool,
        usual: float,
        suspect: float,
        among: int = 1,
        variant: float | None = None,
    ) -> Found | None:
        name = rule + (f"/{side}/{variant}" if variant is not None else "")
        test = self.tests.setdefault(name, Sprt())
        clear = test.take(hit, usual, suspect, ALPHA[rule] / among)
        found = Found(rule, test.seen, test.hits, side) if clear else None
        if clear:
            for other, one in self.tests.items():
                if other.partition("/")[0] == rule:
                    one.begin_anew()
        elif test.settled:
            test.begin_anew()
        return found


def part(alpha: float, runs: int) -> float:
    """The part of alpha of a test that has begun anew so many times; all parts add up to alpha."""
    return FIRST * alpha if runs == 0 else (1 - FIRST) * alpha / (runs * (runs + 1))

"""What a project's `quality` says: which instruments it uses, how often, and what its rules do. Pure.

One JSON object on the project, so that it comes along with the statement that every page begins with; an
empty one costs nothing.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any, Literal

Action = Literal["off", "warn", "pause", "stop"]
ACTIONS: tuple[Action, ...] = ("off", "warn", "pause", "stop")

# What is watched: answers that are known, the side chosen, the same answer again and again, and haste.
RULES = ("accuracy", "side", "same", "speed")

MOST_INSTRUMENTS = 0.5  # of what somebody is lent: the rest is the work itself
MOST = 200  # comparisons in a test, a training or a gap
WORDS = (200, 5000)  # a minute that somebody may be said to read at most


class QualityError(ValueError):
    """A setting cannot be. `key` says which, as the project file names it."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(f"{key} {message}")
        self.key = key


@dataclass(frozen=True, slots=True)
class Qualification:
    """A test before the work: so many comparisons, the share that must be right, and how many more tries
    there are for somebody who fails. No comparisons: no test."""

    comparisons: int = 0
    share: float = 0.9
    retries: int = 1

    @property
    def needed(self) -> int:
        """How many of the comparisons have to be right."""
        return math.ceil(self.share * self.comparisons - 1e-9)


@dataclass(frozen=True, slots=True)
class Quality:
    """The settings of one project.

    `gold`, `repeats` and `mirrors` are shares of all that somebody is lent for work. `repeat_gap`: answers
    between a comparison and its repeat or mirror. `honest`: the share of known answers that honest people
    get right at least. `words_a_minute`: whoever answers faster than that reads too fast.
    """

    consent: int = 0  # the newest version; 0: nobody is asked
    qualification: Qualification = field(default_factory=Qualification)
    training: int = 0
    gold: float = 0.0
    repeats: float = 0.0
    mirrors: float = 0.0
    repeat_gap: int = 20
    honest: float = 0.7
    words_a_minute: int = 900
    rules: Mapping[str, Action] = field(default_factory=dict)
    references_are_gold: bool = False

    @property
    def instruments(self) -> float:
        """Share of instruments in all that is lent for work."""
        return self.gold + self.repeats + self.mirrors

    @property
    def before_work(self) -> bool:
        """Whether there is anything to go through before the work."""
        return bool(self.consent or self.qualification.comparisons or self.training)

    @property
    def watches(self) -> bool:
        """Whether any rule is on."""
        return any(self.action(rule) != "off" for rule in RULES)

    def action(self, rule: str) -> Action:
        """What happens when a rule's test says so."""
        return self.rules.get(rule, "off")

    def as_data(self) -> dict[str, Any]:
        """What `quality_of` reads again."""
        return asdict(self)


OFF = Quality()


def quality_of(project: Any) -> Quality:
    """The project's settings. No SQL."""
    stored = project.quality
    return _read(_frozen(stored)) if stored else OFF


def checked(values: Mapping[str, Any], known: Quality = OFF) -> Quality:
    """`known` with these values in place of its own. Raises QualityError for what cannot be.

    `qualification` is a mapping of its own, of `comparisons`, `pass` and `retries`.
    """
    data = known.as_data()
    for key, value in values.items():
        match key:
            case "gold" | "repeats" | "mirrors":
                data[key] = _number(value, key, 0, MOST_INSTRUMENTS)
            case "honest":
                data[key] = _number(value, key, 0.5, 0.95)
            case "repeat_gap":
                data[key] = _whole(value, key, 1, MOST)
            case "training":
                data[key] = _whole(value, key, 0, MOST)
            case "words_a_minute":
                data[key] = _whole(value, key, *WORDS)
            case "qualification":
                data[key] |= _qualification(_mapping(value, key))
            case "rules":
                data[key] = {**data[key], **_rules(_mapping(value, key))}
            case _:
                raise QualityError(key, f"is not known; known: {', '.join(KEYS)}")
    made = _made(data)
    if made.instruments > MOST_INSTRUMENTS + 1e-9:
        raise QualityError("gold", f"and repeats and mirrors together may be at most {MOST_INSTRUMENTS}")
    return made


KEYS = (
    *("gold", "honest", "mirrors", "qualification", "repeat_gap", "repeats", "rules", "training"),
    "words_a_minute",
)


def _qualification(values: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in values.items():
        where = f"qualification.{key}"
        match key:
            case "comparisons":
                found[key] = _whole(value, where, 0, MOST)
            case "pass":
                found["share"] = _number(value, where, 0.01, 1)
            case "retries":
                found[key] = _whole(value, where, 0, 10)
            case _:
                raise QualityError(where, "is not known; known: comparisons, pass, retries")
    return found


def _rules(values: Mapping[str, Any]) -> dict[str, Action]:
    found: dict[str, Action] = {}
    for rule, action in values.items():
        if rule not in RULES:
            raise QualityError(f"rules.{rule}", f"is not known; known: {', '.join(RULES)}")
        action = "off" if action is False else action  # YAML reads a bare `off` as false
        if action not in ACTIONS:
            raise QualityError(f"rules.{rule}", f"must be one of {', '.join(ACTIONS)}, not {action!r}")
        found[rule] = action
    return found


def _mapping(value: Any, key: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise QualityError(key, "must be a mapping")
    return value


def _number(value: Any, key: str, least: float, most: float) -> float:
    try:
        if isinstance(value, bool) or not least <= (number := float(value)) <= most:
            raise ValueError
    except (TypeError, ValueError):
        raise QualityError(key, f"must be a number from {least} to {most}, not {value!r}") from None
    return number


def _whole(value: Any, key: str, least: int, most: int) -> int:
    number = _number(value, key, least, most)
    if number != int(number):
        raise QualityError(key, f"must be a whole number from {least} to {most}, not {value!r}")
    return int(number)


def _made(data: Mapping[str, Any]) -> Quality:
    values = {key: data[key] for key in Quality.__dataclass_fields__ if key in data}
    if "qualification" in values:
        values["qualification"] = Qualification(**values["qualification"])
    return Quality(**values)


def _frozen(value: Any) -> Any:
    """A mapping as something that a cache takes as its key."""
    return (
        tuple((key, _frozen(inner)) for key, inner in value.items()) if isinstance(value, Mapping) else value
    )


@lru_cache(maxsize=256)
def _read(frozen: tuple[tuple[str, Any], ...]) -> Quality:
    data = dict(frozen)
    for key in ("qualification", "rules"):
        if key in data:
            data[key] = dict(data[key])
    return _made(data)

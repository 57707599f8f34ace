"""Looks at what comes of every call: when it is tried again, and when the whole run has to stop. Pure."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from . import retry
from .breaker import Breaker

# An endpoint that has never answered is given up after so many tries of one call, or so many calls in all.
VAIN_TRIES = 3
VAIN_CALLS = 20
# One that has answered before, after so many seconds of silence and so many calls.
PATIENCE = 300.0
SILENT_CALLS = 8


class Heard(Protocol):
    """What a reply has to say of itself; see `asking.Answer`."""

    @property
    def state(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def retry_after(self) -> float | None: ...
    @property
    def fatal(self) -> bool: ...
    @property
    def rejected(self) -> bool: ...
    @property
    def passing(self) -> bool: ...
    @property
    def unreadable(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a run ends: the state it is left in, a slug, and a sentence for the owner."""

    state: str
    reason: str
    message: str


@dataclass(slots=True)
class Watch:
    """One worker's view of its endpoint. `answered`: whether it ever gave a reply in this run."""

    breaker: Breaker
    answered: bool = False
    ending: Ending | None = None
    _answered_at: float = 0.0
    _silent: int = 0
    _silences: Counter[str] = field(default_factory=Counter)
    _tries: dict[int, tuple[int, float]] = field(default_factory=dict)  # call: number, clock of the first

    def see(self, call: int, heard: Heard, now: datetime, clock: float) -> datetime | None:
        """Takes note of what came of a call at `clock` (seconds, monotonic).

        Gives the moment of the next try, or None where this was the last one.
        """
        if heard.fatal:
            slug = "quota" if heard.state == "rate_limited" else "failing"
            self._stop(slug, f"no call can succeed: {heard.reason}")
            return None
        if not (heard.passing or heard.rejected):
            self._reply(call, heard, clock)
            return None
        number, since = self._tries.get(call, (0, clock))
        number += 1
        self._silent += 1
        self._silences[heard.reason] += 1
        self._judge_silence(number, clock)
        if heard.rejected:  # it will be no better next time
            return None
        if heard.retry_after is not None and heard.retry_after > retry.LONGEST_RETRY_AFTER:
            self._stop("failing", f"the endpoint asks for {heard.retry_after / 3600:.0f} h: {heard.reason}")
        if number >= retry.MAX_ATTEMPTS and self._answered_at > since:
            self._tries.pop(call, None)  # others are answered: it is this call that does not get through
            return None
        self._tries[call] = (number, since)
        return now + timedelta(seconds=retry.delay(number, heard.retry_after))

    def pause(self) -> float:
        """Seconds for which an endpoint that has fallen silent is better left alone; 0 where all is well."""
        return retry.delay(self._silent // SILENT_CALLS, None) if self._silent >= SILENT_CALLS else 0.0

    def give_up(self) -> None:
        """The end of a run in which no call got through."""
        (commonest, _), *_ = self._silences.most_common(1)
        self._stop("failing", f"no call gets through: {commonest}")

    def _reply(self, call: int, heard: Heard, clock: float) -> None:
        self.answered, self._answered_at, self._silent = True, clock, 0
        self._silences.clear()
        self._tries.pop(call, None)
        self.breaker.replied(heard.reason or "unreadable" if heard.unreadable else "")
        if words := self.breaker.open:
            self._stop("breaker", words)

    def _judge_silence(self, number: int, clock: float) -> None:
        if self.answered:
            gone = self._silent >= SILENT_CALLS and clock - self._answered_at > PATIENCE
        else:
            gone = number >= VAIN_TRIES or self._silent >= VAIN_CALLS
        if gone:
            self.give_up()

    def _stop(self, reason: str, message: str) -> None:
        self.ending = self.ending or Ending("stopped", reason, message[:500])

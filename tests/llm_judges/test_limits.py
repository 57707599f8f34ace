"""The arithmetic of what an endpoint may be asked: limits, waits, shares, retries and the breaker."""

import itertools

import pytest

from llm_judges.running import retry
from llm_judges.running.breaker import FEWEST, WINDOW, Breaker
from llm_judges.running.limits import BURST, HORIZON, SEEN_SECONDS, SHARE, Ask, Grant, Limits, State, decide
from llm_judges.running.width import START, Width


def simulate(limits: Limits, workers: int, seconds: float, tokens: int = 0) -> list[float]:
    """Moments at which greedy workers that wait as they are told send their requests."""
    state = State()
    due = {f"w{n}": 1000.0 for n in range(workers)}
    sent: list[float] = []
    while (now := min(due.values())) < 1000 + seconds:
        worker = min(due, key=lambda name: due[name])
        grant = decide(state, limits, Ask(worker, 10, tokens), now)
        sent += [now + delay for delay in grant.permits]
        due[worker] = now + max(grant.wait, 0.001)
    return [moment for moment in sent if moment < 1000 + seconds]


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_workers_together_use_up_the_limit_and_never_pass_it(workers: int) -> None:
    sent = simulate(Limits(requests_per_minute=600), workers, 120)
    assert 0.97 * 1200 <= len(sent) <= 1200
    for start in range(1000, 1060):
        assert sum(start <= moment < start + 60 for moment in sent) <= 600 + BURST * 10


def test_permits_come_ahead_of_their_time_and_say_when_it_is() -> None:
    state, limits = State(), Limits(requests_per_minute=600)
    decide(state, limits, Ask("w", 5), 1000.0)  # what may be sent at once after a rest
    grant = decide(state, limits, Ask("w", 50), 1000.0)
    assert len(grant.permits) == pytest.approx(HORIZON * 10, abs=1)
    gaps = [later - sooner for sooner, later in itertools.pairwise(grant.permits)]
    assert gaps == pytest.approx([60 / 600 / SHARE] * len(gaps))
    assert grant.permits[-1] <= HORIZON
    assert 0 < grant.wait < HORIZON  # before the last of them is used up


def test_tokens_limit_what_requests_do_not() -> None:
    sent = simulate(Limits(6000, tokens_per_minute=60_000), 2, 120, tokens=500)
    assert 0.95 * 240 <= len(sent) <= 242


def test_a_request_larger_than_a_second_of_tokens_still_goes() -> None:
    sent = simulate(Limits(tokens_per_minute=6000), 1, 600, tokens=5000)
    assert 11 <= len(sent) <= 13


def test_tokens_used_beyond_the_estimate_are_waited_for() -> None:
    limits, state = Limits(tokens_per_minute=6000), State()
    assert decide(state, limits, Ask("w", 1, 10), 1000.0).permits == [0.0]
    grant = decide(state, limits, Ask("w", 1, 10, correction=1000), 1000.0)
    assert not grant.permits
    assert 9 < grant.wait < 11


def test_no_limit_grants_everything_at_once() -> None:
    assert decide(State(), Limits(), Ask("w", 400), 5.0) == Grant([0.0] * 400, 0.0, 1, 0.0)


def test_all_workers_leave_an_endpoint_alone_that_asked_one_of_them_to() -> None:
    state = State()
    decide(state, Limits(), Ask("one", block=30.0), 1000.0)
    other = decide(state, Limits(), Ask("other", 5), 1010.0)
    assert (other.permits, other.wait, other.workers) == ((), 20.0, 2)
    assert decide(state, Limits(), Ask("other", 5), 1030.1).permits == [0.0] * 5


def test_a_worker_that_is_gone_leaves_its_share_to_the_others() -> None:
    state = State()
    for name in ("one", "two", "three"):
        decide(state, Limits(), Ask(name), 1000.0)
    assert decide(state, Limits(), Ask("two", leaving=True), 1001.0).workers == 2
    assert decide(state, Limits(), Ask("three"), 1000.0 + SEEN_SECONDS + 1).workers == 1


def test_a_state_that_cannot_be_read_is_a_fresh_one() -> None:
    assert State.read({"nonsense": 1}) == State.read(None) == State()
    assert State.read(State(1.0, 2.0, 3.0, {"w": 4.0}).stored()) == State(1.0, 2.0, 3.0, {"w": 4.0})


def test_a_wait_doubles_is_bounded_and_follows_the_endpoint() -> None:
    waits = [retry.delay(attempt, None, draw=0.0) for attempt in range(1, 30)]
    assert waits[:3] == [retry.FIRST / 2, retry.FIRST, 2 * retry.FIRST]
    assert max(waits) == retry.LONGEST / 2
    assert retry.delay(1, 7.0, draw=0.0) == 7.0
    assert 7.0 <= retry.delay(5, 7.0) <= 7.0 * 1.25
    assert len({retry.delay(3, None) for _ in range(20)}) > 1


def test_the_breaker_opens_at_its_share_and_names_the_commonest_fault() -> None:
    breaker = Breaker(share=0.5)
    for _ in range(FEWEST):
        breaker.replied("")
        assert not breaker.open
    for number in range(FEWEST):
        breaker.replied("no JSON object" if number % 3 else "off the menu")
    assert not breaker.open
    breaker.replied("no JSON object")
    assert breaker.open == "11 of the last 21 replies were of no use, most often: no JSON object"


def test_the_breaker_looks_back_only_so_far() -> None:
    breaker = Breaker(share=0.5)
    for _ in range(1000):
        breaker.replied("")
    for _ in range(WINDOW // 2 + 1):
        breaker.replied("broken JSON")
    assert breaker.open


def test_width_starts_with_half_doubles_at_first_is_cut_once_an_episode_and_then_grows_slowly() -> None:
    assert (Width(most=8).calls, Width(most=START + 10).calls) == (8, START)
    width = Width(most=200)
    assert width.calls == 100
    width.succeeded(50, busy=100)
    assert width.calls == 150
    for _ in range(10):
        width.succeeded(width.calls, busy=width.calls)
    assert width.calls == 200
    width.overloaded(clock=100.0)
    width.overloaded(clock=101.0)
    assert width.calls == 140
    width.succeeded(140, busy=140)
    assert width.calls == 141
    width.succeeded(140, busy=10)
    assert width.calls == 141
    width.limit_to(50)
    assert width.calls == 50


def test_width_never_falls_below_one() -> None:
    width = Width(most=1)
    for clock in range(0, 100, 10):
        width.overloaded(float(clock))
    assert width.calls == 1

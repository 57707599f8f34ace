"""Waiting for what another thread or process does."""

import random
import socket
import time
from collections.abc import Callable

# Below those that Linux gives to connections: nobody takes one of them while its server is stopped.
PORTS = range(20_000, 30_000)
# Seconds. Only a test that fails waits so long, so it is never the speed of a machine that is tested.
PATIENCE = 120


def nap() -> None:
    time.sleep(0.05)


def wait_for(what: Callable[[], object], sleep: Callable[[], object] = nap) -> None:
    """Returns once `what` gives something true, and after PATIENCE anyway: the test then says what is wrong.

    It looks, sleeps and looks again; a test with a browser page has to let the page's events in meanwhile,
    see `tests.browser.sitting.wait_for`.
    """
    deadline = time.monotonic() + PATIENCE
    while not what() and time.monotonic() < deadline:
        sleep()


def wait_for_a_long_day() -> None:
    """Waits for tomorrow where today (UTC) is nearly over: what a test then does today is of one day."""
    left = 86_400 - time.time() % 86_400
    if left < PATIENCE:
        time.sleep(left + 1)


def free_port() -> int:
    """A port of this machine that nothing listens on."""
    while True:
        with socket.socket() as probe:
            port = random.SystemRandom().choice(PORTS)
            if probe.connect_ex(("127.0.0.1", port)):
                return port

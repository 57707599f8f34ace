"""When a call that did not get through is tried again. Pure; the only retry layer there is."""

import random

# Tries of one call before it counts as failed. With the delays below they span about two minutes.
MAX_ATTEMPTS = 8
FIRST = 0.5
LONGEST = 60.0
# A provider that wants to be left alone for longer than this stops the run: somebody should know.
LONGEST_RETRY_AFTER = 3600.0


def delay(attempts: int, retry_after: float | None, draw: float | None = None) -> float:
    """Seconds to wait after the `attempts`-th try (from 1).

    What the endpoint asked for, and up to a quarter more, so that its callers do not all come back at once;
    else half to all of a time that doubles. `draw` in [0, 1) stands for chance.
    """
    chance = random.random() if draw is None else draw  # noqa: S311 (spreads load, guards nothing)
    if retry_after is not None:
        return max(0.0, retry_after) * (1 + chance / 4)
    return float(min(LONGEST, FIRST * 2 ** min(attempts - 1, 20)) * (1 + chance) / 2)

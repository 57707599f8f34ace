"""Getting over a database that is restarted: a worker keeps what it has heard until it can be booked."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection

log = logging.getLogger(__name__)
T = TypeVar("T")
# Seconds for which the database may be gone before a worker gives up.
PATIENCE = 900.0
LONGEST_WAIT = 5.0


def outlast(step: Callable[[], T], sleep: Callable[[float], None] = time.sleep) -> T:
    """Runs `step`, one transaction, again until the database answers.

    `step` must bear to be run twice: a commit whose confirmation was lost has happened. Raises what the
    database raises when it is gone for too long, and at once inside a transaction of the caller.
    """
    begun = time.monotonic()
    wait = 0.1
    while True:
        try:
            return step()
        except (OperationalError, InterfaceError) as error:
            if connection.in_atomic_block or time.monotonic() - begun > PATIENCE:
                raise
            log.warning("the database does not answer; trying again: %s", str(error).split("\n")[0])
            connection.close()
            sleep(wait)
            wait = min(LONGEST_WAIT, 2 * wait)

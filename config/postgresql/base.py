"""Django's PostgreSQL, which asks a connection in steady use whether it lives without a statement."""

from select import POLLIN, poll
from time import monotonic

from django.db.backends.postgresql import base

# Shorter than any firewall on the way lets a connection be idle before it forgets it without a word.
FRESH = 30.0  # seconds


class DatabaseWrapper(base.DatabaseWrapper):
    """Django asks `SELECT 1` before every request's first statement, a fortieth of what an answer costs."""

    _lived = -FRESH  # when it was last known to live

    def is_usable(self) -> bool:
        """A server that goes closes its connections, which then have something to read. Where there is
        nothing, one that lived a moment ago lives; any other is asked."""
        now = monotonic()
        usable = (now - self._lived < FRESH and self._silent()) or super().is_usable()
        if usable:
            self._lived = now
        return usable

    def _silent(self) -> bool:
        if self.connection is None or self.connection.closed:
            return False
        waiting = poll()
        waiting.register(self.connection.fileno(), POLLIN)
        return not waiting.poll(0)

"""Django's PostgreSQL, which looks whether a connection still lives without a statement."""

from select import POLLIN, poll

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Django asks `SELECT 1` before every request's first statement, a fortieth of what an answer costs."""

    def is_usable(self) -> bool:
        """A server that goes closes the connection, which then has something to read: only then it is
        asked."""
        connection = self.connection
        if connection is None or connection.closed:
            return False
        waiting = poll()
        waiting.register(connection.fileno(), POLLIN)
        return not waiting.poll(0) or super().is_usable()

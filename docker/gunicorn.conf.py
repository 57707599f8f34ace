"""gunicorn's settings; its own variables PORT and WEB_CONCURRENCY (processes) work, WEB_THREADS is ours."""

import gc
import os
from typing import Any

bind = f"0.0.0.0:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
# Every thread keeps one database connection: processes x threads must stay below max_connections.
threads = int(os.environ.get("WEB_THREADS", "8"))
timeout = 60
graceful_timeout = 30
# A process takes no connection that it has no thread for, and none for longer than one request. So whoever
# waits, waits in the one queue that all processes share: a connection that is kept stays with its process,
# and of 32 at once, 26 met on one and waited four times as long as the others.
keepalive = 0
worker_connections = threads
# Processes renew themselves now and then, not all at once, so a slow leak never adds up.
max_requests = 5000
max_requests_jitter = 500
accesslog = "-"
# Nobody manages it through a socket, and the image's user has no home to put one in.
control_socket_disable = True
# The heartbeat file must not wait for a disk.
if os.path.isdir("/dev/shm"):  # noqa: S108
    worker_tmp_dir = "/dev/shm"  # noqa: S108

# Loaded once, before the processes part: a new one is there at once and shares the memory.
preload_app = True


def when_ready(server: Any) -> None:
    """Loads the pages as well, which Django would do with a process's first request. What is loaded stays:
    the garbage collector need not go through it with every few requests (which would part the shared memory,
    too), and it looks less often for what a request leaves behind."""
    from django.urls import get_resolver

    get_resolver().url_patterns  # noqa: B018 (asking for them imports them)
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)

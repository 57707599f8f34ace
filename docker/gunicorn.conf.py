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
# Longer than the proxy keeps its idle connections, so that it never writes to one we have just closed.
keepalive = 75
# Processes renew themselves now and then, not all at once, so a slow leak never adds up.
max_requests = 5000
max_requests_jitter = 500
accesslog = "-"
# Nobody manages it through a socket, and the image's user has no home to put one in.
control_socket_disable = True
# The heartbeat file must not wait for a disk.
if os.path.isdir("/dev/shm"):  # noqa: S108
    worker_tmp_dir = "/dev/shm"  # noqa: S108


def post_worker_init(worker: Any) -> None:
    """What a process has loaded stays until it ends: the garbage collector need not go through it with every
    few requests, and it looks less often for what a request leaves behind."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)

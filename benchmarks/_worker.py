"""A Celery worker as in production, and what its processes took."""

import contextlib
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from _benchmark import ROOT

TICKS = os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def celery(workers: int) -> Any:
    """A worker as in production; gives a function that lists its processes."""
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-c", str(workers), "-l", "INFO"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    quiet = subprocess.DEVNULL
    parent = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=quiet, stderr=quiet)

    def children() -> list[int]:
        listed = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()
        return [parent.pid, *map(int, listed)]

    try:
        while len(children()) <= workers:
            time.sleep(0.1)
        yield children
    finally:
        parent.terminate()
        parent.wait(60)


def spent(pids: list[int]) -> float:
    """Processor seconds of processes until now."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def highest(pids: list[int]) -> float:
    """Megabytes of the largest of them at its highest."""
    read_from = [Path(f"/proc/{pid}/status").read_text() for pid in pids]
    return max(int(re.search(r"VmHWM:\s+(\d+)", text)[1]) for text in read_from) / 1024  # type: ignore[index]

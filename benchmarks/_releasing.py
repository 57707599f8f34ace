#!/usr/bin/env python3
"""One release in a process of its own, so that its memory is its own: `_releasing.py FORMAT TYPE FOLDER`.

Prints one JSON object. With a fourth argument the same frozen release is built once more.
"""

import json
import sys
import time
from pathlib import Path

from _benchmark import set_up


def peak_kb() -> int:
    """The most memory that this program has had. What `getrusage` tells may be that of the process which
    started it, from before it became a program of its own."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


def main() -> None:
    format, file_type, folder, *again = sys.argv[1:]
    set_up()
    from django.conf import settings

    from annotation import exports
    from annotation.exports.building import build_into
    from annotation.models import Project, Release

    settings.RELEASES_DIR = Path(folder)
    options = exports.Options((format,), file_type=file_type, split_salt="benchmark")
    began = peak_kb()
    start, cpu = time.perf_counter(), time.process_time()
    release = exports.start(Project.objects.get(), options)
    exports.work_on(release)
    seconds, busy = time.perf_counter() - start, time.process_time() - cpu
    peak = peak_kb()
    release = Release.objects.get(pk=release.pk)
    found = {
        "rows": release.rows,
        "seconds": round(seconds, 2),
        "cpu_seconds": round(busy, 2),
        "rows_per_second": round(release.rows / seconds),
        "peak_memory_mb": round(peak / 1024),
        "memory_at_start_mb": round(began / 1024),
        "sha256": release.sha256,
        "path": release.path,
    }
    if again:
        twin = Path(folder, "again")
        twin.mkdir()
        made = build_into(twin, release, list(release.project.criteria.all()), lambda written: None)
        found["same"] = made["sha256"] == release.sha256 and made["files"] == release.manifest["files"]
    print(json.dumps(found))


if __name__ == "__main__":
    main()

"""Files that come through the browser: received part by part, then imported in the background.

A file grows by parts that each say where they begin, so a broken connection goes on where it stopped. The
import is one transaction that holds the upload's row: comparisons and the state that says so appear
together, a second worker finds the row taken, and what a dying one began is undone and begun anew.
"""

from .importing import Progress, ask, due, progress, refused_file, remove, work_on
from .receiving import LARGEST, Gap, UploadError, announce, map_columns, receive, received, sweep

__all__ = [
    "LARGEST",
    "Gap",
    "Progress",
    "UploadError",
    "announce",
    "ask",
    "due",
    "map_columns",
    "progress",
    "receive",
    "received",
    "refused_file",
    "remove",
    "sweep",
    "work_on",
]

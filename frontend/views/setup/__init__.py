"""Setting a project up: its settings, its files, a look at it as annotators see it, and opening it.

While a project is a draft the same pages in the same order are its wizard; there is no second way.
"""

from .duplicating import project_duplicate
from .new import project_new
from .preview import preview, preview_act
from .project_file import project_file, project_file_apply
from .settings import guidelines_shown, settings
from .states import project_state
from .uploads import upload, upload_part, upload_progress, upload_refused, upload_remove, uploads

__all__ = [
    "guidelines_shown",
    "preview",
    "preview_act",
    "project_duplicate",
    "project_file",
    "project_file_apply",
    "project_new",
    "project_state",
    "settings",
    "upload",
    "upload_part",
    "upload_progress",
    "upload_refused",
    "upload_remove",
    "uploads",
]

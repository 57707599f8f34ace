"""The files of a release that may be taken away."""

from pathlib import Path

from ..models import Release

EXTRA = ("README.md", "manifest.json", "outcomes.arrow", "dataset_info.json")


def names_of(release: Release) -> set[str]:
    """Names of the files that a release may have, by its manifest; none until it is ready."""
    if release.state != Release.State.READY:
        return set()
    return {one["path"] for one in release.manifest["files"]} | set(EXTRA)


def file_of(release: Release, name: str) -> Path | None:
    """Where this file of the release is; None where there is no such file. Never a path outside of it."""
    path = Path(release.path, name)
    return path if name in names_of(release) and path.is_file() else None

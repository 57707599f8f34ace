"""What the environment says: a variable, or the file that NAME_FILE points at."""

import fcntl
import os
import secrets
from pathlib import Path


def env(name: str, default: str = "") -> str:
    """The variable's value, or the content of the file that NAME_FILE points at (container secrets)."""
    path = os.environ.get(f"{name}_FILE")
    return Path(path).read_text().strip() if path else os.environ.get(name, default)


def env_bool(name: str, default: bool) -> bool:
    return env(name, str(default)).lower() in {"1", "true", "yes", "on"}


def env_list(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in env(name, default).split(",") if part.strip()]


def secret_key(folder: Path) -> str:
    """TANDEM_SECRET_KEY, or one made once and kept in `folder`, so that a laptop needs no set-up."""
    if key := env("TANDEM_SECRET_KEY"):
        return key
    path = folder / "secret_key"
    key = path.read_text() if path.exists() else ""
    if not key:  # or not written yet by a process that starts at the same time
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            key = file.read()
            if not key:
                key = secrets.token_urlsafe(64)
                file.write(key)
    return key

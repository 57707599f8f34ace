"""`manifest.json`: what a release holds, what stayed out and why, and how to check it."""

import tomllib
from dataclasses import asdict
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings

from ..models import Release
from ..reports.estimates import DIGITS
from .options import Options
from .splits import ALIKE, SHINGLE

if TYPE_CHECKING:
    from .building import Built

SCHEMA_VERSION = 2
HASH_RULE = (
    "of each configuration: SHA-256 over every row as JSON with sorted keys, no spaces, UTF-8, and a line "
    "feed, ordered by comparison (UTF-8 bytes), then by that JSON; of the release: SHA-256 over a line for "
    "each configuration in order of name: name, space, its hash in hexadecimal, line feed"
)
SPLIT_RULE = (
    "Groups are joined that share a prompt, the first message of a conversation, or prompts nearly the "
    f"same (MinHash over {SHINGLE} words, {ALIKE} of the minima equal). A family is test where the first 8 "
    "bytes of SHA-256(salt, NUL, its oldest group), over 2^64, are below the share."
)
# Of what was frozen these stay with us: known answers of instruments are no longer known once published.
_PUBLIC = ("project", "criteria", "judges", "routing", "protocol", "compensation", "time", "profile")


def manifest(release: Release, options: Options, built: "Built") -> dict[str, Any]:
    """The whole manifest. Two releases of the same data differ in `release` and `created` alone."""
    assert release.frozen_at is not None
    rows_by_config: dict[str, dict[str, int]] = {}
    for file in built.files:
        splits = rows_by_config.setdefault(file.config, {})
        splits[file.split] = splits.get(file.split, 0) + file.rows
    facts = release.facts
    made = {
        "schema_version": SCHEMA_VERSION,
        "tandem": version(),
        "release": release.number,
        "created": release.frozen_at.date().isoformat(),
        "formats": list(options.formats),
        "options": options.as_dict(),
        "license": options.license or None,
        "comparisons": release.items,
        "sha256": built.sha256,
        "sha256_rule": HASH_RULE,
        "sha256_by_config": built.hashes,
        "rows": sum(file.rows for file in built.files),
        "rows_by_config": rows_by_config,
        "files": [asdict(file) for file in built.files],
        "outcomes": built.outcomes,
        "filters": [{"format": name} | account.as_dict() for name, account in built.accounts.items()],
        "split": {
            "salt": options.split_salt,
            "test_share": options.test_share,
            "groups": built.families,
            "rule": SPLIT_RULE,
        },
        "consensus": [
            {"criterion": one.criterion.name} | one.consensus
            for one in built.judged
            if one.consensus is not None
        ],
        "agreement": [one.agreement for one in built.judged],
        "annotators": [{"criterion": one.criterion.name} | one.annotators for one in built.judged],
        "over_all": [
            {"criterion": one.criterion.name} | one.whole for one in built.judged if one.whole is not None
        ],
        "guidelines": facts["guidelines"],
    }
    made |= {name: facts[name] for name in _PUBLIC}
    return rounded(made)


def rounded(value: Any) -> Any:
    """Figures without the digits that depend on the machine's arithmetic."""
    if isinstance(value, float):
        return round(value, DIGITS)
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    return [rounded(one) for one in value] if isinstance(value, list | tuple) else value


@cache
def version() -> str:
    """Tandem's version, from pyproject.toml."""
    try:
        return str(tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]["version"])
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        return "unknown"

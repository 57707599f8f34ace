"""`manifest.json`: what a release holds, what stayed out and why, and how to check it."""

import hashlib
import tomllib
from dataclasses import asdict
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone

from .. import agreement
from ..models import Annotation, Annotator, Guidelines
from ..reports import totals
from .files import Written
from .rows import Account
from .source import METHOD, Source

SCHEMA_VERSION = 1
HASH_RULE = (
    "each row as JSON with sorted keys, no spaces, UTF-8, and a line feed; all rows of all files ordered by "
    "comparison, then criterion (both by UTF-8 bytes), then by that JSON"
)
SPLIT_RULE = (
    "A group is test where the first 8 bytes of SHA-256(salt, NUL, group), over 2^64, are below the share."
)


def facts(source: Source) -> dict[str, Any]:
    """What the manifest says of the project's data; to be read in the release's snapshot."""
    followed = Annotation.objects.filter(guidelines=OuterRef("pk"), superseded_at=None)
    guidelines = Guidelines.objects.filter(Exists(followed), project=source.project).order_by("version")
    judges = Annotator.objects.filter(project=source.project, kind=Annotator.Kind.JUDGE)
    return {
        "project": {"slug": source.project.slug, "name": source.project.name},
        "criteria": [
            {
                "name": criterion.name,
                "version": criterion.version,
                "question": criterion.question,
                "scale": criterion.scale,
                "both_bad": criterion.both_bad,
                "ranking": criterion.ranking,
            }
            for criterion in source.criteria
        ],
        "guidelines": [
            {"version": one.version, "sha256": hashlib.sha256(one.text.encode()).hexdigest()}
            for one in guidelines
        ],
        "judges": [
            {"name": judge.name}
            | (
                {
                    "version": judge.judge_version.version,
                    "model": judge.judge_version.model,
                    "template": judge.judge_version.template,
                    "fingerprint": judge.judge_version.fingerprint,
                }
                if judge.judge_version
                else {}
            )
            for judge in judges.select_related("judge_version")
        ],
        "agreement": [
            {"criterion": criterion.name}
            | totals(source.votes[criterion.pk])
            | agreement.report(source.votes[criterion.pk])
            for criterion in source.criteria
        ],
    }


def manifest(
    number: int,
    options: dict[str, Any],
    facts: dict[str, Any],
    files: list[Written],
    sha256: str,
    account: Account,
) -> dict[str, Any]:
    """The whole manifest. Two releases of the same data differ in `release` and `created` alone."""
    rows_by_config: dict[str, dict[str, int]] = {}
    for file in files:
        splits = rows_by_config.setdefault(file.config, {})
        splits[file.split] = splits.get(file.split, 0) + file.rows
    return {
        "schema_version": SCHEMA_VERSION,
        "tandem": version(),
        "release": number,
        "created": timezone.now().date().isoformat(),
        "format": options["format"],
        "options": options,
        "sha256": sha256,
        "sha256_rule": HASH_RULE,
        "rows": sum(file.rows for file in files),
        "rows_by_config": rows_by_config,
        "files": [asdict(file) for file in files],
        "filters": {
            "unit": account.unit,
            "read": account.read,
            "removed": [
                {"reason": reason, "removed": number, "examples": account.examples[reason]}
                for reason, number in account.removed.items()
            ],
        },
        "split": {"salt": options["split_salt"], "test_share": options["test_share"], "rule": SPLIT_RULE},
        "consensus": {"method": METHOD},
        **facts,
    }


@cache
def version() -> str:
    """Tandem's version, from pyproject.toml."""
    try:
        return str(tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]["version"])
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        return "unknown"

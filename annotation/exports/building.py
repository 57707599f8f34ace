"""From what was frozen to the files of a release, in one pass and in constant memory."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from ..models import Criterion, Release
from .card import card
from .files import Sheets, Written, digest_of, write_whole
from .formats import CASEWISE, Case, Texts, columns_of, labels, listwise, multipref, schemas_of
from .frozen import Frozen, Item
from .judged import Judged
from .manifest import manifest
from .options import ExportError, Options
from .outcomes import NAME as OUTCOMES
from .outcomes import Outcomes
from .rows import Account, Row
from .splits import splits
from .trainers import dataset_info

Progress = Callable[[int], None]


@dataclass
class Built:
    """What the manifest says of the files."""

    files: list[Written] = field(default_factory=list)
    hashes: dict[str, str] = field(default_factory=dict)
    sha256: str = ""
    accounts: dict[str, Account] = field(default_factory=dict)
    judged: list[Judged] = field(default_factory=list)
    families: dict[str, int] = field(default_factory=dict)
    outcomes: dict[str, Any] | None = None

    @property
    def disputed(self) -> list[Criterion]:
        """The criteria on which annotators agree less than was asked for."""
        return [one.criterion for one in self.judged if one.low_agreement]


def build_into(
    folder: Path, release: Release, criteria: list[Criterion], progress: Progress
) -> dict[str, Any]:
    """Writes everything into an empty folder and gives the manifest. The same release gives the same bytes.

    Calls `progress` with the number of comparisons dealt with. Raises ExportError, OSError.
    """
    options = Options.of(release.options)
    frozen = Frozen(release, options, criteria)
    casewise = set(options.formats) != {labels.CONFIG}  # a label is itself whatever the consensus
    built = Built(judged=[Judged.of(frozen, criterion, estimated=casewise) for criterion in criteria])
    groups: dict[str, str] = {}
    if options.test_share:
        groups = splits(frozen.conversations(), options.split_salt, options.test_share)
        built.families = {name: list(groups.values()).count(name) for name in ("train", "test")}
    names = [criterion.name for criterion in criteria]
    schemas, columns = schemas_of(names, options), columns_of(names, options)
    with Sheets(folder, schemas, options.file_type, groups) as sheets:
        _write_cases(folder, frozen, built, sheets, progress)
        if "labels" in options.formats:
            built.accounts["labels"] = account = Account(labels.UNIT)
            for group, table in labels.tables(frozen, account, built.disputed):
                sheets.add_table(labels.CONFIG, group, table)
                progress(0)
            for group, values in labels.references(frozen):
                sheets.add(labels.REFERENCES, group, [values])
        built.files, built.hashes, built.sha256 = sheets.finish()
    if not built.files:
        told = "; ".join(map(str, built.accounts.values()))
        raise ExportError(f"nothing to export from {release.project.slug}: {told}")
    made = manifest(release, options, built)
    if "llama-factory" in options.formats:
        info = dataset_info(release.project.slug, built.files)
        write_whole(folder / "dataset_info.json", orjson.dumps(info, option=orjson.OPT_INDENT_2))
    write_whole(folder / "manifest.json", orjson.dumps(made, option=orjson.OPT_INDENT_2))
    write_whole(folder / "README.md", card(made, schemas, columns).encode())
    return made


def _write_cases(folder: Path, frozen: Frozen, built: Built, sheets: Sheets, progress: Progress) -> None:
    """Every format that is made comparison by comparison."""
    options = frozen.options
    formats = {name: CASEWISE[name] for name in options.formats if name in CASEWISE}
    votes = multipref.MultiPref(frozen, built.disputed) if "multipref" in options.formats else None
    if not formats and votes is None:
        return
    built.accounts |= {name: Account(format.unit) for name, format in formats.items()}
    if votes:
        built.accounts["multipref"] = Account(multipref.UNIT)
    done = 0
    with closing(Outcomes(folder)) as outcomes:
        for items in frozen.items():
            for item in items:
                rows: list[Row] = []
                texts = Texts(item)
                for judged in built.judged:
                    found = judged.gate(item, options)
                    reason, estimate = (found, None) if isinstance(found, str) else ("", found)
                    case = Case(texts, judged.criterion.name, estimate, reason, options)
                    made = [
                        row
                        for name, format in formats.items()
                        for row in format.rows(case, built.accounts[name])
                    ]
                    rows += made
                    outcomes.add(case, case.reason or ("" if made else case.first_reason))
                    if options.ties == "unresolved":
                        rows += listwise.unresolved(case)
                _add(sheets, item, rows)
            if votes:
                by_id = {item.external_id: item for item in items}
                for row in votes.rows(items, built.accounts["multipref"]):
                    _add(sheets, by_id[row.values["comparison"]], [row])
            done += len(items)
            progress(done)
    path = folder / OUTCOMES
    built.outcomes = {"path": OUTCOMES, "bytes": path.stat().st_size, "sha256": digest_of(path)}


def _add(sheets: Sheets, item: Item, rows: list[Row]) -> None:
    by_config: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_config.setdefault(row.config, []).append(row.values)
    for config, values in by_config.items():
        sheets.add(config, item.group, values)

#!/usr/bin/env python3
"""Whether anything of a release's test split was seen in its train split, asked of the files alone.

Releases of `mtbench` and `convarg` in every format, Parquet and JSON lines, are built and read back: no code
of the product looks at them. `groups_across_splits`: the source's groups with a row in both splits, of any
format. `near_duplicate_prompts_across_splits`: pairs of a train and a test prompt (what people say in it) of
the same words, or that share 0.8 of their triples of words (Jaccard, worked out exactly). `rows_lost`:
labelled comparisons that are in no file of the `labels` format.

The baseline draws the same share of the same rows one by one, as `train_test_split` does.
`--quick` takes a tenth of the lines of `convarg`, and Parquet alone.
"""

import gzip
import hashlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from _benchmark import INSIDE, arguments, finish, goal, machine, run_with_services, set_up, texts_of

DATASETS = ("mtbench", "convarg")
SHARE = 0.2
NEAR = 0.8
WORD = re.compile(r"\w+")
Row = dict[str, Any]


def main() -> int:
    options = arguments(__doc__).parse_args()
    if not os.environ.get(INSIDE):
        return run_with_services(__file__)
    set_up()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    with tempfile.TemporaryDirectory() as folder:
        found = {name: run(name, Path(folder), options.quick) for name in DATASETS}
    releases = [one["release"] for one in found.values()]
    goals = [
        goal("groups_across_splits", sum(one["groups"] for one in releases), 0, "at_most", ""),
        goal(
            "near_duplicate_prompts_across_splits", sum(one["prompts"] for one in releases), 0, "at_most", ""
        ),
        goal("rows_lost", sum(one["rows_lost"] for one in found.values()), 0, "at_most", ""),
    ]
    return finish({"machine": machine(), "results": found, "goals": goals}, options.json, *lines(found))


def run(name: str, folder: Path, quick: bool) -> dict[str, Any]:
    from annotation import exports
    from annotation.imports import load_comparisons
    from annotation.models import Comparison, Criterion, Pool, Project

    source = texts_of(f"{name}.jsonl.gz")
    with gzip.open(source, "rt") as file:
        taken = [line for at, line in enumerate(file) if not (quick and name == "convarg" and at % 10)]
    part = folder / f"{name}.jsonl"
    part.write_text("".join(taken))
    groups = {row["id"]: str(row["group"]) for row in map(json.loads, taken)}
    project = Project.objects.create(slug=name, name=name)
    Pool.objects.create(project=project, name="people", default=True)
    Criterion.objects.create(project=project, name="overall", scale="three-way", both_bad=True)
    load_comparisons(project, [part])
    labelled = set(
        Comparison.objects.filter(project=project, labels__isnull=False).values_list("external_id", flat=True)
    )
    rows: list[tuple[str, Row]] = []
    for file_type in ("parquet",) if quick else ("parquet", "jsonl"):
        out = folder / f"{name}-{file_type}"
        exports.build(project, tuple(exports.FORMATS), out, file_type=file_type, test_share=SHARE)
        rows += read(out)
    told = {row["comparison"] for _, row in rows if "annotator" in row}
    drawn = [("test" if draw(row["comparison"]) < SHARE else "train", row) for _, row in rows]
    return {
        "comparisons": len(taken),
        "rows": len(rows),
        "rows_lost": len(labelled - told),
        "release": across(rows, groups),
        "row_by_row": across(drawn, groups),
    }


def read(folder: Path) -> Iterator[tuple[str, Row]]:
    """(split, row) of every data file."""
    import pyarrow.parquet as pq

    for path in sorted(folder.glob("*/*")):
        split = path.name.partition("-")[0]
        if path.suffix == ".parquet":
            yield from ((split, row) for row in pq.read_table(path).to_pylist())
        else:
            with path.open() as file:
                yield from ((split, json.loads(line)) for line in file)


def across(rows: list[tuple[str, Row]], groups: dict[str, str]) -> dict[str, Any]:
    """Groups with rows in both splits, near-duplicate pairs of prompts across, and the closest pair."""
    by_group: dict[str, set[str]] = {}
    prompts: dict[str, set[str]] = {"train": set(), "test": set()}
    for split, row in rows:
        by_group.setdefault(groups[row["comparison"]], set()).add(split)
        if said := spoken(row):
            prompts[split].add(said)
    train, test = ({text: triples(text) for text in prompts[split]} for split in ("train", "test"))
    closest = [
        1.0 if one == other else len(a & b) / len(a | b)
        for one, a in train.items()
        for other, b in test.items()
    ]
    return {
        "groups": sum(len(splits) > 1 for splits in by_group.values()),
        "of_groups": len(by_group),
        "prompts": sum(like >= NEAR for like in closest),
        "of_prompts": len(train) + len(test),
        "closest": round(max(closest, default=0.0), 3),
        "test_share": round(sum(split == "test" for split, _ in rows) / len(rows), 3),
    }


def spoken(row: Row) -> str:
    """What people say in a row, as its words; empty in rows without texts."""
    messages = next(
        (row[name] for name in ("prompt", "conversations", "chosen", "text") if row.get(name)), ""
    )
    if isinstance(messages, str):
        return " ".join(WORD.findall(messages.casefold()))
    turns = [
        one.get("content", one.get("value"))
        for one in messages
        if one.get("role", one.get("from")) in ("user", "human")
    ]
    return " ".join(WORD.findall(" ".join(turns).casefold()))


def triples(text: str) -> set[tuple[str, ...]]:
    words = text.split()
    return {tuple(words[at : at + 3]) for at in range(max(len(words) - 2, 1))}


def draw(comparison: str) -> float:
    return int.from_bytes(hashlib.sha256(comparison.encode()).digest()[:8]) / 2**64


def lines(found: dict[str, Any]) -> list[str]:
    told = []
    for name, one in found.items():
        told.append(f"{name}: {one['comparisons']:,} comparisons, {one['rows']:,} rows in the files")
        for what in ("release", "row_by_row"):
            figures = one[what]
            told.append(
                f"  {what:12}{figures['groups']:>4} of {figures['of_groups']} groups across,"
                f" {figures['prompts']:>4} near-duplicate pairs of {figures['of_prompts']} prompts"
                f" (closest {figures['closest']}), {figures['test_share']:.1%} of the rows are test"
            )
    return told


if __name__ == "__main__":
    sys.exit(main())

"""The dataset card: a README that `datasets.load_dataset` reads; every figure comes from the manifest."""

from typing import Any

import pyarrow as pa
import yaml

SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
LARGER = ((10_000_000, "1M<n<10M"), (100_000_000, "10M<n<100M"))


def card(manifest: dict[str, Any], schemas: dict[str, pa.Schema], columns: dict[str, str], about: str) -> str:
    """Markdown with a YAML head: configurations, splits and column types of the files in the manifest."""
    head = yaml.safe_dump(_head(manifest, schemas), sort_keys=False, allow_unicode=True)
    lines = [
        f"# {_name(manifest)}, release {manifest['release']}",
        "",
        f"{about} Made by Tandem {manifest['tandem']} on {manifest['created']}.",
        "",
        "## Files",
        "",
        "| configuration | split | rows |",
        "| --- | --- | --- |",
    ]
    for config, splits in manifest["rows_by_config"].items():
        lines += [f"| {config} | {split} | {rows} |" for split, rows in splits.items()]
    used = {name for config in manifest["rows_by_config"] for name in schemas[config].names}
    lines += ["", "| column | meaning |", "| --- | --- |"]
    lines += [f"| `{name}` | {_cell(text)} |" for name, text in columns.items() if name in used]
    lines += ["", "## What was asked", ""]
    for criterion in manifest["criteria"]:
        asked = f": {criterion['question']}" if criterion["question"] else ""
        lines.append(
            f"- **{criterion['name']}** (version {criterion['version']}, {criterion['scale']}){asked}"
        )
    lines += ["", "## Who answered, and how far they agree", ""]
    lines += [line for figures in manifest["agreement"] for line in _agreement(figures)]
    lines += ["", "## What was left out", "", _filters(manifest)]
    split = manifest["split"]
    lines += [
        "",
        "## Splits",
        "",
        f"Comparisons of one group are never split. Share held out for test: {split['test_share']}.",
        split["rule"],
        "",
        "## Identity",
        "",
        f"SHA-256 over all rows in canonical form: `{manifest['sha256']}`. `manifest.json` says how it is",
        "computed and has a SHA-256 of every file.",
        "",
    ]
    return f"---\n{head}---\n\n" + "\n".join(lines)


def _head(manifest: dict[str, Any], schemas: dict[str, pa.Schema]) -> dict[str, Any]:
    configs = []
    for index, (config, splits) in enumerate(manifest["rows_by_config"].items()):
        files = [{"split": split, "path": f"{config}/{split}-*"} for split in splits]
        configs.append(
            {"config_name": config, **({"default": True} if not index else {}), "data_files": files}
        )
    return {
        "pretty_name": _name(manifest),
        "tags": ["preference", "human-feedback", manifest["format"]],
        "size_categories": [_size(manifest["rows"])],
        "configs": configs,
        "dataset_info": [
            {"config_name": config, "features": [_feature(field) for field in schemas[config]]}
            for config in manifest["rows_by_config"]
        ],
    }


def _name(manifest: dict[str, Any]) -> str:
    """The project's name on one line: a line of dashes in it would end the YAML head."""
    return " ".join(manifest["project"]["name"].split())


def _size(rows: int) -> str:
    return next((name for below, name in SIZES + LARGER if rows < below), "n>100M")


def _feature(field: pa.Field) -> dict[str, Any]:
    """A column's type as the card's `dataset_info` spells it."""
    if pa.types.is_list(field.type):
        inner = field.type.value_type
        if pa.types.is_struct(inner):
            return {"name": field.name, "list": [_feature(inner.field(i)) for i in range(inner.num_fields)]}
        return {"name": field.name, "list": _dtype(inner)}
    return {"name": field.name, "dtype": _dtype(field.type)}


def _dtype(kind: pa.DataType) -> str:
    return {"double": "float64", "date32[day]": "date32"}.get(str(kind), str(kind))


def _agreement(figures: dict[str, Any]) -> list[str]:
    labels, annotators = figures["labels"], figures["annotators"]
    lines = [
        f"- **{figures['criterion']}**: {labels['human']} labels of {annotators['human']} people and"
        f" {labels['judge']} of {annotators['judge']} judges on {figures['comparisons']} comparisons."
    ]
    for name, group in figures["groups"].items():
        if group["raw"] is None:
            continue
        alpha, ends = group["alpha"]["nominal"], group["alpha_ci95"]
        told = "not defined" if alpha is None else f"{alpha:.3f}"
        told += f" (95 % {ends[0]:.3f} to {ends[1]:.3f})" if ends else ""
        lines.append(
            f"  - {name.replace('_', ' and ')}: raw {group['raw']:.3f}, Krippendorff's alpha {told}, on"
            f" {group['comparisons']} comparisons"
        )
    for name, judge in figures["judges"].items():
        if judge["vs_majority"] is not None:
            share, n = judge["vs_majority"], judge["n"]
            lines.append(f"  - {_cell(name)} agrees with the people's majority on {share:.3f} of {n}")
    return lines


def _filters(manifest: dict[str, Any]) -> str:
    account = manifest["filters"]
    if not account["removed"]:
        return f"Nothing: {account['read']} {account['unit']}, all of them rows."
    told = ", ".join(f"{entry['removed']} {entry['reason']}" for entry in account["removed"])
    return f"Of {account['read']} {account['unit']}: {told}."


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")

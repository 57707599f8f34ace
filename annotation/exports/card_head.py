"""The head of a dataset card: the YAML that `datasets.load_dataset` and the Hugging Face hub read."""

from typing import Any

import pyarrow as pa

SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
)


def head(manifest: dict[str, Any], schemas: dict[str, pa.Schema]) -> dict[str, Any]:
    """Configurations, splits, column types and what the hub lists a dataset by."""
    rows, kind = manifest["rows_by_config"], manifest["options"]["file_type"]
    configs = []
    for index, (config, splits) in enumerate(rows.items()):
        files = [{"split": split, "path": f"{config}/{split}-*"} for split in splits]
        configs.append(
            {"config_name": config, **({"default": True} if not index else {}), "data_files": files}
        )
    found: dict[str, Any] = {"pretty_name": name_of(manifest)}
    if manifest["license"]:
        found["license"] = manifest["license"]
    people = any(one["people"] for one in manifest["annotators"])
    judges = any(one["judges"] for one in manifest["annotators"])
    found |= {
        "annotations_creators": ["crowdsourced"] * people + ["machine-generated"] * judges,
        "tags": ["preference", "human-feedback", *manifest["formats"]],
        "size_categories": [_size(manifest["rows"])],
        "configs": configs,
    }
    if kind != "csv":  # which has no types of its own
        found["dataset_info"] = [
            {"config_name": config, "features": [_feature(field) for field in schemas[config]]}
            for config in rows
        ]
    return found


def name_of(manifest: dict[str, Any]) -> str:
    """The project's name on one line: a line of dashes in it would end the YAML head."""
    return " ".join(manifest["project"]["name"].split())


def _size(rows: int) -> str:
    return next((name for below, name in SIZES if rows < below), "n>100M")


def _feature(field: pa.Field) -> dict[str, Any]:
    """A column's type as the card's `dataset_info` spells it."""
    if pa.types.is_list(field.type):
        return {"name": field.name, "list": _inner(field.type.value_type)}
    if pa.types.is_struct(field.type):
        return {"name": field.name, "struct": _inner(field.type)}
    return {"name": field.name, "dtype": _dtype(field.type)}


def _inner(kind: pa.DataType) -> Any:
    if pa.types.is_struct(kind):
        return [_feature(kind.field(number)) for number in range(kind.num_fields)]
    if pa.types.is_list(kind):
        return {"list": _inner(kind.value_type)}
    return _dtype(kind)


def _dtype(kind: pa.DataType) -> str:
    return {"double": "float64", "date32[day]": "date32"}.get(str(kind), str(kind))

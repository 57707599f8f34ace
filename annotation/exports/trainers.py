"""Files that a trainer wants beside the data. Pure."""

from collections.abc import Iterable
from typing import Any

from .files import Written

_COLUMNS = {"messages": "conversations", "chosen": "chosen", "rejected": "rejected", "system": "system"}


def dataset_info(slug: str, files: Iterable[Written]) -> dict[str, Any]:
    """LLaMA-Factory's `dataset_info.json`: an entry for every file of its shape."""
    found = {}
    for file in files:
        if file.config.endswith(".llama-factory"):
            number = file.path.rpartition("/")[2].split("-")[1]
            name = f"{slug}-{file.config.removesuffix('.llama-factory')}-{file.split}"
            name += "" if number == "00000" else f"-{int(number)}"
            found[name] = {
                "file_name": file.path,
                "formatting": "sharegpt",
                "ranking": True,
                "columns": _COLUMNS,
            }
    return found

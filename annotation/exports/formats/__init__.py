"""The formats by name. A format is a shape of files and the rows that go into them."""

from collections.abc import Sequence

import pyarrow as pa

from ..options import Options
from . import kto, labels, listwise, multipref, votes
from .base import Case, Format, Texts
from .pairs import LLAMA_FACTORY_FORMAT, OPENRLHF, TRL, ULTRAFEEDBACK_FORMAT

# Made from the consensus, one comparison and criterion after the other.
CASEWISE: dict[str, Format] = {
    "trl-preference": TRL,
    "trl-kto": kto.FORMAT,
    "openrlhf": OPENRLHF,
    "llama-factory": LLAMA_FACTORY_FORMAT,
    "ultrafeedback": ULTRAFEEDBACK_FORMAT,
    "listwise": listwise.FORMAT,
    "vote-expanded": votes.FORMAT,
}
FORMATS: dict[str, str] = {
    **{name: format.about for name, format in CASEWISE.items()},
    "multipref": multipref.ABOUT,
    "labels": labels.ABOUT,
}
FLAT = ("labels",)


def schemas_of(criteria: Sequence[str], options: Options) -> dict[str, pa.Schema]:
    """Every configuration that may get rows, in order, the default one first."""
    found: dict[str, pa.Schema] = {}
    for name in options.formats:
        if name in CASEWISE:
            found |= CASEWISE[name].configs(criteria, options)
    if "multipref" in options.formats:
        found[multipref.CONFIG] = multipref.schema(criteria, options.rationales)
    if "labels" in options.formats:
        found[labels.CONFIG] = labels.schema(options.rationales)
        found[labels.REFERENCES] = labels.REFERENCE_SCHEMA
    if options.ties == "unresolved":
        found |= listwise.unresolved_configs(criteria)
    return found


def columns_of(criteria: Sequence[str], options: Options) -> dict[str, dict[str, str]]:
    """What the columns of each format mean, in the order of its files."""
    found: dict[str, dict[str, str]] = {}
    for name in options.formats:
        if name in CASEWISE:
            schemas = CASEWISE[name].configs(criteria, options).values()
            found[name] = _told(CASEWISE[name].columns, *schemas)
    if "multipref" in options.formats:
        found["multipref"] = multipref.COLUMNS
    if "labels" in options.formats:
        found["labels"] = _told(labels.COLUMNS, labels.schema(options.rationales))
        found["references"] = _told(labels.COLUMNS | labels.REFERENCE_COLUMNS, labels.REFERENCE_SCHEMA)
    if options.ties == "unresolved":
        found["unresolved"] = _told(listwise.UNRESOLVED_COLUMNS, listwise.OPEN_SCHEMA)
    return found


def _told(meanings: dict[str, str], *schemas: pa.Schema) -> dict[str, str]:
    return {name: meanings[name] for schema in schemas for name in schema.names}


__all__ = [
    "CASEWISE",
    "FLAT",
    "FORMATS",
    "Case",
    "Texts",
    "columns_of",
    "labels",
    "listwise",
    "multipref",
    "schemas_of",
]

"""Imports over the API: lines of the import files as a JSON body. Large files go by the command."""

import json
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NotRequired, TypedDict, cast

from rest_framework.request import Request

from ..audit import record
from ..imports import ImportReport, load_comparisons, load_labels
from ..imports.columns import KEYS, check
from ..imports.problems import Bad
from ..models import Project, User
from ..permissions import project_for
from .describing import taken, writes
from .hints import Must
from .problems import Unprocessable

MOST_BYTES = 10_000_000
MOST_LINES = 10_000
_NEW = ("added", "labels_added", "annotators_added", "references_added")
_Lines = Annotated[list[dict[str, Any]], Must(minItems=1, maxItems=MOST_LINES)]


class ComparisonLines(TypedDict):
    """Comparison lines, as in a JSONL file; `skip_bad`: import the good ones where some are bad; `columns`:
    which key of the lines stands for which of ours, such as `{"prompt": "question", "response_a": "one"}`."""

    comparisons: _Lines
    skip_bad: NotRequired[bool]
    columns: NotRequired[Annotated[dict[str, str], Must(maxProperties=len(KEYS))] | None]


class LabelLines(TypedDict):
    """Label lines, as in a JSONL file; `skip_bad`: import the good ones where some are bad."""

    labels: _Lines
    skip_bad: NotRequired[bool]


class LineError(TypedDict):
    line: int | None
    field: str
    message: str


class Imported(TypedDict):
    """What the import did; `errors` lists lines that were left out because of `skip_bad`."""

    added: int
    unchanged: int
    refused: int
    labels_added: int
    labels_unchanged: int
    annotators_added: int
    references_added: int
    warnings: list[str]
    errors: list[LineError]


@writes(ComparisonLines, Imported, heavy=True, most=MOST_BYTES)
def import_comparisons(request: Request, slug: str) -> Imported:
    """Imports comparison lines, with the labels and known answers inside them. Sending a line again changes
    nothing; a bad line has all of them refused, unless `skip_bad`."""
    project = project_for(request.user, slug, "manage").project
    body = taken(request, ComparisonLines)
    columns = body.get("columns")
    if columns:
        try:
            check(columns, {name for line in body["comparisons"] for name in line})
        except Bad as bad:
            raise Unprocessable(f"columns.{bad.field}", bad.message) from bad
    load = partial(load_comparisons, columns=columns or None)
    return _load(request, load, project, "comparisons", body)


@writes(LabelLines, Imported, heavy=True, most=MOST_BYTES)
def import_labels(request: Request, slug: str) -> Imported:
    """Imports label lines on comparisons that the project has."""
    project = project_for(request.user, slug, "manage").project
    body = taken(request, LabelLines)
    return _load(request, load_labels, project, "labels", body)


def _load(
    request: Request, load: Callable[..., ImportReport], project: Project, field: str, body: Any
) -> Imported:
    """Imports the lines in `field`; what came in is an entry of the audit log. Raises Unprocessable naming
    the lines at fault, counted from 1, when nothing was imported."""
    with tempfile.TemporaryDirectory(prefix="tandem-import-") as folder:
        path = Path(folder, "body.jsonl")
        # Not orjson, which writes no whole number beyond 64 bits: what a line may hold, its reader says.
        path.write_text("".join(json.dumps(line) + "\n" for line in body[field]))
        report = load(project, [path], skip_bad=body.get("skip_bad", False))
    if report.files_refused:
        first, *more = [(_place(field, error), error["message"]) for error in report.errors]
        raise Unprocessable(*first, more)
    counts = {key: number for key in _NEW if (number := getattr(report, key))}
    if counts:
        record(project, cast("User", request.user), "imported", field, after=counts)
    return {
        "added": report.added,
        "unchanged": report.unchanged,
        "refused": report.refused,
        "labels_added": report.labels_added,
        "labels_unchanged": report.labels_unchanged,
        "annotators_added": report.annotators_added,
        "references_added": report.references_added,
        "warnings": [text.removeprefix(f"{path}: ") for text in report.warnings],
        "errors": [
            {"line": error["line"], "field": error["field"], "message": error["message"]}
            for error in report.errors
        ],
    }


def _place(field: str, error: dict[str, Any]) -> str:
    parts = [field, str(error["line"] or ""), error["field"]]
    return ".".join(part for part in parts if part)

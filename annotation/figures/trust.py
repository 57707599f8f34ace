"""How far the labels can be trusted, in short: from the agreement report that is kept."""

from collections.abc import Callable
from typing import Any

from ..models import Annotator, Project
from ..reports.reading import criteria_named
from .agreement import agreement_basis, named
from .keeping import Basis, current

PEOPLE = "human_human"


def trust_of(project: Project) -> dict[str, Any]:
    """As JSON, of the first criterion: `alpha` of people with its interval, `time` (the same of equal parts
    in order of time), `fell` (the last part is surely below the whole), `annotators` (agreement with the
    others, from 20 labels on). Empty for a project without criteria."""
    for criterion in criteria_named(project)[:1]:
        report = current(project, named(criterion, details=True))
        group = report["groups"][PEOPLE]
        level = report["level"]
        whole = {
            "alpha": group["alpha"][level],
            "ci95": group["intervals"].get(level) or group["alpha_ci95"],
            "comparisons": group["comparisons"],
        }
        time = [{"to": part["to"], **part[PEOPLE]} for part in report["by"]["time"] if PEOPLE in part]
        return {
            "criterion": criterion.name,
            **whole,
            "time": time,
            "fell": _fell(time, whole["ci95"]),
            "annotators": _annotators(project, report["each_annotator"]),
        }
    return {}


def trust_basis(project: Project) -> Callable[..., Basis]:
    """That of the first criterion's agreement report. Two statements."""
    of, first = agreement_basis(project), criteria_named(project)[:1]
    return lambda: of(str(first[0].pk)) if first else Basis("", "")


def _fell(time: list[dict[str, Any]], whole: Any) -> dict[str, Any] | None:
    """The last part, where its whole interval lies below that of all."""
    last = time[-1] if len(time) > 1 else None
    return last if last and whole and last["ci95"] and last["ci95"][1] < whole[0] else None


def _annotators(project: Project, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    known = {one.pk: one for one in Annotator.objects.filter(project=project)}
    found = [row for row in rows if row["enough"] and row["consensus"]["value"] is not None]
    found.sort(key=lambda row: row["consensus"]["value"])
    return [
        {
            "annotator": row["annotator"],
            "kind": known[row["annotator"]].kind,
            "labels": row["labels"],
            "value": row["consensus"]["value"],
            "ci95": row["consensus"]["ci95"],
        }
        for row in found
    ]

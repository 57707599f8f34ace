"""What a release is made from, read from the database: votes, estimates, comparisons, labels."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import F
from django.db.models.functions import Collate
from django.utils.crypto import salted_hmac

from ..consensus import METHODS, Estimate
from ..models import Comparison, Criterion, Label, Project, Response
from ..reports import read_votes, standing_votes
from ..votes import Votes

BATCH = 1000
METHOD = "majority"
LABEL_COLUMNS = {
    "comparison": "comparison__external_id",
    "comparison_id": "comparison_id",
    "group": "comparison__group",
    "annotator": "annotator_id",
    "criterion": "criterion__name",
    "ranking": "ranking",
    "strength": "strength",
    "confidence": "confidence",
    "reasons": "rationale__reasons",
    "rationale": "rationale__text",
    "shown": "annotation__shown",
    "seconds": "annotation__active_seconds",
    "created": "created_at",
    "purpose": "annotation__assignment__purpose",
    "independent": "independent",
    "surplus": "annotation__surplus",
}


class ResponseText(NamedTuple):
    """What one response says: its messages, and the earlier ones that only its side has."""

    messages: list[dict[str, Any]]
    context: list[dict[str, Any]]
    media: list[Any]


class ComparisonText(NamedTuple):
    """A comparison's content; responses in stored order."""

    pk: int
    external_id: str
    group: str
    k: int
    fit: bool
    prompt: list[dict[str, Any]]
    responses: list[ResponseText]


@dataclass(frozen=True)
class Source:
    """A project's data as one release sees it. Lives inside one `reports.snapshot`."""

    project: Project
    criteria: Sequence[Criterion]

    @cached_property
    def votes(self) -> dict[int, Votes]:
        """All independent votes by criterion id."""
        return {criterion.pk: read_votes(self.project, criterion) for criterion in self.criteria}

    @cached_property
    def estimates(self) -> dict[int, dict[int, Estimate]]:
        """The consensus by criterion id and comparison id, computed anew."""
        return {
            pk: dict(METHODS[METHOD](standing_votes(self.project, votes))) for pk, votes in self.votes.items()
        }

    @cached_property
    def pseudonym_key(self) -> bytes:
        """One key a project: its releases can be joined with each other, not with another project's."""
        return salted_hmac("tandem.releases.annotators", str(self.project.pk), algorithm="sha256").digest()

    def comparisons(self) -> Iterator[ComparisonText]:
        """Every comparison with its responses, in order of external id; two statements a batch at most."""
        rows = (
            Comparison.objects.filter(project=self.project)
            .order_by(_bytewise("external_id"))
            .values_list("pk", "external_id", "group", "k", "fit", "prompt")
            .iterator(chunk_size=BATCH)
        )
        while batch := list(islice(rows, BATCH)):
            responses: dict[int, list[ResponseText]] = {row[0]: [] for row in batch}
            found = Response.objects.filter(comparison_id__in=list(responses)).order_by("position")
            for comparison, *content in found.values_list("comparison_id", "messages", "context", "media"):
                responses[comparison].append(ResponseText(*content))
            for row in batch:
                yield ComparisonText(*row, responses=responses[row[0]])

    def labels(self) -> Iterator[dict[str, Any]]:
        """Every current label as LABEL_COLUMNS, in order of its comparison's external id."""
        rows = Label.objects.filter(project=self.project, criterion__in=self.criteria, current=True)
        ordered = rows.order_by(_bytewise("comparison__external_id"))
        values = ordered.values_list(*LABEL_COLUMNS.values()).iterator(chunk_size=BATCH)
        return (dict(zip(LABEL_COLUMNS, row, strict=True)) for row in values)


def _bytewise(column: str) -> Collate:
    """Orders by UTF-8 bytes whatever the database's language, so that every database gives one order."""
    return Collate(F(column), "C" if connection.vendor == "postgresql" else "BINARY")

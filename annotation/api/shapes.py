"""What things look like in JSON. Comparisons and labels have the form of the import files."""

from collections.abc import Iterable, Mapping
from typing import Any

from ..media import address_of
from ..models import Annotator, Comparison, Criterion, Guidelines, Label, Response
from ..ranking import Scale


def guidelines_shape(guidelines: Guidelines | None) -> dict[str, Any] | None:
    return {"version": guidelines.version, "text": guidelines.text} if guidelines else None


def criterion_shape(criterion: Criterion) -> dict[str, Any]:
    """`preferences` are the signed answers that a pair offers, best for a first; `ranking` says how more than
    two responses are ranked."""
    return {
        "name": criterion.name,
        "question": criterion.question,
        "scale": criterion.scale,
        "preferences": Scale(criterion.scale).preferences(),
        "both_bad": criterion.both_bad,
        "confidence": criterion.confidence,
        "reasons": criterion.reasons,
        "rationale": criterion.rationale,
        "rationale_min": criterion.rationale_min,
        "ranking": criterion.ranking,
    }


def messages_shape(messages: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Chat messages as annotators may see them: what else the source says of one may name its model."""
    return [{"role": message.get("role"), "content": message.get("content")} for message in messages]


def lent_response_shape(response: Response) -> dict[str, Any]:
    """A response as annotators may see it: what was said, and the addresses of its media."""
    shape = {
        "messages": messages_shape(response.messages),
        "context": messages_shape(response.context),
        "media": [address for item in response.media if (address := address_of(item))],
    }
    return {key: value for key, value in shape.items() if value or key == "messages"}


def comparison_shape(comparison: Comparison) -> dict[str, Any]:
    """With all the source said: for those who may view the project's data, never for annotators."""
    return {
        "id": comparison.external_id,
        "prompt": comparison.prompt,
        "responses": [
            _response_shape(response) | {"model": response.model} for response in comparison.responses.all()
        ],
        "group": comparison.group,
        "category": comparison.category,
        "metadata": comparison.metadata,
        "fit": comparison.fit,
    }


def label_shape(label: Label) -> dict[str, Any]:
    """A label line. Reasons and rationale are there where somebody gave some."""
    annotation = label.annotation
    shape: dict[str, Any] = {
        "comparison": label.comparison.external_id,
        "annotator": annotator_name(label.annotator),
        "kind": label.annotator.kind,
        "criterion": label.criterion.name,
        "ranking": label.ranking,
        "strength": label.strength,
        "confidence": label.confidence,
        "shown": annotation.shown,
        "seconds": annotation.active_seconds,
        "independent": label.independent,
        "surplus": annotation.surplus,
        "created_at": label.created_at,
    }
    if hasattr(label, "rationale"):
        shape |= {"reasons": label.rationale.reasons, "rationale": label.rationale.text}
    return shape


def annotator_name(annotator: Annotator) -> str:
    """The imported id, a judge's name, or `person-ID`: names and e-mail addresses stay inside."""
    if annotator.kind == Annotator.Kind.JUDGE:
        return annotator.external_id or annotator.name
    imported = annotator.external_id or ""
    return imported if imported and "@" not in imported else f"person-{annotator.pk}"


def _response_shape(response: Response) -> dict[str, Any]:
    shape = {"messages": response.messages, "context": response.context, "media": response.media}
    return {key: value for key, value in shape.items() if value or key == "messages"}

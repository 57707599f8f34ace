"""What things look like in JSON. Comparisons and labels have the form of the import files."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NotRequired, TypedDict

from ..media import address_of
from ..models import Comparison, Criterion, Guidelines, Label, Project, Response
from ..names import annotator_name
from ..permissions import Access
from ..projects import criteria_of, guidelines_of
from ..ranking import Scale, letters


class Message(TypedDict):
    """A message as annotators may see it."""

    role: Any
    content: Any


class GuidelinesVersion(TypedDict):
    version: int
    text: str


class CriterionShape(TypedDict):
    """`preferences` are the signed answers that a pair offers, best for a first; `ranking` says how more than
    two responses are ranked."""

    name: str
    question: str
    scale: str
    preferences: list[int]
    both_bad: bool
    confidence: bool
    reasons: list[Any]
    rationale: str
    rationale_min: int
    ranking: str


class ProjectLine(TypedDict):
    """A project of the caller's, and their role in it."""

    slug: str
    name: str
    role: str


class ProjectShape(TypedDict):
    """A project's set-up. Amounts of money are texts. `delete_at`: when it is deleted, where it is to be."""

    slug: str
    name: str
    role: str
    state: str
    delete_at: datetime | None
    guidelines: GuidelinesVersion | None
    criteria: list[CriterionShape]
    labels_wanted: int
    labels_cap: int | None
    human_label_price: str
    currency: str
    budget: str | None
    policy: str
    audit_share: float
    created_at: datetime


class ResponseShape(TypedDict):
    """One response, with all the source said."""

    messages: list[dict[str, Any]]
    context: NotRequired[list[dict[str, Any]]]
    media: NotRequired[list[Any]]
    model: str


class ComparisonShape(TypedDict):
    """A comparison as an import line, with all the source said; `number` is its key in addresses."""

    number: int
    id: str
    prompt: list[dict[str, Any]]
    responses: list[ResponseShape]
    group: str
    category: str
    metadata: dict[str, Any]
    fit: bool


class LabelShape(TypedDict):
    """A label line. Reasons and rationale are there where somebody gave some."""

    comparison: str
    annotator: str
    kind: str
    criterion: str
    ranking: str
    strength: int | None
    confidence: str
    shown: str
    seconds: float | None
    independent: bool
    surplus: bool
    created_at: datetime
    reasons: NotRequired[list[Any]]
    rationale: NotRequired[str]


class LentResponse(TypedDict):
    """A response as annotators may see it: what was said, and the addresses of its media."""

    letter: str
    messages: list[Message]
    context: NotRequired[list[Message]]
    media: NotRequired[list[str]]


def amount(money: Decimal) -> str:
    """An amount of money as text, never with an exponent."""
    return f"{money:f}"


def project_shape(access: Access) -> ProjectShape:
    found = access.project
    return {
        "slug": found.slug,
        "name": found.name,
        "role": access.role,
        "state": found.state,
        "delete_at": found.delete_at,
        "guidelines": guidelines_shape(guidelines_of(found)),
        "criteria": criteria_shape(found),
        "labels_wanted": found.labels_wanted,
        "labels_cap": found.labels_cap,
        "human_label_price": amount(found.human_label_price),
        "currency": found.currency,
        "budget": None if found.budget is None else amount(found.budget),
        "policy": found.policy,
        "audit_share": found.audit_share,
        "created_at": found.created_at,
    }


def guidelines_shape(guidelines: Guidelines | None) -> GuidelinesVersion | None:
    return {"version": guidelines.version, "text": guidelines.text} if guidelines else None


def criteria_shape(project: Project) -> list[CriterionShape]:
    return [_criterion_shape(criterion) for criterion in criteria_of(project)]


def messages_shape(messages: Iterable[Mapping[str, Any]]) -> list[Message]:
    """Chat messages as annotators may see them: what else the source says of one may name its model."""
    return [{"role": message.get("role"), "content": message.get("content")} for message in messages]


def lent_response_shape(letter: str, response: Response) -> LentResponse:
    shape: LentResponse = {"letter": letter, "messages": messages_shape(response.messages)}
    if response.context:
        shape["context"] = messages_shape(response.context)
    if media := [address for item in response.media if (address := address_of(item))]:
        shape["media"] = media
    return shape


def comparison_shape(comparison: Comparison) -> ComparisonShape:
    """For those who may view the project's data, never for annotators."""
    return {
        "number": comparison.pk,
        "id": comparison.external_id,
        "prompt": comparison.prompt,
        "responses": [_response_shape(response) for response in comparison.responses.all()],
        "group": comparison.group,
        "category": comparison.category,
        "metadata": comparison.metadata,
        "fit": comparison.fit,
    }


def label_shape(label: Label) -> LabelShape:
    annotation = label.annotation
    shape: LabelShape = {
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
        shape["reasons"] = label.rationale.reasons
        shape["rationale"] = label.rationale.text
    return shape


def lent_responses(comparison: Comparison, shown: str) -> list[LentResponse]:
    """The responses in the order `shown`, lettered anew."""
    stored = dict(zip(letters(comparison.k), comparison.responses.all(), strict=True))
    pairs = zip(letters(comparison.k), shown, strict=True)
    return [lent_response_shape(letter, stored[source]) for letter, source in pairs]


def _criterion_shape(criterion: Criterion) -> CriterionShape:
    return {
        "name": criterion.name,
        "question": criterion.question,
        "scale": criterion.scale,
        "preferences": list(Scale(criterion.scale).preferences()),
        "both_bad": criterion.both_bad,
        "confidence": criterion.confidence,
        "reasons": criterion.reasons,
        "rationale": criterion.rationale,
        "rationale_min": criterion.rationale_min,
        "ranking": criterion.ranking,
    }


def _response_shape(response: Response) -> ResponseShape:
    shape: ResponseShape = {"messages": response.messages, "model": response.model}
    if response.context:
        shape["context"] = response.context
    if response.media:
        shape["media"] = response.media
    return shape

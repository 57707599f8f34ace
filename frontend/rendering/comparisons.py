"""A comparison's HTML, made once and kept in its `Rendering` row, so that a page reads one row.

Content, as stored: ``{"prompt": [turn], "responses": [{"turns": [turn], "context": [turn], "words": int,
"opening": str}]}`` with responses in stored order and a turn ``{"role": str, "html": str}``. `html` is safe;
everything else is plain text and must be escaped where it is shown.
"""

from collections.abc import Iterable, Mapping, Sequence
from html import unescape
from typing import Any, TypedDict

from django.db.models import Exists, F, OuterRef, Q
from django.utils.html import strip_tags

from annotation.models import Annotator, Assignment, Comparison, Demand, Project, Rendering, Response
from annotation.models.queue import OPEN
from annotation.projects import pool_ids_of

from .highlight import Allowance
from .markdown import to_html, word_count

# Raise it whenever `to_html` gives other HTML: kept renderings of another version are made anew.
VERSION = 2

# Characters of code coloured in one comparison. Prompt and responses get equal parts, so that no response
# looks plainer than another because of what stands beside it.
COLOURED = 12_000

_OPENING = 90


class Turn(TypedDict):
    role: str
    html: str


class Side(TypedDict):
    turns: list[Turn]
    context: list[Turn]
    words: int
    opening: str


class Content(TypedDict):
    prompt: list[Turn]
    responses: list[Side]


def content_of(comparison: Comparison, save: bool = True) -> Content:
    """The rendered content; no SQL where `rendering` is loaded and current.

    Otherwise one statement reads the responses and, with `save`, another keeps the result.
    """
    kept: Rendering | None = getattr(comparison, "rendering", None)
    if kept is not None and kept.version == VERSION:
        return kept.content
    content = _render(comparison, comparison.responses.order_by("position"))
    if save:
        _keep([(comparison, content)])
    return content


def render_ahead(annotator: Annotator, project: Project, limit: int = 12) -> int:
    """Renders what this annotator is likely to be lent next, so that submitting finds it made.

    Two statements when all of it is; gives the number rendered.
    """
    theirs = Assignment.objects.filter(comparison=OuterRef("comparison"), annotator=annotator)
    ids = (
        Demand.objects.filter(pool__in=pool_ids_of(annotator, project), wanted__gt=F("live") + F("done"))
        .exclude(Exists(theirs.exclude(state=Assignment.State.EXPIRED)))
        .order_by("-priority", "id")
        .values_list("comparison", flat=True)[:limit]
    )
    return render_missing(list(ids))


def render_open(project: Project, batch: int = 200) -> int:
    """Renders every comparison that people are still asked about; gives the number rendered."""
    made, last = 0, 0
    while True:
        ids = list(
            Comparison.objects.filter(project=project, pk__gt=last)
            .filter(Exists(Demand.objects.filter(OPEN, comparison=OuterRef("pk"), pool__isnull=False)))
            .order_by("pk")
            .values_list("pk", flat=True)[:batch]
        )
        if not ids:
            return made
        made += render_missing(ids)
        last = ids[-1]


def render_missing(ids: Sequence[int]) -> int:
    """Renders those of these comparisons that have no current rendering, in at most three statements."""
    stale = Q(rendering=None) | ~Q(rendering__version=VERSION)
    comparisons = {c.pk: c for c in Comparison.objects.filter(stale, pk__in=ids).only("id", "prompt")}
    if not comparisons:
        return 0
    responses: dict[int, list[Response]] = {pk: [] for pk in comparisons}
    for response in Response.objects.filter(comparison__in=comparisons).order_by("comparison", "position"):
        responses[response.comparison_id].append(response)
    _keep([(comparison, _render(comparison, responses[pk])) for pk, comparison in comparisons.items()])
    return len(comparisons)


def _keep(rendered: Sequence[tuple[Comparison, Content]]) -> None:
    if rendered:
        Rendering.objects.bulk_create(
            [
                Rendering(comparison=comparison, version=VERSION, content=content)
                for comparison, content in rendered
            ],
            update_conflicts=True,
            unique_fields=["comparison"],
            update_fields=["version", "content"],
        )


def _render(comparison: Comparison, responses: Iterable[Response]) -> Content:
    part = COLOURED // (comparison.k + 1)
    return {
        "prompt": _turns(comparison.prompt, Allowance(part)),
        "responses": [_side(response, Allowance(part)) for response in responses],
    }


def _side(response: Response, allowance: Allowance) -> Side:
    texts = [_text(message.get("content")) for message in response.messages]
    turns = _turns(response.messages, allowance)
    if media := list(filter(None, map(_address, response.media))):
        turns.append(
            {"role": "assistant", "html": to_html("\n\n".join(f"![]({address})" for address in media))}
        )
    return {
        "turns": turns,
        "context": _turns(response.context, allowance),
        "words": sum(map(word_count, texts)),
        "opening": _opening(turns[0]["html"] if turns else ""),
    }


def _turns(messages: Iterable[Mapping[str, Any]], allowance: Allowance) -> list[Turn]:
    return [
        {
            "role": str(message.get("role") or "user"),
            "html": to_html(_text(message.get("content")), allowance),
        }
        for message in messages
    ]


def _text(content: Any) -> str:
    """A message's text; of a list of parts, those that are text, and the address of the others.

    Nothing else of a part is shown: what an importer's file says beside the text may name the model.
    """
    if isinstance(content, list):
        return "\n\n".join(filter(None, map(_part, content)))
    return _part(content)


def _part(part: Any) -> str:
    if isinstance(part, Mapping) and isinstance(said := part.get("text"), str) and said:
        return said
    if isinstance(part, Mapping):
        address = _address(part)
        return f"![]({address})" if address else ""
    return str(part) if isinstance(part, str | int | float) else ""


def _address(item: Any) -> str:
    """Where a picture or sound is: the item itself, or its `url`."""
    if isinstance(item, Mapping):
        return _address(item.get("image_url") or item.get("url"))
    return item if isinstance(item, str) else ""


def _opening(html: str) -> str:
    """The first words, as plain text, to tell responses apart where only a line fits."""
    text = " ".join(unescape(strip_tags(html[: _OPENING * 20])).split())
    return text if len(text) <= _OPENING else text[:_OPENING].rsplit(" ", 1)[0] + "…"

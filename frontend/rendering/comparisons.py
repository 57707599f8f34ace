"""A comparison's HTML, made once and kept in its `Rendering` row, so that a page reads one row.

Content, as stored: ``{"prompt": [turn], "responses": [{"turns": [turn], "context": [turn], "words": int,
"opening": str}]}`` with responses in stored order and a turn ``{"role": str, "html": str}``. `html` is safe;
everything else is plain text and must be escaped where it is shown. Pictures, sound and film are words
here; `with_media` puts in those that may be loaded.
"""

from collections.abc import Iterable, Sequence
from html import unescape
from typing import TypedDict

import orjson
from django.db.models import Exists, OuterRef, Q
from django.utils.html import strip_tags

from annotation import leases
from annotation.imports.drafts import Draft
from annotation.models import Annotator, Comparison, Demand, Project, Rendering, Response
from annotation.models.queue import OPEN

from .highlight import Allowance
from .media import MARK, resolved
from .turns import Turn, media_html, turns, words_of

# Raise it whenever `to_html` gives other HTML: kept renderings of another version are made anew.
VERSION = 4

# Characters of code coloured in one comparison. Prompt and responses get equal parts, so that no response
# looks plainer than another because of what stands beside it.
COLOURED = 12_000

_OPENING = 90


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


def content_of_draft(draft: Draft) -> Content:
    """The content of a comparison that is not stored: a line of a file as imports read it. No SQL."""
    comparison = Comparison(prompt=orjson.loads(draft.prompt), k=draft.k)
    responses = [
        Response(**{name: orjson.loads(getattr(one, name)) for name in ("messages", "context", "media")})
        for one in draft.responses
    ]
    return _render(comparison, responses)


def with_media(content: Content, project: Project) -> Content:
    """The content with pictures, sound and film in their places: the project's own, and those on hosts that
    its owner allows at this moment. No SQL. Pages that show it need `policy.allow_media`."""
    return {
        "prompt": resolved(content["prompt"], project),
        "responses": [
            {
                **side,
                "turns": resolved(side["turns"], project),
                "context": resolved(side["context"], project),
            }
            for side in content["responses"]
        ],
    }


def render_ahead(annotator: Annotator, project: Project, limit: int = 12) -> int:
    """Renders what this annotator is likely to be lent next, so that submitting finds it made.

    Two statements when all of it is (one more for each further pool); gives the number rendered.
    """
    return render_missing(leases.next_open(annotator, project, limit))


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
    comparisons = {c.pk: c for c in Comparison.objects.filter(stale, pk__in=ids).only("id", "prompt", "k")}
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
        "prompt": turns(comparison.prompt, Allowance(part)),
        "responses": [_side(response, Allowance(part)) for response in responses],
    }


def _side(response: Response, allowance: Allowance) -> Side:
    said = turns(response.messages, allowance)
    if shown := "\n".join(filter(None, map(media_html, response.media))):
        if said:
            said[-1]["html"] += f"\n{shown}"
        else:
            said.append({"role": "assistant", "html": shown})
    return {
        "turns": said,
        "context": turns(response.context, allowance),
        "words": sum(map(words_of, response.messages)),
        "opening": _opening(said[0]["html"] if said else ""),
    }


def _opening(html: str) -> str:
    """The first words, as plain text, to tell responses apart where only a line fits."""
    words = MARK.sub(lambda match: match[1], html[: _OPENING * 20])
    text = " ".join(unescape(strip_tags(words)).split())
    return text if len(text) <= _OPENING else text[:_OPENING].rsplit(" ", 1)[0] + "…"

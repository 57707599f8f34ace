"""What a judge would be sent, before it is set up: one comparison in the prompt of the settings given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from annotation.models import Comparison, JudgeCall, Project

from .calls import brief
from .preparing import orders, prepare
from .prices import estimate_tokens
from .prompts import Unshowable
from .registry import annotator_of, set_judge, set_template

# A name that nobody has taken: letters, digits and hyphens are allowed, and this one is rolled back.
_NAME = "preview-of-settings"


@dataclass(frozen=True, slots=True)
class Preview:
    """The prompt on one comparison in its first order, and `calls`: how many there are on each. `messages`
    are empty where it cannot be judged (`why`), `comparison` is None where the project has none."""

    comparison: Comparison | None
    order: str = ""
    calls: int = 0
    messages: Sequence[Mapping[str, str]] = ()
    tokens: int = 0
    why: str = ""


def preview(
    project: Project, entry: Mapping[str, Any], template: str | None = None, k: int | None = None
) -> Preview:
    """Renders the project's first comparison that can be judged, of `k` responses if given, as a judge with
    this entry would be sent it; `template` is a text to use in place of the one that the entry names.

    Saves nothing. Raises ValueError for whatever could not be saved, naming the key at fault.
    """
    with transaction.atomic():
        try:
            return _preview(project, dict(entry), template, k)
        finally:
            transaction.set_rollback(True)


def _preview(project: Project, entry: dict[str, Any], template: str | None, k: int | None) -> Preview:
    if template is not None:
        set_template(project, _NAME, template)
        entry["template"] = _NAME
    judge = set_judge(project, **entry | {"name": _NAME})
    asked = brief(judge, annotator_of(judge), project)
    found = Comparison.objects.filter(project=project, fit=True, **({"k": k} if k else {}))
    comparison = found.order_by("pk").prefetch_related("responses").first()
    if comparison is None:
        return Preview(None)
    shown = orders(asked, comparison)
    calls = len(shown) * judge.version.settings["samples"]
    call = JudgeCall(annotator=asked.annotator, comparison=comparison, order=shown[0], sample=0)
    responses = sorted(comparison.responses.all(), key=lambda response: response.position)
    try:
        messages = prepare(asked, call, comparison, responses).request.messages
    except Unshowable as error:
        return Preview(comparison, shown[0], calls, why=str(error))
    tokens = sum(estimate_tokens(message["content"]) for message in messages)
    return Preview(comparison, shown[0], calls, messages, tokens)

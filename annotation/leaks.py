"""Responses that say who wrote them: kept out, masked or accepted, found at import and decided by the owner.

Whoever knows which model wrote a response no longer judges the text alone. What the project does by itself
is `Project.identity_leaks`; each response can be decided otherwise, and back, at any time. A mask takes the
telling words out for people, judges and releases alike, and keeps the original.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from .audit import record
from .identity import Leak, masked
from .models import Comparison, Demand, IdentityLeak, Project, Rendering, Response, User
from .projects import ask_people, lock_demand

_State = IdentityLeak.State
STATES = {"accept": _State.FOUND, "mask": _State.MASKED, "exclude": _State.EXCLUDED}
CHOICES = {"accept": _State.ACCEPTED, "mask": _State.MASKED, "exclude": _State.EXCLUDED}


class LeakError(ValueError):
    """This cannot be decided; the message says why."""


def decide(project: Project, response_ids: Iterable[int], choice: str, by: User) -> int:
    """Accepts, masks or excludes these responses; the number of those changed.

    Excluding takes a comparison out of the queue (what is lent may be finished) and out of releases;
    accepting or masking brings it back. Raises LeakError for an unknown choice.
    """
    if choice not in CHOICES:
        raise LeakError(_("Choose what to do."))
    state = CHOICES[choice]
    with transaction.atomic():
        found = list(
            IdentityLeak.objects.select_for_update(of=("self",))
            .select_related("response__comparison")
            .filter(project=project, response__in=list(response_ids))
            .exclude(state=state)
        )
        before = dict(Counter(one.state for one in found))
        for one in found:
            _put(one, state)
        if found:
            _settle(project, {one.response.comparison_id for one in found})
            names = [
                f"{one.response.comparison.external_id} {chr(97 + one.response.position)}" for one in found
            ]
            after = {"choice": choice, "n": len(found)}
            record(project, by, "leak", ", ".join(names)[:200], before=before, after=after)
    return len(found)


def undecided() -> Coalesce:
    """For `project_for(..., leaks=undecided())`: how many flagged responses of the project nobody has decided
    about, in the same statement."""
    found = IdentityLeak.objects.filter(project=OuterRef("project"), state=_State.FOUND).order_by()
    return Coalesce(Subquery(found.values("project").annotate(n=Count("pk")).values("n")), 0)


def _put(one: IdentityLeak, state: str) -> None:
    """Writes the state, with the mask put on or taken off."""
    response = one.response
    if state == _State.MASKED:
        one.original, response.messages = response.messages, masked(response.messages, _spans(one.found))
    elif one.original is not None:
        response.messages, one.original = one.original, None
    response.save(update_fields=["messages"])
    one.state = state
    one.save(update_fields=["state", "original"])


def _settle(project: Project, comparison_ids: set[int]) -> None:
    """Brings the queue and what is rendered in line with what was decided."""
    Rendering.objects.filter(comparison__in=comparison_ids).delete()
    excluded = set(
        IdentityLeak.objects.filter(
            response__comparison__in=comparison_ids, state=_State.EXCLUDED
        ).values_list("response__comparison", flat=True)
    )
    comparisons = Comparison.objects.filter(pk__in=comparison_ids).prefetch_related("responses")
    fit = {one.pk for one in comparisons if one.pk not in excluded and _is_fit(list(one.responses.all()))}
    comparisons.filter(pk__in=fit).update(fit=True)
    comparisons.exclude(pk__in=fit).update(fit=False)
    closed = Demand.objects.filter(comparison__in=comparison_ids - fit)
    lock_demand(closed)
    closed.filter(live=0, done=0).delete()
    for demand in closed:
        demand.wanted = demand.live + demand.done
        demand.save(update_fields=["wanted"])
    if fit:
        ask_people(project)


def _is_fit(responses: Sequence[Response]) -> bool:
    """False where a response is empty or two are the same, as at import."""
    said = [str((one.messages, one.context, one.media)) for one in responses]
    return len(set(said)) == len(said) and all(one.messages or one.media for one in responses)


def _spans(found: Iterable[dict[str, Any]]) -> list[Leak]:
    return [Leak(**one) for one in found]

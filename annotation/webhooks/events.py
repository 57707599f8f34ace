"""What webhooks are told: an event is written in the transaction of what it tells of, and sent after it.

Whether anybody waits for an event stands on the project's row (`tells`), which a person's request has read
already: where there is no webhook, their answer takes no statement more.
"""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import orjson
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from ..models import Annotator, Comparison, Delivery, Demand, Label, Project, Release, Webhook
from ..names import annotator_name

_Kind = Webhook.Kind


def labels_submitted(project: Project, annotator: Annotator, annotations: Sequence[int]) -> None:
    """These annotations were written by the transaction that calls. Tells of each, and of comparisons that
    want no more labels now. Imported labels are told of by nobody.
    """
    if not annotations:
        return
    tells = project.tells
    if annotator.kind == Annotator.Kind.JUDGE:  # a worker keeps its project for hours
        tells = Project.objects.values_list("tells", flat=True).get(pk=project.pk)
    waited = set(tells) & {_Kind.LABEL_SUBMITTED, _Kind.COMPARISON_FINISHED}
    if not waited:
        return
    events: list[tuple[str, dict[str, Any]]] = []
    if _Kind.LABEL_SUBMITTED in waited:
        events += [(_Kind.LABEL_SUBMITTED, data) for data in _submissions(annotator, annotations)]
    if _Kind.COMPARISON_FINISHED in waited:
        events += [(_Kind.COMPARISON_FINISHED, data) for data in _finished(annotations)]
    _tell(project, events)


def release_ready(release: Release) -> None:
    """The release became ready in the transaction that calls."""
    data = {"release": release.number, "sha256": release.sha256, "rows": release.rows}
    _tell(release.project, [(_Kind.RELEASE_READY, data)])


def _submissions(annotator: Annotator, annotations: Sequence[int]) -> list[dict[str, Any]]:
    rows = Label.objects.filter(annotation__in=annotations).order_by("annotation", "criterion")
    told: dict[int, dict[str, Any]] = {}
    columns = ("annotation", "comparison__external_id", "criterion__name", "ranking", "strength")
    for pk, comparison, criterion, ranking, strength in rows.values_list(*columns):
        data = told.setdefault(
            pk,
            {
                "annotation": pk,
                "comparison": comparison,
                "annotator": annotator_name(annotator),
                "kind": annotator.kind,
                "labels": [],
            },
        )
        data["labels"].append({"criterion": criterion, "ranking": ranking, "strength": strength})
    return list(told.values())


def _finished(annotations: Sequence[int]) -> list[dict[str, Any]]:
    """Comparisons on which these annotations filled a slot and none is left.

    Locked, so that of two that fill the last slots of different pools at once, the second sees the first's.
    """
    filled = Label.objects.filter(
        annotation__in=annotations, annotation__revision=0, annotation__assignment__demand__isnull=False
    )
    rows = Comparison.objects.filter(pk__in=filled.values("comparison"))
    locked = list(rows.order_by("pk").select_for_update(no_key=True).values_list("pk", "external_id"))
    left = Demand.objects.filter(comparison=OuterRef("pk"), wanted__gt=F("done"))
    done = Comparison.objects.filter(~Exists(left), pk__in=[pk for pk, _ in locked])
    ended = set(done.values_list("pk", flat=True))
    return [{"comparison": name, "number": pk} for pk, name in locked if pk in ended]


def _tell(project: Project, events: Sequence[tuple[str, dict[str, Any]]]) -> None:
    now = timezone.now()
    webhooks = list(Webhook.objects.filter(project=project, paused_at=None)) if events else []
    deliveries = []
    for kind, data in events:
        about = {"type": kind, "timestamp": now.isoformat(), "project": project.slug, "data": data}
        body, event = orjson.dumps(about).decode(), uuid4()
        deliveries += [
            Delivery(webhook=webhook, event=event, kind=kind, body=body, next_attempt_at=now)
            for webhook in webhooks
            if kind in webhook.kinds
        ]
    if deliveries:
        Delivery.objects.bulk_create(deliveries)
        for pk in {delivery.webhook_id for delivery in deliveries}:
            transaction.on_commit(lambda pk=pk: _look(pk))  # type: ignore[misc]


def _look(webhook_id: int) -> None:
    from ..tasks import deliver_webhook  # tasks call everything, this package among it

    deliver_webhook.delay(webhook_id)

"""What the project was when a release was frozen: kept with it, so that building it again says the same."""

import hashlib
from typing import Any

import numpy as np
from django.db.models import Count, Exists, OuterRef, Q

from ..models import (
    Annotation,
    Annotator,
    Criterion,
    Decision,
    Guidelines,
    JudgeCall,
    Membership,
    Pool,
    Project,
)
from ..profile import counts
from ..reports.estimates import decided_of, gold_of
from .scrub import Scrubber

BATCH = 10_000
_State = JudgeCall.State
_ENDED = [state for state in _State if state not in (_State.PENDING, _State.IN_FLIGHT)]


def facts_of(project: Project, criteria: list[Criterion]) -> dict[str, Any]:
    """Plain values, a handful of statements. Texts of the owner name no member."""
    scrub = scrubber_of(project)
    followed = Annotation.objects.filter(guidelines=OuterRef("pk"), superseded_at=None)
    guidelines = Guidelines.objects.filter(Exists(followed), project=project).order_by("version")
    work = Q(calls__purpose=JudgeCall.Purpose.WORK)
    judges = (
        Annotator.objects.filter(project=project, kind=Annotator.Kind.JUDGE)
        .annotate(
            ended=Count("calls", filter=work & Q(calls__state__in=_ENDED)),
            answered=Count("calls", filter=work & Q(calls__state=_State.OK)),
        )
        .select_related("judge_version")
        .order_by("pk")
    )
    decided = Decision.objects.filter(comparison__project=project, superseded_at=None).order_by()
    policies = decided.values("policy", "policy_version", "destination", "audit").annotate(
        comparisons=Count("pk")
    )
    pools, pools_of = _pools(project)
    return {
        "project": {"slug": project.slug, "name": scrub(project.name)},
        "criteria": [
            {
                "name": one.name,
                "version": one.version,
                "question": scrub(one.question),
                "scale": one.scale,
                "both_bad": one.both_bad,
                "ranking": one.ranking,
            }
            for one in criteria
        ],
        "criterion_ids": [one.pk for one in criteria],
        "guidelines": [
            {
                "version": one.version,
                "sha256": hashlib.sha256(one.text.encode()).hexdigest(),
                "text": scrub(one.text),
            }
            for one in guidelines
        ],
        "judges": [
            _judge(judge) | {"calls": {"ended": judge.ended, "answered": judge.answered}} for judge in judges
        ],
        "routing": {
            "policy": project.policy,
            "audit_share": project.audit_share,
            "decisions": sorted(policies, key=lambda row: tuple(map(str, row.values()))),
        },
        "protocol": {
            "labels_wanted": project.labels_wanted,
            "labels_cap": project.labels_cap,
            "overlap_share": project.overlap_share,
            "pools": pools,
        },
        "pools_of": pools_of,
        "compensation": {"per_label": str(project.human_label_price), "currency": project.currency},
        "time": _time(project),
        "profile": counts(project, released=True),
        "gold": {str(one.pk): gold_of(one) for one in criteria},
        "decided": {str(one.pk): decided_of(one) for one in criteria},
    }


def _pools(project: Project) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """The pools by name, and the names of those that each person belonged to, by annotator id."""
    wanted: dict[str, int | None] = {}
    names: dict[str, list[str]] = {}
    rows = Pool.objects.filter(project=project).order_by("name")
    for name, labels, annotator in rows.values_list("name", "labels_wanted", "annotators"):
        wanted[name] = labels
        if annotator is not None:
            names.setdefault(str(annotator), []).append(name)
    pools = [{"name": name, "labels_wanted": labels} for name, labels in wanted.items()]
    return pools, {annotator: ", ".join(of) for annotator, of in names.items()}


def _time(project: Project) -> dict[str, Any] | None:
    """Active seconds that people took for a submission: 10th, 50th and 90th percentile."""
    timed = Annotation.objects.filter(
        assignment__annotator__project=project,
        assignment__annotator__kind=Annotator.Kind.HUMAN,
        superseded_at=None,
        active_seconds__gt=0,
    )
    values = timed.values_list("active_seconds", flat=True).iterator(BATCH)
    seconds = np.fromiter(values, dtype=np.float64)
    if not len(seconds):
        return None
    low, middle, high = np.percentile(seconds, (10, 50, 90)).round(1).tolist()
    return {"submissions": len(seconds), "p10": low, "median": middle, "p90": high}


def scrubber_of(project: Project) -> Scrubber:
    """What finds this project's people in free text: accounts of members, and annotators from elsewhere."""
    names: set[str] = set()
    ids: set[str] = set()
    people = Annotator.objects.filter(project=project, kind=Annotator.Kind.HUMAN)
    account = ("user__name", "user__email", "user__username")
    for name, external, own, *called in people.values_list("name", "external_id", *account):
        ids.update(filter(None, [name, external, *called]))
        names.update(filter(None, [own]))
    for own, *called in Membership.objects.filter(project=project).values_list(*account):
        ids.update(filter(None, called))
        names.update(filter(None, [own]))
    return Scrubber(names, ids | {email.partition("@")[0] for email in ids if "@" in email})


def _judge(judge: Annotator) -> dict[str, Any]:
    if judge.judge_version is None:
        return {"name": judge.name}
    version = judge.judge_version
    return {
        "name": judge.name,
        "version": version.version,
        "model": version.model,
        "template": version.template,
        "fingerprint": version.fingerprint,
    }

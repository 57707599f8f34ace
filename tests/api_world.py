"""A project with rows in every list of the API, and calls of all that can be read."""

from typing import Any

import orjson
from django.utils import timezone

from annotation import exports, labels, leases, links, webhooks
from annotation.api.schema import written
from annotation.audit import record
from annotation.models import (
    Annotator,
    Consensus,
    CrowdLink,
    Decision,
    Delivery,
    Flag,
    IdentityLeak,
    Invitation,
    JudgeCall,
    JudgeRun,
    Participation,
    Project,
    Release,
    Webhook,
)
from annotation.permissions import add_member
from llm_judges.registry import annotator_of, set_judge
from tests.factories import make_comparison, make_person, make_project, make_user

SECRET = "SECRET-7f3a"  # stands in columns that no caller may filter or order by


def make_world() -> Annotator:
    """The owner of a project with a release that is ready and a webhook; `fill` adds rows."""
    project = make_project()
    owner = make_person(project, role="owner", email="owner@example.org")
    webhooks.add(project, make_user(), "https://hooks.example.org/", ["release.ready"])
    make_comparison(project, external_id="q0")
    [held] = leases.claim(owner, project)
    answer = labels.Answer("a>b", strength=1, rationale="It names a fruit.")
    labels.submit_many(owner, project, [labels.Submission(held.pk, {"overall": answer})])
    exports.work_on(exports.start(project, exports.Options(("labels", "trl-preference"))))
    return owner


def fill(project: Project, rows: int) -> None:
    """Adds so many rows to every list."""
    criterion, hook = project.criteria.get(), project.webhooks.earliest("pk")
    for _ in range(rows):
        comparison = make_comparison(project, wanted=2)
        person = make_person(project, email=f"{SECRET}-{comparison.pk}@example.org")
        [held] = leases.claim(person, project)
        labels.submit_many(person, project, [labels.Submission(held.pk, {"overall": labels.Answer("a=b")})])
        Consensus.objects.create(
            comparison=comparison,
            criterion=criterion,
            method="mace",
            probabilities={"a": 1.0, "b": 0.0, "tie": 0.0},
            winner="a",
            support=1,
        )
        Decision.objects.create(
            comparison=comparison,
            destination="human",
            probability=1.0,
            score=0.5,
            reason="drawn by lot",
            policy="random",
            policy_version="1",
            plan="6f9619ff-8b86-4d01-b42d-00cf4fc964ff",
        )
        Flag.objects.create(comparison=comparison, annotator=person, note="Both are cut off.")
        record(project, None, "pause", person.name, annotator=person)
        Delivery.objects.create(
            webhook=hook, kind="release.ready", body=SECRET, next_attempt_at=timezone.now()
        )
        name = f"judge-{comparison.pk}"
        judge = set_judge(project, name=name, base_url="http://127.0.0.1:9/v1", model="m-1")
        JudgeRun.objects.create(project=project, annotator=annotator_of(judge))
        JudgeCall.objects.create(
            annotator=annotator_of(judge), comparison=comparison, order="ab", state="refused", reply=SECRET
        )
        Release.objects.create(project=project, number=100 + comparison.pk, format="labels", path="x")
        Webhook.objects.create(project=project, url="https://hooks.example.org/", secret=SECRET)
        owner = project.memberships.get(role="owner").user
        for kind, more in ((Invitation, {"role": "viewer"}), (CrowdLink, {})):
            link, _ = links.make(kind, project, owner, "May", days=1, places=1, **more)
        Participation.objects.create(link=link, annotator=person)
        response = comparison.responses.earliest("pk")
        IdentityLeak.objects.create(project=project, response=response, found=[{"text": "I am A."}])
        add_member(make_project(), owner, "viewer")


def document() -> dict[str, Any]:
    """The schema as it is served."""
    read: dict[str, Any] = orjson.loads(written())
    return read


def reads() -> list[str]:
    """Every address that is read, as the schema has it."""
    return sorted(path for path, calls in document()["paths"].items() if "get" in calls)


def address(template: str, owner: Annotator) -> str:
    """The address with what this project has."""
    project = owner.project
    return template.format(
        slug=project.slug,
        comparison_id=project.comparisons.earliest("pk").pk,
        annotator_id=owner.pk,
        number=1,
        old=1,
        name="manifest.json",
    )

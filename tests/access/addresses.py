"""Every route there is, and an address of each in a project: rows are made for what it names."""

import io
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from annotation import exports, leases, links, media, tokens, webhooks
from annotation.flags import raise_flag
from annotation.labels import Answer, Submission, submit_many
from annotation.models import (
    Annotator,
    Comparison,
    CrowdLink,
    Delivery,
    Invitation,
    JudgeCall,
    Participation,
    Project,
    Upload,
)
from annotation.permissions import Access
from llm_judges.panels import set_panel
from llm_judges.registry import annotator_of, set_judge
from tests.annotation.voting import answer
from tests.factories import make_person, make_user


@dataclass(frozen=True)
class Route:
    name: str
    parameters: tuple[str, ...]


def routes() -> list[Route]:
    """Every named route outside the admin, which has a test of its own."""
    return sorted(_walk(get_resolver().url_patterns, ""), key=lambda route: route.name)


def _walk(patterns: list[URLPattern | URLResolver], namespace: str) -> Iterator[Route]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace != "admin":
                inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
                yield from _walk(pattern.url_patterns, inner)
        else:
            yield Route(f"{namespace}{pattern.name}", tuple(pattern.pattern.regex.groupindex))


def address(route: Route, project: Project, comparison: int, person: Annotator) -> str:
    """The route's address; an assignment in it is one that this person has answered."""
    values: dict[str, object] = {
        "slug": project.slug,
        "comparison_id": comparison,
        "pk": comparison,
        "figure": "groups",
        "chart": "progress",
        "name": "pairwise",
        "part": "judges",
        "uidb36": "1",
        "key": "none",
        "topic": "criteria",
        "act": "beat",
    }
    if {"token", "invitation_id"}.intersection(route.parameters):
        made = links.make(Invitation, project, make_user(), "Anna", days=1, places=1)
        values["invitation_id"], values["token"] = made[0].pk, made[1]
    if route.name.startswith("crowd") or {"link_id", "guest_id"}.intersection(route.parameters):
        made = links.make(CrowdLink, project, make_user(), "Prolific", days=1, places=1, id_parameter="")
        values |= {"link_id": made[0].pk, "token": made[1]}
        part = Participation.objects.create(link=made[0], annotator=make_person(project))
        values["part_id"] = values["guest_id"] = part.pk
    if "membership_id" in route.parameters:
        values["membership_id"] = make_person(project).membership.pk
    if "sha256" in route.parameters:
        values["sha256"] = media.store(project, "a.gif", io.BytesIO(b"GIF89a\1\0\1\0")).sha256
    if "upload_id" in route.parameters:
        values["upload_id"] = Upload.objects.create(project=project, name="a.csv", size=9).pk
    if "judge_id" in route.parameters:
        entry = {"name": "asked", "base_url": "http://127.0.0.1:9/v1", "model": "m-1"}
        values["judge_id"] = set_judge(project, **entry).pk
    if "panel_id" in route.parameters:
        for name in ("ann", "bea"):
            set_judge(project, name=name, base_url="http://127.0.0.1:9/v1", model="m-1")
        values["panel_id"] = set_panel(project, "jury", ["ann", "bea"]).pk
    if "call_id" in route.parameters:
        values["call_id"] = make_call(project, comparison)
    if "annotator_id" in route.parameters:
        values["annotator_id"] = person.pk
    if "token_id" in route.parameters:
        values["token_id"] = make_token(project)
    if {"webhook_id", "delivery_id"} & set(route.parameters):
        values["delivery_id"] = delivery = make_delivery(project)
        values["webhook_id"] = Delivery.objects.get(pk=delivery).webhook_id
    if "flag_id" in route.parameters:
        values["flag_id"] = raise_flag(person, comparison, "Both are cut off.").pk
    if "number" in route.parameters:
        values |= {"number": make_release(project, comparison), "name": "manifest.json"}
        values["old"] = values["number"]
    if "assignment_id" in route.parameters:
        values["assignment_id"] = make_answer(project, person)
    return reverse(route.name, kwargs={name: values[name] for name in route.parameters})


def make_call(project: Project, comparison: int) -> int:
    judge = set_judge(project, name="asked", base_url="http://127.0.0.1:9/v1", model="m-1")
    call, _ = JudgeCall.objects.get_or_create(
        annotator=annotator_of(judge), comparison_id=comparison, order="ab", defaults={"state": "refused"}
    )
    return call.pk


def make_answer(project: Project, person: Annotator) -> int:
    given = person.assignments.filter(state="submitted").first()
    if given is None:
        [given] = leases.claim(person, project)
        said = Answer("a>b" if given.shown == "ab" else "b>a", 1)  # the same as in the release
        submit_many(person, project, [Submission(given.pk, {"overall": said})])
    return given.pk


def make_token(project: Project) -> int:
    owner = make_person(project, role="owner").membership
    return tokens.issue(Access(project, owner), "nightly import", "viewer")[0].pk


def make_delivery(project: Project) -> int:
    webhook = webhooks.add(project, make_user(), "https://hooks.example.org/", ["release.ready"])[0]
    return Delivery.objects.create(webhook=webhook, kind="release.ready", body="{}", state="failed").pk


def make_release(project: Project, comparison: int) -> int:
    if (ready := project.releases.filter(state="ready").first()) is not None:
        return ready.number
    answer(make_person(project), Comparison.objects.get(pk=comparison), "a>b", 1)
    release = exports.start(project, exports.Options(("trl-preference",)))
    exports.work_on(release)
    return release.number

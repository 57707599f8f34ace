"""What judges said is nowhere to be seen for whoever has still to answer.

Every route that an annotator can open is opened twice: in a world where the judges say a, and in one where
they say b. What comes back is the same to the letter, and names neither judge nor reason.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotation import leases, reports
from annotation.models import (
    Annotation,
    Annotator,
    Assignment,
    Comparison,
    JudgeCall,
    JudgeVersion,
    Label,
    Project,
    Rationale,
    SoftLabel,
)
from annotation.permissions import MAY
from llm_judges.calibration import keep
from tests.access.addresses import Route, routes
from tests.access.expected import ACCOUNT, EXPECTED, MEMBER, PUBLIC
from tests.factories import make_comparison, make_person, make_project

NAME, MODEL, REASON, REPLY, SURE = "oracle", "seer-9b", "It-scans-better", "It-said-so", 0.73194
# Figures with their point: the digits alone may stand in the key of a row.
MARKS = (NAME, MODEL, REASON, REPLY, str(SURE), ".73194", "73.194", "73.2")


def open_to_annotators() -> list[Route]:
    everybody = {PUBLIC, ACCOUNT, MEMBER}
    acts = {act for act, roles in MAY.items() if "annotator" in roles}
    return [route for route in routes() if EXPECTED[route.name] in everybody | acts]


def judged(project: Project) -> None:
    """A judge has answered every comparison, in both orders, with a reason and a soft label."""
    version = JudgeVersion.objects.create(
        project=project, name=NAME, model=MODEL, template="pairwise", fingerprint="0" * 64
    )
    judge = Annotator.objects.create(project=project, kind="judge", name=NAME, judge_version=version)
    for comparison in Comparison.objects.filter(project=project):
        assignment = Assignment.objects.create(
            comparison=comparison,
            annotator=judge,
            purpose="import",
            state="submitted",
            shown="ab",
            claimed_at=timezone.now(),
        )
        annotation = Annotation.objects.create(assignment=assignment, shown="ab", order_consistent=True)
        label = Label.objects.create(
            annotation=annotation,
            project=project,
            comparison=comparison,
            annotator=judge,
            criterion=project.criteria.get(),
            ranking="a>b",
        )
        Rationale.objects.create(label=label, text=REASON)
        SoftLabel.objects.create(
            label=label, probabilities={"a": SURE, "tie": 0.1, "b": 0.9 - SURE}, source="votes", votes=2
        )
        for order in ("ab", "ba"):
            JudgeCall.objects.create(
                annotator=judge,
                comparison=comparison,
                order=order,
                state="ok",
                reply=REPLY,
                verdict={"overall": {"ranking": "a>b", "strength": None}},
            )


@contextmanager
def world(project: Project, ranking: str) -> Iterator[None]:
    """The judges say this of everything, and the project's figures know; afterwards nothing has happened."""
    with transaction.atomic():
        Label.objects.filter(project=project, annotator__kind="judge").update(ranking=ranking)
        verdict = {"overall": {"ranking": ranking, "strength": None}}
        JudgeCall.objects.filter(annotator__project=project).update(verdict=verdict)
        reports.refresh_consensus(project)
        keep(project)
        yield
        transaction.set_rollback(True)


def without_tokens(text: str) -> str:
    """Without the keys and nonces drawn anew for every reply, in which any word may stand by chance."""
    return re.sub(r"[A-Za-z0-9_\-]{30,}", "", text)


def scrubbed(content: bytes) -> str:
    """Without what is drawn anew for every reply: tokens, keys, nonces, numbers of new rows."""
    return re.sub(r"\d+", "0", without_tokens(content.decode()))


def project_of_six() -> Project:
    project = make_project(scale="three-way")
    for number in range(6):
        make_comparison(project, "Salt the water.", f"Heat it first, {number}.", wanted=3)
    judged(project)
    return project


def replies(person: Annotator, project: Project, url: str) -> list[list[bytes]]:
    """What the address answers in each of the two worlds."""
    assert person.user is not None
    found = []
    for ranking in ("a>b", "b>a"):
        with world(project, ranking):
            client = Client()  # the session of the other world is gone with it
            client.force_login(person.user)
            some = (
                client.get(url),
                client.post(url, {}),
                client.post(url, {}, content_type="application/json"),
            )
            found.append([reply.getvalue() for reply in some])
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("route", open_to_annotators(), ids=lambda route: route.name)
def test_no_route_of_an_annotator_depends_on_what_judges_said(route: Route) -> None:
    project = project_of_six()
    person = make_person(project)
    [held] = leases.claim(person, project)
    values = {
        "slug": project.slug,
        "assignment_id": held.pk,
        "sha256": "0" * 64,
        "token": "t",
        "uidb36": "0",
        "key": "k",
    }
    url = reverse(route.name, kwargs={name: values[name] for name in route.parameters})
    one, two = replies(person, project, url)
    for content in one + two:
        text = without_tokens(content.decode(errors="replace"))
        assert not [mark for mark in MARKS if mark in text]
    assert [scrubbed(content) for content in one] == [scrubbed(content) for content in two]


@pytest.mark.django_db
def test_it_would_be_noticed() -> None:
    """The test above would pass on empty pages, or if the worlds were the same."""
    project = project_of_six()
    lent = replies(make_person(project), project, reverse("label", args=[project.slug]))
    assert "Salt the water." in scrubbed(lent[0][0])
    comparison = Comparison.objects.filter(project=project).first()
    assert comparison is not None
    url = reverse("comparison", args=[project.slug, comparison.pk])
    [page, *_], [other, *_] = replies(make_person(project, role="owner"), project, url)
    assert NAME in page.decode()
    assert REASON in page.decode()
    assert scrubbed(page) != scrubbed(other)


@pytest.mark.django_db
def test_an_owner_who_labels_sees_what_judges_said_only_once_they_answered(client: Client) -> None:
    project = make_project()
    comparison = make_comparison(project)
    judged(project)
    owner = make_person(project, role="owner")
    assert owner.user is not None
    client.force_login(owner.user)
    call = JudgeCall.objects.filter(comparison=comparison).latest("pk")
    addresses = [
        reverse("comparison", args=[project.slug, comparison.pk]),
        reverse("judge-call", args=[project.slug, call.pk]),
    ]
    (held,) = leases.claim(owner, project)
    for address in addresses:
        shown = client.get(address, follow=True).content.decode()
        assert "in your hands" in shown
        shown = without_tokens(shown)
        assert not [mark for mark in (*MARKS, "model-0") if mark in shown]
    leases.give_back(owner, [held.pk])
    for address in addresses:
        shown = client.get(address, follow=True).content.decode()
        assert NAME in shown

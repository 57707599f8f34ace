"""Walks every registered URL, page and API alike, as a stranger, as a visitor and in each role.

The walk grows by itself: a route that is not listed in EXPECTED fails the test until somebody says who may
use it.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
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
    Membership,
    Participation,
    Project,
    Upload,
)
from annotation.permissions import MAY, Access
from llm_judges.panels import set_panel
from llm_judges.registry import annotator_of, set_judge
from tests.annotation.voting import answer
from tests.factories import make_comparison, make_person, make_project, make_user

PUBLIC = "public"  # anybody, signed in or not
ACCOUNT = "account"  # any account, and it sees its own things only
MEMBER = "member"  # every role
EXPECTED = {
    "sign-in": PUBLIC,
    "sign-out": PUBLIC,
    "join": PUBLIC,
    "invited": PUBLIC,
    "account": ACCOUNT,
    "account-data": ACCOUNT,
    "account-erase": ACCOUNT,
    "account_login": PUBLIC,
    "account_logout": PUBLIC,
    "account_signup": PUBLIC,
    "account_inactive": PUBLIC,
    "account_reauthenticate": ACCOUNT,
    "account_email": ACCOUNT,
    "account_email_verification_sent": PUBLIC,
    "account_confirm_email": PUBLIC,
    "account_confirm_login_code": PUBLIC,
    "account_change_password": ACCOUNT,
    "account_set_password": ACCOUNT,
    "account_reset_password": PUBLIC,
    "account_reset_password_done": PUBLIC,
    "account_reset_password_from_key": PUBLIC,
    "account_reset_password_from_key_done": PUBLIC,
    "mfa_index": ACCOUNT,
    "mfa_activate_totp": ACCOUNT,
    "mfa_deactivate_totp": ACCOUNT,
    "mfa_view_recovery_codes": ACCOUNT,
    "mfa_generate_recovery_codes": ACCOUNT,
    "mfa_download_recovery_codes": ACCOUNT,
    "mfa_authenticate": PUBLIC,
    "mfa_reauthenticate": ACCOUNT,
    "socialaccount_connections": ACCOUNT,
    "socialaccount_signup": PUBLIC,
    "socialaccount_login_cancelled": PUBLIC,
    "socialaccount_login_error": PUBLIC,
    "healthz": PUBLIC,
    "projects": ACCOUNT,
    "overview": "view",
    "charts": "view",
    "chart-table": "view",
    "comparisons": "view",
    "comparison": "view",
    "adjudicate": "review",
    "flags": "view",
    "flag-settle": "manage",
    "leaks": "view",
    "leaks-decide": "manage",
    "icon": PUBLIC,
    "agreement": "view",
    "agreement-table": "view",
    "agreement-json": "view",
    "disputes": "view",
    "leaderboard": "view",
    "leaderboard-table": "view",
    "people": "manage",
    "quality": "manage",
    "quality-gold": "manage",
    "comparison-gold": "manage",
    "person": "manage",
    "person-act": "manage",
    "payments": "manage",
    "members": "manage",
    "member-act": "manage",
    "invite": "manage",
    "invitation-close": "manage",
    "audit": "manage",
    "releases": "view",
    "release-new": "manage",
    "release-counts": "manage",
    "release": "view",
    "release-progress": "view",
    "release-diff": "view",
    "release-file": "view",
    "judges": "view",
    "judge": "view",
    "judge-act": "manage",
    "judge-estimate": "view",
    "judge-trial": "view",
    "judge-try": "manage",
    "judge-tags": "view",
    "judge-tag": "manage",
    "judge-tag-stop": "manage",
    "judge-calls": "view",
    "calibration": "view",
    "calibration-json": "view",
    "calibration-table": "view",
    "calibration-keep": "manage",
    "batches-look": "manage",
    "panel": "view",
    "panel-act": "manage",
    "panel-new": "manage",
    "panel-settings": "manage",
    "judge-new": "manage",
    "judge-service": "manage",
    "judge-settings": "manage",
    "judge-template": "manage",
    "judge-template-new": "manage",
    "judge-templates": "view",
    "judge-versions": "view",
    "judges-file": "manage",
    "judge-call": "view",
    "plan": "view",
    "plan-ask": "manage",
    "plan-approve": "manage",
    "label": "label",
    "plain": "label",
    "media": MEMBER,
    "label-work": "label",
    "label-next": "label",
    "label-skip": "label",
    "label-unskip": "label",
    "label-beat": "label",
    "label-flag": "label",
    "label-appeal": "label",
    "label-profile": "label",
    "crowd": PUBLIC,
    "crowd-links": "manage",
    "crowd-close": "manage",
    "crowd-return": "manage",
    "crowd-finish": "label",
    "crowd-stop": "label",
    "label-consent": "label",
    "label-notice": "label",
    "label-guidelines": "label",
    "label-one": "label",
    "project-new": ACCOUNT,
    "uploads": "manage",
    "upload": "manage",
    "upload-part": "manage",
    "upload-progress": "manage",
    "upload-refused": "manage",
    "upload-remove": "manage",
    "preview": "manage",
    "preview-act": "manage",
    "project-state": "manage",
    "project-file": "manage",
    "project-file-apply": "manage",
    "project-duplicate": "own",
    "guidelines-shown": "manage",
    "settings": "manage",
    "api-projects": ACCOUNT,
    "api-project": "view",
    "api-comparisons": "view",
    "api-labels": "view",
    "api-releases": "view",
    "api-release": "view",
    "api-release-new": "manage",
    "api-claim": "label",
    "api-submit": "label",
    "api-plan": "view",
    "api-plan-ask": "manage",
    "api-plan-approve": "manage",
    "api-decision": "view",
    "api-decisions": "view",
    "api-schema": PUBLIC,
    "api-docs": PUBLIC,
    "api-project-new": ACCOUNT,
    "api-project-act": "manage",
    "api-project-set": "manage",
    "api-comparison": "view",
    "api-import-comparisons": "manage",
    "api-import-labels": "manage",
    "api-agreement": "view",
    "api-leaderboard": "view",
    "api-consensus": "view",
    "api-consensus-refresh": "manage",
    "api-release-file": "view",
    "api-annotators": "view",
    "api-annotator": "manage",
    "api-annotator-act": "manage",
    "api-members": "manage",
    "api-member-set": "own",
    "api-member-remove": "own",
    "api-audit": "manage",
    "api-flags": "view",
    "api-webhooks": "manage",
    "api-webhook-new": "manage",
    "api-webhook-act": "manage",
    "api-deliveries": "manage",
    "api-delivery-resend": "manage",
    "programs": "manage",
    "token-new": "manage",
    "token-revoke": "manage",
    "webhook-new": "manage",
    "webhook-act": "manage",
    "deliveries": "manage",
    "delivery-resend": "manage",
    "api-judges": "view",
    "api-judge-set": "manage",
    "api-judge-retire": "manage",
    "api-judge-runs": "view",
    "api-judge-run-start": "manage",
    "api-judge-run-act": "manage",
}
# What leads nowhere: an invitation that nobody holds, a key that nobody was sent, a sign-on that failed.
NOWHERE = {"join": {410}, "account_confirm_email": {404}, "socialaccount_login_error": {401}}
ROLES = [role.value for role in Membership.Role]


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
        "topic": "questions",
        "act": "beat",
    }
    if {"token", "invitation_id"}.intersection(route.parameters):
        made = links.make(Invitation, project, make_user(), "Anna", days=1, places=1)
        values["invitation_id"], values["token"] = made[0].pk, made[1]
    if route.name.startswith("crowd"):
        made = links.make(CrowdLink, project, make_user(), "Prolific", days=1, places=1, id_parameter="")
        values |= {"link_id": made[0].pk, "token": made[1]}
        values["part_id"] = Participation.objects.create(link=made[0], annotator=make_person(project)).pk
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
        [held] = leases.claim(person, project)
        submit_many(person, project, [Submission(held.pk, {"overall": Answer("a=b")})])
        values["assignment_id"] = held.pk
    return reverse(route.name, kwargs={name: values[name] for name in route.parameters})


def make_call(project: Project, comparison: int) -> int:
    judge = set_judge(project, name="asked", base_url="http://127.0.0.1:9/v1", model="m-1")
    call, _ = JudgeCall.objects.get_or_create(
        annotator=annotator_of(judge), comparison_id=comparison, order="ab", defaults={"state": "refused"}
    )
    return call.pk


def make_token(project: Project) -> int:
    owner = make_person(project, role="owner").membership
    return tokens.issue(Access(project, owner), "nightly import", "viewer")[0].pk


def make_delivery(project: Project) -> int:
    webhook = webhooks.add(project, make_user(), "https://hooks.example.org/", ["release.ready"])[0]
    return Delivery.objects.create(webhook=webhook, kind="release.ready", body="{}", state="failed").pk


def make_release(project: Project, comparison: int) -> int:
    answer(make_person(project), Comparison.objects.get(pk=comparison), "a>b", 1)
    release = exports.start(project, exports.Options(("trl-preference",)))
    exports.work_on(release)
    return release.number


def statuses(client: Client, url: str) -> set[int]:
    """What the route answers by GET and by POST: 302 where it leads to sign-in, 200 where it leads elsewhere.

    405 (not its method) says nothing and is left out.
    """
    answers = (client.get(url), client.post(url, {}))
    return {status(answer) for answer in answers} - {405}


def status(answer: Any) -> int:
    elsewhere = answer.status_code == 302 and not answer.headers["Location"].startswith(reverse("sign-in"))
    return 200 if elsewhere else int(answer.status_code)


def test_every_route_says_who_may_use_it() -> None:
    assert {route.name for route in routes()} == set(EXPECTED)


@pytest.mark.django_db
@pytest.mark.parametrize("route", routes(), ids=lambda route: route.name)
def test_a_route_lets_in_whom_it_should_and_nobody_else(route: Route, client: Client) -> None:
    project = make_project()
    comparison = make_comparison(project, wanted=5)
    url = address(route, project, comparison.pk, make_person(project))
    expected = EXPECTED[route.name]

    if expected == PUBLIC:
        assert statuses(client, url) <= {200, 302} | NOWHERE.get(route.name, set())
        return
    assert statuses(client, url) <= {302, 401, 403}, "a visitor without an account"
    if client.get(url).status_code == 302:
        assert client.get(url).headers["Location"].startswith(reverse("sign-in"))

    stranger = make_person(make_project(), role="owner").user
    assert stranger is not None
    client.force_login(stranger)
    if expected == ACCOUNT:
        assert project.name not in client.get(url).content.decode()
        return
    assert statuses(client, url) == {404}, "the owner of another project"
    client.force_login(make_user(is_staff=True, is_superuser=True))
    assert statuses(client, url) == {404}, "a superuser who is no member"

    for role in ROLES:
        person = make_person(project, role=role)
        assert person.user is not None
        client.force_login(person.user)
        if expected == MEMBER or role in MAY[expected]:  # type: ignore[index]
            url = address(route, project, comparison.pk, person)
            assert not statuses(client, url) & {302, 401, 403, 404, 500}, role
        else:
            assert statuses(client, url) == {403}, role


@pytest.mark.django_db
def test_the_admin_is_closed_to_everybody_but_staff(client: Client) -> None:
    for role in ROLES:
        person = make_person(make_project(), role=role)
        assert person.user is not None
        client.force_login(person.user)
        assert client.get(reverse("admin:index")).status_code == 302
        assert client.get(reverse("admin:annotation_label_changelist")).status_code == 302


@pytest.mark.django_db
def test_an_inactive_account_is_out_at_once(client: Client) -> None:
    person = make_person(make_project())
    assert person.user is not None
    client.force_login(person.user)
    person.user.is_active = False
    person.user.save()
    assert client.get(reverse("projects")).status_code == 302

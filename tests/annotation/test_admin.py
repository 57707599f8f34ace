"""The admin knows every table, opens every page of it, and lets nobody edit a fact."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from annotation import labels, leases, links
from annotation.admin import base
from annotation.admin.base import LIMIT, BoundedPaginator
from annotation.audit import record
from annotation.models import (
    Annotation,
    AnnotatorSkill,
    Assignment,
    Comparison,
    Consensus,
    ConsensusFit,
    Consent,
    ConsentGiven,
    CrowdLink,
    Decision,
    Delivery,
    Demand,
    Figures,
    Flag,
    Gold,
    IdentityLeak,
    Invitation,
    JudgeCall,
    JudgeRun,
    KeptReply,
    Label,
    MediaFile,
    Notice,
    Participation,
    PoolMembership,
    ProfileAnswer,
    Project,
    QualificationTry,
    Rationale,
    Reference,
    Release,
    ReleaseItem,
    Rendering,
    SearchText,
    SoftLabel,
    Summary,
    SummaryMark,
    Tag,
    Token,
    Upload,
    User,
    Watch,
    Webhook,
)
from annotation.tasks import expire_leases
from llm_judges.models import (
    Calibration,
    Judge,
    JudgeBatch,
    JudgeTemplate,
    JudgeTerms,
    Limit,
    Panel,
    PanelMember,
    PanelVerdict,
    Tagging,
)
from routing import refits
from routing.models import PlanPart, Refit, RoutingSettings, TextFeatures
from routing.planning import make_plan
from routing.texts import describe_project
from tests.factories import PASSWORD, make_comparison, make_person, make_project, make_user
from tests.routing.judges import make_judge

pytestmark = pytest.mark.django_db

ROOMS = ("annotation", "llm_judges", "routing", "frontend")
# Worked out in the background, so that pages are quick: there is nothing to look at.
DERIVED = (Figures, SearchText, Summary, SummaryMark)
MODELS = [model for room in ROOMS for model in apps.get_app_config(room).get_models() if model not in DERIVED]
FACTS = (
    Annotation,
    Label,
    Rationale,
    SoftLabel,
    Decision,
    JudgeCall,
    JudgeRun,
    Release,
    ReleaseItem,
    Upload,
    Consensus,
    ConsensusFit,
    Consent,
    ConsentGiven,
    QualificationTry,
    Notice,
    Watch,
    AnnotatorSkill,
    PlanPart,
    Refit,
    TextFeatures,
)
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def world() -> Project:
    """A project with at least one row in every table."""
    project = make_project()
    comparison = make_comparison(project, HOSTILE, "A quiet answer.", external_id="q1", category=HOSTILE)
    person, judge = make_person(project), make_judge(project)
    assert judge.judge_version is not None
    template = JudgeTemplate.objects.create(project=project, name="t", text=HOSTILE, sha256="0" * 64)
    settings = Judge.objects.create(
        version=judge.judge_version, base_url="https://judge.example.org/v1", pair_template=template
    )
    JudgeTerms.objects.create(judge=settings, revision=1, values={})
    run = JudgeRun.objects.create(project=project, annotator=judge, message=HOSTILE)
    JudgeBatch.objects.create(run=run, judge=settings, rung="tool", message=HOSTILE)
    Limit.objects.create(key="0" * 64)
    tagged = JudgeRun.objects.create(project=project, annotator=judge, purpose="tags", message=HOSTILE)
    Tagging.objects.create(judge=settings, run=tagged, embedding_model=HOSTILE)
    panel = Panel.objects.create(version=judge.judge_version, rule="majority")
    PanelMember.objects.create(panel=panel, judge=settings, position=0)
    PanelVerdict.objects.create(panel=panel, comparison=comparison, state="undecided", reason=HOSTILE)
    describe_project(project)
    make_plan(project, "all_human")
    refits.begin(project)
    RoutingSettings.objects.create(project=project, hours={HOSTILE: 1})
    [assignment] = leases.claim(person, project)
    answer = labels.Answer("a>b", rationale=HOSTILE)
    labels.submit_many(person, project, [labels.Submission(assignment.pk, {"overall": answer})])
    criterion = project.criteria.get()
    counts = {"comparisons": 1, "groups": 1, "fewest_people": 2, "through": 1}
    Calibration.objects.create(annotator=judge, criterion=criterion, map={}, held_out={}, **counts)
    JudgeCall.objects.create(annotator=judge, comparison=comparison, order="ab", state="ok", reply=HOSTILE)
    Rendering.objects.create(comparison=comparison, version=1, content={})
    Tag.objects.create(comparison=comparison, name="turn", value=HOSTILE, source="rule")
    Gold.objects.create(reference=Reference.objects.create(comparison=comparison, criterion=criterion))
    Consensus.objects.create(
        comparison=comparison, criterion=criterion, method="majority", probabilities={}, winner="a", support=1
    )
    fit = ConsensusFit.objects.create(criterion=criterion, method="mace", k=2, comparisons=1, labels=1)
    AnnotatorSkill.objects.create(fit=fit, annotator=person, competence=0.8, labels=1)
    Flag.objects.create(comparison=comparison, annotator=person, note=HOSTILE)
    record(project, None, "pause", HOSTILE, reason=HOSTILE)
    consent = Consent.objects.create(project=project, text=HOSTILE)
    ConsentGiven.objects.create(annotator=person, consent=consent)
    QualificationTry.objects.create(annotator=person, number=1, right=1, of=2, passed=False)
    Notice.objects.create(annotator=person, kind="warning", text=HOSTILE)
    Watch.objects.create(annotator=person)
    MediaFile.objects.create(project=project, sha256="0" * 64, content_type="image/png", size=1, name=HOSTILE)
    SoftLabel.objects.create(label=Label.objects.get(), probabilities={}, source="votes", votes=2)
    by = person.user
    assert by is not None
    links.make(Invitation, project, by, HOSTILE, days=1, places=1)
    crowd, _ = links.make(CrowdLink, project, by, HOSTILE, days=1, places=1)
    Participation.objects.create(link=crowd, annotator=person)
    ProfileAnswer.objects.create(annotator=person, question="field", answer=HOSTILE)
    IdentityLeak.objects.create(project=project, response=comparison.responses.all()[0], found=[])
    release = Release.objects.create(project=project, number=1, format="labels", path="x")
    ReleaseItem.objects.create(release=release, comparison=comparison)
    Token.objects.create(
        project=project, user=person.user, name=HOSTILE, role="viewer", digest="0" * 64, ending="abcd"
    )
    KeptReply.objects.create(caller="user 1", key=HOSTILE, fingerprint="0" * 64)
    webhook = Webhook.objects.create(project=project, url="https://example.org/", secret="x")
    Delivery.objects.create(webhook=webhook, kind="release.ready", body="{}", state="failed", error=HOSTILE)
    Upload.objects.create(project=project, name=HOSTILE, size=1)
    return project


def page(model: type[Model], action: str, *arguments: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{action}", args=arguments)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_table_is_in_the_admin_and_its_pages_open(
    model: type[Model], world: Project, boss: Client
) -> None:
    assert admin.site.is_registered(model)
    row = model._default_manager.first()
    assert row is not None, "the world of this test lacks an example"
    permitted = admin.site.get_model_admin(model)
    request = boss.get(page(model, "changelist")).wsgi_request
    for address, allowed in [
        (page(model, "changelist"), True),
        (page(model, "changelist") + "?q=q1", True),
        (page(model, "change", row.pk), True),
        (page(model, "add"), permitted.has_add_permission(request)),
    ]:
        reply = boss.get(address)
        assert reply.status_code == (200 if allowed else 403), address
        assert HOSTILE not in reply.content.decode()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_row_with_a_huge_number_is_not_there(model: type[Model], boss: Client) -> None:
    reply = boss.get(page(model, "change", "9" * 30))
    assert (reply.status_code, reply.headers["Location"]) == (302, reverse("admin:index"))


@pytest.mark.parametrize("model", FACTS, ids=lambda model: model.__name__)
def test_facts_cannot_be_added_edited_or_deleted(model: type[Model], world: Project, boss: Client) -> None:
    row = model._default_manager.first()
    assert row is not None
    before = list(model._default_manager.order_by("pk").values())
    assert boss.post(page(model, "add"), {}).status_code == 403
    assert boss.post(page(model, "change", row.pk), {}).status_code == 403
    assert boss.post(page(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    bulk = {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"}
    boss.post(page(model, "changelist"), bulk)
    assert list(model._default_manager.order_by("pk").values()) == before


def test_a_superuser_of_the_admin_sees_no_passwords(world: Project, boss: Client) -> None:
    for user in User.objects.all():
        text = boss.get(page(User, "change", user.pk)).content.decode()
        assert user.password not in text
        assert user.password.split("$")[-1] not in text


def test_an_account_made_in_the_admin_can_sign_in(boss: Client) -> None:
    made = {"email": "New@Example.org", "name": "New", "password1": PASSWORD, "password2": PASSWORD}
    assert boss.post(page(User, "add"), made | {"usable_password": "true"}).status_code == 302
    assert Client().login(email="new@example.org", password=PASSWORD)


def test_an_address_changed_in_the_admin_signs_in(boss: Client) -> None:
    user = make_user()
    form = boss.get(page(User, "change", user.pk)).context["adminform"].form
    values = {name: value for name, value in form.initial.items() if value and name in form.fields}
    reply = boss.post(page(User, "change", user.pk), values | {"email": "Moved@Example.org"})
    assert reply.status_code == 302
    assert Client().login(email="moved@example.org", password=PASSWORD)


def test_lists_are_never_counted_whole(world: Project, boss: Client) -> None:
    for model in (Label, Comparison, Decision, Annotation):
        with CaptureQueriesContext(connection) as queries:
            boss.get(page(model, "changelist"))
        counts = [query["sql"] for query in queries if "COUNT(" in query["sql"]]
        assert counts
        assert all(f"LIMIT {LIMIT}" in sql for sql in counts)


def test_a_list_page_takes_the_same_number_of_statements_for_many_rows(world: Project, boss: Client) -> None:
    numbers = []
    for _ in range(2):
        for model in (Label, Demand, Decision, PoolMembership):
            with CaptureQueriesContext(connection) as queries:
                boss.get(page(model, "changelist"))
            numbers.append(len(queries))
        for _ in range(5):
            make_comparison(world)
        make_plan(world, "all_human")
        make_person(world)
    assert numbers[:4] == numbers[4:]


def test_a_list_knows_no_more_than_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        make_user()
    assert BoundedPaginator(User.objects.order_by("pk"), 50).count == 3
    monkeypatch.setattr(base, "LIMIT", 2)
    assert BoundedPaginator(User.objects.order_by("pk"), 50).count == 2


def test_expired_leases_go_back_by_the_task() -> None:
    project = make_project()
    make_comparison(project)
    leases.claim(make_person(project), project)
    Assignment.objects.update(leased_until=timezone.now())
    expire_leases.delay()
    assert Assignment.objects.get().state == "expired"
    assert Demand.objects.get().live == 0

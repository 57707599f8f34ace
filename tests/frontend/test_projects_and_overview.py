"""The owner's first pages: which project needs me, and how far one is."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotation import leases
from annotation.labels import Answer, Submission, submit_many
from annotation.models import (
    Annotator,
    Comparison,
    Demand,
    JudgeCall,
    JudgeRun,
    JudgeVersion,
    Label,
    Membership,
    Project,
    Release,
    User,
)
from annotation.permissions import add_member
from tests.factories import PASSWORD, make_comparison, make_person, make_project, make_user

pytestmark = pytest.mark.django_db


def make_judge(project: Project, name: str = "small") -> Annotator:
    version = JudgeVersion.objects.create(
        project=project, name=name, model="m", template="pair", fingerprint=name
    )
    return Annotator.objects.create(project=project, kind="judge", name=name, judge_version=version)


def answer(annotator: Annotator, project: Project, number: int = 1) -> None:
    for _ in range(number):
        (assignment,) = leases.claim(annotator, project)
        submission = Submission(assignment.pk, {"overall": Answer("a>b", 1)}, active_seconds=30)
        submit_many(annotator, project, [submission])


def page(client: Client, user: User | None, name: str, *parameters: Any) -> str:
    assert user is not None
    client.force_login(user)
    response = client.get(reverse(name, args=parameters))
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def statements(client: Client, user: User, name: str, *parameters: Any) -> int:
    client.force_login(user)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(reverse(name, args=parameters)).status_code == 200
    return len(captured)


def test_signing_in_with_the_address_in_any_case_opens_the_projects(client: Client) -> None:
    make_user("Ines@Example.org")
    response = client.post(reverse("sign-in"), {"username": "INES@example.ORG", "password": PASSWORD})
    assert response.headers["Location"] == reverse("projects")


def test_a_wrong_password_says_what_to_do_and_not_which_half_was_wrong(client: Client) -> None:
    make_user("ines@example.org")
    wrong = client.post(reverse("sign-in"), {"username": "ines@example.org", "password": "x"}).content
    unknown = client.post(reverse("sign-in"), {"username": "no@example.org", "password": "x"}).content
    for html in (wrong.decode(), unknown.decode()):
        assert "do not belong together" in html


def test_signing_in_returns_to_the_page_asked_for_and_never_to_another_site(client: Client) -> None:
    make_user("ines@example.org")
    given = {"username": "ines@example.org", "password": PASSWORD}
    for wanted, got in (("/p/x/label/", "/p/x/label/"), ("https://evil.example/", "/")):
        response = client.post(reverse("sign-in"), given | {"next": wanted})
        assert response.headers["Location"] == got
        client.logout()


def test_signing_out_takes_a_post(client: Client) -> None:
    client.force_login(make_user())
    assert client.get(reverse("sign-out")).status_code == 405
    assert client.post(reverse("sign-out")).headers["Location"] == reverse("sign-in")
    assert client.get(reverse("projects")).status_code == 302


def test_projects_with_work_come_first_and_say_how_much(client: Client) -> None:
    idle, busy, new = make_project(name="Aa idle"), make_project(name="Bb busy"), make_project(name="Cc new")
    for project, number in ((idle, 0), (busy, 3), (new, 2)):
        for _ in range(number):
            make_comparison(project)
    person = make_person(busy)
    assert person.user is not None
    add_member(idle, person.user, "viewer")
    add_member(new, person.user, "annotator")  # has never opened it
    answer(person, busy)
    leases.claim(person, busy)
    html = page(client, person.user, "projects")
    assert html.index("Bb busy") < html.index("Cc new") < html.index("Aa idle")
    assert html.count("<b>2</b> comparisons wait for you") == 2
    assert "You may look, not judge" in html
    assert "<b>2 projects</b> have work for you" in html


def test_a_person_without_projects_learns_how_to_get_one(client: Client) -> None:
    user = make_user("new@example.org")
    assert "new@example.org" in page(client, user, "projects")


def test_the_projects_page_takes_as_many_statements_for_twenty_projects_as_for_two(client: Client) -> None:
    user = make_user()
    counts = []
    for number in (2, 18):
        for _ in range(number):
            project = make_project()
            add_member(project, user, "owner")
            make_comparison(project)
            if project.pk % 2:
                client.force_login(user)
                client.get(reverse("label", args=[project.slug]))
        counts.append(statements(client, user, "projects"))
    assert counts[0] == counts[1] <= 6


def test_the_overview_says_in_one_sentence_how_far_the_project_is(client: Client) -> None:
    project = make_project(budget=20, human_label_price=Decimal("1.50"))
    for _ in range(5):
        make_comparison(project, wanted=2)
    answer(make_person(project), project, 2)
    judge = make_judge(project)
    for comparison in Comparison.objects.order_by("pk")[1:4]:
        Demand.objects.create(comparison=comparison, judge=judge, wanted=1)
    answer(judge, project, 2)
    comparison = Comparison.objects.first()
    assert comparison is not None
    for order, state, cost in (("ab", "ok", "0.02"), ("ba", "rate_limited", "0")):
        call = JudgeCall(annotator=judge, comparison=comparison, order=order, state=state, cost=Decimal(cost))
        call.save()
    JudgeRun.objects.create(project=project, annotator=judge, spent=Decimal("0.02"))
    Release.objects.create(
        project=project, number=1, state="ready", format="labels", path="x", sha256="ab" * 32, rows=12
    )
    owner = make_person(project, role="owner")
    html = page(client, owner.user, "overview", project.slug)
    assert "<b>3 of 5</b> comparisons are labelled" in html
    assert "still asked for <b>8 labels</b>" in html
    assert "<b>$3.02</b> of $20.00 is spent" in html
    assert "<b>One call</b> to a judge brought no answer" in html
    assert "1 rate limited" in html
    assert "abababababab" in html
    for name, number in (("People only", 1), ("Both", 1), ("Judges only", 1), ("Nobody yet", 2)):
        assert f"{name}</span></dt><dd>{number}</dd>" in html or f"{name}</dt><dd>{number}</dd>" in html


def test_people_have_worked_the_time_of_changed_answers_too_and_are_paid_once(client: Client) -> None:
    project = make_project(human_label_price=Decimal("1.50"))
    make_comparison(project)
    person = make_person(project)
    (assignment,) = leases.claim(person, project)
    for revision, seconds in enumerate((60, 1200)):
        said = {"overall": Answer("a>b", 1 + revision)}
        submit_many(
            person, project, [Submission(assignment.pk, said, revision=revision, active_seconds=seconds)]
        )
    html = page(client, make_person(project, role="owner").user, "overview", project.slug)
    assert "People have worked 21 min on it here." in html
    assert "people $1.50, judges $0.00" in html


def test_what_could_not_be_put_to_a_judge_is_no_failure_of_it(client: Client) -> None:
    project = make_project()
    judge = make_judge(project)
    for state in ("ok", "invalid_input", "invalid_input"):
        JudgeCall.objects.create(
            annotator=judge, comparison=make_comparison(project), order="ab", state=state
        )
    html = page(client, make_person(project, role="owner").user, "overview", project.slug)
    assert "brought no answer" not in html
    assert "Nothing needs you now." in html
    assert "<span>1 answered</span>" in html
    assert '<p class="faint">2 not asked: empty, identical or too long</p>' in html
    assert 'class="fault"' not in html

    JudgeCall.objects.filter(state="ok").update(state="refused")
    html = page(client, make_person(project, role="owner").user, "overview", project.slug)
    assert "<b>One call</b> to a judge brought no answer" in html
    assert "<b>small: 1 of 1 calls failed</b>" in html


def test_many_judges_are_summed_up_and_listed_when_asked_for(client: Client) -> None:
    project = make_project()
    comparison = make_comparison(project)
    for number in range(9):
        judge = make_judge(project, f"judge-{number}")
        JudgeCall.objects.create(annotator=judge, comparison=comparison, order="ab", state="ok", cost=number)
        JudgeRun.objects.create(project=project, annotator=judge, state="finished", spent=number)
    html = page(client, make_person(project, role="owner").user, "overview", project.slug)
    assert '<a href="#judges">3 other judges</a>' in html
    ledger, _, calls = html.partition('id="judges"')
    assert [f"judge-{number}" in ledger for number in range(9)] == [False] * 3 + [True] * 6
    listed, _, asked_for = calls.partition("<summary>Show 3 other judges</summary>")
    for number in range(9):
        assert (f"judge-{number}" in listed, f"judge-{number}" in asked_for) == (number > 2, number < 3)


def test_a_new_project_says_how_to_begin(client: Client) -> None:
    project = make_project()
    owner = make_person(project, role="owner")
    html = page(client, owner.user, "overview", project.slug)
    assert f"python manage.py import_comparisons {project.slug} comparisons.jsonl" in html
    assert f"import_comparisons {project.slug}" in page(client, owner.user, "comparisons", project.slug)


def test_the_overview_takes_the_same_few_statements_with_ten_and_a_thousand_rows(client: Client) -> None:
    counts = []
    for size in (10, 1_000):
        project = make_project()
        owner = make_person(project, role="owner")
        judges = [make_judge(project, f"judge-{number}") for number in range(2 if size == 10 else 12)]
        comparison = make_comparison(project, wanted=5)
        Comparison.objects.bulk_create(
            Comparison(project=project, external_id=f"n{n}", prompt=[], k=2, group="g", content_hash=f"{n}")
            for n in range(size)
        )
        demands = [
            Demand(comparison=row, judge=judge, wanted=1)
            for judge in judges
            for row in project.comparisons.all()[:10]
        ]
        Demand.objects.bulk_create(demands)
        for judge in judges:
            answer(judge, project, 3)
            JudgeCall.objects.create(annotator=judge, comparison=comparison, order="ab", state="ok")
        for number in range(3 if size == 10 else 30):
            Release.objects.create(
                project=project, number=number, state="ready", format="labels", path="x", sha256="0" * 64
            )
        assert owner.user is not None
        counts.append(statements(client, owner.user, "overview", project.slug))
    assert counts[0] == counts[1] <= 15


def test_labels_of_another_project_never_show(client: Client) -> None:
    mine, other = make_project(), make_project()
    make_comparison(mine)
    make_comparison(other)
    answer(make_person(other), other)
    owner = make_person(mine, role="owner")
    assert "<b>0 of 1</b> comparisons are labelled" in page(client, owner.user, "overview", mine.slug)
    assert Label.objects.count() == 1
    assert Membership.objects.filter(project=mine).count() == 1

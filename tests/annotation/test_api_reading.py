"""Reading a project over the REST API."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotation import labels, leases
from annotation.models import Annotator, Comparison, Label, Project
from tests.annotation.calling import field_at_fault, get, member, post
from tests.annotation.voting import answer
from tests.factories import make_comparison, make_person, make_project, make_user

pytestmark = pytest.mark.django_db


def test_a_caller_sees_their_own_projects_and_no_others() -> None:
    mine, other = make_project(), make_project()
    make_person(other, role="owner")
    reply = member(mine, "annotator").get("/api/v1/projects/").json()
    assert reply["results"] == [{"slug": mine.slug, "name": mine.name, "role": "annotator"}]
    assert other.slug not in str(reply)


def test_nobody_reads_without_signing_in() -> None:
    project = make_project()
    reply = get(Client(), project, "")
    assert (reply.status_code, reply.headers["WWW-Authenticate"]) == (401, 'Bearer realm="tandem"')
    assert reply.json()["detail"]


def test_a_stranger_is_told_that_there_is_no_such_project() -> None:
    project = make_project()
    client = Client()
    client.force_login(make_user(is_superuser=True, is_staff=True))
    for what in ("", "comparisons/", "labels/"):
        reply = get(client, project, what)
        assert (reply.status_code, reply.json()["detail"]) == (404, "No such project")


@pytest.mark.parametrize("what", ["", "comparisons/", "labels/"])
def test_an_annotator_reads_neither_comparisons_nor_labels(what: str) -> None:
    project = make_project()
    reply = get(member(project, "annotator"), project, what)
    assert reply.status_code == 403
    assert reply.json()["detail"]


def test_a_viewer_may_not_label() -> None:
    project = make_project()
    make_comparison(project)
    assert post(member(project, "viewer"), project, "claim", {}).status_code == 403


def test_a_viewer_reads_the_set_up() -> None:
    project = make_project(labels_wanted=3)
    reply = get(member(project, "viewer"), project, "").json()
    assert (reply["slug"], reply["labels_wanted"], reply["role"]) == (project.slug, 3, "viewer")
    assert reply["criteria"][0]["name"] == "overall"


def test_comparisons_are_paged_to_the_end_each_once() -> None:
    project, other = make_project(), make_project()
    names = [make_comparison(project, external_id=f"q{number}").external_id for number in range(7)]
    make_comparison(other)
    client = member(project, "viewer")

    seen, address, pages = [], f"/api/v1/projects/{project.slug}/comparisons/?limit=3", 0
    while address:
        page = client.get(address).json()
        seen += [row["id"] for row in page["results"]]
        address, pages = page["next"], pages + 1

    assert seen == names
    assert pages == 3


def test_a_comparison_has_the_form_of_an_import_line() -> None:
    project = make_project()
    make_comparison(
        project, "Yes.", "No.", external_id="q", category="coding", group="g", metadata={"turn": 2}
    )
    [row] = get(member(project, "viewer"), project, "comparisons/").json()["results"]
    assert row == {
        "number": Comparison.objects.get().pk,
        "id": "q",
        "prompt": [{"role": "user", "content": "Name a use for a paper clip."}],
        "responses": [
            {"messages": [{"role": "assistant", "content": "Yes."}], "model": "model-0"},
            {"messages": [{"role": "assistant", "content": "No."}], "model": "model-1"},
        ],
        "group": "g",
        "category": "coding",
        "metadata": {"turn": 2},
        "fit": True,
    }


def preferred(comparison: Comparison) -> str:
    """The stored letter on top of the only label."""
    return Label.objects.get(comparison=comparison).ranking[0]


def label_all(project: Project) -> Annotator:
    person = make_person(project, email="dana@example.org")
    while lent := leases.claim(person, project):
        answer = labels.Answer("a>b", strength=1, rationale="Because.")
        labels.submit_many(person, project, [labels.Submission(lent[0].pk, {"overall": answer})])
    return person


def test_labels_have_the_form_of_an_import_line_and_no_address() -> None:
    project = make_project()
    comparison = make_comparison(project, external_id="q")
    person = label_all(project)

    reply = get(member(project, "viewer"), project, "labels/")

    [row] = reply.json()["results"]
    assert (row["comparison"], row["kind"], row["criterion"]) == ("q", "human", "overall")
    assert (row["ranking"][0], row["strength"], row["rationale"]) == (preferred(comparison), 1, "Because.")
    assert row["annotator"] == f"person-{person.pk}"
    assert "dana@example.org" not in reply.content.decode()


def test_an_imported_address_is_given_to_nobody() -> None:
    project = make_project()
    make_comparison(project)
    person = label_all(project)
    Annotator.objects.filter(pk=person.pk).update(external_id="dana@example.org", name="dana@example.org")

    reply = get(member(project, "viewer"), project, "labels/")

    assert reply.json()["results"][0]["annotator"] == f"person-{person.pk}"
    assert "dana@" not in reply.content.decode()


def test_labels_are_paged_and_only_of_this_project() -> None:
    project, other = make_project(), make_project()
    for number in range(5):
        make_comparison(project, external_id=f"q{number}")
        make_comparison(other)
    label_all(project)
    while lent := leases.claim(person := make_person(other), other):
        answer = labels.Submission(lent[0].pk, {"overall": labels.Answer("a>b")})
        labels.submit_many(person, other, [answer])
    client = member(project, "viewer")

    first = get(client, project, "labels/", limit=3, criterion="overall").json()
    second = client.get(first["next"]).json()

    assert [len(first["results"]), len(second["results"]), second["next"]] == [3, 2, None]
    assert len({row["comparison"] for row in first["results"] + second["results"]}) == 5
    assert "criterion=overall" in first["next"]


@pytest.mark.parametrize(
    "query",
    [{"limit": "0"}, {"limit": "many"}, {"after": "-1"}, {"after": "9" * 30}, {"criterion": "grace"}],
    ids=str,
)
def test_a_senseless_address_is_named(query: dict[str, str]) -> None:
    project = make_project()
    reply = get(member(project, "viewer"), project, "labels/", **query)
    assert reply.status_code == 422
    assert field_at_fault(reply) in query


def test_reading_takes_the_same_number_of_statements_for_any_page() -> None:
    project = make_project()
    for _ in range(6):
        make_comparison(project)
    label_all(project)
    client = member(project, "viewer")
    for what in ("comparisons/", "labels/"):
        numbers = []
        for limit in (1, 6):
            with CaptureQueriesContext(connection) as queries:
                get(client, project, what, limit=limit)
            numbers.append(len(queries))
        assert numbers[0] == numbers[1]


def test_what_a_release_would_hold_is_counted_before_it_is_made() -> None:
    project = make_project()
    decided, _open = make_comparison(project), make_comparison(project)
    answer(make_person(project), decided, "a>b")
    client = member(project, "viewer")
    counts = get(client, project, "releases/counts/?min_probability=0.0").json()
    assert counts == {
        "comparisons": 2,
        "criteria": [{"criterion": "overall", "kept": 1, "left_out": {"no_votes": 1}}],
    }
    sure = get(client, project, "releases/counts/?min_labels=2").json()["criteria"][0]
    assert sure["kept"] == 0
    faults = {"min_probability=NaN": "min_probability", "ties=perhaps": "ties", "criterion=other": "query"}
    for query, field in faults.items():
        wrong = get(client, project, f"releases/counts/?{query}")
        assert (wrong.status_code, field_at_fault(wrong)) == (422, field)
    assert not project.releases.exists()

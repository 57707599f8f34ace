"""The REST API as a caller meets it."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotation import labels, leases
from annotation.models import Annotator, Comparison, Label, Project, Rationale
from tests.factories import make_comparison, make_person, make_project, make_user

pytestmark = pytest.mark.django_db


def client_of(annotator: Annotator) -> Client:
    client = Client()
    assert annotator.user is not None
    client.force_login(annotator.user)
    return client


def member(project: Project, role: str) -> Client:
    return client_of(make_person(project, role=role))


def post(client: Client, project: Project, action: str, body: Any) -> Any:
    return client.post(f"/api/v1/projects/{project.slug}/{action}/", body, content_type="application/json")


def get(client: Client, project: Project, what: str, **query: Any) -> Any:
    return client.get(f"/api/v1/projects/{project.slug}/{what}", query)


def claim_one(client: Client, project: Project) -> dict[str, Any]:
    [lent] = post(client, project, "claim", {}).json()["lent"]
    return lent


def preferred(comparison: Comparison) -> str:
    """The stored letter on top of the only label."""
    return Label.objects.get(comparison=comparison).ranking[0]


# --- labelling --------------------------------------------------------------------------------


def test_an_annotator_is_lent_a_comparison_and_submits_what_they_saw() -> None:
    project = make_project()
    comparison = make_comparison(project, "It holds paper.", "It is a small boat.")
    person = make_person(project)
    client = client_of(person)

    reply = post(client, project, "claim", {}).json()

    assert reply["guidelines"]["text"] == "Read both responses to the end."
    assert reply["criteria"][0]["preferences"] == [2, 1, 0, -1, -2]
    [lent] = reply["lent"]
    assert lent["prompt"] == comparison.prompt
    assert [response["letter"] for response in lent["responses"]] == ["a", "b"]
    texts = [response["messages"][0]["content"] for response in lent["responses"]]
    boat = "ab"[texts.index("It is a small boat.")]
    other = "b" if boat == "a" else "a"
    answer = {
        "ranking": f"{other}>{boat}",
        "strength": 2,
        "confidence": "very",
        "rationale": "It is no boat.",
    }
    body = {"key": lent["key"], "answers": {"overall": answer}, "active_seconds": 12.5, "idle_seconds": 0}

    receipt = post(client, project, "submit", body)

    assert (receipt.status_code, receipt.json()) == (
        200,
        {"key": lent["key"], "replayed": False, "surplus": False},
    )
    label = Label.objects.get(comparison=comparison, annotator=person)
    assert (label.ranking, label.strength, label.confidence) == ("a>b", 2, "very")
    assert label.annotation.active_seconds == 12.5
    assert Rationale.objects.get(label=label).text == "It is no boat."
    assert post(client, project, "claim", {}).json()["lent"] == []


@pytest.mark.parametrize("preference", [-2, -1, 0, 1, 2])
def test_a_signed_preference_is_about_the_order_shown(preference: int) -> None:
    project = make_project()
    comparison = make_comparison(project)
    person = make_person(project)
    client = client_of(person)
    lent = claim_one(client, project)

    post(client, project, "submit", {"key": lent["key"], "answers": {"overall": {"preference": preference}}})

    label = Label.objects.get(comparison=comparison)
    shown = leases.shown_order(person, comparison.pk, 2)
    if preference:
        assert label.ranking[0] == (shown[0] if preference > 0 else shown[1])
        assert label.strength == abs(preference)
    else:
        assert (label.ranking, label.strength) == ("a=b", None)


def test_sending_the_same_key_again_gives_the_same_receipt_and_one_label() -> None:
    project = make_project()
    make_comparison(project)
    client = member(project, "annotator")
    key = claim_one(client, project)["key"]

    first = post(client, project, "submit", {"key": key, "answers": {"overall": {"ranking": "a>b"}}})
    again = post(client, project, "submit", {"key": key, "answers": {"overall": {"ranking": "b>a"}}})

    assert (first.json()["replayed"], again.json()["replayed"]) == (False, True)
    assert Label.objects.count() == 1


def test_two_may_be_held_and_no_more() -> None:
    project = make_project()
    for _ in range(4):
        make_comparison(project)
    client = member(project, "annotator")
    assert len(post(client, project, "claim", {"n": 2}).json()["lent"]) == 2
    assert len(post(client, project, "claim", {"n": 2}).json()["lent"]) == 2
    assert post(client, project, "claim", {"n": 3}).status_code == 422
    assert leases.open_count(Annotator.objects.get(), project) == 4


def test_an_annotator_never_learns_models_or_the_ids_of_the_source() -> None:
    project = make_project()
    make_comparison(project, external_id="secret-id", metadata={"judge_says": "secret-verdict"})
    text = post(member(project, "annotator"), project, "claim", {}).content.decode()
    for hidden in ("model", "secret-id", "secret-verdict"):
        assert hidden not in text


SECRET = "SECRET-model-7b"


def with_secrets(project: Project) -> Comparison:
    """A comparison whose source named the model wherever a file can."""
    comparison = make_comparison(project, external_id=SECRET, group=SECRET, metadata={"a": SECRET})
    marked = {"model": SECRET, "name": SECRET, "metadata": {"generator": SECRET}}
    comparison.prompt = [{"role": "user", "content": "Which way?"} | marked]
    comparison.category = SECRET
    comparison.save()
    comparison.responses.update(
        model=SECRET,
        key=SECRET,
        messages=[{"role": "assistant", "content": "North."} | marked],
        context=[{"role": "user", "content": "Before."} | marked],
        media=[{"url": "https://media.example/a.mp3"} | marked, "https://media.example/b.png", marked],
    )
    return comparison


def test_no_key_beside_role_and_content_reaches_an_annotator() -> None:
    project = make_project()
    with_secrets(project)

    reply = post(member(project, "annotator"), project, "claim", {})

    assert SECRET not in reply.content.decode()
    [lent] = reply.json()["lent"]
    assert lent["prompt"] == [{"role": "user", "content": "Which way?"}]
    assert lent["responses"][0] == {
        "letter": "a",
        "messages": [{"role": "assistant", "content": "North."}],
        "context": [{"role": "user", "content": "Before."}],
        "media": ["https://media.example/a.mp3", "https://media.example/b.png"],
    }


def test_pages_and_replies_for_annotators_name_no_model() -> None:
    project = make_project()
    with_secrets(project)
    client = member(project, "annotator")
    for address in ("/", f"/p/{project.slug}/", f"/p/{project.slug}/label/", "/api/v1/projects/"):
        assert SECRET not in client.get(address).content.decode(), address
    assert "North." in client.get(f"/p/{project.slug}/label/").content.decode()
    key = claim_one(client, project)["key"]
    assert SECRET not in post(client, project, "submit", {"key": key, "answers": {}}).content.decode()


def test_only_the_revision_that_was_issued_is_accepted() -> None:
    project = make_project()
    make_comparison(project)
    client = member(project, "annotator")
    key = claim_one(client, project)["key"]
    answers = {"overall": {"ranking": "a>b"}}

    reply = post(client, project, "submit", {"key": key.replace(".0", ".77"), "answers": answers})

    assert (reply.status_code, reply.json()["field"]) == (422, "key")
    assert "as `claim` gives it" in reply.json()["message"]
    assert Label.objects.count() == 0
    assert post(client, project, "submit", {"key": key, "answers": answers}).status_code == 200


@pytest.mark.parametrize("what", ["", "comparisons/", "labels/", "labels/?limit=0"])
@pytest.mark.parametrize("role", ["viewer", "annotator"])
def test_no_reply_is_kept_by_a_cache(what: str, role: str) -> None:
    project = make_project()
    client = member(project, role)
    replies = [
        get(client, project, what),
        client.get("/api/v1/projects/"),
        post(client, project, "claim", {}),
    ]
    for reply in replies:
        assert {"private", "no-store"} <= set(reply.headers["Cache-Control"].split(", "))


def test_what_was_lent_to_another_cannot_be_submitted() -> None:
    project = make_project()
    make_comparison(project)
    key = claim_one(member(project, "annotator"), project)["key"]

    reply = post(
        member(project, "annotator"),
        project,
        "submit",
        {"key": key, "answers": {"overall": {"ranking": "a>b"}}},
    )

    assert reply.status_code == 404
    assert reply.json() == {"detail": "This was not lent to you."}
    assert Label.objects.count() == 0


GOOD = {"ranking": "a>b"}


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ({"answers": {"overall": GOOD}}, "key", "submission key"),
        ({"key": 7, "answers": {"overall": GOOD}}, "key", "submission key"),
        ({"key": "9" * 20 + ".0", "answers": {"overall": GOOD}}, "key", "submission key"),
        ({"answers": []}, "answers", "must be an object"),
        ({"answers": {}}, "overall", "still open"),
        ({"answers": {"overall": GOOD, "grace": GOOD}}, "grace", "no such criterion"),
        ({"answers": {"overall": "a>b"}}, "overall", "must be an object"),
        ({"answers": {"overall": {}}}, "overall", "either `ranking` or `preference`"),
        ({"answers": {"overall": {"ranking": "a>b", "preference": 1}}}, "overall", "either"),
        ({"answers": {"overall": {"ranking": "a>c"}}}, "overall", "exactly once"),
        ({"answers": {"overall": {"ranking": "a" * 121}}}, "overall", "`ranking` must be text"),
        ({"answers": {"overall": {"ranking": "a>b", "strength": 3}}}, "overall", "strength must be 1 to 2"),
        ({"answers": {"overall": {"ranking": "a>b", "strength": True}}}, "overall", "whole number"),
        ({"answers": {"overall": {"ranking": "a>b", "strength": 0.5}}}, "overall", "whole number"),
        ({"answers": {"overall": {"preference": 3}}}, "overall", "-2 to 2"),
        ({"answers": {"overall": {"preference": True}}}, "overall", "-2 to 2"),
        ({"answers": {"overall": {"preference": 1, "strength": 1}}}, "overall", "already says"),
        ({"answers": {"overall": GOOD | {"confidence": "sure"}}}, "overall", "confidence must be one of"),
        ({"answers": {"overall": GOOD | {"reasons": "x"}}}, "overall", "`reasons` must be a list"),
        ({"answers": {"overall": GOOD | {"reasons": ["x"]}}}, "overall", "not a reason offered"),
        ({"answers": {"overall": GOOD | {"rationale": "a\x00b"}}}, "overall", "cannot be stored"),
        ({"answers": {"overall": GOOD | {"rationale": "a\ud800b"}}}, "overall", "cannot be stored"),
        ({"answers": {"overall": GOOD | {"rationale": "a" * 10_001}}}, "overall", "at most 10000"),
        ({"answers": {"overall": GOOD | {"winner": "a"}}}, "overall", "unknown field 'winner'"),
        ({"answers": {"overall": GOOD}, "active_seconds": -1}, "active_seconds", "0 or more"),
        ({"answers": {"overall": GOOD}, "active_seconds": True}, "active_seconds", "0 or more"),
        ({"answers": {"overall": GOOD}, "idle_seconds": 10**400}, "idle_seconds", "0 or more"),
        ({"answers": {"overall": GOOD}, "shown": "ab"}, "shown", "unknown field"),
    ],
)
def test_a_mistake_in_a_submission_is_named(body: dict[str, Any], field: str, message: str) -> None:
    project = make_project()
    make_comparison(project)
    client = member(project, "annotator")
    key = claim_one(client, project)["key"]
    body = {"key": key} | body if "answers" in body and "key" not in body and field != "key" else body

    reply = post(client, project, "submit", body)

    assert reply.status_code == 422
    assert reply.json()["field"] == field
    assert message in reply.json()["message"]
    assert Label.objects.count() == 0
    assert claim_one(client, project)["key"] == key  # still theirs


@pytest.mark.parametrize("action", ["claim", "submit"])
@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("{", 400),
        ("[1]", 400),
        ("[" * 100_000, 400),
        ('{"n": NaN}', 400),
        (b'{"a": "\xff"}', 400),
        ('"' + "a" * 1_000_001 + '"', 413),
    ],
    ids=["cut off", "no object", "nested deep", "not a number", "not UTF-8", "too long"],
)
def test_a_broken_body_is_a_client_error_in_json(action: str, body: str | bytes, status: int) -> None:
    project = make_project()
    reply = post(member(project, "annotator"), project, action, body)
    assert reply.status_code == status
    assert reply.json()["detail"]


def test_another_content_type_is_refused() -> None:
    project = make_project()
    reply = member(project, "annotator").post(f"/api/v1/projects/{project.slug}/claim/", {"n": 1})
    assert reply.status_code == 415


def test_a_post_without_the_csrf_token_is_refused() -> None:
    project = make_project()
    client = Client(enforce_csrf_checks=True)
    user = make_person(project).user
    assert user is not None
    client.force_login(user)
    assert post(client, project, "claim", {}).status_code == 403


def test_claim_and_submit_take_a_fixed_number_of_statements() -> None:
    project = make_project()
    for _ in range(3):
        make_comparison(project)
    client = member(project, "annotator")
    numbers = []
    for _ in range(3):
        with CaptureQueriesContext(connection) as queries:
            key = claim_one(client, project)["key"]
            post(client, project, "submit", {"key": key, "answers": {"overall": GOOD}})
        numbers.append(sum("SAVEPOINT" not in query["sql"] for query in queries))
    assert numbers[1] == numbers[2]
    assert numbers[2] <= 14


# --- reading ----------------------------------------------------------------------------------


def test_a_caller_sees_their_own_projects_and_no_others() -> None:
    mine, other = make_project(), make_project()
    make_person(other, role="owner")
    reply = member(mine, "annotator").get("/api/v1/projects/").json()
    assert reply == {"results": [{"slug": mine.slug, "name": mine.name, "role": "annotator"}]}
    assert other.slug not in str(reply)


def test_nobody_reads_without_signing_in() -> None:
    project = make_project()
    reply = get(Client(), project, "")
    assert reply.status_code == 403
    assert reply.json()["detail"]


def test_a_stranger_is_told_that_there_is_no_such_project() -> None:
    project = make_project()
    client = Client()
    client.force_login(make_user(is_superuser=True, is_staff=True))
    for what in ("", "comparisons/", "labels/"):
        reply = get(client, project, what)
        assert (reply.status_code, reply.json()) == (404, {"detail": "No such project"})


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
    assert reply.json()["field"] in query


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

"""What the REST API and the pages never tell an annotator, nor a cache."""

import pytest

from annotation.models import Comparison, Project
from tests.annotation.calling import claim_one, get, member, post
from tests.factories import make_comparison, make_project

pytestmark = pytest.mark.django_db


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


def test_media_of_every_shape_are_lent_as_addresses_and_nothing_else() -> None:
    project = make_project()
    comparison = make_comparison(project)
    address = "https://media.example/a.png"
    shapes = [
        address,
        {"url": address},
        {"path": address, "model": SECRET},
        {"type": "image_url", "image_url": {"url": address, "note": SECRET}},
        {"type": "input_audio", "input_audio": {"data": address}},
        {"model": SECRET},
        7,
    ]
    comparison.responses.update(media=shapes)
    reply = post(member(project, "annotator"), project, "claim", {})
    assert reply.json()["lent"][0]["responses"][0]["media"] == [address] * 5
    assert SECRET not in reply.content.decode()

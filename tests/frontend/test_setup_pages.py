"""From a new project to an open one, page by page: making it, its files, the look, its states."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotation.models import (
    Annotation,
    Annotator,
    Assignment,
    AuditEntry,
    Comparison,
    Demand,
    Project,
    Upload,
)
from tests.factories import make_comparison, make_person, make_project, make_user
from tests.frontend.desk import Form

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}


@pytest.fixture
def project(client: Client) -> Project:
    """A draft whose owner is signed in."""
    project = make_project(slug="trees", state="draft")
    owner = make_person(project, role="owner")
    assert owner.user is not None
    client.force_login(owner.user)
    return project


def text(reply: Any) -> str:
    return reply.content.decode().replace("&#x27;", "'")


def lines(number: int) -> bytes:
    rows = [
        {"id": f"q{i}", "prompt": f"Question {i}?", "response_a": f"Yes {i}.", "response_b": f"No {i}."}
        for i in range(number)
    ]
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def send(client: Client, content: bytes, name: str = "file.jsonl") -> Upload:
    """A file in two parts, as the page's script sends it."""
    about = client.post(
        reverse("uploads", args=["trees"]), {"name": name, "size": len(content)}, headers=JSON
    )
    place = about.json()
    half = len(content) // 2
    for start, part in ((0, content[:half]), (half, content[half:])):
        url = f"{place['part']}?start={start}"
        reply = client.post(url, part, content_type="application/octet-stream", headers=JSON)
        assert reply.json() == {"received": start + len(part)}
    return Upload.objects.latest("pk")


def test_staff_make_a_project_from_a_template_and_others_may_not(client: Client) -> None:
    url = reverse("project-new")
    client.force_login(make_user())
    assert client.get(url).status_code == 403
    assert url not in text(client.get(reverse("projects")))
    staff = make_user(is_staff=True)
    client.force_login(staff)
    assert url in text(client.get(reverse("projects")))
    assert "MultiPref" in text(client.get(url))
    reply = client.post(url, {"name": "Green trees", "template": "multipref"})
    assert reply.headers["Location"] == reverse("uploads", args=["green-trees"])
    made = Project.objects.get()
    assert (made.name, made.state, made.criteria.count()) == ("Green trees", "draft", 4)
    assert (made.memberships.get().user, AuditEntry.objects.get(act="create").actor) == (
        staff,
        staff,
    )


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "", "template": "pairs"}, "Give it a name"),
        ({"name": "x", "template": "none"}, "Select a valid choice"),
        ({"name": "x", "slug": "two words", "template": "pairs"}, "is needed: letters"),
        ({"name": "x", "slug": "trees", "template": "pairs"}, "is taken by another project"),
        ({"name": "", "template": "file"}, "Choose the file"),
        ({"template": "file", "file": SimpleUploadedFile("a.yaml", b"slug: trees")}, "is taken by another"),
        (
            {"template": "file", "file": SimpleUploadedFile("a.yaml", b"slug: a\nbudget: much")},
            "budget must be",
        ),
        ({"template": "file", "file": SimpleUploadedFile("a.yaml", b"\xff")}, "not YAML"),
    ],
)
def test_a_project_that_cannot_be_made_says_why(
    client: Client, project: Project, fields: dict[str, Any], said: str
) -> None:
    for value in fields.values():
        if isinstance(value, SimpleUploadedFile):
            value.seek(0)
    reply = client.post(reverse("project-new"), fields)
    assert reply.status_code == 422
    assert said in text(reply)
    assert Project.objects.get() == project


def test_a_file_of_which_nothing_can_be_read_says_why_and_asks_for_no_columns(
    client: Client, project: Project
) -> None:
    found = send(client, b"\x89PNG\r\n\x1a\n\xff\xd8\0", "picture.csv")
    url = reverse("upload", args=["trees", found.pk])
    page, asked = client.get(url), client.post(url, {"action": "import"})
    assert (page.status_code, asked.status_code) == (200, 422)
    for reply in (page, asked):
        assert "Nothing of this file can be read: invalid UTF-8" in text(reply)
        assert 'id="mapping"' not in text(reply)
    found.refresh_from_db()
    assert found.state == Upload.State.RECEIVED


def test_a_file_comes_in_parts_is_shown_and_is_imported(
    client: Client, project: Project, django_capture_on_commit_callbacks: Any
) -> None:
    found = send(client, lines(7) + b"{}\n")
    url = reverse("upload", args=["trees", found.pk])
    html = text(client.get(url))
    assert html.count('class="first"') == 5
    assert "Question 4?" in html
    with django_capture_on_commit_callbacks(execute=True):
        client.post(url, {"action": "import"})
    html = text(client.get(url))
    assert "response" not in Upload.objects.get().columns
    assert "expected a text or a list" in html
    csv = b"".join(client.get(reverse("upload-refused", args=["trees", found.pk])).streaming_content).decode()
    assert csv.splitlines()[1].startswith("8,prompt,")
    assert (Comparison.objects.count(), Demand.objects.count()) == (7, 7)
    assert "file.jsonl" in text(client.get(reverse("uploads", args=["trees"])))
    client.post(reverse("upload-remove", args=["trees", found.pk]))
    assert (Upload.objects.count(), Comparison.objects.count()) == (0, 7)


def test_other_columns_are_mapped_with_a_look_at_what_comes_of_it(
    client: Client, project: Project, django_capture_on_commit_callbacks: Any
) -> None:
    found = send(client, b"frage,links,rechts\nWhy?,Because.,So.\nWho?,I,You,They\n", "other.csv")
    url = reverse("upload", args=["trees", found.pk])
    before = text(client.get(url))
    assert "Choose the columns that hold the prompt" in before
    assert "expected a text" not in before, "no column is at fault yet"
    assert "cannot be read, whatever the columns" in before, "which the third line is"
    assert "<b>Line 3</b>" in before
    assert "That is the whole file." in before
    assert "choose the column" in text(client.post(url, {"action": "import"}))
    columns = {"prompt": "frage", "response_a": "links", "response_b": "links"}
    wrong = client.post(url, columns, headers={"HX-Request": "true"})
    assert (wrong.status_code, "is taken already" in text(wrong)) == (200, True)
    columns["response_b"] = "rechts"
    shown = text(client.post(url, columns, headers={"HX-Request": "true"}))
    assert "So." in shown
    assert "<html" not in shown
    assert not Comparison.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(url, columns | {"action": "import"})
    assert Comparison.objects.get().responses.count() == 2


def test_what_is_no_file_or_no_part_is_refused_in_words(client: Client, project: Project) -> None:
    url = reverse("uploads", args=["trees"])
    for fields, said in (({"name": "a.exe", "size": 5}, "ends in"), ({"name": "a.csv"}, "empty")):
        reply = client.post(url, fields, headers=JSON)
        assert (reply.status_code, said in reply.json()["message"]) == (422, True)
    whole = SimpleUploadedFile("a.jsonl", lines(1))
    assert client.post(url, {"file": whole}).headers["Location"].startswith(url)
    part = reverse("upload-part", args=["trees", Upload.objects.get().pk])
    for query in ("", "?start=-1", "?start=0"):
        assert client.post(part + query, b"x", content_type="application/octet-stream").status_code == 422
    broken = client.post(url, {"name": "b.csv", "size": 50}, headers=JSON).json()["part"]
    reply = client.post(f"{broken}?start=9", b"x", content_type="application/octet-stream")
    assert (reply.status_code, reply.json()) == (409, {"received": 0})


def test_the_look_is_the_label_page_and_stores_nothing(client: Client, project: Project) -> None:
    for number in range(5):
        make_comparison(project, prompt=f"Question {number}?")
    url = reverse("preview", args=["trees"])
    assert "Read both responses to the end." in text(client.get(url))
    page = text(client.get(f"{url}?read"))
    assert "Question 0?" in page
    assert "Nothing is stored" in page
    form = Form(page.partition("<template data-card=")[0])
    field = next(iter(form.offered))
    keys = list(Comparison.objects.order_by("pk").values_list("pk", flat=True))
    held = ",".join(map(str, keys[1:3]))
    key = form.hidden["key"]
    wrong = client.post(url, {"key": key, "held": held}, headers=JSON)
    assert (wrong.status_code, "Question 0?" in wrong.json()["card"]["html"]) == (422, True)
    right = client.post(url, {"key": key, "held": held, field: "1"}, headers=JSON).json()
    assert [card["assignment"] for card in right["cards"]] == [keys[3]]
    beat = client.post(f"{url}beat/", {"shown": "1"}, headers=JSON)
    assert beat.json()["lost"] == []
    last = client.post(f"{url}skip/", {"key": key, "held": keys[-1]}, headers=JSON).json()
    assert (last["cards"], last["end"]) == ([], None)
    assert not Assignment.objects.exists()
    assert not Annotation.objects.exists()
    assert Annotator.objects.count() == 1  # the owner of the fixture
    real = client.post(reverse("label", args=["trees"]), {"key": key, field: "1"}, headers=JSON)
    assert real.status_code == 422


def test_a_draft_opens_and_goes_through_its_states(client: Client, project: Project) -> None:
    url = reverse("project-state", args=["trees"])
    assert "upload comparisons first" in text(client.post(url, {"act": "open"}, follow=True))
    make_comparison(project)
    for act, state in (
        *(("open", "open"), ("archive", "open"), ("close", "closed"), ("archive", "archived")),
        *(("open", "archived"), ("restore", "closed"), ("nothing", "closed")),
    ):
        page = text(client.post(url, {"act": act}, follow=True))
        assert Project.objects.get().state == state, act
        assert 'role="alert"' in page or 'role="status"' in page
    assert "Type trees" in text(client.post(url, {"act": "delete", "typed": "tree"}, follow=True))
    client.post(url, {"act": "delete", "typed": "trees"})
    assert "is deleted on" in text(client.get(reverse("overview", args=["trees"])))
    assert "deleted on" in text(client.get(reverse("projects")))
    client.post(url, {"act": "keep"})
    assert Project.objects.get().delete_at is None


def test_a_manager_runs_a_project_but_only_its_owner_deletes_or_copies_it(
    client: Client, project: Project
) -> None:
    manager = make_person(project, role="manager")
    assert manager.user is not None
    client.force_login(manager.user)
    url = reverse("project-state", args=["trees"])
    assert "Delete this project" not in text(client.get(url))
    assert client.post(url, {"act": "delete", "typed": "trees"}).status_code == 403
    assert Project.objects.get().delete_at is None


def test_a_copy_has_the_settings_and_nothing_else(client: Client, project: Project) -> None:
    make_comparison(project)
    url = reverse("project-duplicate", args=["trees"])
    wrong = client.post(url, {"name": " "})
    assert (wrong.status_code, "a name with letters" in text(wrong)) == (422, True)
    client.post(url, {"name": "More trees"})
    copy = Project.objects.get(slug="more-trees")
    assert (copy.state, copy.criteria.get().name, copy.comparisons.count()) == ("draft", "overall", 0)
    taken = text(client.post(url, {"name": "More trees"}))
    assert "called so already" in taken
    assert 'value="More trees"' in taken


def test_pages_of_setting_up_take_as_many_statements_for_many_as_for_few(
    client: Client, project: Project
) -> None:
    pages = [
        reverse("uploads", args=["trees"]),
        reverse("project-state", args=["trees"]),
        reverse("settings", args=["trees", "criteria"]),
        reverse("preview", args=["trees"]) + "?read",
    ]
    counts = []
    for number in (4, 30):
        for _ in range(number):
            make_comparison(project)
            Upload.objects.create(project=project, name="a.csv", size=1)
        for page in pages:
            client.get(page)
        for page in pages:
            with CaptureQueriesContext(connection) as queries:
                client.get(page)
            counts.append(len(queries))
    assert counts[:4] == counts[4:]
    assert max(counts) <= 15

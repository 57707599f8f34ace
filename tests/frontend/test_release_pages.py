"""The pages of releases: the list, a new one with its counts, one with its files, a diff of two."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotation import exports
from annotation.models import Annotator, Comparison, Project, Release, User
from tests.annotation.releases import sample
from tests.annotation.voting import answer
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db
FORM = {
    "formats": ["trl-preference", "labels"],
    "source": "routed",
    "consensus": "mace",
    "min_labels": "1",
    "min_probability": "0",
    "ties": "drop",
    "test_share": "0.1",
    "file_type": "parquet",
}


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.RELEASES_DIR = tmp_path / "releases"
    return tmp_path / "releases"


def owner(client: Client, project: Project) -> Annotator:
    person = make_person(project, role="owner")
    assert isinstance(person.user, User)
    client.force_login(person.user)
    return person


def built(project: Project, *formats: str) -> Release:
    release = exports.start(project, exports.Options(formats or ("trl-preference",)))
    exports.work_on(release)
    return release


def page(client: Client, name: str, *arguments: object) -> str:
    reply = client.get(reverse(name, args=arguments))
    assert reply.status_code == 200
    return reply.content.decode()


def test_a_new_release_is_asked_for_counted_built_and_downloaded(
    client: Client, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = sample([1, 2, 3])
    owner(client, project)
    answer(make_person(project), make_comparison(project, external_id="level"), "a=b")
    assert "Freeze and build" in page(client, "release-new", project.slug)
    counted = client.post(reverse("release-counts", args=[project.slug]), FORM).content.decode()
    assert "<b>3</b>" in counted
    assert "a tie" in counted
    sent: list[int] = []
    monkeypatch.setattr("annotation.tasks.build_release.delay", sent.append)
    with django_capture_on_commit_callbacks(execute=True):
        # With a test share, three rows may all be in the other split.
        reply = client.post(reverse("release-new", args=[project.slug]), FORM | {"test_share": "0"})
    assert reply["Location"] == reverse("release", args=[project.slug, 1])
    release = Release.objects.get()
    assert sent == [release.pk]
    assert "Waiting for a worker" in page(client, "release", project.slug, 1)
    assert "HX-Refresh" not in client.get(reverse("release-progress", args=[project.slug, 1])).headers
    exports.work_on(release)
    assert client.get(reverse("release-progress", args=[project.slug, 1]))["HX-Refresh"] == "true"
    shown = page(client, "release", project.slug, 1)
    assert "Dataset card" in shown
    assert release.started_by is not None
    for name in ("manifest.json", "README.md", "outcomes.arrow", "overall/train-00000-of-00001.parquet"):
        address = reverse("release-file", args=[project.slug, 1, name])
        assert f'href="{address}"' in shown
        file = client.get(address)
        assert file["Content-Disposition"].startswith("attachment")
        assert b"".join(file.streaming_content) == Path(release.path, name).read_bytes()


@pytest.mark.parametrize(
    "name", ["../../secret_key", "nothing.txt", "/etc/passwd", "overall/../manifest.json"]
)
def test_no_other_file_is_given_out(name: str, client: Client) -> None:
    project = sample([1])
    owner(client, project)
    built(project)
    address = reverse("release", args=[project.slug, 1]) + "file/" + name
    assert client.get(address).status_code == 404


def test_what_is_not_ready_shows_no_file(client: Client) -> None:
    project = sample([1])
    owner(client, project)
    exports.start(project, exports.Options(("labels",)))
    assert client.get(reverse("release-file", args=[project.slug, 1, "manifest.json"])).status_code == 404
    assert "Being built" in page(client, "releases", project.slug)


def test_a_form_that_makes_no_sense_says_so(client: Client) -> None:
    project = sample([1])
    owner(client, project)
    wrong = FORM | {"file_type": "csv", "min_labels": "1"}
    reply = client.post(reverse("release-new", args=[project.slug]), wrong)
    assert (reply.status_code, Release.objects.count()) == (422, 0)
    assert "only labels fits into CSV" in reply.content.decode()
    assert (
        "only labels fits"
        in client.post(reverse("release-counts", args=[project.slug]), wrong).content.decode()
    )


def test_counts_are_those_of_the_release_that_is_then_built(client: Client) -> None:
    project = make_project()
    people = [make_person(project) for _ in range(3)]
    for number, rankings in enumerate((["a>b"] * 3, ["a>b", "b>a"], ["a=b"], ["b>a"], [])):
        comparison = make_comparison(project, external_id=f"q{number}")
        for person, ranking in zip(people, rankings, strict=False):
            answer(person, comparison, ranking, None if "=" in ranking else 1)
    options = exports.Options(("trl-preference",), min_labels=2)
    [counted] = exports.preview(project, options)["criteria"]
    release = exports.start(project, options)
    exports.work_on(release)
    [account] = release.manifest["filters"]
    assert counted["kept"] == release.rows == 1
    assert counted["left_out"] == {entry["reason"]: entry["removed"] for entry in account["removed"]}


def test_a_diff_says_what_changed_and_why(client: Client) -> None:
    project = sample([1, 2, 3, 4])
    boss = owner(client, project)
    first = built(project)
    people = [make_person(project) for _ in range(3)]
    q2, q3 = (Comparison.objects.get(project=project, external_id=name) for name in ("q2", "q3"))
    for person in people[:2]:
        answer(person, q2, "b>a", 1)  # was a>b by one vote
    answer(people[0], q3, "a=b")  # one vote each way: left open
    sample([5], project)
    q4 = Comparison.objects.get(project=project, external_id="q4")
    q4.flags.create(annotator=boss, note="Cut off.")
    second = built(project)
    found = exports.diff(first, second)
    told = {(change.what, change.why): [e["comparison"] for e in change.examples] for change in found.changes}
    assert told == {
        ("changed", "other votes"): ["q2"],
        ("added", "new comparison"): ["q5"],
        ("removed", "flagged"): ["q4"],
        ("removed", "unresolved"): ["q3"],
    }
    assert (found.kept, found.labels) == (1, {"added": 4, "gone": 0, "kept": 4})
    shown = page(client, "release-diff", project.slug, 2, 1)
    for words in ("Another answer", "has an open flag", "votes are level", "q5"):
        assert words in shown


def test_a_diff_without_outcomes_says_why_there_is_none(client: Client) -> None:
    project = sample([1])
    owner(client, project)
    built(project, "labels")
    built(project, "labels")
    assert "it holds labels alone" in page(client, "release-diff", project.slug, 2, 1)


def test_lists_cost_the_same_however_many_releases_there_are(client: Client) -> None:
    project = sample([1])
    owner(client, project)
    numbers = []
    for size in (1, 6):
        while Release.objects.filter(project=project).count() < size:
            built(project)
        with CaptureQueriesContext(connection) as queries:
            page(client, "releases", project.slug)
            page(client, "release", project.slug, 1)
        numbers.append(len(queries))
    assert numbers[0] == numbers[1] <= 12


def test_releases_over_the_api(client: Client, django_capture_on_commit_callbacks: Any) -> None:
    project = sample([1, 2])
    owner(client, project)
    address = reverse("api-releases", args=[project.slug])
    new = reverse("api-release-new", args=[project.slug])
    for body, field in (
        ({}, "formats"),
        ({"formats": ["labels"], "colour": "red"}, "colour"),
        ({"formats": ["labels"], "min_labels": True}, "min_labels"),
        ({"formats": ["axolotl"]}, "options"),
    ):
        refused = client.post(new, body, content_type="application/json")
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
    with django_capture_on_commit_callbacks(execute=False):
        made = client.post(new, {"formats": ["labels"], "test_share": 0.5}, content_type="application/json")
    assert (made.status_code, made.json()["state"]) == (202, "building")
    exports.work_on(Release.objects.get())
    [listed] = client.get(address).json()["results"]
    assert (listed["state"], listed["rows"], listed["options"]["test_share"]) == ("ready", 2, 0.5)
    one = client.get(reverse("api-release", args=[project.slug, 1])).json()
    assert one["manifest"]["sha256"] == listed["sha256"]
    assert client.get(reverse("api-release", args=[project.slug, 10**12])).status_code == 404

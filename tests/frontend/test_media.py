"""Media are for members, come in parts too, and say exactly what they are."""

import hashlib
import io
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from annotation import media
from annotation.models import Membership, Project
from tests.annotation.test_media import png
from tests.factories import make_person, make_project

pytestmark = pytest.mark.django_db

DATA = png(300, 200)
SIZE = len(DATA)
SHA256 = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def project(client: Client) -> Project:
    project = make_project()
    person = make_person(project)
    assert person.user is not None
    client.force_login(person.user)
    media.store(project, "secret-model-name.png", io.BytesIO(DATA))
    return project


def get(client: Client, project: Project, **headers: str) -> Any:
    return client.get(reverse("media", args=[project.slug, SHA256]), headers=headers)


def test_a_member_gets_the_file_as_what_it_is(client: Client, project: Project) -> None:
    response = get(client, project)
    assert response.status_code == 200
    assert response.getvalue() == DATA
    assert {name: response.headers[name] for name in HEADERS} == HEADERS
    assert "secret" not in str(response.headers)
    assert client.head(reverse("media", args=[project.slug, SHA256])).headers["Content-Length"] == str(SIZE)


HEADERS = {
    "Content-Type": "image/png",
    "Content-Length": str(SIZE),
    "Content-Disposition": "inline",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, max-age=31536000, immutable",
    "Accept-Ranges": "bytes",
    "ETag": f'"{SHA256}"',
}


@pytest.mark.parametrize("role", [role.value for role in Membership.Role])
def test_every_role_sees_media(client: Client, project: Project, role: str) -> None:
    client.force_login(make_person(project, role=role).user)  # type: ignore[arg-type]
    assert get(client, project).status_code == 200


def test_nobody_else_does(client: Client, project: Project) -> None:
    client.force_login(make_person(make_project(), role="owner").user)  # type: ignore[arg-type]
    assert get(client, project).status_code == 404
    client.logout()
    assert get(client, project).status_code == 403


@pytest.mark.parametrize("sha256", ["0" * 64, "secret_key", SHA256.upper(), SHA256[:-1]])
def test_what_the_project_does_not_have_is_not_found(client: Client, project: Project, sha256: str) -> None:
    assert client.get(reverse("media", args=[project.slug, sha256])).status_code == 404


def test_a_file_of_another_project_is_not_found(client: Client, project: Project) -> None:
    other = make_project()
    media.store(other, "b.png", io.BytesIO(png(7, 7)))
    sha256 = hashlib.sha256(png(7, 7)).hexdigest()
    assert client.get(reverse("media", args=[project.slug, sha256])).status_code == 404


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-", 0, SIZE),
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        ("bytes= 10 - 19", 10, 20),
        (f"bytes={SIZE - 1}-", SIZE - 1, SIZE),
        ("bytes=5-999999999999", 5, SIZE),
        ("bytes=-7", SIZE - 7, SIZE),
        ("bytes=-999999999999", 0, SIZE),
    ],
)
def test_one_range_is_answered_with_that_part(
    client: Client, project: Project, asked: str, start: int, stop: int
) -> None:
    response = get(client, project, Range=asked)
    assert response.status_code == 206
    assert response.getvalue() == DATA[start:stop]
    assert response.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{SIZE}"
    assert response.headers["Content-Length"] == str(stop - start)
    assert response.headers["Content-Type"] == "image/png"


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", f"bytes={SIZE + 5}-{SIZE + 9}", "bytes=-0"])
def test_a_range_behind_the_end_cannot_be_satisfied(client: Client, project: Project, asked: str) -> None:
    response = get(client, project, Range=asked)
    assert response.status_code == 416
    assert response.headers["Content-Range"] == f"bytes */{SIZE}"
    assert response.content == b""


@pytest.mark.parametrize(
    "asked",
    ["bytes=0-1,5-6", "bytes=9-3", "bytes=-", "lines=1-2", "bytes=a-b", "bytes=" + "9" * 30 + "-", "٣"],
)
def test_a_range_that_is_none_gets_the_whole_file(client: Client, project: Project, asked: str) -> None:
    response = get(client, project, Range=asked)
    assert response.status_code == 200
    assert response.getvalue() == DATA


def test_a_part_of_another_version_is_not_added_to_this_one(client: Client, project: Project) -> None:
    same = get(client, project, Range="bytes=3-5", If_Range=f'"{SHA256}"')
    assert (same.status_code, same.getvalue()) == (206, DATA[3:6])
    other = get(client, project, Range="bytes=3-5", If_Range='"other"')
    assert (other.status_code, other.getvalue()) == (200, DATA)


def test_a_range_means_nothing_for_head(client: Client, project: Project) -> None:
    response = client.head(
        reverse("media", args=[project.slug, SHA256]), headers={"Range": f"bytes={SIZE + 5}-"}
    )
    assert (response.status_code, response.headers["Content-Length"]) == (200, str(SIZE))
    assert "Content-Range" not in response.headers


@pytest.mark.parametrize("known", [f'"{SHA256}"', f'"other", W/"{SHA256}"', "*"])
def test_what_the_browser_has_is_not_sent_again(client: Client, project: Project, known: str) -> None:
    response = get(client, project, If_None_Match=known, Range="bytes=3-5")
    assert (response.status_code, response.content) == (304, b"")
    for name in ("ETag", "Cache-Control", "Content-Security-Policy"):
        assert response.headers[name] == HEADERS[name]


def test_another_version_is_sent(client: Client, project: Project) -> None:
    response = get(client, project, If_None_Match='"other"')
    assert (response.status_code, response.getvalue()) == (200, DATA)


def test_who_may_not_see_a_file_does_not_learn_that_they_have_it(client: Client, project: Project) -> None:
    client.force_login(make_person(make_project()).user)  # type: ignore[arg-type]
    assert get(client, project, If_None_Match=f'"{SHA256}"').status_code == 404


def test_a_large_file_comes_in_pieces(client: Client, project: Project) -> None:
    film = b"\x1aE\xdf\xa3\x9fB\x82\x84webm" + bytes(range(256)) * 2000
    row = media.store(project, "a.webm", io.BytesIO(film))
    address = reverse("media", args=[project.slug, row.sha256])
    response = client.get(address, headers={"Range": "bytes=100000-400000"})
    pieces = list(response.streaming_content)
    assert len(pieces) > 1
    assert b"".join(pieces) == film[100_000:400_001]

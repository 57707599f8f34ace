"""What browsers send beside answers is read as far as it makes sense, and never fails."""

import pytest
from django.test import Client
from django.urls import reverse

from annotation.models import Annotation
from frontend.forms import number, view_of
from tests.factories import make_comparison, make_person, make_project
from tests.frontend.desk import Desk

NUL, SURROGATE = '{"full": ["\\u0000"]}', '{"full": ["\\ud800"], "diff": true}'


@pytest.mark.parametrize(
    ("text", "view"),
    [
        (SURROGATE, {"diff": True, "full": []}),
        (NUL, {"full": []}),
        ('{"full": ["b", "ab", {}, ["a"], 1, null, "é", ""]}', {"full": ["b"]}),
        ('{"layout": ["side"], "diff": {"a": 1}}', {}),
        ("[" * 200_000, {}),
        ('{"a":' * 200_000, {}),
        ("1" * 10_000, {}),
        ("NaN", {}),
        (None, {}),
    ],
)
def test_how_it_was_read_is_known_names_with_plain_values(text: str | None, view: dict[str, object]) -> None:
    assert view_of(text) == view


@pytest.mark.django_db
@pytest.mark.parametrize("view", [NUL, SURROGATE, "[" * 200_000])
def test_an_answer_with_a_strange_view_is_kept_all_the_same(client: Client, view: str) -> None:
    project = make_project()
    make_comparison(project)
    Desk(client, make_person(project), project).open().send(overall="2", view=view)
    assert Annotation.objects.count() == 1


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", 0), ("12", 12), ("9" * 18, 10**18 - 1), ("9" * 19, None), ("-1", None), ("٣", None), ("", None),
     (" 1", None), (None, None)],
)  # fmt: skip
def test_a_number_is_one_that_every_database_holds(text: str | None, value: int | None) -> None:
    assert number(text) == value


@pytest.mark.django_db
@pytest.mark.parametrize("digits", [18, 19, 30, 5000])
def test_an_address_with_a_huge_number_is_not_found(client: Client, digits: int) -> None:
    project = make_project()
    owner = make_person(project, role="owner")
    assert owner.user is not None
    client.force_login(owner.user)
    for name, parameter in (
        ("label-one", "assignment_id"),
        ("plain", "assignment_id"),
        ("comparison", "comparison_id"),
        ("flag-settle", "flag_id"),
    ):
        address = reverse(name, kwargs={"slug": project.slug, parameter: 7}).replace(
            "/7/", f"/{'9' * digits}/"
        )
        assert client.get(address).status_code in (404, 405), name
        assert client.post(address).status_code in (404, 405), name


@pytest.mark.django_db
def test_browsers_find_the_icon_where_they_look_for_it(client: Client) -> None:
    response = client.get("/favicon.ico", follow=True)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "image/svg+xml"

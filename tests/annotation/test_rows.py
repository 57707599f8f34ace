"""Rows read and written by hand are the ORM's own, value for value, on every database."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotation import leases
from annotation.models import Annotator, Assignment, Comparison, Label, Membership, Project, Rendering, User
from annotation.permissions import seat_for
from annotation.rows import columns, insert, instance, optional
from annotation.writing import json_text
from tests.factories import make_comparison, make_person, make_project, make_user

pytestmark = pytest.mark.django_db


def values(thing: object) -> dict[str, object]:
    return {name: value for name, value in vars(thing).items() if name != "_state"}


def same(found: object, expected: object) -> None:
    """Equal fields of equal types."""
    assert values(found) == values(expected)
    assert {n: type(v) for n, v in values(found).items()} == {n: type(v) for n, v in values(expected).items()}


@pytest.mark.parametrize("model", [User, Project, Annotator, Membership, Comparison])
def test_an_instance_has_the_values_that_the_orm_gives(model: type) -> None:
    project = make_project(human_label_price="0.1250", budget="12.50", media_hosts=["https://a.example.org"])
    make_person(project)
    make_comparison(project, category="ü", metadata={"a": [1, None]})
    expected = model.objects.get()  # type: ignore[attr-defined]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns(model, 't')} FROM {model._meta.db_table} t")  # type: ignore[attr-defined]
        row = iter(cursor.fetchone())
    same(instance(model, row), expected)


def test_fields_left_out_are_read_when_asked_for() -> None:
    comparison = make_comparison(make_project(), prompt="Which of these?")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns(Comparison, 'c', 'id', 'k')} FROM annotation_comparison c")
        found = instance(Comparison, iter(cursor.fetchone()), "id", "k")
    assert (found.pk, found.k, found.prompt) == (comparison.pk, 2, comparison.prompt)


def test_an_outer_join_that_found_nothing_is_none_and_the_row_goes_on_behind_it() -> None:
    shape = columns(Rendering, "r").count(",") + 1
    row = iter([None] * shape + ["next"])
    assert optional(Rendering, row) is None
    assert next(row) == "next"


def test_inserted_rows_come_back_in_their_order_however_many() -> None:
    project = make_project()
    same = {"project_id": project.pk, "k": 2, "group": "g", "category": "", "metadata": "{}", "fit": True}
    same |= {"content_hash": "", "created_at": project.created_at}
    rows = [(f"q{n}", json_text([{"role": "user", "content": str(n)}]), *same.values()) for n in range(3_500)]
    names = ("external_id", "prompt", *same)
    with connection.cursor() as cursor:
        keys = insert(cursor, Comparison, names, rows)
        assert insert(cursor, Comparison, names, []) == []
    assert list(Comparison.objects.order_by("pk").values_list("pk", "external_id")) == [
        (key, f"q{n}") for n, key in enumerate(keys)
    ]
    assert Comparison.objects.get(pk=keys[7]).prompt == [{"role": "user", "content": "7"}]


def test_a_seat_is_the_users_membership_with_all_that_belongs_to_it() -> None:
    project = make_project(human_label_price="0.1250")
    person = make_person(project)
    assert person.user
    with CaptureQueriesContext(connection) as captured:
        seat = seat_for(person.user.pk, project.slug)
        assert seat
        assert seat.access.annotator() == person
    assert len(captured) == 1
    same(seat.user, User.objects.get(pk=person.user.pk))
    same(seat.access.project, Project.objects.get(pk=project.pk))
    assert seat.acknowledged == project.guidelines_versions.get().pk


def test_nobody_sits_where_they_may_not_label() -> None:
    project, other = make_project(), make_project()
    person, viewer = make_person(project), make_person(project, role="viewer")
    assert person.user
    assert viewer.user
    assert seat_for(person.user.pk, other.slug) is None
    assert seat_for(viewer.user.pk, project.slug) is None
    assert seat_for(make_user().pk, project.slug) is None


def test_a_lean_claim_reads_no_more_than_a_card_shows() -> None:
    project = make_project()
    comparison = make_comparison(project)
    Rendering.objects.create(comparison=comparison, version=1, content={"prompt": []})
    make_comparison(project)
    person = make_person(project)
    lent = leases.claim(person, project, n=2, lean=True)
    with CaptureQueriesContext(connection) as captured:
        shown = [(one.comparison.k, getattr(one.comparison, "rendering", None)) for one in lent]
    assert not captured, "that a comparison has no rendering is known too"
    assert [(k, rendering and rendering.content) for k, rendering in shown] == [
        (2, {"prompt": []}),
        (2, None),
    ]
    for one, full in zip(lent, Assignment.objects.order_by("pk"), strict=True):
        assert values(one) == values(full)
    assert lent[0].comparison.prompt == comparison.prompt
    assert not Label.objects.exists()

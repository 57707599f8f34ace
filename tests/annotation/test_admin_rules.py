"""What the admin takes and what it refuses: demand, pools, and rows of two projects."""

import pytest
from django.db.models import Model
from django.test import Client

from annotation import leases
from annotation.admin.answers import DemandForm
from annotation.models import (
    Demand,
    Pool,
    PoolMembership,
    Tag,
)
from annotation.projects import pool_ids_of
from tests.annotation.test_admin import page
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db


def test_leaving_a_pool_in_the_admin_takes_effect_at_once(boss: Client) -> None:
    project = make_project()
    person = make_person(project)
    assert pool_ids_of(person, project)
    boss.post(page(PoolMembership, "delete", PoolMembership.objects.get().pk), {"post": "yes"})
    project.refresh_from_db()
    assert pool_ids_of(person, project) == ()


def test_a_change_of_demand_leaves_what_lending_counts(boss: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody is lent the comparison after the admin has read the row and before it writes."""
    project = make_project()
    demand = make_comparison(project, wanted=3).demands.get()
    person = make_person(project)
    clean = DemandForm.clean

    def lend_meanwhile(form: DemandForm) -> dict[str, object]:
        assert leases.claim(person, project)
        return clean(form)

    monkeypatch.setattr(DemandForm, "clean", lend_meanwhile)
    reply = boss.post(page(Demand, "change", demand.pk), {"wanted": 5, "priority": 2.5})

    assert reply.status_code == 302
    demand.refresh_from_db()
    assert (demand.wanted, demand.live, demand.done, demand.priority) == (5, 1, 0, 2.5)


def test_no_fewer_are_wanted_than_are_lent_or_done(boss: Client) -> None:
    project = make_project()
    demand = make_comparison(project, wanted=3).demands.get()
    for _ in range(2):
        assert leases.claim(make_person(project), project)

    reply = boss.post(page(Demand, "change", demand.pk), {"wanted": 1, "priority": 0})

    assert reply.status_code == 200
    assert "2 are lent or done already." in reply.content.decode()
    assert boss.post(page(Demand, "change", demand.pk), {"wanted": 2, "priority": 0}).status_code == 302
    demand.refresh_from_db()
    assert (demand.wanted, demand.live) == (2, 2)


def test_demand_asks_a_pool_of_the_same_project(boss: Client) -> None:
    comparison, other = make_comparison(make_project(), wanted=0), make_project()
    values = {"comparison": comparison.pk, "wanted": 1, "priority": 0}
    reply = boss.post(page(Demand, "add"), values | {"pool": other.pools.get().pk})
    assert "different projects" in reply.content.decode()
    reply = boss.post(page(Demand, "add"), values | {"pool": comparison.project.pools.get().pk})
    assert reply.status_code == 302
    assert (comparison.demands.get().wanted, comparison.demands.get().live) == (1, 0)


def test_what_belongs_to_one_project_cannot_be_bound_to_another(boss: Client) -> None:
    project, other = make_project(), make_project()
    person, stranger = make_person(project), make_person(other)
    comparison, foreign = make_comparison(project), make_comparison(other)
    tag = Tag.objects.create(comparison=comparison, name="turn", value="1", source="rule")
    membership, pool = person.membership, project.pools.get()
    theirs, demand = PoolMembership.objects.get(annotator=person), comparison.demands.get()
    attempts: list[tuple[Model, dict[str, object]]] = [
        (membership, {"project": other.pk, "user": stranger.user_id, "role": "viewer"}),
        (pool, {"project": other.pk, "name": "people"}),
        (theirs, {"pool": other.pools.get().pk, "annotator": stranger.pk}),
        (demand, {"comparison": foreign.pk, "pool": other.pools.get().pk, "wanted": 1, "priority": 0}),
        (tag, {"comparison": foreign.pk, "name": "turn", "value": "2", "source": "rule"}),
    ]
    for row, values in attempts:
        kept = {name: getattr(row, f"{name}_id") for name in values if hasattr(row, f"{name}_id")}
        assert boss.post(page(type(row), "change", row.pk), values).status_code == 302, row
        row.refresh_from_db()
        assert {name: getattr(row, f"{name}_id") for name in kept} == kept
    assert membership.role == "viewer"


def test_nobody_joins_a_pool_of_another_project(boss: Client) -> None:
    project, other = make_project(), make_project()
    person = make_person(project)
    foreign = {"pool": other.pools.get().pk, "annotator": person.pk}
    reply = boss.post(page(PoolMembership, "add"), foreign)
    assert "belong to different projects" in reply.content.decode()
    expert = Pool.objects.create(project=project, name="expert")
    assert boss.post(page(PoolMembership, "add"), foreign | {"pool": expert.pk}).status_code == 302
    project.refresh_from_db()
    assert expert.pk in pool_ids_of(person, project)

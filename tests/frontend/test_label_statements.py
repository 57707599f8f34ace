"""Submitting and being shown the next comparison costs the same few SQL statements at any size."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotation import leases
from annotation.models import Comparison, Demand, Project, Response
from annotation.projects import touch
from frontend.rendering import render_open
from tests.factories import make_person, make_project

from .desk import Desk

pytestmark = pytest.mark.django_db(transaction=True)

LIMIT = 10


def fill(project: Project, number: int) -> None:
    comparisons = Comparison.objects.bulk_create(
        Comparison(
            project=project,
            external_id=f"q{index}",
            prompt=[{"role": "user", "content": f"Which of these {index}?"}],
            k=2,
            group=f"g{index}",
            content_hash=f"{index:064x}",
        )
        for index in range(number)
    )
    Response.objects.bulk_create(
        Response(
            comparison=comparison,
            position=position,
            messages=[{"role": "assistant", "content": f"This **one**, number {position}."}],
        )
        for comparison in comparisons
        for position in range(2)
    )
    pool = project.pools.get()
    Demand.objects.bulk_create(
        Demand(comparison=comparison, pool=pool, wanted=1) for comparison in comparisons
    )


def statements(desk: Desk, **fields: str) -> list[str]:
    """SQL of one submission and the next page's content, transaction control left out."""
    with CaptureQueriesContext(connection) as captured:
        desk.send(**fields)
    assert desk.status == 200
    assert "Which of these" in desk.text
    control = re.compile(r"BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE", re.IGNORECASE)
    return [query["sql"] for query in captured if not control.match(query["sql"])]


@pytest.mark.parametrize("rationale", ["off", "required"])
def test_submit_and_next_take_the_same_few_statements_at_any_size(client: Client, rationale: str) -> None:
    counts = {}
    for size, held in ((30, 0), (3_000, 0), (3_000, 50)):
        project = make_project()
        project.criteria.update(rationale=rationale)
        touch(project)
        fill(project, size)
        render_open(project)
        for _ in range(held):
            assert leases.claim(make_person(project), project)
        desk = Desk(client, make_person(project), project).open()
        words = {"overall__rationale": "It is the better one."} if rationale == "required" else {}
        for turn in range(3):
            counts[size, held, turn] = len(statements(desk, overall="1", **words))
    assert len(set(counts.values())) == 1, counts
    assert max(counts.values()) == (9 if rationale == "off" else 10)
    assert max(counts.values()) <= LIMIT


def test_comparisons_that_nobody_has_rendered_stay_within_the_limit(client: Client) -> None:
    project = make_project()
    fill(project, 40)
    desk = Desk(client, make_person(project), project).open()
    counts = [len(statements(desk, overall="1")) for _ in range(30)]
    assert max(counts) <= LIMIT, counts
    assert counts[0] == min(counts), "opening the page rendered the next ones ahead"

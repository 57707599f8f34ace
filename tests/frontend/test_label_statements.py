"""An answer and the next card cost the same few SQL statements, however large the project and its queue."""

import re
from typing import Any

import orjson
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotation import bulk, leases
from annotation.models import Comparison, Demand, Project, Response
from annotation.projects import touch
from frontend.rendering import render_missing
from tests.factories import make_person, make_project

from .desk import Desk

pytestmark = pytest.mark.django_db(transaction=True)

LIMIT = 10
HEALTH_CHECK = 1  # of the connection, once a request; the test client makes none


def fill(project: Project, number: int) -> None:
    ids = bulk.reserve(Comparison, number)
    prompt = orjson.dumps([{"role": "user", "content": "Which of these?"}]).decode()
    bulk.insert(
        Comparison,
        ["id", "external_id", "prompt", "metadata", "group", "content_hash"],
        [(pk, f"q{pk}", prompt, "{}", f"g{pk}", f"{pk:064x}") for pk in ids],
        project_id=project.pk,
        k=2,
    )
    texts = [
        orjson.dumps([{"role": "assistant", "content": f"This **one**, {n}."}]).decode() for n in range(2)
    ]
    bulk.insert(
        Response,
        ["comparison_id", "position", "messages", "context", "media"],
        [(pk, position, texts[position], "[]", "[]") for pk in ids for position in range(2)],
    )
    bulk.insert(Demand, ["comparison_id"], [(pk,) for pk in ids], pool_id=project.pools.get().pk, wanted=1)


def statements(desk: Desk, **fields: Any) -> list[str]:
    """SQL of one answer that brings one card more, transaction control left out."""
    with CaptureQueriesContext(connection) as captured:
        desk.send(**fields)
    assert desk.status == 200
    assert not desk.answer["receipt"]["replayed"]
    assert len(desk.answer["cards"]) == 1
    assert "Which of these" in desk.answer["cards"][0]["html"]
    control = re.compile(r"BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE", re.IGNORECASE)
    return [query["sql"] for query in captured if not control.match(query["sql"])]


def count(client: Client, size: int, *leases_held: int, rationale: str = "off") -> list[int]:
    """Statements of three answers in a project of this size, each time that others hold so many leases."""
    project = make_project()
    project.criteria.update(rationale=rationale)
    touch(project)
    fill(project, size)
    keys = project.comparisons.order_by("pk").values_list("pk", flat=True)
    render_missing(list(keys[: leases_held[-1] + 20]))
    words = {"overall__rationale": "It is the better one."} if rationale == "required" else {}
    counts, held = [], 0
    for wanted in leases_held:
        for _ in range(wanted - held):
            assert leases.claim(make_person(project), project)
        held = wanted
        desk = Desk(client, make_person(project), project).open()
        assert len(desk.held) == 2
        counts += [len(statements(desk, overall="1", **words)) for _ in range(3)]
    return counts


@pytest.mark.parametrize(("rationale", "expected"), [("off", 7), ("required", 8)])
def test_an_answer_and_the_next_card_take_the_same_few_statements_at_any_size(
    client: Client, rationale: str, expected: int
) -> None:
    assert count(client, 30, 0, rationale=rationale) == [expected] * 3
    assert count(client, 3_000, 0, 50, rationale=rationale) == [expected] * 6
    assert expected + HEALTH_CHECK <= LIMIT


@pytest.mark.parametrize(("threshold", "expected"), [(0.6, 8), (0.9, 9)])
def test_stopping_reads_once_more_and_asks_once_more_within_the_limit(
    client: Client, threshold: float, expected: int
) -> None:
    """An answer that is sure enough by itself changes nothing; one that is not asks for a second."""
    project = make_project(labels_wanted=1, labels_cap=5, overlap_share=0.0, consensus_threshold=threshold)
    fill(project, 30)
    render_missing(list(project.comparisons.values_list("pk", flat=True)))
    desk = Desk(client, make_person(project), project).open()
    assert len(statements(desk, overall="1")) == expected
    assert Demand.objects.filter(wanted=2).exists() == (expected == 9)
    assert expected + HEALTH_CHECK <= LIMIT


@pytest.mark.services
def test_the_number_is_the_same_for_a_hundred_thousand_comparisons(client: Client) -> None:
    for size in (1_000, 100_000):
        assert count(client, size, 0, 300) == [7] * 6, size


def test_an_answer_counts_nothing(client: Client) -> None:
    project = make_project()
    fill(project, 30)
    desk = Desk(client, make_person(project), project).open()
    for _ in range(5):
        counting = [sql for sql in statements(desk, overall="1") if re.search(r"count\(", sql, re.IGNORECASE)]
        # What a person holds is counted while they are lent one more: at most three.
        assert [sql for sql in counting if "picked" not in sql] == []


def test_comparisons_that_nobody_has_rendered_stay_within_the_limit(client: Client) -> None:
    project = make_project()
    fill(project, 40)
    desk = Desk(client, make_person(project), project).open()
    counts = [len(statements(desk, overall="1")) for _ in range(30)]
    assert max(counts) <= LIMIT, counts
    assert counts[0] == min(counts), "opening the page rendered the next ones ahead"

"""Every page opens whatever there is, and asks the database as often in a large project as in a small one."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotation.figures import keeping
from annotation.models import Annotator
from llm_judges.registry import annotator_of, set_judge
from tests.every_page import pages
from tests.factories import make_comparison, make_person, make_project
from tests.growing import grow

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client: Client, monkeypatch: pytest.MonkeyPatch) -> Annotator:
    """Signed in. However quick the machine, figures are worked out each time that they are asked for."""
    monkeypatch.setattr(keeping, "QUICK", float("inf"))
    monkeypatch.setattr(keeping, "PATIENCE", 0)
    owner = make_person(make_project(), role="owner")
    assert owner.user is not None
    client.force_login(owner.user)
    return owner


def opened(client: Client, addresses: dict[str, str]) -> dict[str, int]:
    """SQL statements of every page by name."""
    counts = {}
    for name, url in addresses.items():
        with CaptureQueriesContext(connection) as captured:
            reply: Any = client.get(url)
            if reply.streaming:
                b"".join(reply.streaming_content)
        if reply.status_code != 405:
            assert reply.status_code in (200, 302), name
            counts[name] = len(captured)
    return counts


def test_every_page_opens_with_no_comparison_and_with_one(client: Client, owner: Annotator) -> None:
    without = opened(client, pages(owner, None))
    one = opened(client, pages(owner, make_comparison(owner.project, wanted=5)))
    assert without.keys() < one.keys()
    assert len(one) > 100


def test_no_page_takes_more_statements_with_two_thousand_comparisons_than_with_four_hundred(
    client: Client, owner: Annotator
) -> None:
    """From four hundred on every figure has enough to be drawn; benchmarks/pages.py goes on to 200,000."""
    project = owner.project
    for _ in range(8):
        make_person(project)
    judge = set_judge(project, name="asked", base_url="http://127.0.0.1:9/v1", model="m-1")
    addresses = pages(owner, make_comparison(project, wanted=5))
    grow(project, annotator_of(judge), 399)
    few = opened(client, addresses)
    grow(project, annotator_of(judge), 1_600)
    many = opened(client, addresses)
    assert {name: (few[name], many[name]) for name in few if few[name] < many[name]} == {}

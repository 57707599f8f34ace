"""Every page opens whatever there is, and asks the database as often in a large project as in a small one."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from annotation import leases
from annotation.figures import keeping
from annotation.flags import raise_flag
from annotation.models import Annotator, Demand, Figures, IdentityLeak, Pool, Project, Rendering
from annotation.people import appeal, pause
from llm_judges import progress, vitals
from llm_judges.registry import annotator_of, set_judge
from tests.api_world import address, reads
from tests.every_page import pages
from tests.factories import make_comparison, make_person, make_project
from tests.growing import grow
from tests.growing_lists import Lists

pytestmark = pytest.mark.django_db

# Pages that ask once less where there is much.
SPARED = {
    "label": "an open queue of more than 5,000 is not counted",
    "comparisons?words=story": "a page is full of what is found near: there is no second look",
}

# What the API says of these stands on a page too, and takes long to work out.
REPORTS = ("/agreement/", "/calibration/", "/leaderboard/")
IN_NEED = "overview of a project that needs its owner"
FELL = {"alpha": 0.6, "ci95": [0.55, 0.65], "comparisons": 90, "time": [], "annotators": []}
FELL |= {"fell": {"alpha": 0.3, "ci95": [0.2, 0.4], "comparisons": 30}}


@pytest.fixture
def owner(client: Client, monkeypatch: pytest.MonkeyPatch) -> Annotator:
    """Signed in. However quick the machine, a page works its figures out, and those that are kept are read
    by the pages after it."""
    monkeypatch.setattr(keeping, "QUICK", float("inf"))
    monkeypatch.setattr(keeping, "PATIENCE", 10**9)
    monkeypatch.setattr(keeping, "LARGE", 10**9)
    for kept in (progress, vitals):  # or a slow machine would count again on a later page
        monkeypatch.setattr(kept, "COUNTED_SECONDS", 24 * 3600)
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


def test_no_page_takes_more_statements_with_ten_thousand_comparisons_than_with_ten(
    client: Client, owner: Annotator
) -> None:
    """Nor does a list of the API; benchmarks/pages.py goes on to 200,000. Lists of which a page shows the
    newest are as long; those that it shows whole have ten rows and a hundred."""
    project = owner.project
    for _ in range(8):
        make_person(project)
    judge = annotator_of(set_judge(project, name="asked", base_url="http://127.0.0.1:9/v1", model="m-1"))
    addresses = pages(owner, make_comparison(project, wanted=5))
    addresses |= {path: address(path, owner) for path in reads() if not path.endswith(REPORTS)}
    trouble(owner)
    assert owner.user is not None
    lists = Lists(project, judge, owner.user)

    def add(comparisons: int, people: int) -> dict[str, int]:
        """Half of the comparisons are answered by the first people, half by all of them."""
        grow(project, judge, comparisons // 2)
        lists.people(people)
        lists.lengthen(comparisons)
        grow(project, judge, comparisons - comparisons // 2)
        begin_anew(project)
        counts = opened(client, addresses)
        Figures.objects.filter(name="trust").update(content=FELL)
        return counts | opened(client, {IN_NEED: addresses["overview"]})

    few, many = add(9, 9), add(9_990, 90)
    different = {name: (few[name], many[name]) for name in few if few[name] != many[name]}
    assert {name: counts for name, counts in different.items() if name not in SPARED} == {}
    assert all(few > many for few, many in different.values())
    assert many[IN_NEED] <= 15


def trouble(owner: Annotator) -> None:
    """All that a project may need its owner for."""
    project = owner.project
    pace = {"human_label_price": Decimal("0.01"), "minimum_hourly_pay": Decimal(12)}
    Project.objects.filter(pk=project.pk).update(budget=Decimal(10), **pace)
    comparison = project.comparisons.earliest("pk")
    experts = Pool.objects.create(project=project, name="experts", adjudicates=True)
    Demand.objects.create(comparison=comparison, pool=experts, wanted=1)
    raise_flag(make_person(project), comparison.pk, "Both are cut off.")
    IdentityLeak.objects.create(project=project, response=comparison.responses.earliest("pk"), found=[])
    assert owner.user is not None
    for person in (make_person(project), make_person(project)):
        pause(person, owner.user, "Let us talk.")
        person.refresh_from_db()
    appeal(person, "I was quick because it was easy.")


def begin_anew(project: Project) -> None:
    """Nothing is lent, rendered or worked out, and PostgreSQL knows how many rows there are."""
    leases.expire(project, timezone.now() + timedelta(days=1))
    Rendering.objects.all().delete()
    Figures.objects.all().delete()
    cache.clear()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")

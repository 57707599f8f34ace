#!/usr/bin/env python3
"""How long an owner waits for every page of a project with no comparison, with one and with 200,000.

In a private PostgreSQL: 200,000 comparisons (20,000 with `--quick`) have 300,000 labels by 40 people and
100,000 by a judge, with calls, decisions, flags and whatever else pages list (tests/growing.py). Its owner
opens each page while nothing is kept (`first`); then, once a worker has worked the reports out, after a new
label, the reports being an hour old (`label`), and once more (`after`). Beside the large project stand, as
baseline, the same pages with one comparison and with none. A superuser opens the tables of the admin.

At `first`, pages say of a large report that it is being worked out; files wait for it, so their times are
those of the reports themselves. What counts is `label` and `after`: labels keep coming.
"""

import argparse
import os
import sys
import time
from dataclasses import dataclass
from typing import Any

from _benchmark import INSIDE, finish, goal, machine, run_with_services, set_up

PEOPLE = 40
PATIENCE = 500  # ms
WEB_SERVER = 60_000  # ms: it gives up then (docker/gunicorn.conf.py), with a file that waits for its report


@dataclass(frozen=True)
class Opened:
    """One page: milliseconds at first, after a label and after that, SQL statements, kB of what came."""

    first: float
    label: float
    after: float
    statements: int
    size: float

    @property
    def slowest(self) -> float:
        """Once there are reports."""
        return max(self.label, self.after)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not os.environ.get(INSIDE):
        return run_with_services(__file__)
    size = 20_000 if options.quick else 200_000
    columns = run(size)
    names = sorted(columns[size], key=lambda name: -columns[size][name].slowest)
    slow = [name for name in names if columns[size][name].slowest > PATIENCE]
    at_first = max(one.first for one in columns[size].values())
    grown = [
        name
        for name in names
        if name in columns[1] and columns[size][name].statements > columns[1][name].statements
    ]
    result = {
        "benchmark": "pages",
        "machine": machine(),
        "results": {
            name: {str(number): vars(column[name]) for number, column in columns.items() if name in column}
            for name in names
        },
        "goals": [
            goal("slowest page", round(columns[size][names[0]].slowest), PATIENCE, "at_most", "ms"),
            goal("pages that take longer", len(slow), 0, "at_most", "pages"),
            goal("pages with more statements", len(grown), 0, "at_most", "pages"),
            goal("file that waits for a report", round(at_first), WEB_SERVER, "at_most", "ms"),
        ],
    }
    return finish(result, options.json, *_table(columns, names))


def run(size: int) -> dict[int, dict[str, Opened]]:
    """Every page, by number of comparisons and by name."""
    set_up()
    from django.conf import settings
    from django.core.management import call_command

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    call_command("migrate", verbosity=0)
    from llm_judges.registry import annotator_of, set_judge
    from tests.every_page import pages
    from tests.factories import make_comparison, make_person, make_project
    from tests.growing import grow

    project = make_project()
    owner = make_person(project, role="owner")
    for _ in range(PEOPLE):
        make_person(project)
    judge = set_judge(project, name="asked", base_url="http://127.0.0.1:9/v1", model="m-1")
    columns = {0: _opened(owner, pages(owner, None))}
    addresses = pages(owner, make_comparison(project, wanted=5))
    columns[1] = _opened(owner, addresses) | _admin()
    began = time.perf_counter()
    grow(project, annotator_of(judge), size - 1)
    _sql("VACUUM ANALYZE")
    print(f"grown in {time.perf_counter() - began:.0f} s", file=sys.stderr)
    _forget()
    columns[size] = _opened(owner, addresses) | _admin()
    return columns


def _admin() -> dict[str, Opened]:
    """The list and the newest row of every table."""
    from django.contrib import admin
    from django.urls import reverse

    from tests.factories import make_user

    user = make_user(is_staff=True, is_superuser=True)
    found = {}
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        found[f"{name}_changelist"] = reverse(f"{name}_changelist")
        if (newest := model._default_manager.order_by("-pk").first()) is not None:
            found[f"{name}_change"] = reverse(f"{name}_change", args=[newest.pk])
    return _asked(user, found)


def _opened(owner: Any, addresses: dict[str, str]) -> dict[str, Opened]:
    return _asked(owner.user, addresses)


def _asked(user: Any, addresses: dict[str, str]) -> dict[str, Opened]:
    """Opens each page four times; what takes no GET is left out."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    firsts = {name: _timed(client, url) for name, url in addresses.items()}
    _work()
    _label()
    found = {}
    for name, url in addresses.items():
        (first, status, _), (label, _, _), (after, _, size) = (
            firsts[name],
            _timed(client, url),
            _timed(client, url),
        )
        if status == 405:
            continue
        with CaptureQueriesContext(connection) as captured:
            _open(client, url)
        if status not in (200, 302):
            print(f"{name} answers {status}", file=sys.stderr)
        found[name] = Opened(first, label, after, len(captured), round(size / 1000, 1))
    return found


def _timed(client: Any, url: str) -> tuple[float, int, int]:
    """(ms, status, bytes)"""
    began = time.perf_counter()
    status, size = _open(client, url)
    return round(1000 * (time.perf_counter() - began), 1), status, size


def _forget() -> None:
    """Nothing is kept any more."""
    from django.core.cache import cache

    from annotation.models import Figures

    cache.clear()
    Figures.objects.all().delete()


def _work() -> None:
    """What a worker has been asked for."""
    from annotation import tasks
    from annotation.models import Figures

    for one in Figures.objects.exclude(asked_at=None):
        began = time.perf_counter()
        tasks.renew_figures(one.project_id, one.name)
        print(f"{one.name}: worked out in {time.perf_counter() - began:.1f} s", file=sys.stderr)


def _label() -> None:
    """A label comes an hour after the reports were worked out."""
    from datetime import timedelta

    from django.db.models import F

    from annotation.models import Annotator, Comparison, Figures
    from tests.annotation.voting import answer
    from tests.factories import make_comparison

    Figures.objects.update(computed_at=F("computed_at") - timedelta(hours=1))
    if Comparison.objects.exists():
        person = Annotator.objects.filter(kind=Annotator.Kind.HUMAN).order_by("pk")[1]
        answer(person, make_comparison(person.project), "a>b")


def _open(client: Any, url: str) -> tuple[int, int]:
    """(status, bytes)"""
    reply = client.get(url)
    body = b"".join(reply.streaming_content) if reply.streaming else reply.content
    return reply.status_code, len(body)


def _sql(statement: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement)


def _table(columns: dict[int, dict[str, Opened]], names: list[str]) -> list[str]:
    """A line a page, the slowest first: each figure with no comparison, one, and many."""
    lines = [f"{'':44}{'first ms':>24}{'label ms':>24}{'after ms':>24}{'SQL':>15}{'kB':>24}"]
    for name in names:
        line = f"{name:44}"
        for figure, width in (("first", 8), ("label", 8), ("after", 8), ("statements", 5), ("size", 8)):
            for column in columns.values():
                said = f"{getattr(column[name], figure):,.0f}" if name in column else "–"
                line += f"{said:>{width}}"
        lines.append(line)
    return lines


if __name__ == "__main__":
    sys.exit(main())

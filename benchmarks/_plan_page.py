"""A plan over a large project as its owner and its annotators meet it: asked for, looked at, approved.

The project is made inside PostgreSQL: MT-bench's prompts, looks, judges' and people's labels, repeated under
serial numbers. The work is done by a Celery worker, as in production, while people go on being lent
comparisons and answer them.
"""

import statistics
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from _project import insert_select, make_project, sql
from _votes import RANKINGS, Data, verdict

LABELLED = 10_000  # comparisons with labels of two people; a quarter of all where that is less
PEOPLE = 20  # who go on labelling while a plan is approved
THINK = 0.25  # seconds between a person's answers
REPEATS = 9


def measure(project: Any) -> dict[str, Any]:
    """Seconds and milliseconds of every step in a project that `make` made; a worker must be running."""
    from django.test import Client

    from annotation.models import Decision, Membership, User
    from routing.models import Plan
    from routing.refitting import refit

    owner = User.objects.create(email="owner@example.org", name="Owner", password="!")
    Membership.objects.create(project=project, user=owner, role="owner")
    client = Client(SERVER_NAME="localhost")  # the only host that a deployment allows by itself
    client.force_login(owner)
    page = f"/p/{project.slug}/plan/"
    started = time.perf_counter()
    asked = client.post(f"{page}ask/", {"policy": "combined", "kind": "share", "amount": "25"})
    assert asked.status_code == 302
    asking = time.perf_counter() - started
    plan = _until(lambda: Plan.objects.exclude(state__in=Plan.AT_WORK).first())
    drafting = time.perf_counter() - started
    assert plan.state == "draft", plan.message
    opened = [_milliseconds(lambda: client.get(page)) for _ in range(REPEATS)]
    at = [plan.points * step // REPEATS for step in range(REPEATS)]
    htmx = {"HX-Request": "true"}
    points = [{"of": plan.pk, "point": one} for one in at]
    slid = [_milliseconds(partial(client.get, page, point, headers=htmx)) for point in points]
    people = plan.parameters["asked"]
    with Labelling(project) as labelling:
        started = time.perf_counter()
        approved = client.post(f"{page}approve/", {"plan": str(plan.pk), "people": str(people)})
        assert approved.status_code == 302
        plan = _until(lambda: Plan.objects.exclude(state__in=Plan.AT_WORK).first())
        approving = time.perf_counter() - started
    assert plan.state == "approved", plan.message
    decided = Decision.objects.filter(plan=plan.pk, superseded_at=None).count()
    assert decided == plan.human + plan.ai
    with Labelling(project) as learning:
        row = refit(project, force=True)
    assert row is not None
    return {
        "open": plan.parameters["open"],
        "ask_ms": round(1000 * asking),
        "draft_seconds": round(drafting, 1),
        "page_ms": round(statistics.median(opened)),
        "slider_ms": round(max(slid[1:])),
        "approve_seconds": round(approving, 1),
        "decided": decided,
        "meanwhile": labelling.figures(),
        "refit_seconds": round(row.seconds, 1),
        "meanwhile_refit": learning.figures(),
    }


class Labelling:
    """People who are lent a comparison, answer it and are lent the next one, for as long as this is open."""

    def __init__(self, project: Any) -> None:
        self.project = project
        self.lent: list[float] = []  # seconds that a claim and an answer took
        self.empty = 0
        self.alone = 0.0  # longest time that one of them had nothing
        self._over = threading.Event()
        first = list(project.annotators.filter(kind="human").order_by("pk")[:PEOPLE])
        self._threads = [threading.Thread(target=self._work, args=(one,)) for one in first]

    def __enter__(self) -> "Labelling":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def figures(self) -> dict[str, Any]:
        return {
            "labels": len(self.lent),
            "slowest_label_ms": round(1000 * max(self.lent, default=0)),
            "claims_without_work": self.empty,
            "longest_without_work_seconds": round(self.alone, 1),
        }

    def _work(self, who: Any) -> None:
        from django.db import connection

        from annotation import labels, leases

        last = time.perf_counter()
        while not self._over.is_set():
            began = time.perf_counter()
            lent = leases.claim(who, self.project)
            if lent:
                labels.submit_many(
                    who, self.project, [labels.Submission(lent[0].pk, {"overall": labels.Answer("a>b", 1)})]
                )
                last = time.perf_counter()
                self.lent.append(last - began)
            else:
                self.empty += 1
            self.alone = max(self.alone, time.perf_counter() - last)
            time.sleep(THINK)
        connection.close()


def make(data: Data, texts: dict[str, Any], size: int) -> Any:
    """A project of `size` comparisons: one judge has answered nine tenths, another one half, two people the
    first LABELLED."""
    from annotation.models import (
        Annotation,
        Annotator,
        Assignment,
        Comparison,
        Demand,
        JudgeVersion,
        Label,
        SoftLabel,
    )
    from routing.models import TextFeatures

    project = make_project("plan-page")
    type(project).objects.filter(pk=project.pk).update(policy="combined", human_label_price="0.5")
    project.refresh_from_db()
    version = JudgeVersion.objects.create(
        project=project, name="gpt-4", version=1, model="gpt-4", template="pairwise", fingerprint="bench"
    )
    new = {"project": project, "kind": "judge"}
    judge = Annotator.objects.create(name="gpt-4", judge_version=version, **new).pk
    other = Annotator.objects.create(name="llama-2", **new).pk
    people = list(project.annotators.filter(kind="human").order_by("-pk").values_list("pk", flat=True)[:2])
    _said(data, texts)
    number = len(data.lines)
    numbered = f"FROM generate_series(1, {size}) n JOIN bench_said t ON t.place = n % {number}"
    sql("SET session_replication_role = replica; SELECT 1")
    insert_select(
        Comparison,
        f"{numbered} ORDER BY n",
        id="n",
        project_id=str(project.pk),
        external_id="'s' || n",
        prompt="t.prompt",
        k="2",
        group="t.grouped",
        category="t.category",
        content_hash="md5(n::text)",
    )
    looks = {"comparison_id": "n", "version": "1", "shared": "t.shared", "each": "t.each"}
    insert_select(TextFeatures, numbered, id="n", **looks)
    told = f"(n <= {min(LABELLED, size // 4)})"
    insert_select(
        Demand,
        f"{numbered} ORDER BY n",
        id="n",
        comparison_id="n",
        pool_id=str(project.pools.get().pk),
        wanted=f"CASE WHEN {told} THEN 2 ELSE 1 END",
        done=f"CASE WHEN {told} THEN 2 ELSE 0 END",
    )
    votes = [
        (judge, "t.judge", "t.consistent", f"{told} OR n % 10 > 0"),
        (other, "t.other", "NULL", f"t.other <> '' AND ({told} OR n % 2 = 0)"),
        (people[0], "t.one", "NULL", told),
        (people[1], "t.two", "NULL", told),
    ]
    parts = [
        f"SELECT 10 * n + {at} AS id, n AS comparison, {who} AS annotator, {ranking} AS ranking,"
        f" {consistent}::boolean AS consistent {numbered} WHERE {where}"
        for at, (who, ranking, consistent, where) in enumerate(votes)
    ]
    sql(f"CREATE UNLOGGED TABLE bench_votes AS {' UNION ALL '.join(parts)}")
    common = "FROM bench_votes v ORDER BY v.id"
    insert_select(
        Assignment,
        common,
        id="v.id",
        comparison_id="v.comparison",
        annotator_id="v.annotator",
        purpose="'import'",
        state="'submitted'",
        shown="'ab'",
        claimed_at="now()",
    )
    insert_select(
        Annotation,
        common,
        id="v.id",
        assignment_id="v.id",
        shown="'ab'",
        active_seconds="30 + v.id % 60",
        order_consistent="v.consistent",
    )
    insert_select(
        Label,
        common,
        id="v.id",
        annotation_id="v.id",
        project_id=str(project.pk),
        comparison_id="v.comparison",
        annotator_id="v.annotator",
        criterion_id=str(project.criteria.get().pk),
        ranking="v.ranking",
    )
    insert_select(
        SoftLabel,
        f"FROM bench_votes v WHERE v.annotator = {judge}",
        label_id="v.id",
        probabilities="""('{"a": 0.' || (50 + v.id / 10 % 50) || ', "tie": 0.1, "b": 0.1}')::jsonb""",
        source="'logprobs'",
        votes="2",
    )
    for model in (Comparison, Demand, Assignment, Annotation, Label, TextFeatures):
        table = model._meta.db_table
        sql(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) + 1 FROM {table}))")
        sql(f"VACUUM {table}")
    sql("ANALYZE; SET session_replication_role = origin; CHECKPOINT")
    return project


def _said(data: Data, texts: dict[str, Any]) -> None:
    """What is repeated, a row for each of MT-bench's comparisons that two people labelled."""
    import orjson

    sql(
        "CREATE TABLE bench_said (place int, prompt jsonb, grouped text, category text, shared bytea,"
        " each bytea, judge text, consistent boolean, other text, one text, two text)"
    )
    for place, line in enumerate(data.lines):
        turns = [turn for turn in line.get("context_a") or [] if turn["role"] == "user"]
        look = texts[line["id"]]
        own, second = verdict(line, "gpt-4"), verdict(line, "llama-2-70b-instruct-v2")
        votes = {label["annotator"]: label["choice"] for label in line["labels"] if label["kind"] == "human"}
        one, two, *_ = [RANKINGS[choice] for choice in votes.values()]
        row = [
            place,
            orjson.dumps([*turns, {"role": "user", "content": line["prompt"]}]).decode(),
            line["group"],
            line["category"] or "",
            look.shared.astype("<f4").tobytes(),
            look.each.astype("<f4").tobytes(),
            own[0],
            not own[1],
            second[0] if second else "",
            one,
            two,
        ]
        sql(f"INSERT INTO bench_said VALUES (%s, %s::jsonb{', %s' * 9}) RETURNING place", row)


def _until(found: Callable[[], Any]) -> Any:
    while (one := found()) is None:
        time.sleep(0.1)
    return one


def _milliseconds(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    assert work().status_code == 200
    return 1000 * (time.perf_counter() - started)

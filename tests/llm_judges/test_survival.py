"""A worker that is killed, and a database that goes away, cost at most the calls in flight."""

import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from annotation.models import Annotation, Assignment, JudgeCall, JudgeRun
from llm_judges.batching import tending
from llm_judges.labelling import label_all
from llm_judges.models import JudgeBatch
from llm_judges.running.outlast import outlast
from tests.conftest import ROOT
from tests.factories import make_project
from tests.fake_judge import FakeJudge
from tests.llm_judges.makers import calls_of, labels_of, make_judge, make_pairs
from tests.waiting import PATIENCE, wait_for

PAID = Decimal("0.003")  # what the fake judge's usage costs a call


def sessions() -> set[int]:
    """Connections to this test's database by their number: a killed worker's last statement may still run."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        return {pid for (pid,) in cursor.fetchall()}


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_leaves_each_comparison_with_one_annotation(
    process_environment: dict[str, str],
) -> None:
    project = make_project()
    make_pairs(project, 60)
    with FakeJudge() as fake:
        fake.hold_after(40)  # so that calls are in flight whenever the worker is killed
        judge = make_judge(project, fake, concurrency=6, timeout_seconds=60)
        command = [sys.executable, "manage.py", "judge", project.slug]
        before = sessions()
        worker = subprocess.Popen(
            command, cwd=ROOT, env=process_environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        try:
            wait_for(lambda: len(fake.requests) > 40 and JudgeCall.objects.filter(state="ok").count() >= 30)
        finally:
            os.kill(worker.pid, signal.SIGKILL)
            worker.wait()
        wait_for(lambda: sessions() <= before)
        fake.let_go()
        in_flight = JudgeCall.objects.filter(state="in_flight").count()
        assert in_flight
        past = timezone.now() - timedelta(seconds=1)  # a minute later, nobody has renewed them
        JudgeCall.objects.filter(state="in_flight").update(leased_until=past)
        Assignment.objects.filter(state="live", annotator__kind="judge").update(leased_until=past)
        label_all(judge)
        asked = len(fake.requests)
    again = sum(call.attempts - 1 for call in calls_of(judge))  # that had not got through, so nobody was paid
    assert asked <= 120 + in_flight + again
    assert {call.state for call in calls_of(judge)} == {"ok"}
    assert len(calls_of(judge)) == 120
    assert len(labels_of(judge)) == Annotation.objects.count() == 60
    run = JudgeRun.objects.get()
    assert (run.state, run.labelled) == ("finished", 60)
    assert run.spent == sum(call.cost for call in calls_of(judge))
    assert run.spent >= asked * PAID  # what the killed one had in flight counts, as it may have been paid


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_with_a_batch_at_the_provider_leaves_each_comparison_with_one_annotation(
    process_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tending, "POLL_SECONDS", 0.05)
    project = make_project()
    make_pairs(project, 30)
    with FakeJudge(looks=3) as fake:
        judge = make_judge(project, fake, transport="batch")
        command = [sys.executable, "manage.py", "judge", project.slug]
        before = sessions()
        worker = subprocess.Popen(
            command, cwd=ROOT, env=process_environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        try:
            wait_for(lambda: fake.desk.batches)
        finally:
            os.kill(worker.pid, signal.SIGKILL)
            worker.wait()
        wait_for(lambda: sessions() <= before)
        # Ten minutes later nobody holds the batch any more, whether or not its id could be kept.
        JudgeBatch.objects.update(leased_until=None)
        label_all(judge)
        assert (len(fake.desk.batches), len(fake.requests)) == (1, 60)
    assert {call.state for call in calls_of(judge)} == {"ok"}
    assert len(labels_of(judge)) == Annotation.objects.count() == 30
    assert JudgeRun.objects.get().spent == 60 * PAID / 2


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_two_workers_on_one_run_ask_nothing_twice(process_environment: dict[str, str]) -> None:
    project = make_project()
    make_pairs(project, 40)
    with FakeJudge(seconds=0.05) as fake:
        judge = make_judge(project, fake, concurrency=4)
        workers = [
            subprocess.Popen(
                [sys.executable, "manage.py", "judge", project.slug],
                cwd=ROOT,
                env=process_environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for _ in range(2)
        ]
        assert [worker.wait(PATIENCE) for worker in workers] == [0, 0]
        assert len(fake.requests) == 80
        assert fake.most_at_once <= 8
    assert len(labels_of(judge)) == 40
    assert JudgeRun.objects.get().state == "finished"


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_connection_that_the_database_ends_in_the_middle_is_got_over() -> None:
    project = make_project()
    make_pairs(project, 20)

    def cut() -> bool:
        if 10 <= len(fake.requests) < 14:
            connection.connection.close()
        return False

    with FakeJudge(seconds=0.05) as fake:
        judge = make_judge(project, fake, concurrency=2)
        outcome = label_all(judge, stop=cut)
        assert (outcome.labelled, outcome.stopped) == (20, "")
        assert len(fake.requests) == 40
    assert set(Counter(labels_of(judge)).values()) == {1}
    assert JudgeRun.objects.get().spent == 40 * PAID


def test_a_step_is_made_again_until_the_database_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "close", lambda: None)
    failures: list[Exception | None] = [
        OperationalError("server closed"),
        OperationalError("starting up"),
        None,
    ]

    def step() -> str:
        if error := failures.pop(0):
            raise error
        return "done"

    waits: list[float] = []
    assert outlast(step, waits.append) == "done"
    assert waits == [0.1, 0.2]

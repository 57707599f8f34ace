"""`judge SLUG`, and the Celery task that does the same."""

import json
import os
import signal
import threading
import time
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from annotation.models import Demand, JudgeCall, Label, Project
from llm_judges import runs, tasks
from llm_judges.demand import ask_for
from llm_judges.labelling import label_all
from llm_judges.registry import annotator_of, retire_others
from llm_judges.running import retry, watch, worker
from tests.factories import make_project
from tests.fake_judge import FakeJudge
from tests.llm_judges.makers import calls_of, labels_of, make_judge, make_pairs

pytestmark = pytest.mark.django_db


def judge_command(project: Project, *arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("judge", project.slug, *arguments, "--json", stdout=out, stderr=StringIO())
    result: dict[str, Any] = json.loads(out.getvalue())
    return result


def test_every_judge_labels_everything_and_the_figures_say_so() -> None:
    project = make_project()
    make_pairs(project, 3)
    with FakeJudge() as honest, FakeJudge("prefer-first") as hasty:
        make_judge(project, honest, "honest")
        make_judge(project, hasty, "hasty")
        result = judge_command(project)
        again = judge_command(project)
    expected = {
        "version": 1,
        "annotator": "honest",
        "labelled": 3,
        "failed": {},
        "undecided": 0,
        "calls": 6,
        "reused": 0,
        "cost": pytest.approx(0.018),
        "consistent_share": 1.0,
        "stopped": "",
        "message": "",
        "held": 0,
    }
    assert result["judges"]["honest"] == expected
    assert result["judges"]["hasty"]["consistent_share"] == 0.0
    assert {figures["calls"] for figures in again["judges"].values()} == {0}


def test_one_judge_and_a_limit_can_be_named() -> None:
    project = make_project()
    make_pairs(project, 3)
    with FakeJudge() as fake:
        make_judge(project, fake, "one")
        make_judge(project, fake, "two")
        result = judge_command(project, "--judge", "two", "--limit", "2")
    assert list(result["judges"]) == ["two"]
    assert result["judges"]["two"]["labelled"] == 2
    assert result["judges"]["two"]["stopped"] == "limit"


def test_failed_comparisons_are_asked_again_when_told_to() -> None:
    project = make_project()
    make_pairs(project, 2)
    with FakeJudge("obey", "obey", "unparsable", "obey") as fake:
        make_judge(project, fake, concurrency=1)
        assert judge_command(project)["judges"]["fake"]["failed"] == {"unparsable": 1}
        assert judge_command(project)["judges"]["fake"]["calls"] == 0
        retried = judge_command(project, "--retry-failed")["judges"]["fake"]
    assert (retried["labelled"], retried["calls"], retried["reused"]) == (1, 1, 1)


def test_people_read_lines() -> None:
    project = make_project()
    make_pairs(project, 2)
    out = StringIO()
    with FakeJudge("obey", "obey", "unparsable", "obey") as fake:
        make_judge(project, fake, concurrency=1)
        call_command("judge", project.slug, stdout=out, stderr=StringIO())
    assert "fake: 1 labelled with 4 calls, both orders agree on 100%, cost 0.0120" in out.getvalue()
    assert "1 unparsable; --retry-failed asks again" in out.getvalue()


def test_a_run_in_which_every_call_failed_is_an_error_that_says_why() -> None:
    project = make_project()
    make_pairs(project, 2)
    with FakeJudge("unparsable") as fake:
        make_judge(project, fake)
        with pytest.raises(CommandError, match="all 4 calls failed; the reply holds no JSON object"):
            judge_command(project)
    assert not Label.objects.exists()


def test_a_run_whose_endpoint_goes_down_is_an_error_that_keeps_what_it_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watch, "PATIENCE", 0.1)
    monkeypatch.setattr(retry, "LONGEST", 0.05)
    project = make_project()
    make_pairs(project, 30)
    with FakeJudge(*["obey"] * 40, "html") as fake:
        judge = make_judge(project, fake, concurrency=1)
        with pytest.raises(CommandError, match="fake stopped after 20 labels: no call gets through"):
            judge_command(project)
        assert len(labels_of(judge)) == 20
        fake.behaviours = ["obey"]
        assert judge_command(project)["judges"]["fake"]["labelled"] == 10


def test_a_project_or_judge_that_does_not_exist_is_an_error() -> None:
    project = make_project()
    with pytest.raises(CommandError, match="has no judge; add one under `judges`"):
        judge_command(project)
    make_judge(project, "http://127.0.0.1:9/v1", "careful")
    with pytest.raises(CommandError, match="no judge 'carefull'; it has careful"):
        judge_command(project, "--judge", "carefull")
    with pytest.raises(CommandError, match="no project 'elsewhere'"):
        call_command("judge", "elsewhere")


def test_a_key_that_is_not_set_is_one_line() -> None:
    project = make_project()
    make_judge(project, "http://127.0.0.1:9/v1", api_key_env="NO_SUCH_KEY_HERE")
    with pytest.raises(CommandError, match="NO_SUCH_KEY_HERE is not set"):
        judge_command(project)


def test_ctrl_c_records_what_is_in_flight_and_the_next_run_goes_on() -> None:
    project = make_project()
    make_pairs(project, 5)
    with FakeJudge() as fake:
        fake.hold_after(0)
        judge = make_judge(project, fake, concurrency=2)

        def interrupt() -> None:
            while not fake.requests:
                time.sleep(0.01)
            os.kill(os.getpid(), signal.SIGINT)
            fake.let_go()

        thread = threading.Thread(target=interrupt, daemon=True)
        thread.start()
        result = judge_command(project)
        thread.join()
        assert result["judges"]["fake"]["stopped"] == "interrupted"
        assert JudgeCall.objects.filter(state="ok").count() == len(fake.requests) < 10
        judge_command(project)
    assert len(fake.requests) == 10
    assert len(labels_of(judge)) == 5
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def snapshot(judge: Any) -> list[tuple[Any, ...]]:
    calls = [(c.order, c.state, c.verdict, c.cost, c.input_tokens) for c in calls_of(judge)]
    labels = [(la.ranking, la.strength, la.annotation.order_consistent) for la in labels_of(judge)]
    return calls + labels


def test_the_task_does_what_the_command_does() -> None:
    by_command, by_task = make_project(), make_project()
    for project in (by_command, by_task):
        make_pairs(project, 5)
    with FakeJudge() as fake:
        one, other = make_judge(by_command, fake), make_judge(by_task, fake)
        judge_command(by_command)
        ask_for(other, by_task)
        tasks.look.delay()
    assert len(labels_of(other)) == 5
    assert snapshot(one) == snapshot(other)
    assert Demand.objects.filter(judge=annotator_of(other), done=1, live=0).count() == 5


def test_looking_starts_only_judges_with_work_that_nobody_has_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[int] = []
    monkeypatch.setattr(tasks.work, "apply_async", lambda arguments, **options: sent.extend(arguments))
    project = make_project()
    make_pairs(project, 1)
    judges = {
        name: make_judge(project, "http://127.0.0.1:9/v1", name)
        for name in ("idle", "busy", "paused", "cancelled", "started", "retired")
    }
    for name in ("busy", "paused", "cancelled", "retired"):
        ask_for(judges[name], project)
    runs.pause(runs.start(judges["paused"]))
    runs.cancel(runs.start(judges["cancelled"]))
    started = runs.start(judges["started"])
    retire_others(project, [name for name in judges if name != "retired"])
    tasks.look()
    assert sorted(sent) == sorted([runs.open_run(judges["busy"]).pk, started.pk])


def test_a_task_for_a_run_that_is_over_or_cannot_work_does_nothing() -> None:
    project = make_project()
    make_pairs(project, 1)
    judge = make_judge(project, "http://127.0.0.1:9/v1", api_key_env="NO_SUCH_KEY_HERE")
    run = runs.start(judge)
    tasks.work.delay(run.pk)
    tasks.work.delay(run.pk)
    tasks.work.delay(run.pk + 1000)
    run.refresh_from_db()
    assert (run.state, run.stop_reason) == ("stopped", "failing")
    assert "NO_SUCH_KEY_HERE is not set" in run.message
    assert not JudgeCall.objects.exists()


def test_an_estimate_asks_nothing_and_is_about_right() -> None:
    project = make_project()
    make_pairs(project, 60)
    with FakeJudge() as fake:
        make_judge(project, fake, max_tokens=100, requests_per_minute=60)
        figures = judge_command(project, "--estimate")["judges"]["fake"]
        assert fake.requests == []
    assert (figures["comparisons"], figures["calls"]) == (60, 120)
    assert figures["sampled"] >= 30
    assert figures["seconds"] == 120
    prompt = figures["input_tokens"] / figures["calls"]
    assert 200 < prompt < 600
    assert float(figures["cost"]) == pytest.approx(
        (figures["input_tokens"] * 2 + figures["output_tokens"] * 10) / 1e6
    )
    assert float(figures["cost"]) < float(figures["at_most"])


def test_a_run_is_paused_and_resumed_and_cancelled_from_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "LOOK_SECONDS", 0)
    project = make_project()
    make_pairs(project, 10)
    with FakeJudge(seconds=0.02) as fake:
        judge = make_judge(project, fake, concurrency=1)

        def steer(verb: Any, after: int) -> Any:
            def stop() -> bool:
                if len(fake.requests) >= after and (run := runs.open_run(judge)):
                    verb(run)
                return False

            return stop

        paused = label_all(judge, stop=steer(runs.pause, 5))
        assert (paused.stopped, 0 < paused.labelled < 10) == ("paused", True)
        with pytest.raises(CommandError, match="is paused; resume it"):
            judge_command(project)
        runs.resume(runs.open_run(judge), judge)
        cancelled = label_all(judge, stop=steer(runs.cancel, len(fake.requests) + 4))
        assert cancelled.stopped == "cancelled"
        asked = len(fake.requests)
        tasks.look()
        assert len(fake.requests) == asked
        rest = judge_command(project)["judges"]["fake"]
    assert paused.labelled + cancelled.labelled + rest["labelled"] == 10
    assert len(fake.requests) == 20


def test_pause_resume_and_cancel_are_options_of_the_command() -> None:
    project = make_project()
    make_pairs(project, 2)
    with FakeJudge() as fake:
        judge = make_judge(project, fake)
        runs.start(judge)
        assert judge_command(project, "--pause")["judges"]["fake"] == {"paused": True}
        assert judge_command(project, "--pause")["judges"]["fake"] == {"paused": False}
        assert judge_command(project, "--resume")["judges"]["fake"]["labelled"] == 2
        assert judge_command(project, "--cancel")["judges"]["fake"] == {"cancelled": False}

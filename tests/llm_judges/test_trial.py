"""A judge is tried on a few comparisons before anybody pays for a run: all is shown, nothing is labelled."""

import io
import json
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from annotation.models import Annotation, Assignment, JudgeCall, JudgeRun
from llm_judges.runs import JudgeError
from llm_judges.trial import try_on
from tests.factories import make_comparison, make_project
from tests.fake_judge import FakeJudge
from tests.llm_judges.makers import make_judge, make_pairs

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("try_judge", *arguments, stdout=out)
    return out.getvalue()


def test_five_comparisons_are_tried_and_nothing_is_labelled() -> None:
    project = make_project()
    make_comparison(project, "same", "same", fit=False)
    make_pairs(project, 7)
    with FakeJudge() as fake:
        make_judge(project, fake)
        result: dict[str, Any] = json.loads(run(project.slug, "--judge", "fake", "--json"))
    assert len(result["trials"]) == 5
    assert len(fake.requests) == 10
    for trial in result["trials"]:
        assert trial["verdict"]["overall"]["ranking"] == "b>a"
        for call in trial["calls"]:
            assert call["state"] == "ok"
            assert call["prompt"] in [request["messages"] for request in fake.requests]
            assert json.loads(call["reply"])["overall"]["verdict"].endswith("clearly better")
            assert call["cost"] == pytest.approx(0.003)
    assert result["cost"] == pytest.approx(0.03)
    assert not Annotation.objects.exists()
    assert not Assignment.objects.filter(annotator__kind="judge").exists()
    ledger = JudgeRun.objects.get()
    assert (ledger.purpose, ledger.state, ledger.spent) == ("trial", "finished", Decimal("0.03"))


def test_it_is_shown_to_people_too() -> None:
    project = make_project()
    make_pairs(project, 1)
    with FakeJudge("prefer-first") as fake:
        make_judge(project, fake)
        text = run(project.slug, "--judge", "fake", "--number", "1")
    assert "[system]\nYou compare two responses" in text
    assert "overall: a=b (the orders disagree; " in text
    assert "cost 0.006000" in text


def test_an_endpoint_that_has_changed_can_be_probed_anew() -> None:
    project = make_project()
    make_pairs(project, 1)
    with FakeJudge(lacks={"json_schema", "tool"}) as fake:
        judge = make_judge(project, fake)  # known as one that takes schemas
        assert json.loads(run(project.slug, "--judge", "fake", "--json"))["trials"][0]["why"]
        result = json.loads(run(project.slug, "--judge", "fake", "--probe", "--json"))
    assert result["capabilities"]["json_schema"] is False
    assert result["trials"][0]["verdict"]["overall"]["ranking"] == "b>a"
    judge.refresh_from_db()
    assert judge.capabilities["json_object"] is True


def test_a_trial_respects_the_budget_and_leaves_nothing_reserved() -> None:
    project = make_project(budget=Decimal("0.01"))
    make_pairs(project, 3)
    with FakeJudge() as fake:
        judge = make_judge(project, fake)
        with pytest.raises(JudgeError, match="budget"):
            try_on(judge)
    assert fake.requests == []
    assert not JudgeCall.objects.filter(state="in_flight").exists()
    assert JudgeRun.objects.get().state == "stopped"


def test_a_judge_that_does_not_exist_is_named() -> None:
    project = make_project()
    with pytest.raises(CommandError, match=r"has no judge 'who'; it has none"):
        run(project.slug, "--judge", "who")


def test_a_key_is_read_and_kept_but_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    project = make_project()
    judge = make_judge(project, "http://127.0.0.1:9/v1")
    out = io.StringIO()
    monkeypatch.setattr("sys.stdin", io.StringIO("sk-swordfish\n"))
    call_command("judge_key", project.slug, "--judge", "fake", stdout=out)
    judge.refresh_from_db()
    assert judge.api_key_sealed
    assert "swordfish" not in out.getvalue() + judge.api_key_sealed
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    call_command("judge_key", project.slug, "--judge", "fake", stdout=out)
    judge.refresh_from_db()
    assert judge.api_key_sealed == ""

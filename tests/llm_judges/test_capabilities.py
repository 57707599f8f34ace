"""What an endpoint can do is found out by asking it, and the best way of asking is used."""

import pytest

from annotation.models import JudgeRun
from llm_judges.capabilities import ensure_probed, probe_again
from llm_judges.models import Judge
from llm_judges.registry import set_judge
from llm_judges.trial import try_on
from llm_judges.verdicts import Rung
from tests.factories import make_comparison, make_project
from tests.fake_judge import FakeJudge
from tests.llm_judges.makers import LONG, SHORT

pytestmark = pytest.mark.django_db


def unprobed(fake: FakeJudge, **settings: object) -> Judge:
    project = make_project()
    make_comparison(project, SHORT, LONG)
    entry = {"model": "fake-1", "input_price": 2, "output_price": 10, "timeout_seconds": 60} | settings
    return set_judge(project, name="fake", base_url=fake.base_url, **entry)


def test_an_endpoint_that_can_do_everything_is_asked_for_everything() -> None:
    with FakeJudge() as fake:
        judge = ensure_probed(unprobed(fake))
    assert judge.capabilities == {
        **dict.fromkeys(["json_schema", "tool", "json_object", "logprobs", "n", "seed"], True),
        "usage": True,
        "system_role": True,
        "cap_name": "max_tokens",
        "model": "fake-2030-01-01",
    }
    assert Judge.objects.get(pk=judge.pk).probed_at is not None


@pytest.mark.parametrize(
    ("lacks", "rung"),
    [
        ((), "json_schema"),
        (("json_schema",), "tool"),
        (("json_schema", "tool"), "json_object"),
        (("json_schema", "tool", "json_object"), "tagged"),
        (("system_role", "max_tokens", "seed", "n", "logprobs"), "json_schema"),
    ],
)
def test_the_best_rung_that_the_endpoint_has_is_used_and_nothing_it_rejects(
    lacks: tuple[str, ...], rung: str
) -> None:
    with FakeJudge(lacks=lacks) as fake:
        judge = ensure_probed(unprobed(fake, seed=7))
        before = len(fake.requests)
        (tried,) = try_on(judge)
    assert all(judge.capabilities.get(name) is False for name in lacks if name != "max_tokens")
    assert len(fake.requests) == before + 2  # nothing had to be asked twice
    assert {call.evidence["rung"] for call in tried.calls} == {rung}
    assert str(tried.settled["overall"].ranking) == "b>a"
    for request in fake.requests[before:]:
        assert ("max_completion_tokens" in request) == ("max_tokens" in lacks)
        assert ("seed" in request) == ("seed" not in lacks)
        assert len(request["messages"]) == (1 if "system_role" in lacks else 2)


@pytest.mark.parametrize("rung", Rung.ALL)
def test_soft_labels_come_from_token_probabilities_on_every_rung(rung: str) -> None:
    lacks = Rung.ALL[: Rung.ALL.index(rung)]
    with FakeJudge(lacks=lacks, sure=0.86) as fake:
        (tried,) = try_on(ensure_probed(unprobed(fake)))
    overall = tried.settled["overall"]
    assert (overall.source, overall.mass) == ("logprobs", pytest.approx(0.93))
    assert overall.probabilities["b"] == pytest.approx(0.86 / 0.93)
    assert overall.shift == pytest.approx(0.0)


def test_probability_that_falls_on_no_answer_is_no_evidence() -> None:
    with FakeJudge(sure=0.7) as fake:
        (tried,) = try_on(ensure_probed(unprobed(fake)))
    overall = tried.settled["overall"]
    assert (overall.source, overall.mass) == ("votes", None)
    assert {call.verdict["overall"]["mass"] for call in tried.calls} == {0.85}
    assert overall.probabilities["b"] == pytest.approx(2.5 / 4)  # two votes, a prior of half on each of four


def test_a_probe_is_booked_by_itself_and_done_once() -> None:
    with FakeJudge() as fake:
        judge = ensure_probed(ensure_probed(unprobed(fake)))
        run = JudgeRun.objects.get()
        assert (run.purpose, run.state, run.sent, run.annotator.judge_version) == (
            "probe",
            "finished",
            7,
            judge.version,
        )
        assert float(run.spent) == pytest.approx(7 * 0.003)
        assert len(fake.requests) == 7
        probe_again(judge)
    assert JudgeRun.objects.count() == 2


def test_an_endpoint_that_is_down_stays_unknown() -> None:
    with FakeJudge("500") as fake:
        judge = ensure_probed(unprobed(fake))
    assert (judge.capabilities, judge.probed_at) == ({}, None)
    run = JudgeRun.objects.get()
    assert (run.state, run.spent) == ("stopped", 0)
    assert "the server had an error" in run.message


def test_a_new_version_at_the_same_address_need_not_be_probed_again() -> None:
    with FakeJudge() as fake:
        judge = ensure_probed(unprobed(fake))
        entry = {"name": "fake", "base_url": fake.base_url, "model": "fake-1"}
        heir = set_judge(judge.version.project, **entry, temperature=0.5)
        assert heir.pk != judge.pk
        assert (heir.capabilities, heir.probed_at) == (judge.capabilities, judge.probed_at)
        other = set_judge(judge.version.project, **entry | {"model": "fake-2"})
    assert other.capabilities == {}

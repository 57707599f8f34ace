"""A cascade asks the cheap judge about everything, and the strong one where the cheap one is not sure."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from annotation.models import Comparison, Demand, JudgeRun, Project
from llm_judges.calibration import keep
from llm_judges.labelling import label_all
from llm_judges.models import Panel, PanelVerdict
from llm_judges.panels import annotator_of, ask_for, set_panel, settle, work_through
from llm_judges.panels.sureness import choose
from llm_judges.registry import annotator_of as annotator_of_judge
from llm_judges.runs import JudgeError
from tests.annotation.voting import answer
from tests.factories import make_comparison, make_person, make_project
from tests.fake_judge import FakeJudge
from tests.llm_judges.makers import LONG, SHORT, labels_of, make_judge
from tests.llm_judges.panel_makers import labels_of_panel, shortest, torn_about

pytestmark = pytest.mark.django_db


def hard_and_easy(project: Project, hard: int, easy: int) -> tuple[list[Comparison], list[Comparison]]:
    """Comparisons that `torn_about("hard")` cannot decide, and others; the second response is the longer.

    Calibration draws by the names of groups, so they are the same in every run.
    """
    return (
        [
            make_comparison(project, SHORT, f"{LONG} (hard {number})", group=f"hard {number}")
            for number in range(hard)
        ],
        [
            make_comparison(project, SHORT, f"{LONG} ({number})", group=f"easy {number}")
            for number in range(easy)
        ],
    )


def make_cascade(project: Project, cheap: FakeJudge, strong: FakeJudge, **values: Any) -> Panel:
    make_judge(project, cheap, "cheap")
    make_judge(project, strong, "strong", input_price=20)
    return set_panel(project, "both", ["cheap", "strong"], rule="cascade", **values)


def verdict_on(panel: Panel, comparison: Comparison) -> PanelVerdict:
    return PanelVerdict.objects.get(panel=panel, comparison=comparison)


def test_the_strong_judge_is_asked_only_where_the_cheap_one_contradicts_itself() -> None:
    project = make_project()
    hard, easy = hard_and_easy(project, 2, 3)
    with FakeJudge(torn_about("hard")) as cheap, FakeJudge(rule=shortest) as strong:
        panel = make_cascade(project, cheap, strong, threshold=0.6)
        worked = work_through(panel)
        assert (len(cheap.requests), len(strong.requests)) == (10, 4)
    assert (worked.settling.labelled, dict(worked.settling.asked)) == (5, {"strong": 2})
    said = {label.comparison: label.ranking for label in labels_of_panel(panel)}
    assert said == dict.fromkeys(hard, "a>b") | dict.fromkeys(easy, "b>a")
    evidence = verdict_on(panel, easy[0]).evidence
    assert (evidence["by"], evidence["probability"], evidence["calibrated"]) == ("cheap", 0.625, False)
    assert verdict_on(panel, hard[0]).evidence["unsure"] == [
        {"name": "cheap", "probability": 0.0, "calibrated": True}
    ]
    spent = {run.annotator.name: float(run.spent) for run in JudgeRun.objects.select_related("annotator")}
    assert spent["cheap"] == pytest.approx(10 * 0.003)
    assert spent["strong"] == pytest.approx(4 * 0.021)  # each in its own run


def test_below_the_threshold_the_strong_one_decides() -> None:
    project = make_project()
    _, easy = hard_and_easy(project, 0, 2)
    with FakeJudge() as cheap, FakeJudge(rule=shortest) as strong:
        panel = make_cascade(project, cheap, strong, threshold=0.7)
        work_through(panel)
    assert {label.ranking for label in labels_of_panel(panel)} == {"a>b"}
    assert {label.soft.source for label in labels_of_panel(panel)} == {"votes"}
    assert verdict_on(panel, easy[0]).evidence["by"] == "strong"


def test_what_the_cheap_one_fails_on_goes_on_and_what_the_strong_one_fails_on_gets_no_label() -> None:
    project = make_project()
    (pair,) = hard_and_easy(project, 0, 1)[1]
    with FakeJudge("refused") as cheap, FakeJudge("unparsable") as strong:
        panel = make_cascade(project, cheap, strong, threshold=0.6)
        worked = work_through(panel)
        assert worked.settling.below_quorum == 1
    verdict = verdict_on(panel, pair)
    assert (verdict.state, verdict.reason) == ("below_quorum", "strong was asked last and has no answer")
    assert not labels_of_panel(panel)


def test_settling_twice_asks_the_strong_one_once() -> None:
    project = make_project()
    hard_and_easy(project, 2, 0)
    with FakeJudge("prefer-first") as cheap, FakeJudge() as strong:
        panel = make_cascade(project, cheap, strong, threshold=0.6)
        ask_for(panel)
        cheap_judge, strong_judge = (member.judge for member in panel.members.all())
        label_all(cheap_judge, only_asked=True)
        assert dict(settle(panel).asked) == {"strong": 2}
        assert dict(settle(panel).asked) == {}
        asked = Demand.objects.filter(judge=annotator_of_judge(strong_judge))
        assert list(asked.values_list("wanted", "live", "done")) == [(1, 0, 0)] * 2
        label_all(strong_judge, only_asked=True)
    assert settle(panel).labelled == 2


def test_the_command_leaves_the_strong_judge_to_the_cascade_unless_it_is_named() -> None:
    project = make_project()
    hard_and_easy(project, 1, 3)
    with FakeJudge(torn_about("hard")) as cheap, FakeJudge() as strong:
        panel = make_cascade(project, cheap, strong, threshold=0.6)
        out = StringIO()
        call_command("judge", project.slug, "--json", stdout=out, stderr=StringIO())
        assert len(strong.requests) == 2
        result = json.loads(out.getvalue())
        assert result["panels"]["both"]["labelled"] == 4
        assert result["panels"]["both"]["asked"] == {"strong": 1}
        assert {name: one["labelled"] for name, one in result["judges"].items()} == {"cheap": 4, "strong": 1}
        call_command("judge", project.slug, "--judge", "strong", stdout=StringIO(), stderr=StringIO())
        assert len(strong.requests) == 8
    assert len(labels_of_panel(panel)) == 4


def test_the_command_takes_a_panels_name_and_speaks_of_it() -> None:
    project = make_project()
    hard_and_easy(project, 1, 1)
    out = StringIO()
    with FakeJudge(torn_about("hard")) as cheap, FakeJudge() as strong:
        make_cascade(project, cheap, strong, threshold=0.6)
        call_command("judge", project.slug, "--judge", "both", stdout=out, stderr=StringIO())
    assert "both: 2 labelled from its members' answers, 1 went on to strong" in out.getvalue()


# --- the threshold ---


def test_a_threshold_is_the_lowest_that_is_right_often_enough_even_at_worst() -> None:
    points = [(0.9, True)] * 90 + [(0.7, True)] * 50 + [(0.7, False)] * 50
    found = choose(points, 0.9)
    assert found is not None
    assert (found.threshold, found.kept, found.accuracy) == (0.9, 90, 1.0)
    assert found.low >= 0.9
    lower = choose(points, 0.6)
    assert lower is not None
    assert (lower.threshold, lower.kept) == (0.7, 190)
    assert choose(points, 0.99) is None  # ninety of ninety may still be less
    assert choose(points[:20], 0.5) is None


def people_agree(project: Project, pairs: list[Comparison], ranking: str) -> None:
    for person in [make_person(project) for _ in range(2)]:
        for pair in pairs:
            answer(person, pair, ranking)


def test_a_target_accuracy_is_turned_into_a_threshold_by_what_people_said() -> None:
    """The cheap judge is right on what it is sure of, which its own probability understates."""
    project = make_project()
    hard, easy = hard_and_easy(project, 40, 50)
    people_agree(project, easy[:45], "b>a")
    people_agree(project, hard[:35], "a>b")
    with FakeJudge(torn_about("hard")) as cheap, FakeJudge(rule=shortest) as strong:
        panel = make_cascade(project, cheap, strong, target_accuracy=0.8)
        ask_for(panel)
        Demand.objects.filter(judge=annotator_of(panel))
        work_through(panel)
    panel.refresh_from_db()
    assert panel.threshold is not None
    chosen = panel.chosen["criteria"]["overall"]
    assert chosen["low"] >= 0.8
    assert chosen["kept"] >= 45
    evidence = verdict_on(panel, easy[-1]).evidence
    assert (evidence["by"], evidence["calibrated"]) == ("cheap", True)
    assert evidence["probability"] > 0.8 > 0.625  # by itself it says 0.625
    assert verdict_on(panel, hard[-1]).evidence["by"] == "strong"


def test_without_enough_answers_of_people_there_is_no_threshold_and_nothing_is_spent_on_the_strong_one() -> (
    None
):
    project = make_project()
    hard_and_easy(project, 1, 2)
    with FakeJudge() as cheap, FakeJudge() as strong:
        panel = make_cascade(project, cheap, strong, target_accuracy=0.9)
        with pytest.raises(JudgeError, match="no threshold reaches 90% on overall"):
            work_through(panel)
        with pytest.raises(CommandError, match="give a threshold, a lower target_accuracy, or have people"):
            call_command("judge", project.slug, stdout=StringIO(), stderr=StringIO())
        assert not strong.requests
        assert len(labels_of(panel.members.all()[0].judge)) == 3


def test_a_kept_calibration_is_what_a_given_threshold_is_held_against() -> None:
    project = make_project()
    _, easy = hard_and_easy(project, 0, 60)
    people_agree(project, easy[:55], "b>a")
    with FakeJudge() as cheap, FakeJudge() as strong:
        panel = make_cascade(project, cheap, strong, threshold=0.8)
        ask_for(panel)
        label_all(panel.members.all()[0].judge, only_asked=True)
        assert keep(project, judge="cheap")
        assert settle(panel).labelled == 60
        assert not strong.requests
    assert verdict_on(panel, easy[-1]).evidence["calibrated"] is True

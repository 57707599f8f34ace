"""Judges rank everything, also where people are asked for less."""

import json

import pytest

from annotation.models import Project
from annotation.projects import touch
from llm_judges.models import Judge
from llm_judges.outcome import Outcome
from tests.factories import make_comparison, make_project
from tests.fake_judge import FakeJudge
from tests.llm_judges.makers import labels_of, make_judge, run

pytestmark = pytest.mark.django_db


def ask(task: str, *verdicts: str) -> tuple[Judge, Outcome]:
    project: Project = make_project(scale="ranking", both_bad=True)
    project.criteria.update(ranking=task)
    touch(project)
    make_comparison(project, "one", "two", "three", "four")
    remaining = list(verdicts)
    with FakeJudge(
        lambda request: json.dumps({"overall": {"rationale": "So.", "verdict": remaining.pop(0)}})
    ) as fake:
        judge = make_judge(project, fake, concurrency=1)
        return judge, run(judge)


@pytest.mark.parametrize("task", ["full", "top-2", "best-worst"])
def test_a_judges_full_ranking_stands_for_every_task(task: str) -> None:
    judge, outcome = ask(task, "C>A>B>D", "B>D>C>A")  # the second order is shown reversed
    (label,) = labels_of(judge)
    assert label.ranking == "c>a>b>d"
    assert (outcome.labelled, outcome.undecided) == (1, 0)


@pytest.mark.parametrize(("task", "labelled"), [("full", 1), ("top-2", 0), ("best-worst", 0)])
def test_orders_that_leave_open_what_was_asked_give_no_label(task: str, labelled: int) -> None:
    judge, outcome = ask(task, "A>C>B>D", "B>D>C>A")  # a and c change places with the order
    assert [label.ranking for label in labels_of(judge)] == ["a=c>b>d"] * labelled
    assert (outcome.labelled, outcome.undecided) == (labelled, 1 - labelled)

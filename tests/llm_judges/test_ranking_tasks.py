"""Judges rank everything, also where people are asked for less; and are told what the task allows."""

from collections.abc import Callable

import pytest

from annotation.models import Project
from annotation.projects import touch
from llm_judges.trial import Trial, try_on
from tests.factories import make_comparison, make_project
from tests.fake_judge import FakeJudge
from tests.judge_prompts import prompt_in, reply_in, shown_in
from tests.llm_judges.makers import make_judge

pytestmark = pytest.mark.django_db
TEXTS = ["one", "two", "three", "four"]  # stored as a, b, c, d


def ask(task: str, rank: Callable[[list[str]], list[str]], sign: str = ">") -> tuple[Trial, FakeJudge]:
    """Tries a judge that puts what it is shown in the order of `rank`, joined by `sign`."""
    project: Project = make_project(scale="ranking", both_bad=True)
    project.criteria.update(ranking=task)
    touch(project)
    make_comparison(project, *TEXTS)

    def reply(request: dict) -> str:
        letters = {text: letter for letter, text in shown_in(request).items()}
        ranking = [letters[text] for text in rank(list(letters))]
        return reply_in(request, {"overall": ranking[0] + sign + ">".join(ranking[1:])})

    with FakeJudge(reply) as fake:
        (tried,) = try_on(make_judge(project, fake))
    return tried, fake


@pytest.mark.parametrize("task", ["full", "top-2", "best-worst"])
def test_a_judges_full_ranking_stands_for_every_task(task: str) -> None:
    tried, fake = ask(task, lambda shown: ["three", "one", "two", "four"])
    assert str(tried.settled["overall"].ranking) == "c>a>b>d"
    assert tried.settled["overall"].consistent
    assert len(fake.requests) == 4  # every response stood in every place once


@pytest.mark.parametrize("task", ["full", "top-2", "best-worst"])
def test_shifts_that_leave_open_what_was_asked_are_undecided_where_the_task_needs_it(task: str) -> None:
    tried, _ = ask(task, lambda shown: shown)  # the first shown is best: over all shifts they are level
    overall = tried.settled["overall"]
    if task == "full":
        assert str(overall.ranking) == "a=b=c=d"
    else:
        assert overall.ranking is None
        assert f"does not answer the task {task}" in tried.why
    assert {call.state for call in tried.calls} == {"ok"}  # what was paid for is kept


@pytest.mark.parametrize(
    ("task", "state"), [("full", "ok"), ("top-2", "unparsable"), ("best-worst", "unparsable")]
)
def test_a_tie_that_the_task_does_not_allow_is_said_before_and_unreadable_after(
    task: str, state: str
) -> None:
    tried, fake = ask(task, lambda shown: TEXTS, sign="=")
    assert {call.state for call in tried.calls} == {state}
    said = {
        "full": "= means a tie",
        "top-2": "no tie in the first 2 places",
        "best-worst": "no tie with either",
    }
    assert all(said[task] in prompt_in(request) for request in fake.requests)

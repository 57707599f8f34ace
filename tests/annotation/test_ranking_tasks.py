"""What a ranking of more than two responses has to say: full, the best few, the best and the worst."""

from itertools import permutations

import pytest

from annotation.labels import Answer, Submission, SubmissionError, submit_many
from annotation.leases import claim
from annotation.models import Label
from annotation.projects import touch
from annotation.ranking import (
    RankingError,
    RankingTask,
    Scale,
    check_answer,
    from_best_worst,
    from_top,
    parse,
)
from tests.factories import make_comparison, make_person, make_project


@pytest.mark.parametrize("text", ["full", "best-worst", "top-1", "top-25"])
def test_a_task_is_read_and_written(text: str) -> None:
    assert str(RankingTask.parse(text)) == text


@pytest.mark.parametrize("text", ["", "top", "top-0", "top-26", "top-x", "best", "Full", "top-²"])
def test_what_is_no_task_is_refused(text: str) -> None:
    with pytest.raises(RankingError):
        RankingTask.parse(text)


@pytest.mark.parametrize(
    ("task", "answer", "admitted"),
    [
        ("full", "a>b=c>d", True),
        ("full", "a=b=c=d", True),
        ("full", "a>b~c>d", False),
        ("top-1", "c>a~b~d", True),
        ("top-1", "a~b~c~d", False),
        ("top-2", "a>b>c~d", True),
        ("top-2", "a=b>c~d", False),
        ("top-2", "a>b=c>d", False),
        ("top-2", "a>b~c~d", False),
        ("top-2", "a>b=c=d", False),
        ("top-3", "a>b>c>d", True),
        ("top-9", "d>b>c>a", True),
        ("top-3", "a>b>c=d", False),
        ("top-3", "a>b>c~d", False),
        ("best-worst", "a>b~c>d", True),
        ("best-worst", "a>b>c~d", False),
        ("best-worst", "a~b>c>d", False),
        ("best-worst", "a>b~c~d", False),
        ("best-worst", "a=b=c=d", False),
        # Whoever ranks all, as judges do, says what was asked and more ...
        ("top-2", "a>b>c=d", True),
        ("top-2", "a>b>c>d", True),
        ("best-worst", "a>c>b>d", True),
        ("best-worst", "a>b=c>d", True),
        # ... unless exactly what was asked is left open.
        ("top-2", "a=b>c>d", False),
        ("best-worst", "a>b>c=d", False),
    ],
)
def test_an_answer_says_what_its_task_asks(task: str, answer: str, admitted: bool) -> None:
    assert RankingTask.parse(task).admits(parse(answer, 4)) is admitted


def test_best_and_worst_of_three_leave_one_in_the_middle() -> None:
    for best, middle, worst in permutations("abc"):
        ranking = from_best_worst(best, worst, 3)
        assert str(ranking) == f"{best}>{middle}>{worst}"
        assert RankingTask.parse("best-worst").admits(ranking)


@pytest.mark.parametrize("k", range(3, 10))
def test_what_a_person_places_is_admitted_whatever_the_number_of_responses(k: int) -> None:
    letters = "abcdefghi"[:k][::-1]
    for number in range(1, 10):
        task = RankingTask(top=number)
        best = letters[: task.places(k)]
        ranking = from_top(best, k)
        assert task.admits(ranking)
        assert str(ranking).startswith(">".join(best))
        assert bool(ranking.uncompared) is (number < k - 1)
    assert RankingTask(best_worst=True).admits(from_best_worst(letters[0], letters[-1], k))


def test_pairs_and_labels_made_elsewhere_know_no_task() -> None:
    check_answer(parse("a=b", 2), None, Scale.THREE_WAY, 2, both_bad=False, task=RankingTask(top=1))
    check_answer(parse("a~b>c", 3), None, Scale.RANKING, 3, both_bad=False)
    with pytest.raises(RankingError, match="does not answer the task top-1"):
        check_answer(parse("a~b>c", 3), None, Scale.RANKING, 3, both_bad=False, task=RankingTask(top=1))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("task", "said", "refused"), [("top-2", "d>a>b~c", "d>a=b=c"), ("best-worst", "d>a~b>c", "d>a>b~c")]
)
def test_a_submission_must_answer_the_task_of_its_criterion(task: str, said: str, refused: str) -> None:
    project = make_project(scale="ranking", both_bad=True)
    project.criteria.update(ranking=task)
    touch(project)
    person = make_person(project)
    for _ in range(2):
        make_comparison(project, "One.", "Two.", "Three.", "Four.")
    first, second = claim(person, project, 2)
    with pytest.raises(SubmissionError, match="does not answer the task"):
        submit_many(person, project, [Submission(first.pk, {"overall": Answer(refused)})])
    submit_many(
        person,
        project,
        [
            Submission(first.pk, {"overall": Answer(said)}),
            Submission(second.pk, {"overall": Answer("both_bad")}),
        ],
    )
    assert Label.objects.filter(ranking="both_bad").count() == 1
    assert Label.objects.filter(ranking__contains="~").count() == 1

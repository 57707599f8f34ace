"""What a judge is asked for: every rung, every task, the rationale before the verdict."""

import pytest

from annotation.ranking import RankingTask, Scale
from llm_judges.verdicts import (
    Form,
    Question,
    Rung,
    Unreadable,
    describe,
    instruction,
    menu,
    object_schema,
    parameters,
    read,
)
from tests.llm_judges.test_verdicts import OVERALL, form, reply


def test_the_schema_asks_for_the_rationale_before_the_verdict() -> None:
    schema = object_schema(form())
    overall = schema["properties"]["overall"]
    assert list(overall["properties"]) == overall["required"] == ["rationale", "verdict"]
    assert overall["properties"]["verdict"]["enum"] == list(menu(Scale.FIVE_POINT, True))
    assert not schema["additionalProperties"]
    assert not overall["additionalProperties"]


def test_every_rung_asks_for_the_rationale_before_the_verdict() -> None:
    for rung in Rung.ALL:
        text = instruction(form(rung=rung)).replace("`verdicts`", "").lower()
        assert text.index("rationale") < text.index("verdict"), rung
    asked = [set(parameters(form(rung=rung))) for rung in Rung.ALL]
    assert asked == [{"response_format"}, {"tools", "tool_choice"}, {"response_format"}, set()]


def test_an_own_answer_is_asked_for_before_everything_else() -> None:
    own = Form((OVERALL,), "KM", own_answer=True)
    assert next(iter(object_schema(own)["properties"])) == "own_answer"
    assert instruction(own).index("own_answer") < instruction(own).index("overall")


@pytest.mark.parametrize(
    ("task", "says"),
    [
        ("full", "such as B>A>C=D where = means a tie"),
        ("top-1", "such as B>A>C=D, with no tie in the first place; = means a tie and may only stand after"),
        ("top-2", "with no tie in the first 2 places; ="),
        ("top-3", "such as B>A>C>D, with no tie in the first 3 places"),
        ("best-worst", "such as B>A=C>D, with one best and one worst and no tie with either; ="),
    ],
)
def test_what_a_ranking_task_allows_is_said_and_the_example_is_allowed(task: str, says: str) -> None:
    question = Question("overall", "", Scale.RANKING, False, task=RankingTask.parse(task))
    for k in (3, 4, 6):
        text = describe(question, "ABCDEF"[:k])
        example = text.split("such as ")[1].split(",")[0].split(" ")[0]
        assert read(reply(example), form(question, letters="ABCDEF"[:k])), (k, text)
    assert says in describe(question, "ABCD")


def test_a_ranking_that_leaves_open_what_the_task_asks_is_unreadable() -> None:
    for task, word in [("top-2", "A=B>C>D"), ("top-2", "A>B=C>D"), ("best-worst", "A>B>C=D")]:
        question = Question("overall", "", Scale.RANKING, False, task=RankingTask.parse(task))
        with pytest.raises(Unreadable, match=f"leaves open what the task {task} asks"):
            read(reply(word), form(question, letters="ABCD"))

"""What a body says is made storable as it is read, whatever it holds."""

import math
from typing import Any

from llm_judges.envelope import LEAST_LOGPROB, heard


def body(*tops: Any) -> dict[str, Any]:
    content = [{"token": "a\0", "top_logprobs": [{"token": "\ud800", "logprob": top} for top in tops]}]
    choice = {"message": {"content": "a"}, "finish_reason": "stop", "logprobs": {"content": content}}
    return {"choices": [choice]}


def test_tokens_hold_nothing_that_a_database_refuses() -> None:
    (reply,) = heard(body(-0.5, -math.inf))
    assert reply.tokens == [("a�", [("�", -0.5), ("�", LEAST_LOGPROB)])]


def test_a_probability_that_is_no_number_leaves_none_to_go_by() -> None:
    (reply,) = heard(body(math.nan))
    assert (reply.text, reply.tokens) == ("a", ())

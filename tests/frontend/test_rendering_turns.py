"""Chats of every kind: instructions, tools and their calls, parts, and who is not to be named."""

from typing import Any

import pytest

from frontend.rendering import to_html
from frontend.rendering.highlight import Allowance
from frontend.rendering.turns import Turn, role_of, text_of, turns, words_of


def turn(**message: Any) -> Turn:
    (made,) = turns([message], Allowance())
    return made


def test_a_call_shows_the_tool_and_its_arguments_in_order() -> None:
    calls = [
        {
            "id": "1",
            "type": "function",
            "function": {"name": "find_train", "arguments": '{"to":"Graz","n":2}'},
        },
        {"id": "2", "type": "function", "function": {"name": "sleep", "arguments": "not json"}},
        {"name": "flat", "args": {"a": [1]}},
    ]
    html = turn(role="assistant", content="I look.", tool_calls=calls)["html"]
    assert html.index("I look.") < html.index("find_train") < html.index("sleep") < html.index("flat")
    assert '<p class="call" dir="auto">→ <code dir="ltr">find_train</code></p>' in html
    assert '<span class="word">"to"</span>: <span class="text">"Graz"</span>,\n  ' in html
    assert '<pre dir="auto"><code dir="ltr">not json</code></pre>' in html
    old = turn(role="assistant", content=None, function_call={"name": "sleep", "arguments": ""})["html"]
    assert old == '<p class="call" dir="auto">→ <code dir="ltr">sleep</code></p>'


def test_what_a_tool_says_keeps_its_lines() -> None:
    html = turn(role="tool", content='{"trains":[{"at":"07:10"}]}')["html"]
    assert html.startswith("<pre")
    assert html.count("\n") == 6
    log = "# not a heading\n  - indented *stars*\n\n{broken"
    assert turn(role="function", content=log)["html"] == f'<pre class="plain" dir="auto">{log}</pre>'
    assert "<em>" in turn(role="assistant", content="*stars*")["html"]


@pytest.mark.parametrize(
    ("role", "shown"),
    [
        ("system", "system"), ("developer", "system"), ("function", "tool"), ("ipython", "tool"),
        ("human", "user"), (None, "user"), ("critic", "critic"), ("x" * 400, "x" * 40), (7, "7"),
    ],
)  # fmt: skip
def test_one_role_has_one_name(role: Any, shown: str) -> None:
    assert role_of({"role": role}) == shown


def test_only_what_was_said_is_shown() -> None:
    message = {
        "role": "assistant", "name": "gpt-secret", "model": "gpt-secret", "refusal": "gpt-secret",
        "content": [
            {"type": "text", "text": "Hello there.", "annotations": ["gpt-secret"]},
            {"type": "reasoning", "summary": "gpt-secret"},
            {"type": "image_url", "image_url": {"url": "https://e.example/a.png", "model": "gpt-secret"}},
        ],
    }  # fmt: skip
    html = turn(**message)["html"]
    assert "Hello there." in html
    assert "[https://e.example/a.png]" in html
    assert "gpt-secret" not in html + text_of(message)
    assert words_of(message) == 2


@pytest.mark.parametrize(
    "message",
    [
        {"tool_calls": "no list"}, {"tool_calls": [7, None, {"function": 7}, {}]}, {"function_call": []},
        {"content": {"type": "text"}}, {"content": [[["x"]]]}, {"content": True},
        {"tool_calls": [{"function": {"name": ["x"], "arguments": {"a": {"b": 1}}}}]},
        {"content": [{"image_url": {"url": ["x"]}}, {"url": 7}]},
    ],
)  # fmt: skip
def test_odd_messages_are_shown_somehow(message: dict[str, Any]) -> None:
    assert turn(role="assistant", **message)["html"] is not None
    assert text_of(message) is not None


def test_hostile_calls_come_out_as_text() -> None:
    evil = "<img src=x onerror=alert(1)>\u202e"
    call = {"function": {"name": evil, "arguments": {evil: evil}}}
    html = turn(role="assistant", content=None, tool_calls=[call])["html"]
    assert "<img" not in html
    assert "\u202e" not in html
    assert html.count("&lt;img") == 3
    assert "[U+202E]" in html


def test_code_is_coloured_within_what_the_turns_share() -> None:
    call = {"function": {"name": "f", "arguments": {"key": "x" * 900}}}
    made = turns([{"role": "assistant", "content": "", "tool_calls": [call] * 9}], Allowance(2000))
    assert made[0]["html"].count('<span class="text">') == 2


def test_empty_content_is_an_empty_turn() -> None:
    for content in ("", None, []):
        assert turn(role="tool", content=content)["html"] == ""
    assert to_html("") == ""

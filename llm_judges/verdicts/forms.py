"""How a verdict is asked for on each rung: the request's parameters and the words in the prompt. Pure.

The rationale stands before the verdict on every rung, because a model writes in that order.
"""

import json
from functools import lru_cache
from typing import Any

from .questions import Form, Question, Rung, describe, menu

NAME = "verdicts"
OWN_ANSWER = "own_answer"


def parameters(form: Form) -> dict[str, Any]:
    """What goes into the request beside the messages."""
    if form.rung == Rung.JSON_SCHEMA:
        schema = {"name": NAME, "strict": True, "schema": object_schema(form)}
        return {"response_format": {"type": "json_schema", "json_schema": schema}}
    if form.rung == Rung.TOOL:
        function = {
            "name": NAME,
            "description": "Hands in the verdicts.",
            "strict": True,
            "parameters": object_schema(form),
        }
        return {
            "tools": [{"type": "function", "function": function}],
            "tool_choice": {"type": "function", "function": {"name": NAME}},
        }
    return {"response_format": {"type": "json_object"}} if form.rung == Rung.JSON_OBJECT else {}


def instruction(form: Form) -> str:
    """How to reply, in words: the last thing the prompt says."""
    if form.rung == Rung.TAGGED:
        return _tagged(form)
    example: dict[str, Any] = {OWN_ANSWER: "…"} if form.own_answer else {}
    example |= {question.name: {"rationale": "…", "verdict": "…"} for question in form.questions}
    text = json.dumps(example, ensure_ascii=False)
    if form.rung == Rung.TOOL:
        return f"Call the function `{NAME}` once, with these arguments and nothing else:\n{text}"
    return f"Reply with one JSON object and nothing else:\n{text}"


def object_schema(form: Form) -> dict[str, Any]:
    """The strict JSON schema of one reply on all questions. Shared: not to be changed."""
    return _schema(form.questions, form.letters, form.own_answer)


@lru_cache(maxsize=1024)
def _schema(questions: tuple[Question, ...], letters: str, own_answer: bool) -> dict[str, Any]:
    properties: dict[str, Any] = {OWN_ANSWER: {"type": "string"}} if own_answer else {}
    return _object(properties | {question.name: _property(question, letters) for question in questions})


def _tagged(form: Form) -> str:
    lines = ["Reply in plain text with exactly these lines, each on its own, and nothing after them:"]
    if form.own_answer:
        lines.append(f"ANSWER {form.token}: …")
    for question in form.questions:
        lines.append(f"RATIONALE {form.token} {question.name}: …")
        lines.append(f"VERDICT {form.token} {question.name}: …")
    return "\n".join(lines)


def _property(question: Question, letters: str) -> dict[str, Any]:
    verdict: dict[str, Any] = {"type": "string"}
    if len(letters) == 2:
        verdict["enum"] = list(menu(question.scale, question.both_bad, letters))
    else:
        verdict["description"] = describe(question, letters)
    return _object({"rationale": {"type": "string"}, "verdict": verdict})


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }

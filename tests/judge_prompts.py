"""A judge's side of its prompts: what they show and ask, read as a model would, and replies in their form."""

import json
import math
import re
from typing import Any

_BLOCK = re.compile(r"⟦BEGIN (RESPONSE ([A-Z])\b[^⟧]*?) ([0-9a-f]{16})⟧\n(.*?)\n⟦END \1 \3⟧", re.DOTALL)
_QUESTION = re.compile(r'^- "([^"]+)": .*Verdict: (.*)\.$', re.MULTILINE)


def prompt_in(request: dict[str, Any]) -> str:
    """All that the request says."""
    return "\n".join(str(message["content"]) for message in request["messages"])


def shown_in(request: dict[str, Any]) -> dict[str, str]:
    """The responses by letter, in the order shown, read from the prompt as a model would."""
    found: dict[str, list[str]] = {}
    for _, letter, _, content in _BLOCK.findall(request["messages"][-1]["content"]):
        found.setdefault(letter, []).append(content)
    return {letter: "\n".join(parts) for letter, parts in found.items()}


def responses_in(request: dict[str, Any]) -> list[str]:
    """The responses in the order shown."""
    return list(shown_in(request).values())


def tags_in(request: dict[str, Any]) -> dict[str, str]:
    """Where the request asks for tags: for each the first word offered, or the last where the material is
    long; empty where it asks for something else."""
    said = prompt_in(request)
    if "You describe requests" not in said:
        return {}
    offered = re.findall(r'^- "([^"]+)": .*?One of (.*)\.$', said, re.MULTILINE)
    shown = said.partition("⟦BEGIN REQUEST")[2]
    return {name: re.findall(r'"([^"]+)"', words)[-1 if len(shown) > 400 else 0] for name, words in offered}


def verdicts_in(request: dict[str, Any], best: int) -> dict[str, str]:
    """By criterion a verdict for the response at index `best`: the strongest word on a pair, first place in
    a ranking, the others by length."""
    letters = list(shown_in(request))
    rest = sorted(set(range(len(letters))) - {best}, key=lambda index: -len(responses_in(request)[index]))
    ranking = ">".join(letters[index] for index in [best, *rest])
    found = {}
    for name, offered in _QUESTION.findall(prompt_in(request)):
        words = re.findall(r'"([^"]+)"', offered) if offered.startswith("one of ") else []
        own = [word for word in words if word.startswith(f"{letters[best]} ")]
        found[name] = (own[0] if best == 0 else own[-1]) if own else ranking
    return found


def reply_in(request: dict[str, Any], verdicts: dict[str, str], rationale: str = "Because.") -> str:
    """The verdicts in the form that the request asks for."""
    instruction = request["messages"][-1]["content"].rpartition("⟧")[2]
    if token := re.search(r"^VERDICT (\w+) ", instruction, re.MULTILINE):
        lines = [
            f"RATIONALE {token[1]} {name}: {rationale}\nVERDICT {token[1]} {name}: {verdict}"
            for name, verdict in verdicts.items()
        ]
        return "\n".join(lines)
    whole = {name: {"rationale": rationale, "verdict": verdict} for name, verdict in verdicts.items()}
    return json.dumps(whole)


def tokens_of(text: str, shown: dict[str, str], sure: float) -> list[dict[str, Any]]:
    """The text in tokens, as an endpoint gives them with logprobs: where a verdict begins, the letter said
    has probability `sure`, the other one half of the rest, and half of the rest belongs to no answer."""
    begins = {match.end() for match in re.finditer(r'(?:"verdict": "|VERDICT \w+ [\w-]+: )', text)}
    found, place = [], 0
    for token in re.findall(r"\w+|\W", text):
        top = {token: 0.0}
        if place in begins and token in shown:
            left = (1 - sure) / 2
            top = {token: math.log(sure), "The": math.log(left)}
            top |= {letter: math.log(left) for letter in shown if letter != token and len(shown) == 2}
        likely = [{"token": one, "logprob": logprob} for one, logprob in top.items()]
        found.append({"token": token, "logprob": top[token], "top_logprobs": likely})
        place += len(token)
    return found


def to_a_probe(request: dict[str, Any]) -> str:
    """Small talk, in the form that the request asks for."""
    schema = request.get("response_format", {}).get("json_schema", {}).get("schema")
    if "tools" in request:
        schema = request["tools"][0]["function"]["parameters"]
    if schema:
        return json.dumps({name: form["enum"][0] for name, form in schema["properties"].items()})
    return '{"word": "hello"}' if "response_format" in request else "Hello."


def cap_of(request: dict[str, Any]) -> int:
    return int(request.get("max_tokens") or request.get("max_completion_tokens") or 10**6)

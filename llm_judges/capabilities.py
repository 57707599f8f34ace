"""What an endpoint can do, found out by asking it: names of models and servers tell too little.

Each check is a short request whose answer shows whether the endpoint did what was asked: the prompt does not
mention the words that a schema or a tool allows. A check that failed for a passing reason finds out nothing.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import orjson
from django.db import transaction
from django.utils import timezone

from annotation.models import JudgeCall, JudgeRun, User

from .asking import CAP_NAMES
from .client import Client, connect
from .envelope import NOTHING, Reply
from .models import Judge
from .prices import Usage, cost_of
from .registry import annotator_of

State = JudgeCall.State
CAP = 500  # output tokens: a model that reasons needs some before it says hello
_WORDS = ("plum", "fig")
_SCHEMA = {
    "type": "object",
    "properties": {"word": {"type": "string", "enum": list(_WORDS)}},
    "required": ["word"],
    "additionalProperties": False,
}
_HELLO = {"role": "user", "content": "Say hello."}
_SYSTEM = {"role": "system", "content": "You are polite."}
# By capability, what is added to a request for small talk to find out.
_CHECKS: dict[str, dict[str, Any]] = {
    "json_schema": {
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "word", "strict": True, "schema": _SCHEMA},
        }
    },
    "tool": {
        "tools": [{"type": "function", "function": {"name": "word", "parameters": _SCHEMA}}],
        "tool_choice": {"type": "function", "function": {"name": "word"}},
    },
    "json_object": {
        "messages": [{"role": "user", "content": 'Reply with a JSON object with the key "word".'}],
        "response_format": {"type": "json_object"},
    },
    "logprobs": {"logprobs": True, "top_logprobs": 5},
    "n": {"n": 2},
    "seed": {"seed": 1},
}


@dataclass(slots=True)
class Found:
    """What a probe found.

    `capabilities` holds only what is known: `json_schema`, `tool`, `json_object`, `logprobs`, `n`, `seed`,
    `usage`, `system_role` (true or false), `cap_name` (what the output limit is called) and `model` (as the
    endpoint says). `failed`: why nothing could be found out.
    """

    capabilities: dict[str, Any] = field(default_factory=dict)
    usage: Usage = NOTHING
    sends: int = 0
    failed: str = ""

    def count(self, reply: Reply, *others: Reply) -> Reply:
        """What one request brought."""
        self.sends += 1
        for one in (reply, *others):
            if one.completed:
                self.usage += one.usage
        return reply


async def probe(client: Client, judge: Judge) -> Found:
    """Asks the endpoint what it can do: one short request, and if it is answered six more at once."""
    found = Found()
    body = await _plain(client, judge, found)
    if body is None:
        return found
    names = list(_CHECKS)
    replies = await asyncio.gather(*(client.ask_each(body | _CHECKS[name]) for name in names))
    for name, choices in zip(names, replies, strict=True):
        known = _shows(name, found.count(*choices))
        if known is not None:
            found.capabilities[name] = known
    return found


def ensure_probed(judge: Judge, started_by: User | None = None) -> Judge:
    """Probes the endpoint unless that has been done. An endpoint that does not answer stays unknown, which is
    no error: the calls find out. Raises KeyMissing."""
    return judge if judge.probed_at is not None else probe_again(judge, started_by)


def probe_again(judge: Judge, started_by: User | None = None) -> Judge:
    """Probes the endpoint, with an entry of its own in the ledger. Raises KeyMissing."""
    begun = timezone.now()

    async def ask() -> Found:
        client = connect(judge)
        try:
            return await probe(client, judge)
        finally:
            await client.close()

    found = asyncio.run(ask())
    with transaction.atomic():
        JudgeRun.objects.create(
            project=judge.version.project,
            annotator=annotator_of(judge),
            purpose=JudgeRun.Purpose.PROBE,
            state=JudgeRun.State.STOPPED if found.failed else JudgeRun.State.FINISHED,
            stop_reason="failing" if found.failed else "",
            message=found.failed[:500],
            started_by=started_by,
            spent=cost_of(judge, found.usage) if found.sends else Decimal(0),
            input_tokens=found.usage.input or 0,
            output_tokens=found.usage.output or 0,
            sent=found.sends,
            started_at=begun,
            finished_at=timezone.now(),
        )
        if not found.failed:
            judge.capabilities, judge.probed_at = found.capabilities, timezone.now()
            judge.save(update_fields=["capabilities", "probed_at"])
    return judge


async def _plain(client: Client, judge: Judge, found: Found) -> dict[str, Any] | None:
    """The request for small talk that the endpoint answers; None where it answers none."""
    settings = judge.version.settings
    sampling = {name: settings[name] for name in ("temperature", "top_p") if settings.get(name) is not None}
    # With everything first; what is rejected is left out one by one.
    system, cap_name = True, CAP_NAMES[0]
    for _ in range(3):
        messages = [_SYSTEM, _HELLO] if system else [_HELLO]
        body = {"model": judge.version.model, "messages": messages, **sampling, cap_name: CAP}
        reply = found.count(await client.ask(body))
        if reply.completed:
            known = {"system_role": system, "cap_name": cap_name, "usage": reply.usage.complete}
            found.capabilities.update(known, model=reply.model)
            return body
        if not reply.rejected:
            break
        if cap_name == CAP_NAMES[0] and CAP_NAMES[1] in reply.reason.lower():
            cap_name = CAP_NAMES[1]
        else:
            system = False
    found.failed = reply.reason or "the endpoint did not answer"
    return None


def _shows(name: str, reply: Reply) -> bool | None:
    """Whether the reply shows that the endpoint can do this; None where it tells nothing."""
    if reply.rejected:
        return False
    if not reply.completed or reply.state == State.TRUNCATED:
        return None
    if name == "logprobs":
        return bool(reply.tokens)
    if name == "n":
        return reply.choices > 1
    if name == "seed":
        return True
    said = _object(reply.text)
    return said is not None and (name == "json_object" or said.get("word") in _WORDS)


def _object(text: str) -> Mapping[str, Any] | None:
    try:
        found = orjson.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None

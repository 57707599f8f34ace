"""What an endpoint can do, found out by asking it: names of models and servers tell too little.

Each check is a short request whose answer shows whether the endpoint did what was asked: the prompt does not
mention the words that a schema or a tool allows. A check that failed for a passing reason finds out nothing.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import orjson
from django.db import transaction
from django.utils import timezone

from annotation.models import JudgeCall, JudgeRun, User

from . import budget
from .asking import CAP_NAMES
from .booking import DIED
from .client import Client, connect
from .envelope import NOTHING, Reply
from .models import Judge
from .prices import FRAME, Usage, cost_of, dearest_of
from .registry import annotator_of

State = JudgeCall.State
CAP = 500  # output tokens: a model that reasons needs some before it says hello
TRIES = 3  # of the request for small talk
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
# A probe that has not ended after so many times the longest wait for one request is dead.
PATIENCE = 10
MOST_SENDS = TRIES + len(_CHECKS)


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
    """Probes the endpoint unless that has been done. An endpoint that does not answer stays unknown, and so
    does one that the money does not reach, which is no error: the calls find out. Raises KeyMissing."""
    return judge if judge.probed_at is not None else probe_again(judge, started_by)


def probe_again(judge: Judge, started_by: User | None = None) -> Judge:
    """Probes the endpoint, with an entry of its own in the ledger. Raises KeyMissing."""
    client = connect(judge)
    with transaction.atomic():
        run = _begin(judge, started_by)
    if run.state != JudgeRun.State.RUNNING:
        return judge

    async def ask() -> Found:
        try:
            return await probe(client, judge)
        finally:
            await client.close()

    found = asyncio.run(ask())
    with transaction.atomic():
        JudgeRun.objects.filter(pk=run.pk).update(
            state=JudgeRun.State.STOPPED if found.failed else JudgeRun.State.FINISHED,
            stop_reason="failing" if found.failed else "",
            message=found.failed[:500],
            spent=cost_of(judge, found.usage),
            input_tokens=found.usage.input or 0,
            output_tokens=found.usage.output or 0,
            sent=found.sends,
            finished_at=timezone.now(),
        )
        if not found.failed:
            judge.capabilities, judge.probed_at = found.capabilities, timezone.now()
            judge.save(update_fields=["capabilities", "probed_at"])
    return judge


def _begin(judge: Judge, started_by: User | None) -> JudgeRun:
    """The entry of a probe, stopped at once where a cap leaves too little. Until it is settled, what it may
    cost at most counts as spent; so it stays where a worker died over it."""
    project, now = judge.version.project, timezone.now()
    dead = JudgeRun.objects.filter(annotator__judge_version=judge.version_id, purpose=JudgeRun.Purpose.PROBE)
    dead.filter(
        state=JudgeRun.State.RUNNING,
        started_at__lt=now - timedelta(seconds=PATIENCE * judge.timeout_seconds),
    ).update(state=JudgeRun.State.STOPPED, stop_reason="failing", message=DIED, finished_at=now)
    entry = {"project": project, "annotator": annotator_of(judge), "purpose": JudgeRun.Purpose.PROBE}
    run = JudgeRun(**entry, state=JudgeRun.State.RUNNING, started_by=started_by, started_at=now)
    worst = dearest_of(judge, MOST_SENDS * FRAME, (MOST_SENDS + 1) * CAP)  # `n` brings two
    budget.refresh(judge, project)
    allowance = budget.allow(run, judge, project, budget.spent_on_people(project), [worst])
    if allowance.number:
        run.spent = worst
    else:
        run.state, run.stop_reason, run.finished_at = JudgeRun.State.STOPPED, "budget_stopped", now
        run.message = allowance.refused or "what is in flight may use up the budget"
    run.save()
    return run


async def _plain(client: Client, judge: Judge, found: Found) -> dict[str, Any] | None:
    """The request for small talk that the endpoint answers; None where it answers none."""
    settings = judge.version.settings
    sampling = {name: settings[name] for name in ("temperature", "top_p") if settings.get(name) is not None}
    # With everything first; what is rejected is left out one by one.
    system, cap_name = True, CAP_NAMES[0]
    for _ in range(TRIES):
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

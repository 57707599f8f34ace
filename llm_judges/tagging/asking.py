"""A comparison's tagging calls: the requests, what may follow them, and the answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from annotation.models import Comparison, JudgeCall
from annotation.tagging import SIMILARITY, VERSION

from .. import keys
from ..asking import CAP_NAMES, Answer
from ..client import Client
from ..envelope import NOTHING, Reply
from ..models import Judge
from ..prices import Usage, dearest_of, estimate_tokens, most_tokens
from ..prompts.render import text_of
from ..verdicts import Unreadable
from . import prompt
from .similarity import mean_cosine

State = JudgeCall.State
# Output tokens; a reply that is cut off is asked for once more with room for a model that reasons.
CAPS = (300, 4000)


@dataclass(slots=True)
class Chat:
    """A chat call that is ready to be sent. `known`: what the endpoint can do, shared by all calls."""

    call: JudgeCall
    judge: Judge
    known: dict[str, Any]
    messages: list[dict[str, str]]

    @property
    def tokens(self) -> int:
        return sum(estimate_tokens(one["content"]) for one in self.messages) + CAPS[0]

    @property
    def worst_case(self) -> Decimal:
        return dearest_of(self.judge, len(CAPS) * most_tokens(self.messages), sum(CAPS))

    async def ask(self, client: Client) -> Answer:
        """Asks for tags; never raises for a fault of the other side."""
        cap, schema = CAPS[0], self.known.get("json_schema") is not False
        name = self.known.get("cap_name", CAP_NAMES[0])
        heard: list[Reply] = []
        while True:
            reply = await client.ask(self._body(cap, name, schema))
            heard.append(reply)
            if reply.state == State.TRUNCATED and cap == CAPS[0]:
                cap = CAPS[1]
            elif reply.rejected and name == CAP_NAMES[0] and CAP_NAMES[1] in reply.reason:
                name = self.known["cap_name"] = CAP_NAMES[1]
            elif reply.rejected and schema:
                schema = False
            else:
                return self._answer(heard)

    def _body(self, cap: int, cap_name: str, schema: bool) -> dict[str, Any]:
        temperature = self.judge.version.settings.get("temperature")
        body = {"model": self.judge.version.model, "messages": self.messages, cap_name: cap}
        body |= {} if temperature is None else {"temperature": temperature}
        return body | ({"response_format": prompt.schema()} if schema else {})

    def _answer(self, heard: Sequence[Reply]) -> Answer:
        reply, usage, estimated = heard[-1], NOTHING, False
        for one in heard:
            if one.completed:
                estimated = estimated or not one.usage.complete
                usage += one.usage.completed(self.messages, one.text)
        state, reason = reply.state, reply.reason
        if state == State.OK:
            try:
                prompt.read(reply.text)
            except Unreadable as error:
                state, reason = State.UNPARSABLE, str(error)[:500]
        return _answer(heard, state, reason, usage, estimated)


@dataclass(slots=True)
class Embedding:
    """A request for embeddings of a comparison's responses. `judge` has their price."""

    call: JudgeCall
    judge: Judge
    known: dict[str, Any]
    model: str
    texts: list[str]

    @property
    def tokens(self) -> int:
        return sum(map(estimate_tokens, self.texts))

    @property
    def worst_case(self) -> Decimal:
        return dearest_of(self.judge, most_tokens([{"content": text} for text in self.texts]), 0)

    async def ask(self, client: Client) -> Answer:
        """Asks once; never raises for a fault of the other side."""
        reply, vectors = await client.embed(self.model, self.texts)
        usage, estimated = NOTHING, reply.usage.input is None
        if reply.completed:
            usage = Usage(self.tokens if estimated else reply.usage.input, 0)
        state, reason, evidence = reply.state, reply.reason, {}
        if state == State.OK:
            try:
                evidence[SIMILARITY] = round(mean_cosine(vectors), 6)
            except ValueError as error:
                state, reason = State.UNPARSABLE, str(error)
        return _answer([reply], state, reason, usage, estimated and reply.completed, evidence)


def chat(call: JudgeCall, judge: Judge, known: dict[str, Any], comparison: Comparison) -> Chat:
    """Raises Unshowable where the prompt holds more than text."""
    boundary = keys.drawn("tags", str(VERSION), str(comparison.pk), repr(comparison.prompt))[:8].hex()
    system = known.get("system_role") is not False
    call.request = {"tags": VERSION, "boundary": boundary}
    return Chat(call, judge, known, prompt.messages(comparison.prompt, boundary, system))


def embedding(
    call: JudgeCall, judge: Judge, known: dict[str, Any], comparison: Comparison, model: str
) -> Embedding:
    """Raises Unshowable where a response holds more than text."""
    call.request = {"tags": VERSION, "embedding_model": model}
    responses = sorted(comparison.responses.all(), key=lambda response: response.position)
    texts = ["\n".join(text_of(message) for message in response.messages) for response in responses]
    return Embedding(call, judge, known, model, texts)


def _answer(
    heard: Sequence[Reply],
    state: str,
    reason: str,
    usage: Usage,
    estimated: bool,
    evidence: dict[str, Any] | None = None,
) -> Answer:
    reply = heard[-1]
    found = {"finish": reply.finish, "request_id": reply.request_id} | (evidence or {})
    return Answer(
        state,
        reason,
        reply.text,
        evidence={name: value for name, value in found.items() if value != ""},
        model=reply.model,
        usage=usage,
        usage_estimated=estimated,
        sends=len(heard),
        latency_ms=sum(one.latency_ms for one in heard),
        retry_after=reply.retry_after,
        fatal=reply.fatal,
        rejected=reply.rejected,
    )

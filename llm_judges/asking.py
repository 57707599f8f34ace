"""One call as a conversation with its endpoint: the request, what may follow it, and the answer.

A follow-up is another request for the same verdict: with a larger cap after a reply that was cut off, without
what the endpoint rejects. Failures that may pass by themselves are not tried again here; that is the run's.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import zip_longest
from typing import Any

import orjson

from annotation.models import JudgeCall

from .client import Client
from .envelope import NOTHING, Reply
from .models import Judge
from .prices import UNCAPPED_OUTPUT, Usage, most_tokens
from .prompts import Material, Template, Words, render
from .running.gate import Halt
from .verdicts import Form, Reading, Rung, Unreadable, parameters, read_reply, slots

State = JudgeCall.State
TOP_LOGPROBS = 5
LARGER = 2  # how much larger the cap is on the one retry after a reply that was cut off
SEVERAL = 4  # follow-ups at most
CAP_NAMES = ("max_tokens", "max_completion_tokens")


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is asked, whatever the way of asking."""

    template: Template
    material: Material
    words: Words
    boundary: str

    def messages(self, form: Form, system: bool) -> list[dict[str, str]]:
        """Chat messages; without a system role both parts are the user's. Raises Unshowable."""
        parts = render(self.template, self.material, self.words, form, self.boundary)
        if system:
            return parts
        return [{"role": "user", "content": "\n\n".join(part["content"] for part in parts)}]


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request: a prompt in a form, with everything else that is sent."""

    prompt: Prompt
    form: Form
    model: str
    sampling: Mapping[str, Any]
    cap: int | None
    cap_name: str
    system: bool
    logprobs: bool
    messages: Sequence[Mapping[str, str]]

    @property
    def body(self) -> dict[str, Any]:
        """What is sent, complete."""
        body = {"model": self.model, "messages": self.messages, **self.sampling, **parameters(self.form)}
        if self.cap is not None:
            body[self.cap_name] = self.cap
        if self.logprobs:
            body |= {"logprobs": True, "top_logprobs": TOP_LOGPROBS}
        return body

    def on(self, rung: str) -> "Request":
        """The same on another rung."""
        form = replace(self.form, rung=rung)
        return replace(self, form=form, messages=self.prompt.messages(form, self.system))

    def key(self, base_url: str, sample: int) -> str:
        """SHA-256 of the complete request and where it goes: whoever asks this has the answer to it."""
        asked = {"base_url": base_url, "body": self.body, "sample": sample}
        return hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).hexdigest()

    @property
    def most_usage(self) -> tuple[int, int]:
        """(input, output) tokens at most, with the retry after a reply that was cut off."""
        prompt = most_tokens(self.messages)
        if self.cap is None:
            return prompt, UNCAPPED_OUTPUT
        return 2 * prompt, (1 + LARGER) * self.cap


@dataclass(slots=True)
class Prepared:
    """A call of a judge that is ready to be sent.

    `known`: what its endpoint can do; grows as it is asked, for all calls that share it. `tokens`: an
    estimate of what one request takes; `worst_case`: what the call may cost.
    """

    call: JudgeCall
    request: Request
    judge: Judge
    known: dict[str, Any]
    tokens: int
    worst_case: Decimal


Gate = Callable[[Prepared], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call. `readings` are in stored letters, and only an `ok` one has them.

    `usage` is that of all its requests, `usage_estimated` where the endpoint did not report it.
    `retry_after`: seconds that the endpoint asks us to wait. `fatal`: no other call can succeed. `rejected`:
    the endpoint did not like this very request.
    """

    state: str
    reason: str = ""
    text: str = ""
    readings: Mapping[str, Reading] | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)
    model: str = ""
    usage: Usage = NOTHING
    usage_estimated: bool = False
    sends: int = 0
    latency_ms: int = 0
    retry_after: float | None = None
    fatal: bool = False
    rejected: bool = False

    @property
    def passing(self) -> bool:
        """A failure that says nothing about the comparison."""
        return self.state in JudgeCall.PASSING and not self.rejected

    @property
    def unreadable(self) -> bool:
        """A reply came, and it was of no use."""
        return self.state in (State.UNPARSABLE, State.TRUNCATED, State.REFUSED)


async def converse(
    client: Client, prepared: Prepared, gate: Gate, begun: tuple[Request, Reply] | None = None
) -> Answer:
    """Asks, with the follow-ups that it takes; `begun`: the first request, where it has been answered.

    Never raises for a fault of the other side. Waits at the gate before each HTTP request. Halt, raised
    there, comes out of here before the first one; later it ends the call with what was heard so far, which is
    paid for.
    """
    heard: list[tuple[Request, Reply]] = []
    following: Request | None = None
    if begun is None:
        following = _adapted(prepared.request, prepared.known)
    else:
        heard.append(begun)
        following = _following(begun[0], heard, prepared.known)
    while following is not None:
        try:
            await gate(prepared)
        except Halt:
            if not heard:
                raise
            break
        request = following
        heard.append((request, await client.ask(request.body)))
        following = _following(request, heard, prepared.known) if len(heard) <= SEVERAL else None
    _learn(heard, prepared.known)
    return _answer(prepared.call.order, heard)


def may_share(one: Prepared, other: Prepared) -> bool:
    """Whether two calls are samples of one prompt that one request (`n`) can ask for."""
    same = (one.call.comparison_id, one.call.order) == (other.call.comparison_id, other.call.order)
    return same and one.known.get("n") is True


async def converse_at_once(client: Client, samples: Sequence[Prepared], gate: Gate) -> list[Answer | None]:
    """Asks for several samples of one prompt with one request, whose input is paid for once.

    A sample that it does not bring is asked for by itself, and what a sample takes beyond it is its own. None
    for a call that was never sent, because of Halt.
    """
    first = samples[0]
    answers: list[Answer | None] = []
    try:
        got: Sequence[Reply] = ()
        if len(samples) > 1:
            request = _adapted(first.request, first.known)
            await gate(first)
            got = await client.ask_each({**request.body, "n": len(samples)})
            if got[0].rejected:
                got = ()  # which may be for `n` or for the request: asked by itself, each finds out
            elif not got[0].completed:
                got = [got[0]] * len(samples)
        for prepared, reply in zip_longest(samples, got[: len(samples)]):
            begun = (request, reply) if reply else None
            answers.append(await converse(client, prepared, gate, begun))
        if 1 < len(samples) > len(got) and any(answer and answer.state == State.OK for answer in answers):
            first.known["n"] = False
    except Halt:
        answers += [None] * (len(samples) - len(answers))
    return answers


def _adapted(request: Request, known: Mapping[str, Any]) -> Request:
    """With what has been learned since the request was made."""
    if known.get(request.form.rung) is False:
        request = request.on(best_rung(known))
    if request.cap_name != known.get("cap_name", request.cap_name):
        request = replace(request, cap_name=known["cap_name"])
    return replace(request, logprobs=request.logprobs and known.get("logprobs") is not False)


def best_rung(known: Mapping[str, Any]) -> str:
    """The best way of asking that the endpoint is not known to lack."""
    return next((rung for rung in Rung.ALL if known.get(rung) is not False), Rung.TAGGED)


def _following(
    request: Request, heard: Sequence[tuple[Request, Reply]], known: Mapping[str, Any]
) -> Request | None:
    """The request to make after this reply, if any can help."""
    reply = heard[-1][1]
    if reply.state == State.TRUNCATED and request.cap is not None:
        caps = {earlier.cap for earlier, _ in heard}
        return replace(request, cap=LARGER * request.cap) if len(caps) == 1 else None
    if not reply.rejected:
        return None
    said = reply.reason.lower()
    if request.cap_name == CAP_NAMES[0] and CAP_NAMES[1] in said:
        return replace(request, cap_name=CAP_NAMES[1])
    if request.logprobs and "logprob" in said:
        return replace(request, logprobs=False)
    lower = Rung.ALL[Rung.ALL.index(request.form.rung) + 1 :]
    if known.get(request.form.rung) is True or not lower:
        return None  # it can do that, so it is the request itself that it does not like
    rung = next((rung for rung in lower if known.get(rung) is not False), Rung.TAGGED)
    return request.on(rung)


def _learn(heard: Sequence[tuple[Request, Reply]], known: dict[str, Any]) -> None:
    """What an endpoint rejected before it took the same without, it cannot do."""
    last, reply = heard[-1]
    if len(heard) == 1 or not reply.completed:
        return
    for request, earlier in heard[:-1]:
        if earlier.rejected and request.form.rung != last.form.rung:
            known[request.form.rung] = False
        if earlier.rejected and request.logprobs and not last.logprobs:
            known["logprobs"] = False
    if heard[0][0].cap_name != last.cap_name:
        known["cap_name"] = last.cap_name


def answer_to(order: str, request: Request, reply: Reply) -> Answer:
    """What came of a call whose one request was sent by another way; no follow-up."""
    return _answer(order, [(request, reply)])


def _answer(order: str, heard: Sequence[tuple[Request, Reply]]) -> Answer:
    request, reply = heard[-1]
    usage, estimated = NOTHING, False
    for asked, got in heard:
        if got.completed:
            estimated = estimated or not got.usage.complete
            usage += got.usage.completed(asked.messages, got.text)
    found = slots(reply.tokens, request.form) if reply.tokens else {}
    evidence: dict[str, Any] = {"rung": request.form.rung, "finish": reply.finish, "cap": request.cap}
    evidence |= {"fingerprint": reply.fingerprint, "request_id": reply.request_id, "slots": found}
    state, reason, readings = reply.state, reply.reason, None
    if state == State.OK:
        try:
            readings = read_reply(reply.text, request.form, order, found)
        except Unreadable as error:
            state, reason = State.UNPARSABLE, str(error)[:500]
    return Answer(
        state,
        reason,
        reply.text,
        readings,
        {key: value for key, value in evidence.items() if value},
        reply.model,
        usage,
        estimated,
        len(heard),
        sum(got.latency_ms for _, got in heard),
        reply.retry_after,
        reply.fatal,
        reply.rejected,
    )

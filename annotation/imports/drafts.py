"""From a comparison line to a Draft: checked, hashed and encoded for the database. Pure: no Django."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import orjson

from ..identity import Leak, leaks, masked
from ..ranking import MAX_K, letters
from . import multipref, trl
from .answers import Answers, Question, Vote
from .fields import Message, Row, encode, items, mapping, messages, name, says_something, text
from .problems import Bad, found

MAX_ID, MAX_GROUP, MAX_SHORT = 300, 300, 200
_SPACES = ("  ", "\n", "\t", "\r", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x1f")
_RESPONSE = frozenset(["text", "messages", "context", "media", "model", "rid"])


@dataclass(slots=True)
class DraftResponse:
    """A response as its columns hold it; `messages`, `context` and `media` are canonical JSON."""

    messages: str
    context: str
    media: str
    model: str
    key: str
    empty: bool
    leaks: list[Leak]
    original: str | None = None  # the messages of a masked response


@dataclass(slots=True)
class Draft:
    """A comparison as its columns hold it (`prompt` and `metadata` are JSON), with what came along.

    `line` is where it was read, `comparison_id` its row once there is one.
    """

    external_id: str
    derived_id: bool
    prompt: str
    metadata: str
    group: str
    category: str
    content_hash: str
    fit: bool
    responses: list[DraftResponse]
    votes: list[Vote]
    gold: dict[Question, str] = field(default_factory=dict)
    gold_source: str = ""
    line: int = 0
    comparison_id: int = 0
    excluded: bool = False

    @property
    def k(self) -> int:
        return len(self.responses)

    @property
    def tells(self) -> bool:
        """Whether a response says who wrote it."""
        return any(response.leaks for response in self.responses)


def draft(row: Row, answers: Answers, derive_id: bool = False) -> Draft:
    """Reads a comparison line in any of the accepted shapes. Takes `row` apart. Raises Bad.

    With `derive_id` a line without an id gets one from its content, as TRL's always do.
    """
    votes: list[Vote] = []
    derived_id = derive_id and row.get("id") is None
    if "chosen" in row and "rejected" in row:
        derived_id = row.get("id") is None
        row = trl.to_line(row, answers)
    elif "completion_a" in row:
        row, votes = multipref.to_line(row, answers)
    if row.get("prompt") is None:
        raise Bad("prompt", f"expected a text or a list of {{role, content}}, {_nothing(row, 'prompt')}")
    asked = messages(row.pop("prompt"), "user", "prompt")
    prompt = encode(asked, "prompt")
    responses = _listed(row) if "responses" in row else _pair(row)
    content_hash = _content_hash(prompt, responses)
    made = Draft(
        external_id=f"row-{content_hash[:32]}" if derived_id else name(row, "id", MAX_ID),
        derived_id=derived_id,
        prompt=prompt,
        metadata="{}",
        group=name(row, "group", MAX_GROUP, default="") or _group(asked) or content_hash[:32],
        category=text(row, "category", MAX_SHORT, default=""),
        content_hash=content_hash,
        fit=_fit(responses),
        responses=responses,
        votes=votes,
    )
    _answered(made, row, answers)
    for key in ("id", "group", "category", "labels", "rankings", "gold"):
        row.pop(key, None)
    if row:
        metadata = mapping(row, "metadata")
        row.pop("metadata", None)
        made.metadata = encode({**metadata, **row}, "metadata")
    return made


def treat(made: Draft, treatment: str) -> Draft:
    """Does to responses that say who wrote them what the project wants: accept, mask or exclude. The hash of
    the content stays that of the file, so that it is known again."""
    if made.tells and treatment == "exclude":
        made.fit, made.excluded = False, True
    elif treatment == "mask":
        for one in made.responses:
            if one.leaks:
                said = masked(orjson.loads(one.messages), one.leaks)
                one.original, one.messages = one.messages, encode(said, "responses")
    return made


def keys_of(names: Iterable[str]) -> dict[str, str]:
    """Letters by the source's response ids; empty unless every response has an id of its own."""
    listed = list(names)
    keys = dict(zip(listed, letters(len(listed)), strict=True))
    return keys if len(keys) == len(listed) and "" not in keys else {}


def _answered(made: Draft, row: Row, answers: Answers) -> None:
    """The labels and known answers inside a line."""
    if not (row.keys() & {"labels", "rankings", "gold"}):
        return
    keys = keys_of(response.key for response in made.responses)
    for column in ("labels", "rankings"):
        for index, entry in enumerate(items(row, column)):
            made.votes.append(answers.vote(entry, made.k, keys, f"{column}[{index}]."))
    gold = row.get("gold")
    if type(gold) is str:
        gold = {answers.default_question("gold").name: gold}
    for criterion, value in mapping({"gold": gold}, "gold").items():
        question = answers.named(criterion, f"gold.{criterion}")
        known = answers.ranking(value, made.k, keys, f"gold.{criterion}") if value is not None else ""
        made.gold[question] = str(known)
    if made.gold:
        made.gold_source = text(row, "gold_source", MAX_SHORT, default="")
        row.pop("gold_source", None)


def _pair(row: Row) -> list[DraftResponse]:
    """`response_a`, `response_b` and what goes with each side."""
    responses = []
    for side in ("_a", "_b"):
        if row.get("response" + side) is None:
            expected = "expected responses, or response_a and response_b"
            raise Bad("response" + side, f"{expected}, {_nothing(row, 'response' + side)}")
        said = messages(row.pop("response" + side), "assistant", "response" + side)
        responses.append(_response(said, row, side, "", ""))
        for key in ("context", "media", "model"):
            row.pop(key + side, None)
    return responses


def _listed(row: Row) -> list[DraftResponse]:
    """`responses`: objects or plain texts. What else an object holds stays in `row`."""
    entries = row.pop("responses")
    if type(entries) is not list:
        raise Bad("responses", f"expected a list, found {found(entries)}")
    if not 2 <= len(entries) <= MAX_K:
        raise Bad("responses", f"expected 2 to {MAX_K} responses, found {len(entries)}")
    responses, others = [], []
    for index, entry in enumerate(entries):
        where = f"responses[{index}]"
        if type(entry) is str:
            entry = {"text": entry}
        elif type(entry) is not dict:
            raise Bad(where, f"expected {{text, model}}, found {found(entry)}")
        key = "messages" if entry.get("messages") is not None else "text"
        if entry.get(key) is None:
            raise Bad(f"{where}.text", f"expected a text, {_nothing(entry, key)}")
        said = messages(entry[key], "assistant", f"{where}.{key}")
        rid = name(entry, "rid", MAX_SHORT, f"{where}.", default="")
        responses.append(_response(said, entry, "", f"{where}.", rid))
        others.append({name: value for name, value in entry.items() if name not in _RESPONSE})
    if any(others):
        row["responses"] = others
    return responses


def _response(said: list[Message], source: Row, side: str, where: str, key: str) -> DraftResponse:
    media = items(source, "media" + side, where)
    context = items(source, "context" + side, where)
    if context:
        context = messages(context, "user", f"{where}context{side}")
    path = where.removesuffix(".") or "response" + side
    model = name(source, "model" + side, MAX_SHORT, where, default="")
    return DraftResponse(
        messages=encode(said, path),
        context=encode(context, path) if context else "[]",
        media=encode(media, path) if media else "[]",
        model=model,
        key=key,
        empty=not media and not any(map(says_something, said)),
        leaks=leaks(said, model),
    )


def _fit(responses: list[DraftResponse]) -> bool:
    """False where a response is empty or two are the same: there is nothing to prefer."""
    distinct = {(response.messages, response.context, response.media) for response in responses}
    return len(distinct) == len(responses) and not any(response.empty for response in responses)


def _content_hash(prompt: str, responses: list[DraftResponse]) -> str:
    """SHA-256 of the canonical JSON `[prompt, [models], [[messages, context, media], …]]`."""
    models = encode([response.model for response in responses], "responses")
    sides = ",".join(f"[{one.messages},{one.context},{one.media}]" for one in responses)
    return sha256(f"[{prompt},{models},[{sides}]]".encode()).hexdigest()


def _group(asked: list[Message]) -> str:
    """Equal for prompts that differ in white space and case only; empty for an empty prompt."""
    words = " ".join([_words(message.get("content")) for message in asked])
    # The usual one-line prompt needs no collapsing, which would be the dearest step of reading a line.
    if not words.isascii() or any(map(words.count, _SPACES)):
        words = " ".join(words.split())
    words = words.strip().casefold()
    return sha256(words.encode()).hexdigest()[:32] if words else ""


def _words(content: Any) -> str:
    """A text as it is. Parts as JSON: the same question about another picture is another prompt."""
    return content if type(content) is str else encode(content, "prompt") if content else ""


def _nothing(row: Row, key: str) -> str:
    return "found null" if key in row else "found nothing"

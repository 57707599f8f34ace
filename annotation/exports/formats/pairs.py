"""Formats with one row for every preference between two responses.

TRL reads `trl-preference` as it is. Where earlier messages differ from side to side there is no common
prompt: such rows hold whole conversations in a configuration of their own (`.implicit`), because one file
cannot hold both shapes; formats that need a prompt leave them out.
"""

import hashlib
from typing import Any

import orjson
import pyarrow as pa

from ..texts import Message, Said
from .base import ABOUT, MESSAGES, PROBABLE, WHERE_FROM, Preference, of_pairs, probable

TURN = pa.struct([pa.field("from", pa.string()), pa.field("value", pa.string())])
SPEAKERS = {"user": "human", "assistant": "gpt"}

IMPLICIT = pa.schema([pa.field("chosen", MESSAGES), pa.field("rejected", MESSAGES), *PROBABLE, *WHERE_FROM])
EXPLICIT = IMPLICIT.insert(0, pa.field("prompt", MESSAGES))
LLAMA_FACTORY = pa.schema(
    [
        pa.field("conversations", pa.list_(TURN)),
        pa.field("chosen", TURN),
        pa.field("rejected", TURN),
        pa.field("system", pa.string()),
        *PROBABLE,
        *WHERE_FROM,
    ]
)
ULTRAFEEDBACK = pa.schema(
    [
        pa.field("prompt", pa.string()),
        pa.field("prompt_id", pa.string()),
        pa.field("chosen", MESSAGES),
        pa.field("rejected", MESSAGES),
        pa.field("messages", MESSAGES),
        pa.field("score_chosen", pa.float64()),
        pa.field("score_rejected", pa.float64()),
        *PROBABLE,
        *WHERE_FROM,
    ]
)


def explicit_or_implicit(preference: Preference) -> tuple[str, dict[str, Any]]:
    """With the prompt apart where both sides share it."""
    chosen, rejected = preference.chosen, preference.rejected
    if preference.shares_prompt:
        return "", {"prompt": chosen.prompt, "chosen": chosen.answer, "rejected": rejected.answer}
    return ".implicit", {"chosen": chosen.conversation, "rejected": rejected.conversation}


def _trl(preference: Preference) -> tuple[str, dict[str, Any]]:
    end, values = explicit_or_implicit(preference)
    return end, values | probable(preference.pair)


def _openrlhf(preference: Preference) -> tuple[str, dict[str, Any]] | str:
    if not preference.shares_prompt:
        return "different_context"
    sides = {"chosen": preference.chosen.conversation, "rejected": preference.rejected.conversation}
    return ".openrlhf", sides | probable(preference.pair)


def _ultrafeedback(preference: Preference) -> tuple[str, dict[str, Any]] | str:
    if not preference.shares_prompt:
        return "different_context"
    prompt, pair = preference.chosen.prompt, preference.pair
    return ".ultrafeedback", {
        "prompt": prompt[-1]["content"],
        "prompt_id": hashlib.sha256(orjson.dumps(prompt)).hexdigest(),
        "chosen": preference.chosen.conversation,
        "rejected": preference.rejected.conversation,
        "messages": preference.chosen.conversation,
        "score_chosen": pair.probability,
        "score_rejected": round(1 - pair.probability, 6),
    } | probable(pair)


def _llama_factory(preference: Preference) -> tuple[str, dict[str, Any]] | str:
    """Its reader skips what does not alternate, with a line in the log; here it is counted."""
    if not preference.shares_prompt:
        return "different_context"
    system, turns = _without_system(preference.chosen)
    expected = ["user", "assistant"] * len(turns)
    if len(turns) % 2 == 0 or [turn["role"] for turn in turns] != expected[: len(turns)]:
        return "not_alternating"
    if len(preference.chosen.answer) > 1 or len(preference.rejected.answer) > 1:
        return "several_messages"
    return ".llama-factory", {
        "conversations": [_turn(message) for message in turns],
        "chosen": _turn(preference.chosen.answer[0]),
        "rejected": _turn(preference.rejected.answer[0]),
        "system": system,
    } | probable(preference.pair)


def _without_system(side: Said) -> tuple[str, list[Message]]:
    first, *rest = side.prompt
    return (first["content"], rest) if first["role"] == "system" else ("", side.prompt)


def _turn(message: Message) -> dict[str, str]:
    return {"from": SPEAKERS[message["role"]], "value": message["content"]}


WHOLE = ABOUT | {
    "chosen": "the conversation that ends with the better answer",
    "rejected": "the conversation that ends with the worse answer",
}

TRL = of_pairs(
    "Preferences between two answers, as chat messages for TRL's DPO and reward trainers.",
    ABOUT
    | {
        "prompt": "messages before the answers; absent from `.implicit` configurations",
        "chosen": "messages of the better answer; in `.implicit` configurations the whole conversation",
        "rejected": "messages of the worse answer, likewise",
    },
    {"": EXPLICIT, ".implicit": IMPLICIT},
    _trl,
)
OPENRLHF = of_pairs(
    "Preferences as pairs of whole conversations for OpenRLHF, with `--apply_chat_template`.",
    WHOLE,
    {".openrlhf": IMPLICIT},
    _openrlhf,
)
ULTRAFEEDBACK_FORMAT = of_pairs(
    "Preferences in the shape of UltraFeedback binarized, for scripts written for it.",
    WHOLE
    | {
        "prompt": "the last message before the answers",
        "prompt_id": "SHA-256 of the messages before the answers, as JSON",
        "messages": "the same as chosen",
        "score_chosen": "the same as chosen_prob",
        "score_rejected": "1 minus chosen_prob",
    },
    {".ultrafeedback": ULTRAFEEDBACK},
    _ultrafeedback,
)
LLAMA_FACTORY_FORMAT = of_pairs(
    "Preferences as turns for LLaMA-Factory (sharegpt, ranking); `dataset_info.json` describes the files.",
    ABOUT
    | {
        "conversations": "turns before the answers, human and gpt in turn",
        "chosen": "the better answer",
        "rejected": "the worse answer",
        "system": "the system message, empty where there is none",
    },
    {".llama-factory": LLAMA_FACTORY},
    _llama_factory,
)

"""Files that do not have our format: which column of theirs stands for which key of ours. Pure.

A mapping is ``{our key: their column}`` over KEYS. Columns that nothing is taken from are kept in the
comparison's metadata. Without a column for `id` the identity follows from the content, as for TRL's lines.
"""

import re
from collections.abc import Iterable, Mapping

from ..ranking import letters
from .cells import chat_or_text
from .fields import Row
from .problems import Bad

Columns = Mapping[str, str]

MOST = 9  # responses that columns of their own may hold: what a person can rank on one page
SIDES = tuple(letters(MOST))
RESPONSES = tuple(f"response_{side}" for side in SIDES)
MODELS = tuple(f"model_{side}" for side in SIDES)
KEYS = ("id", "prompt", *RESPONSES, *MODELS, "category", "group", "gold")

# Names that other people's files use, by our key; `{a}` and `{1}` are the side as a letter and as a number.
_ALSO = {
    "id": ("id", "uid", "uuid", "comparison_id", "example_id", "sample_id"),
    "prompt": ("prompt", "question", "instruction", "query", "input", "user", "text", "post", "document"),
    "category": ("category", "task", "domain", "subset", "topic"),
    "group": ("group", "prompt_id", "question_id", "conversation_id"),
    "gold": ("gold", "known_answer", "expected"),
    "response": (
        *("response_{a}", "response_{1}", "answer_{a}", "answer_{1}", "completion_{a}", "completion_{1}"),
        *("output_{a}", "output_{1}", "response{1}", "answer{1}", "output{1}", "summary_{a}", "summary_{1}"),
        *("summary{1}", "text_{a}", "text_{1}", "argument_{a}", "argument{1}", "a{1}", "{a}"),
    ),
    "model": (
        *("model_{a}", "model_{1}", "model{1}", "generator_{a}", "generator_{1}", "system_{a}", "system_{1}"),
    ),
}
_WORD = re.compile(r"[^a-z0-9]+")


def suggest(names: Iterable[str]) -> dict[str, str]:
    """The mapping that the columns' names make likely; a column stands for one key at most."""
    free = {_WORD.sub("_", name.lower()).strip("_"): name for name in reversed(list(names))}
    found: dict[str, str] = {}
    for key in KEYS:
        for likely in _likely(key):
            if likely in free:
                found[key] = free.pop(likely)
                break
    return found


def check(columns: Columns, names: Iterable[str]) -> None:
    """Raises Bad, naming the key at fault, where a mapping over these columns could make no comparison."""
    known = set(names)
    for key, name in columns.items():
        if key not in KEYS or name not in known:
            raise Bad(key, f"there is no column {name!r}")
    for key in ("prompt", "response_a", "response_b"):
        if key not in columns:
            raise Bad(key, "choose the column that holds it")
    used: dict[str, str] = {}
    for key in ("prompt", *RESPONSES):
        if key in columns and used.setdefault(columns[key], key) != key:
            raise Bad(key, f"the column {columns[key]!r} is taken already")
    present = [key in columns for key in RESPONSES]
    if present != sorted(present, reverse=True):
        raise Bad(RESPONSES[present.index(False)], "the responses before the last one need a column each")


def as_line(row: Row, columns: Columns) -> Row:
    """The row as a comparison line of ours.

    With more than two responses, those without a text in this row are left out.
    """
    sides = [
        (row.get(columns[response]), row.get(columns.get(model, "")))
        for response, model in zip(RESPONSES, MODELS, strict=True)
        if response in columns
    ]
    if len(sides) > 2:
        sides = [side for side in sides if side[0] not in (None, "")]
    line: Row = {"responses": [_response(said, model) for said, model in sides]}
    for key in ("id", "prompt", "category", "group", "gold"):
        value = row.get(columns.get(key, ""))
        if value is not None:
            line[key] = chat_or_text(value) if key == "prompt" else value
    used = set(columns.values())
    # In metadata, so that a column of theirs is not read as a key of ours that nobody gave it.
    if rest := {name: value for name, value in row.items() if name not in used}:
        line["metadata"] = rest
    return line


def _response(said: object, model: object) -> Row:
    said = chat_or_text(said)
    response: Row = {"messages" if isinstance(said, list) else "text": said}
    return response if model is None else response | {"model": model}


def _likely(key: str) -> Iterable[str]:
    word, _, side = key.partition("_")
    if not side:
        return _ALSO[key]
    number = SIDES.index(side) + 1
    return (name.replace("{a}", side).replace("{1}", str(number)) for name in _ALSO[word])

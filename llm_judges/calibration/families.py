"""Which models come from one house: a judge may favour what its own family wrote. Pure.

A declared list and no guess: fine-tunes of one house's model by another (Vicuna, Alpaca) have no family here,
because whose style they carry is the question.
"""

import re

_FAMILIES = (
    ("openai", r"gpt-?[345](?!all)|gpt-oss|chatgpt|(text-)?davinci|o[134](-|$)"),
    ("anthropic", r"claude"),
    ("google", r"gemini|gemma|palm|bard|text-bison"),
    ("meta", r"(meta-)?llama"),
    ("mistral", r"mistral|mixtral|ministral|codestral"),
    ("alibaba", r"qwen|qwq"),
    ("deepseek", r"deepseek"),
    ("cohere", r"command|c4ai|aya"),
    ("microsoft", r"phi-"),
    ("tii", r"falcon"),
    ("xai", r"grok"),
    ("zhipu", r"glm|chatglm"),
    ("01-ai", r"yi-"),
)
_KNOWN = tuple((family, re.compile(pattern)) for family, pattern in _FAMILIES)


def family_of(model: str) -> str | None:
    """The family of a model by its name, such as `openai` of `openai/gpt-4o-2024`; None where not known.

    A path (`org/model`, `source:model/prompt`) is searched part by part, the first that is known counts.
    """
    for part in re.split(r"[/:]", model.strip().lower()):
        for family, pattern in _KNOWN:
            if pattern.match(part):
                return family
    return None

"""What gives the writer of a response away, in several languages, and what only speaks of models."""

import pytest

from annotation.identity import MASK, leaks, masked

TELLING = {
    "As ChatGPT, I keep no diary.": ["ChatGPT"],
    "Hello! I am Claude, made by Anthropic. Ask away.": ["Claude", "Anthropic"],
    "As a large language model trained by OpenAI, I have no hands.": ["OpenAI"],
    "I was created by a team of researchers at LMSYS.": ["LMSYS"],
    "I'm an AI assistant called Gemini.": ["Gemini"],
    "Ich bin ChatGPT, ein Sprachmodell.": ["ChatGPT"],
    "Je suis un modèle développé par Mistral AI.": ["Mistral AI"],
    "Soy un modelo de lenguaje entrenado por Google.": ["Google"],
    "Sono un modello creato da OpenAI": ["OpenAI"],
    "Меня зовут GigaChat.": ["GigaChat"],
    "我是由阿里云开发的助手。": ["阿里云"],
    "私はOpenAIによってトレーニングされたモデルです。": ["OpenAI"],
}
SILENT = [
    "ChatGPT is a program by OpenAI, known as GPT-4 in its larger form.",
    "GPT-3, which was created by OpenAI, has many parameters.",
    "Painters such as Claude Monet liked water. This is Claude Monet's bridge.",
    "As an AI language model, I have no opinion.",
    "I am the owner of two alpacas and a llama.",
    "Google was founded by two students.",
    "",
]


def texts(content: str, model: str = "") -> list[str]:
    return [one.text for one in leaks([{"role": "assistant", "content": content}], model)]


@pytest.mark.parametrize("content", TELLING)
def test_a_text_that_says_who_wrote_it_is_found(content: str) -> None:
    assert texts(content) == TELLING[content]


@pytest.mark.parametrize("content", SILENT)
def test_a_text_that_speaks_of_models_gives_nothing_away(content: str) -> None:
    assert texts(content) == []


def test_the_generators_own_name_is_known_from_the_import() -> None:
    assert texts("I am Quillon, at your service.") == []
    assert texts("I am Quillon, at your service.", "acme/quillon-7b-chat") == ["Quillon"]
    assert texts("Served by quillon-7b-chat today.", "acme/quillon-7b-chat") == ["quillon-7b-chat"]
    assert texts("I am the best model.", "model-1") == []


def test_a_mask_covers_every_find_and_leaves_the_rest() -> None:
    said = [{"role": "assistant", "content": "I am Claude, made by Anthropic. Hello."}]
    assert masked(said, leaks(said))[0]["content"] == f"I am {MASK}, made by {MASK}. Hello."
    assert said[0]["content"].startswith("I am Claude"), "what was given stays"


def test_parts_and_calls_of_tools_are_no_text_to_read() -> None:
    assert leaks([{"role": "assistant", "content": [{"type": "image"}]}, {"role": "assistant"}]) == []

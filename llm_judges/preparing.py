"""Makes the request of one call out of a comparison: order, letters, boundary, length, all that is sent.

Boundary and letters are drawn for each order of a comparison, and yet are a function of what is asked, under
a key that only this installation has: nobody who writes a response can foresee them, and the same question
has the same request, so an answer to it can be used again.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from string import ascii_uppercase
from typing import Any

import orjson

from annotation.models import Annotator, Comparison, JudgeCall, Project, Response
from annotation.ranking import letters

from . import keys
from .asking import CAP_NAMES, Prepared, Prompt, Request, best_rung
from .models import Judge, JudgeTemplate
from .prices import UNCAPPED_OUTPUT, dearest_of, estimate_tokens
from .prompts import Material, Template, Unshowable, Words, parse, shortened
from .verdicts import ALPHABET, Form, Question

_SAMPLING = ("temperature", "top_p", "seed")
_SPARE = 0.95  # of the room in a context, because tokens are estimated
UNFIT = "responses are empty or identical, or left out because they say who wrote them"
TOKEN = 8  # characters of the boundary that mark a verdict in tagged text


@dataclass(frozen=True)
class Brief:
    """What all calls of a batch share. `known` is what the endpoint can do; it grows as calls are made."""

    judge: Judge
    annotator: Annotator
    project: Project
    purpose: str
    questions: tuple[Question, ...]
    criteria: tuple[int, ...]
    words: Words
    guidelines: int | None
    known: dict[str, Any]

    @cached_property
    def mark(self) -> str:
        """Of all that the prompts of a batch have in common."""
        return json.dumps([asdict(self.words), *map(repr, self.questions)])

    @property
    def settings(self) -> Mapping[str, Any]:
        return self.judge.version.settings

    def template(self, k: int) -> JudgeTemplate:
        """Raises Unshowable for a judge that was set up before templates were kept."""
        template = self.judge.pair_template if k == 2 else self.judge.ranking_template
        if template is None:
            raise Unshowable("the judge has no template: run create_project again")
        return template


def orders(brief: Brief, comparison: Comparison) -> list[str]:
    """The orders a comparison is asked in, as its judge's policy says.

    `both`: of two responses as stored and reversed; of more, every cyclic shift of an order that is drawn, so
    that each response stands in each place once (a Latin square). `random`: one that is drawn. `fixed`: as
    stored. What is drawn depends on the judge's version and the comparison only.
    """
    stored = letters(comparison.k)
    policy = brief.settings.get("orders", "both")
    if policy == "fixed":
        return [stored]
    if policy == "both" and comparison.k == 2:
        return [stored, stored[::-1]]
    draw = hashlib.sha256(f"{brief.judge.version.fingerprint}/{comparison.pk}".encode()).digest()
    drawn = "".join(_shuffled(stored, draw))
    if policy == "random":
        return [drawn]
    return [drawn[shift:] + drawn[:shift] for shift in range(comparison.k)]


def prepare(brief: Brief, call: JudgeCall, comparison: Comparison, responses: Sequence[Response]) -> Prepared:
    """The call with its request, which is noted on the row (not written). Raises Unshowable when the
    comparison cannot be judged."""
    if not (comparison.fit or brief.project.lend_unfit):
        raise Unshowable(UNFIT)
    kept = brief.template(comparison.k)
    template = parse(kept.text)
    material = _material(brief, template, comparison, responses, call.order)
    boundary, drawn = _draw(brief, kept, material)
    form = Form(brief.questions, drawn, best_rung(brief.known), boundary[:TOKEN], template.own_answer)
    request, left_out = _fitting(brief, Prompt(template, material, brief.words, boundary), form, call.sample)
    call.request = {
        "template": kept.name,
        "template_version": kept.version,
        "boundary": boundary,
        "letters": drawn,
        "criteria": list(brief.criteria),
        "guidelines": brief.guidelines,
        **({"left_out": left_out} if left_out else {}),
        **({"reference": True} if material.reference else {}),
    }
    call.request_hash = request.key(brief.judge.base_url, call.sample)
    tokens = _size(request) + (request.cap or UNCAPPED_OUTPUT)
    worst_case = dearest_of(brief.judge, *request.most_usage)
    return Prepared(call, request, brief.judge, brief.known, tokens, worst_case)


def form_of(call: JudgeCall, questions: tuple[Question, ...]) -> Form:
    """How the call's reply is to be read. Raises KeyError for a call that was made before forms were kept."""
    noted = call.request
    return Form(questions, noted["letters"], call.evidence["rung"], noted["boundary"][:TOKEN])


def _material(
    brief: Brief, template: Template, comparison: Comparison, responses: Sequence[Response], order: str
) -> Material:
    shown = [responses[letters(comparison.k).index(letter)] for letter in order]
    if any(response.media for response in shown):
        raise Unshowable("a response has media, which a text prompt cannot show")
    reference = comparison.metadata.get(brief.settings.get("reference") or "")
    return Material(
        comparison.prompt,
        [response.context for response in shown],
        [response.messages for response in shown],
        reference if isinstance(reference, str) and "reference" in template.variables else "",
    )


def _draw(brief: Brief, kept: JudgeTemplate, material: Material) -> tuple[str, str]:
    """(boundary, letters) of a call; the same for all samples, so that one request can ask for them."""
    draw = keys.drawn("call", brief.mark, kept.sha256, _text(material))
    k = len(material.responses)
    alphabet = ALPHABET if k <= len(ALPHABET) else ascii_uppercase
    return draw[:8].hex(), "".join(_shuffled(alphabet, draw[8:])[:k])


def _text(material: Material) -> str:
    """Raises Unshowable for lone surrogates, which no encoding of text can carry."""
    whole = [material.prompt, material.contexts, material.responses, material.reference]
    try:
        return orjson.dumps(whole).decode()
    except TypeError as error:
        raise Unshowable("a message holds characters that are not text") from error


def _shuffled(letters: str, draw: bytes) -> list[str]:
    """Fisher and Yates, with bytes for dice."""
    found = list(letters)
    for index in range(len(found) - 1):
        other = index + draw[index % len(draw)] % (len(found) - index)
        found[index], found[other] = found[other], found[index]
    return found


def _fitting(brief: Brief, prompt: Prompt, form: Form, sample: int) -> tuple[Request, int]:
    """The request, and how many characters were left out so that it fits the context. Raises Unshowable when
    it does not fit and is not to be shortened."""
    request = _request(brief, prompt, form, sample)
    window = brief.settings.get("context_tokens")
    size = _size(request)
    room = (window or size) - (request.cap or (UNCAPPED_OUTPUT if window else 0))
    if window is None or size <= room:
        return request, 0
    too_long = f"the prompt has about {size} tokens, and the context has room for {max(room, 0)}"
    if brief.settings.get("too_long") != "shorten":
        raise Unshowable(too_long)
    texts = _text(prompt.material)
    others = size - estimate_tokens(texts)
    share = (room - others) * _SPARE / max(1, estimate_tokens(texts))
    if share <= 0:
        raise Unshowable(f"{too_long}, which the instructions alone fill")
    material, left_out = shortened(prompt.material, int(share * len(texts)))
    return _request(brief, replace(prompt, material=material), form, sample), left_out


def _request(brief: Brief, prompt: Prompt, form: Form, sample: int) -> Request:
    settings, known = brief.settings, brief.known
    sampling = {name: settings[name] for name in _SAMPLING if settings.get(name) is not None}
    if "seed" in sampling:
        sampling["seed"] += sample
        if known.get("seed") is False:
            del sampling["seed"]
    system = known.get("system_role") is not False
    return Request(
        prompt,
        form,
        brief.judge.version.model,
        sampling,
        settings.get("max_tokens"),
        known.get("cap_name", CAP_NAMES[0]),
        system,
        bool(settings.get("logprobs") and known.get("logprobs")),
        prompt.messages(form, system),
    )


def _size(request: Request) -> int:
    return sum(estimate_tokens(message["content"]) for message in request.messages)

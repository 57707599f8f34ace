"""What the demonstration judge says as a tagger, and its embeddings: words looked for, no model. Pure."""

import hashlib
import math
import re
from collections.abc import Mapping, Sequence

SIZE = 64  # numbers of an embedding
_SUBJECTS = {
    "coding": r"python|javascript|bash|sql\b|css\b|html|function|code|regex|```",
    "mathematics": r"solve|equation|chance|probab|per cent|\d ?%|dice|sum of|average|rounded",
    "medicine": r"disease|doctor|medic|blood|symptom|pain|exercise|vitamin",
    "law": r"\blaw|legal|contract|landlord|tenant|court",
    "business": r"savings|salary|invoice|customer|meeting|budget|price|cheapest",
    "science": r"earth|moon|planet|water freez|ice float|physics|chemi|energy|why is the sky",
    "extraction": r"summar|turn (this|these) |extract|shorten|translate|rewrite|make this",
    "role play": r"you are an? ",
    "writing": r"\bwrite|story|poem|haiku|letter|card|toast|text for",
    "society": r"friend|neighbour|school|family|history|politic",
}
_SENSITIVE = r"suicid|overdose|weapon|explosiv|poison|gas leak|smell of gas"
_DELICATE = r"disease|blood|medic|debt|legal|died|scared|cheat"
_EXPERT = r"theorem|recursion|asynchron|tariff|statute|enzyme|covariance|null\b"
_BASIC = r"function|equation|chord|interest|savings|sql\b|css\b|python|grammar|probab|chance"
_FORMS = (
    r"\b(under|at most|max\.?|exactly|no more than|about|within) \w+ (words?|characters|sentences?|minutes?)",
    r"in (one|two|three|a few|\d+) (short )?(sentences?|paragraphs?|words)",
    r"table|bullet|\blist\b|json|markdown|headline|columns",
    r"\b(no|not|without|do not use|don't) \w+",
    r"syllables|rhyme|aloud|in brackets",
)


def tags(request: str, offered: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """A word for each of `offered` (what it is about: the words to choose from) by what the text of a request
    holds; of what it does not know, the first word."""
    text = request.casefold()
    demands = sum(bool(re.search(form, text)) for form in _FORMS)
    asked = len(re.findall(r"[?？؟]|\band\b|[;；]", text))
    found = {
        "subject": next((name for name, words in _SUBJECTS.items() if re.search(words, text)), "other"),
        "expertise": _step(text, (_EXPERT, "expert"), (_BASIC, "basic"), "general"),
        "openness": _step(
            text, (r"solve|how many|which .*\?|chance", "closed"), (r"\bwhy|\bhow|explain", "partly"), "open"
        ),
        "safety-concern": _step(text, (_SENSITIVE, "high"), (_DELICATE, "moderate"), "none"),
        "complexity": ("simple", "moderate", "complex")[min(2, asked // 2)],
        "material": "yes" if re.search(r":\s*\n|```|[\"“].{60}|\|.*\|", text, re.DOTALL) else "no",
        "format-constraints": ("none", "one", "several")[min(2, demands)],
    }
    return {name: found[name] if found.get(name) in words else words[0] for name, words in offered.items()}


def embedding(text: str) -> list[float]:
    """SIZE numbers: how often words fall on each, on a logarithmic scale. Texts of the same words are alike,
    and no text is without direction."""
    counts = [0.0] * SIZE
    for word in re.findall(r"\w+", text.casefold()):
        counts[hashlib.sha256(word[:6].encode("utf-8", "replace")).digest()[0] % SIZE] += 1.0
    return [0.1 + math.log1p(count) for count in counts]


def _step(text: str, first: tuple[str, str], second: tuple[str, str], otherwise: str) -> str:
    """The word of the first pattern that the text holds."""
    return next((word for pattern, word in (first, second) if re.search(pattern, text)), otherwise)

"""What a prompt is about and asks for, by rules. Pure.

Patterns and what they read are in small letters: much faster than matching without regard to case.

Rules read English words and the script; they are cheap, the same everywhere and often wrong. A project whose
comparisons carry a `category`, or tags by a judge, does not depend on them.
"""

import re

SUBJECTS = {
    "coding": r"code|coding|python|java(?:script)?|c\+\+|html|css|sql|regex|algorithms?|functions?"
    r"|compile[rs]?"
    r"|programs?|programming|debug\w*|api|script|bash|git|docker",
    "mathematics": r"math\w*|equations?|calculate|integral|derivative|probabilit\w+|algebra|geometry"
    r"|solve|sum of"
    r"|triangle|prime|matrix|theorem|percent\w*|average",
    "science": r"physics|chemi\w+|biolog\w+|quantum|molecul\w+|atoms?|energy|planets?|evolution|species"
    r"|cells?"
    r"|experiments?|astronom\w+|superconduct\w+|climate",
    "medicine": r"medic\w+|doctors?|symptoms?|disease\w*|diagnos\w+|treatments?|patients?|drugs?|dose|cancer"
    r"|therap\w+|vaccin\w+|pregnan\w+",
    "law": r"legal\w*|laws?|lawyers?|court|contracts?|copyright|patents?|liabilit\w+|constitution\w*|lawsuit",
    "business": r"business\w*|market\w*|compan(?:y|ies)|customers?|financ\w+|invest\w*|econom\w+|startups?"
    r"|sales|budget|gdp|stocks?|management",
    "society": r"histor\w+|politic\w+|government\w*|wars?|elections?|religio\w+|cultur\w+|philosoph\w+"
    r"|societ\w+|psycholog\w+|countr(?:y|ies)",
    "writing": r"write|rewrite|story|stories|poems?|essay|blog|e-?mails?|letter|paragraph|headlines?|lyrics"
    r"|edit|proofread|novel|limerick|tagline",
    "role play": r"pretend|role-?play|imagine|act as|you are now|embrace the role|persona|character of",
    "extraction": r"extract|summari[sz]e|summary|classify|identify|translate|json|csv|table of|list all",
}
_SUBJECTS = {name: re.compile(rf"\b(?:{words})\b") for name, words in SUBJECTS.items()}

_EXPERT = re.compile(
    r"\b(?:prove|proof|theorem|derive|asymptotic|eigen\w+|quantum|genom\w+|pharmac\w+|statut\w+|jurisdiction"
    r"|differential|bayes\w*|stochastic|kernel|compiler|concurren\w+|cryptograph\w+|econometric\w*)\b",
)
_OPEN = re.compile(
    r"\b(?:opinion|brainstorm|ideas?|suggest\w*|creative|imagine|story|poem|essay|recommend\w*|discuss"
    r"|what do you think|should i|advice|design|compose|write)\b",
)
_CLOSED = re.compile(
    r"\b(?:how many|how much|what is the|which (?:one|of)|calculate|true or false|yes or no|when did"
    r"|who (?:is|was)"
    r"|solve|evaluate|return only|answer with)\b",
)
_SENSITIVE = re.compile(
    r"\b(?:sex\w*|drugs?|alcohol|guns?|politic\w+|religio\w+|rac(?:e|ial|ist)|gender|immigra\w+|abortion"
    r"|depress\w+|medic\w+|hack\w*|weapons?|violen\w+|hate|illegal\w*)\b",
)
_DANGEROUS = re.compile(
    r"\b(?:suicid\w+|kill (?:myself|him|her|them|people|someone)|bombs?|explosives?|poison\w*|murder\w*"
    r"|rape\w*"
    r"|terroris\w+|child (?:porn|abuse)|self-?harm|meth(?:amphetamine)?|steal|ransomware|malware)\b",
)
_FORMAT = re.compile(
    r"\b(?:in (?:a |one |two |three |at most |less than |fewer than )?\w* ?(?:words?|sentences?"
    r"|paragraphs?|lines?)"
    r"|bullet\w*|numbered|json|csv|yaml|xml|markdown|table|format\w*|headings?|limerick|haiku|sonnet|rhym\w+"
    r"|start(?:s|ing)? with|end(?:s|ing)? with|no more than|at least|exactly|only output|without using)\b",
)
_REQUEST = re.compile(
    r"\b(?:write|explain|give|list|describe|provide|create|make|find|compare|translate|summari[sz]e|rewrite"
    r"|calculate|identify|suggest|discuss|include|add|generate|tell|show|analy[sz]e|evaluate|compose"
    r"|draft)\b",
)
_MATERIAL = re.compile(
    r"```|\"\"\"|\b(?:following (?:text|passage|paragraph|code|article|table|data|content|sentence|list"
    r"|review"
    r"|document|information|reviews|news)|passage below|text below|below:|given the)",
)
_SENTENCE = re.compile(r"[.!?。！？]+(?:\s|$)")
_REFUSES = re.compile(
    r"\b(?:i(?:'|’)?m sorry|i am sorry|i apologi[sz]e|i can(?:no|'|’)t|i(?:'|’)m (?:unable|not able)"
    r"|i am unable"
    r"|as an ai|as a language model|i won(?:'|’)t|i must decline)\b",
)
_ITEM = re.compile(r"^\s*(?:\d+[.)]|[-*•])\s", re.MULTILINE)


def subjects_of(prompt: str) -> dict[str, float]:
    """1 for every subject whose words occur, 0 for the others."""
    text = prompt.lower()
    return {name: float(bool(words.search(text))) for name, words in _SUBJECTS.items()}


def expertise_of(prompt: str) -> float:
    """0 general, 0.5 one term of a specialist, 1 several."""
    return min(len(set(_EXPERT.findall(prompt.lower()))), 2) / 2


def openness_of(prompt: str) -> float:
    """1 where many answers are right, 0 where one is, 0.5 where the words do not say."""
    text = prompt.lower()
    return 0.5 + 0.5 * (bool(_OPEN.search(text)) - bool(_CLOSED.search(text)))


def safety_of(prompt: str) -> float:
    """Safety concern: 0 none, 0.5 moderate (a sensitive subject), 1 high."""
    text = prompt.lower()
    return 1.0 if _DANGEROUS.search(text) else 0.5 * bool(_SENSITIVE.search(text))


def intents_of(prompt: str) -> int:
    """How many different things are asked for: verbs of request, questions."""
    return len(set(_REQUEST.findall(prompt.lower()))) + prompt.count("?") + prompt.count("？")


def formats_of(prompt: str) -> int:
    """How many constraints on the answer's form are stated."""
    return len(set(_FORMAT.findall(prompt.lower())))


def has_material(prompt: str) -> bool:
    """The prompt brings the text it is about."""
    return bool(_MATERIAL.search(prompt.lower())) or len(prompt) > 1500


def latin_share(text: str) -> float:
    """Share of letters that are Latin ones, 1 where there is no letter."""
    if text.isascii():
        return 1.0
    letters = [character for character in text if character.isalpha()]
    return sum(character < "ɐ" for character in letters) / len(letters) if letters else 1.0


def refuses(answer: str) -> bool:
    """The answer opens with a refusal or an apology."""
    return bool(_REFUSES.search(answer[:300].lower()))


def list_items(answer: str) -> int:
    return len(_ITEM.findall(answer))


def sentences(text: str) -> int:
    return max(len(_SENTENCE.findall(text)), 1)

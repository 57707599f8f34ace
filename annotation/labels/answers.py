"""What an annotator says on one criterion, and whether that is an answer to it."""

from dataclasses import dataclass

from ..models import Annotator, Criterion
from ..ranking import Ranking, RankingError, RankingTask, Scale, check_answer, parse, relabel

CONFIDENCES = ("not", "somewhat", "fairly", "very")


class SubmissionError(ValueError):
    """The answer cannot be recorded. `field` is the criterion or field at fault."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


@dataclass(frozen=True, slots=True)
class Answer:
    """One criterion's answer; `ranking` is over the letters as *shown*."""

    ranking: str
    strength: int | None = None
    confidence: str = ""
    reasons: tuple[str, ...] = ()
    rationale: str = ""

    def stored(self, shown: str) -> tuple[str | None, int | None, str, list[str], str]:
        """Ranking (in stored letters; None if it is none), strength, confidence, reasons and rationale."""
        try:
            ranking = str(relabel(parse(self.ranking, len(shown)), shown))
        except RankingError:
            ranking = None
        return ranking, self.strength, self.confidence, list(self.reasons), self.rationale


def check(answer: Answer, criterion: Criterion, shown: str, annotator: Annotator) -> Ranking:
    """The ranking in stored letters. Raises SubmissionError for what the criterion does not offer and for
    what is missing. Of judges neither confidence nor a length of rationales is asked."""
    ranking = _ranking(answer, criterion, shown)
    person = annotator.kind == Annotator.Kind.HUMAN
    if answer.confidence and answer.confidence not in CONFIDENCES:
        raise SubmissionError(criterion.name, f"confidence must be one of {', '.join(CONFIDENCES)}")
    if not _is_text(answer.rationale):
        raise SubmissionError(criterion.name, "the rationale holds characters that are not text")
    unknown = [reason for reason in answer.reasons if reason not in criterion.reasons]
    if unknown:
        raise SubmissionError(criterion.name, f"{unknown[0]!r} is not a reason offered here")
    if criterion.confidence and not answer.confidence and person:
        raise SubmissionError(criterion.name, "say how sure you are")
    text = answer.rationale.strip()
    if criterion.rationale == "required" and not text:
        raise SubmissionError(criterion.name, "say why in a few words")
    if text and len(text) < criterion.rationale_min and person:
        raise SubmissionError(criterion.name, f"write at least {criterion.rationale_min} characters")
    return ranking


def _ranking(answer: Answer, criterion: Criterion, shown: str) -> Ranking:
    k = len(shown)
    try:
        ranking = parse(answer.ranking, k)
        task = RankingTask.parse(criterion.ranking)
        check_answer(ranking, answer.strength, Scale(criterion.scale), k, criterion.both_bad, task)
    except RankingError as error:
        raise SubmissionError(criterion.name, str(error)) from error
    return relabel(ranking, shown)


def _is_text(text: str) -> bool:
    """False for NUL and lone surrogates, which no database stores."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)

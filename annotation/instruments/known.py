"""Comparisons whose answer is known: made gold by the owner, for monitoring, a test or training."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.db import transaction
from django.db.models import Count, Exists, F, Max, Min, OuterRef, QuerySet
from django.utils.translation import gettext as _

from ..audit import record
from ..consensus import DEFAULT
from ..models import Annotator, Comparison, Consensus, Demand, Gold, Label, Project, Reference, User
from ..projects import ask_people, criteria_of, lock_demand, touch
from ..ranking import RankingError, parse

LONGEST_EXPLANATION = 2000

# A proposal takes so many people who all say the same, and a consensus this sure of it.
PROPOSED_SUPPORT = 3
PROPOSED_CHANCE = 0.9
_LOOKED_AT = 2000


class GoldError(ValueError):
    """This cannot be made gold; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Known:
    """A comparison's known answers, by criterion id, and why they are right."""

    answers: Mapping[int, str]
    explanation: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A comparison on which everybody agrees: `support` people, `chance` by the consensus."""

    comparison: Comparison
    ranking: str
    support: int
    chance: float


def known_of(project: Project, use: str | None = None) -> Mapping[int, Known]:
    """Gold by comparison id, in that order: all of it, or what has this use. No SQL once this process has
    read this revision of the project."""
    return _known(project.pk, project.revision, project.created_at).get(use, {})


def make_gold(
    project: Project,
    comparison: Comparison,
    answers: Mapping[str, str],
    use: str = Gold.Use.MONITORING,
    explanation: str = "",
    by: User | None = None,
) -> None:
    """Makes a comparison gold, or changes what it is used for. `answers` are rankings in stored letters, by
    the criterion's name. People are asked no more for its labels.

    Raises GoldError for an answer that is none, or that contradicts a known answer from elsewhere.
    """
    explanation = explanation.replace("\x00", "").strip()
    if use not in Gold.Use.values:
        raise GoldError(_("Choose what it is used for."))
    if len(explanation) > LONGEST_EXPLANATION:
        raise GoldError(_("Shorten the text to %(number)s characters.") % {"number": LONGEST_EXPLANATION})
    if not answers:
        raise GoldError(_("Choose the right answer."))
    criteria = {criterion.name: criterion for criterion in criteria_of(project)}
    with transaction.atomic():
        before = _noted(comparison)
        for name, text in answers.items():
            criterion = criteria.get(name)
            try:
                ranking = str(parse(text, comparison.k))
            except RankingError as error:
                raise GoldError(str(error)) from error
            if criterion is None:
                raise GoldError(_("This project has no criterion %(name)s.") % {"name": name})
            reference, _made = Reference.objects.get_or_create(
                comparison=comparison,
                criterion=criterion,
                defaults={"ranking": ranking, "source": "owner"},
            )
            if reference.ranking != ranking:
                if reference.source != "owner":
                    raise GoldError(
                        _("%(source)s says %(ranking)s; what is known from elsewhere is not changed here.")
                        % {"source": reference.source, "ranking": reference.ranking or _("none")}
                    )
                Reference.objects.filter(pk=reference.pk).update(ranking=ranking)
            Gold.objects.update_or_create(
                reference=reference,
                defaults={"use": use, "explanation": explanation},
                create_defaults={"use": use, "explanation": explanation, "made_by": by},
            )
        _ask_no_more(project, [comparison.pk])
        record(project, by, "gold", comparison.external_id, before=before, after=_noted(comparison))
        touch(project)


def unmake_gold(project: Project, comparison: Comparison, by: User | None = None) -> None:
    """The known answers stay as references; people are asked about the comparison like about any other."""
    with transaction.atomic():
        before = _noted(comparison)
        Gold.objects.filter(reference__comparison=comparison).delete()
        ask_people(project, comparison.pk)
        record(project, by, "gold", comparison.external_id, before=before, after=_noted(comparison))
        touch(project)


def use_references(project: Project, by: User | None = None) -> int:
    """Makes every reference that has an answer gold for monitoring. Gives the number of those that were not.
    Constant number of SQL statements for each thousand."""
    with transaction.atomic():
        rows = list(unused(project).values_list("pk", "comparison"))
        before = _counted(project) if rows else {}
        Gold.objects.bulk_create(
            [Gold(reference_id=pk, made_by=by) for pk, _comparison in rows],
            ignore_conflicts=True,
            batch_size=1000,
        )
        comparisons = sorted({comparison for _pk, comparison in rows})
        for start in range(0, len(comparisons), 1000):
            _ask_no_more(project, comparisons[start : start + 1000])
        if rows:
            record(project, by, "gold", project.name, before=before, after=_counted(project))
            touch(project)
    return len(rows)


def _counted(project: Project) -> dict[str, object]:
    """How much is gold, for the audit log: comparisons by use, and answers that are for evaluation only."""
    gold = Gold.objects.filter(reference__comparison__project=project).order_by("use").values_list("use")
    each = dict(gold.annotate(Count("reference__comparison", distinct=True)))
    return {"comparisons": each, "for_evaluation_only": unused(project).count()}


def _noted(comparison: Comparison) -> dict[str, object]:
    """What a comparison is as gold, for the audit log: its use (None: it is none) and known answers."""
    gold = Gold.objects.filter(reference__comparison=comparison).order_by("pk")
    rows = list(gold.values_list("reference__criterion__name", "reference__ranking", "use"))
    return {"use": rows[-1][2] if rows else None, "answers": {name: answer for name, answer, _use in rows}}


def unused(project: Project) -> QuerySet[Reference]:
    """References that have an answer and are for evaluation only."""
    found = Reference.objects.filter(comparison__project=project, comparison__fit=True, gold=None)
    return found.exclude(ranking="")


def proposals(project: Project, limit: int = 20) -> list[Proposal]:
    """Comparisons that could be gold: PROPOSED_SUPPORT people or more, all of whom say the same on the first
    criterion, and a consensus that is PROPOSED_CHANCE sure of it. Three SQL statements."""
    criterion = next(iter(criteria_of(project)), None)
    if criterion is None:
        return []
    gold = Gold.objects.filter(reference__comparison=OuterRef("comparison"))
    sure = Consensus.objects.filter(
        ~Exists(gold), criterion=criterion, method=DEFAULT, support__gte=PROPOSED_SUPPORT
    ).order_by("-support", "-pk")
    chances = {
        one.comparison_id: max(one.probabilities.values(), default=0.0)
        for one in sure.only("comparison_id", "probabilities")[:_LOOKED_AT]
    }
    likely = [pk for pk, chance in chances.items() if chance >= PROPOSED_CHANCE]
    agreed = (
        Label.objects.filter(
            comparison__in=likely,
            criterion=criterion,
            current=True,
            independent=True,
            annotator__kind=Annotator.Kind.HUMAN,
        )
        .order_by()
        .values("comparison")
        .annotate(people=Count("pk"), said=Min("ranking"), also=Max("ranking"))
        .filter(people__gte=PROPOSED_SUPPORT, said=F("also"))
    )
    found = {row["comparison"]: row for row in agreed}
    best = sorted(found, key=lambda pk: (-chances[pk], -found[pk]["people"], pk))[:limit]
    comparisons = Comparison.objects.defer("metadata").in_bulk(best)
    return [
        Proposal(comparisons[pk], found[pk]["said"], found[pk]["people"], chances[pk])
        for pk in best
        if pk in comparisons
    ]


def _ask_no_more(project: Project, comparisons: list[int]) -> None:
    """What is lent or done stays; judges go on, so that they can be measured against the known answers."""
    asked = Demand.objects.filter(comparison__in=comparisons, pool__project=project)
    lock_demand(asked)
    asked.update(wanted=F("live") + F("done"))


@lru_cache(maxsize=64)
def _known(project_id: int, revision: int, created_at: datetime) -> dict[str | None, dict[int, Known]]:
    rows = (
        Gold.objects.filter(reference__comparison__project=project_id)
        .exclude(reference__ranking="")
        .order_by("reference__comparison", "reference__criterion__position", "reference__criterion")
        .values_list(
            "use",
            "explanation",
            "reference__comparison",
            "reference__criterion",
            "reference__ranking",
        )
    )
    found: dict[str | None, dict[int, Known]] = {}
    for use, explanation, comparison, criterion, ranking in rows:
        for key in (None, use):
            known = found.setdefault(key, {}).get(comparison)
            answers = {**(known.answers if known else {}), criterion: ranking}
            found[key][comparison] = Known(answers, explanation or (known.explanation if known else ""))
    return found

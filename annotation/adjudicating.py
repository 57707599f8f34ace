"""Adjudicating: somebody who has seen what everybody said decides, and that is an annotation of theirs.

It is no independent vote. Where an adjudicator was asked for the comparison (`stopping`), it fills that slot.
"""

from collections.abc import Mapping

from django.db import transaction
from django.db.models import F, Max, QuerySet
from django.utils import timezone

from .audit import record
from .labels import Answer, Receipt, Submission, submit_many
from .models import Annotator, Assignment, Comparison, Demand, Label, Project, User
from .models.queue import OPEN
from .projects import lock_demand
from .ranking import letters
from .summaries import recount


def adjudicate(
    project: Project, annotator: Annotator, by: User, comparison: Comparison, answers: Mapping[str, Answer]
) -> Receipt:
    """Records what an adjudicator decides, by criterion, in stored letters; decided again, it is a revision.

    Whoever sees others' answers may hold no lease on it, for the caller to see to (`leases.holds`), and will
    not be lent it. Raises SubmissionError where an answer is missing or not one that is offered.
    """
    with transaction.atomic():
        assignment, revision = _assignment(annotator, comparison)
        before = said(annotator, comparison)
        [receipt] = submit_many(
            annotator, project, [Submission(assignment.pk, answers, revision, guidelines_id=None)]
        )
        if revision == 0:
            _fill_slot(project, comparison)
        recount([comparison.pk])
        record(
            project,
            by,
            "adjudicate",
            comparison.external_id,
            annotator=annotator,
            before=before,
            after=said(annotator, comparison),
        )
    return receipt


def decision(annotator: Annotator, comparison: Comparison) -> list[Label]:
    """The labels of what this annotator has decided as an adjudicator, with their rationales."""
    labels = Label.objects.filter(
        annotator=annotator,
        comparison=comparison,
        current=True,
        annotation__assignment__purpose=Assignment.Purpose.ADJUDICATION,
    )
    return list(labels.select_related("rationale", "criterion"))


def said(annotator: Annotator, comparison: Comparison) -> dict[str, str]:
    """`decision` as rankings by criterion, in stored letters."""
    return {label.criterion.name: label.ranking for label in decision(annotator, comparison)}


def is_asked(project: Project, comparison: Comparison) -> bool:
    """Whether it waits for an adjudicator."""
    return _open_slots(project).filter(comparison=comparison).exists()


def waiting(project: Project) -> int:
    """How many comparisons wait for an adjudicator. Reads the open queue of their pool alone."""
    return _open_slots(project).count()


def _open_slots(project: Project) -> QuerySet[Demand]:
    return Demand.objects.filter(OPEN, pool__in=project.pools.filter(adjudicates=True))


def _assignment(annotator: Annotator, comparison: Comparison) -> tuple[Assignment, int]:
    """Their adjudication of this comparison, and the number of the revision to come."""
    theirs = Assignment.objects.filter(annotator=annotator, comparison=comparison).select_for_update()
    rounds = {one.round: one for one in theirs}
    known = next((one for one in rounds.values() if one.purpose == Assignment.Purpose.ADJUDICATION), None)
    if known is not None:
        newest = known.annotations.aggregate(newest=Max("revision"))["newest"]
        return known, 0 if newest is None else newest + 1
    # A lease that ran out would come back to life.
    theirs.filter(state=Assignment.State.EXPIRED).update(state=Assignment.State.RETURNED)
    now = timezone.now()
    made = Assignment.objects.create(
        annotator=annotator,
        comparison=comparison,
        round=max(rounds, default=-1) + 1,
        purpose=Assignment.Purpose.ADJUDICATION,
        shown=letters(comparison.k),
        claimed_at=now,
        leased_until=now,
    )
    return made, 0


def _fill_slot(project: Project, comparison: Comparison) -> None:
    """The adjudicators' pool is not asked for it any more."""
    asked = _open_slots(project).filter(comparison=comparison)
    lock_demand(asked)
    asked.update(done=F("done") + 1)

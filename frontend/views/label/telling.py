"""What somebody reads before their next comparison: what a test or training is, how it went, a warning."""

from typing import Any

from annotation.instruments.before_work import is_right
from annotation.instruments.known import known_of
from annotation.instruments.settings import Qualification, quality_of
from annotation.models import Annotator, Gold, Label, Notice, Project

from ...words import opening, said, title


def notice_of(annotator: Annotator, project: Project) -> dict[str, Any]:
    """Template context of the notice that waits for them."""
    waiting = Notice.objects.filter(pk=annotator.notice_id or 0)
    notice = waiting.select_related("attempt", "assignment__comparison").get()
    quality = quality_of(project)
    test = Qualification(
        min(quality.qualification.comparisons, len(known_of(project, Gold.Use.QUALIFICATION))),
        quality.qualification.share,
        quality.qualification.retries,
    )
    context: dict[str, Any] = {
        "notice": notice,
        "test": test,
        "training": min(quality.training, len(known_of(project, Gold.Use.TRAINING))),
    }
    if notice.attempt is not None:
        context["more_tries"] = test.retries + 1 - notice.attempt.number
        context["needed"] = Qualification(notice.attempt.of, test.share).needed
    if notice.assignment is not None:
        context |= _discussed(project, notice)
    return context


def _discussed(project: Project, notice: Notice) -> dict[str, Any]:
    """A training answer beside the known one, in the letters that the person saw."""
    assignment = notice.assignment
    assert assignment is not None
    comparison, shown = assignment.comparison, assignment.shown
    known = known_of(project).get(comparison.pk)
    labels = Label.objects.filter(annotation__assignment=assignment, current=True).select_related("criterion")
    rows = [
        {
            "title": title(label.criterion),
            "said": said(label.ranking, label.strength, label.criterion, shown),
            "known": said(answer, None, label.criterion, shown),
            "right": is_right(answer, label.ranking, comparison.k),
        }
        for label in labels.order_by("criterion__position", "criterion")
        if known and (answer := known.answers.get(label.criterion_id))
    ]
    return {
        "opening": opening(comparison.prompt),
        "rows": rows,
        "all_right": all(row["right"] for row in rows),
        "explanation": known.explanation if known else "",
    }

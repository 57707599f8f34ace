"""The people of a project: what each did and how it agrees with the others; pause, resume, exclude; pay."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from statistics import median
from typing import Any

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from annotation import figures
from annotation import people as standing
from annotation.models import Annotation, Annotator, Assignment, AuditEntry, Project
from annotation.permissions import Access, project_for
from annotation.profile import counts
from annotation.reports import criteria_named
from annotation.spreadsheets import plain
from annotation.work_done import Work, work_of_people

from ..forms import number
from ..short_forms import ReasonForm
from ..words import ended, opening, who
from .agreement.kept import reports_of
from .as_of import AsOf
from .signed_in import SignedInRequest, signed_in

RECENT = 20
ENTRIES = 100
NOTHING = Work()
SHEET = (
    *("annotator", "name", "email", "external_id", "from", "until", "answers", "active_hours"),
    *("price_an_answer", "amount", "currency", "an_hour_paid", "standing"),
)


@dataclass(slots=True)
class Person:
    """A line of the list. `found`: their row of the agreement report, once they have labels in it."""

    annotator: Annotator
    work: Work
    hourly: Decimal | None
    flags: int
    found: dict[str, Any] | None = None

    @property
    def name(self) -> str:
        return who(self.annotator)

    @property
    def ended(self) -> str:
        return ended(self.annotator)

    @property
    def halted(self) -> bool:
        """Paused or excluded; not a guest who is through."""
        return self.annotator.excluded_at is not None or (not self.annotator.may_be_lent and not self.ended)

    @property
    def enough(self) -> bool:
        return bool(self.found and self.found["enough"] and self.found["consensus"]["value"] is not None)


@signed_in
@require_safe
def people(request: SignedInRequest, slug: str) -> HttpResponse:
    """Everybody who labels, the busiest first. The agreement report may take a moment, so the page comes
    without it and asks for the list again until it is there."""
    access = project_for(request.user, slug, "manage")
    project = access.project
    asked = "report" in request.GET
    # The first criterion is the one that counts most.
    reports = list(reports_of(project, criteria_named(project)[:1]).values()) if asked else []
    as_of = AsOf.of(request, reports)
    if as_of.unchanged:
        return HttpResponse(status=204)
    rows = _people(project)
    for report in reports:
        _add_report(report.content, rows)
    hourly = [one.hourly for one in rows if one.hourly is not None]
    pay = None
    if project.minimum_hourly_pay is not None:
        known = figures.kept(project, ["pace"]).get("pace")
        pay = figures.pay_at(project, figures.find(project, "pace", known).content)
    context = {
        "access": access,
        "project": project,
        "section": "people",
        "rows": rows,
        "as_of": as_of,
        "reported": asked and not as_of.missing,
        "answers": sum(one.work.answers for one in rows),
        "seconds": sum(one.work.seconds for one in rows),
        "hourly": median(hourly) if hourly else None,
        "pay": pay,
        "profile": counts(project),
        "halted": sum(one.halted for one in rows),
        "appeals": list(standing.appeals(project)[:RECENT]),
    }
    template = "frontend/people/list.html"
    return render(request, f"{template}#rows" if request.htmx else template, context)


@signed_in
@require_safe
def person(request: SignedInRequest, slug: str, annotator_id: int) -> HttpResponse:
    """One person: figures by criterion, their latest answers, and everything that was done about them."""
    access = project_for(request.user, slug, "manage")
    return _person(request, access, _of(access.project, annotator_id))


def _person(
    request: SignedInRequest, access: Access, annotator: Annotator, form: ReasonForm | None = None
) -> HttpResponse:
    """The page, with the form as it was sent where something is wrong with it."""
    project = access.project
    work = work_of_people(project, annotator=annotator).get(annotator.pk, NOTHING)
    criteria = criteria_named(project)
    reports = reports_of(project, criteria)
    as_of = AsOf.of(request, reports.values())
    if as_of.unchanged:
        return HttpResponse(status=204)
    by_criterion = [
        {"criterion": criterion, **row}
        for criterion in criteria
        for row in reports[criterion.pk].content.get("each_annotator", ())
        if row["annotator"] == annotator.pk
    ]
    context = {
        "as_of": as_of,
        "access": access,
        "project": project,
        "section": "people",
        "person": annotator,
        "called": who(annotator),
        "ended": ended(annotator),
        "work": work,
        "hourly": work.hourly(project.human_label_price),
        "earned": work.earned(project.human_label_price),
        "figures": by_criterion,
        "latest": [_answer(one) for one in _latest(annotator)],
        "entries": AuditEntry.objects.filter(project=project, annotator=annotator).order_by("-pk")[:ENTRIES],
        "form": form or ReasonForm(),
    }
    return render(request, "frontend/people/person.html", context, status=422 if form else 200)


@signed_in
@require_POST
def person_act(request: SignedInRequest, slug: str, annotator_id: int) -> HttpResponse:
    """Pauses, resumes, excludes or readmits, and leads back to the person."""
    access = project_for(request.user, slug, "manage")
    annotator = _of(access.project, annotator_id)
    reason = request.POST.get("reason", "")
    try:
        match request.POST.get("act"):
            case "pause":
                standing.pause(annotator, request.user, reason)
            case "resume":
                standing.resume(annotator, request.user)
            case "exclude":
                standing.exclude(annotator, request.user, reason)
            case "readmit":
                standing.readmit(annotator, request.user)
            case _:
                raise standing.StandingError(_("Choose what to do."))
    except standing.StandingError as error:
        form = ReasonForm(request.POST)
        form.blame(error)
        return _person(request, access, _of(access.project, annotator_id), form)
    return redirect("person", slug, annotator_id)


@signed_in
@require_safe
def payments(request: SignedInRequest, slug: str) -> HttpResponse:
    """What everybody earned in a time (`from`, `until`, days included; all of it without), as a CSV file.

    A day that cannot be read is an error in one line, not another sheet than the one asked for.
    """
    project = project_for(request.user, slug, "manage").project
    try:
        first, last = _day(request.GET.get("from")), _day(request.GET.get("until"))
    except ValueError as error:
        return HttpResponse(str(error), status=422, content_type="text/plain; charset=utf-8")
    since = _midnight(first) if first else None
    until = _midnight(last + timedelta(days=1)) if last else None
    work = work_of_people(project, since, until)
    reply = HttpResponse(content_type="text/csv; charset=utf-8")
    reply["Content-Disposition"] = f'attachment; filename="{project.slug}-payments.csv"'
    sheet = csv.writer(reply)
    sheet.writerow(SHEET)
    annotators = Annotator.objects.filter(pk__in=work).select_related("user", "participation").order_by("pk")
    for one in annotators:
        done = work[one.pk]
        hourly = done.hourly(project.human_label_price)
        cells = [
            one.pk,
            one.name,
            one.user.email if one.user else "",
            one.external_id or "",
            first or "",
            last or "",
            done.answers,
            f"{done.hours:.2f}",
            project.human_label_price,
            done.earned(project.human_label_price),
            project.currency,
            "" if hourly is None else hourly,
            "excluded" if one.excluded_at else ended(one) or ("paused" if one.paused_at else ""),
        ]
        sheet.writerow([plain(cell) if isinstance(cell, str) else cell for cell in cells])
    return reply


@signed_in
@require_safe
def audit(request: SignedInRequest, slug: str) -> HttpResponse:
    """Everything that was done to the project, the latest first; `before` continues behind an entry."""
    access = project_for(request.user, slug, "manage")
    found = AuditEntry.objects.filter(project=access.project).order_by("-pk")
    if (before := number(request.GET.get("before"))) is not None:
        found = found.filter(pk__lt=before)
    page = list(found[: ENTRIES + 1])
    context = {
        "access": access,
        "project": access.project,
        "section": "people",
        "entries": page[:ENTRIES],
        "next": page[ENTRIES - 1].pk if len(page) > ENTRIES else None,
    }
    return render(request, "frontend/people/audit.html", context)


def _people(project: Project) -> list[Person]:
    """Whoever may label or has. Two statements."""
    work = work_of_people(project)
    found = (
        Annotator.objects.filter(project=project, kind=Annotator.Kind.HUMAN)
        .annotate(raised=Count("flags", filter=Q(flags__resolved_at=None)))
        .select_related("participation")
        .prefetch_related("pools")
    )
    price = project.human_label_price
    rows = [
        Person(one, done, done.hourly(price), one.raised)
        for one in found
        for done in [work.get(one.pk, NOTHING)]
    ]
    return sorted(rows, key=lambda one: (-one.work.answers, one.annotator.pk))


def _add_report(report: Mapping[str, Any], rows: list[Person]) -> None:
    found = {one["annotator"]: one for one in report.get("each_annotator", ())}
    for row in rows:
        row.found = found.get(row.annotator.pk)


def _of(project: Project, annotator_id: int) -> Annotator:
    people = Annotator.objects.filter(project=project, kind=Annotator.Kind.HUMAN)
    people = people.select_related("user", "participation")
    return get_object_or_404(people.prefetch_related("pools"), pk=annotator_id)


def _latest(annotator: Annotator) -> Any:
    given = Annotation.objects.filter(assignment__annotator=annotator, superseded_at=None)
    return (
        given.exclude(assignment__purpose=Assignment.Purpose.IMPORT)
        .select_related("assignment__comparison")
        .prefetch_related("labels__criterion", "labels__rationale")
        .order_by("-pk")[:RECENT]
    )


def _answer(annotation: Annotation) -> dict[str, Any]:
    comparison = annotation.assignment.comparison
    return {"annotation": annotation, "comparison": comparison, "opening": opening(comparison.prompt)}


def _day(text: str | None) -> date | None:
    """Raises ValueError, with what to do, for what is no day."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(_("%(text)s is no day. Write it as 2030-01-31.") % {"text": text[:40]}) from None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))

"""Instruments and rules of a project: what is asked, how often, what rules do, and what they did."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from annotation.instruments.before_work import newest_consent
from annotation.instruments.known import (
    GoldError,
    make_gold,
    proposals,
    unused,
    use_references,
)
from annotation.instruments.sequential import State
from annotation.instruments.settings import QualityError, quality_of
from annotation.instruments.setup import set_quality
from annotation.models import Annotator, AuditEntry, Comparison, Gold, Project
from annotation.permissions import project_for
from annotation.projects import criteria_of

from ..forms import number
from ..quality_forms import USES, QualityForm, initial_of
from ..words import ended, opening, who
from .signed_in import SignedInRequest, signed_in

SHOWN = 20
BY_RULES = ("warn", "pause", "exclude")


@signed_in
@require_http_methods(["GET", "POST"])
def quality(request: SignedInRequest, slug: str) -> HttpResponse:
    """The settings, known comparisons, what could become one, people as the rules see them, and events."""
    access = project_for(request.user, slug, "manage")
    project = access.project
    sent = request.POST if request.method == "POST" else None
    form = QualityForm(sent, initial=_initial(project))
    if sent is not None and form.is_valid():
        try:
            set_quality(project, form.values(), consent=form.cleaned_data["consent"], by=request.user)
        except QualityError as error:
            project.refresh_from_db(fields=["quality"])
            form.blame(error.key, str(error))
        else:
            messages.success(request, _("Saved."))
            return redirect("quality", slug)
    after = number(request.GET.get("after"))
    gold = _gold(project, after)
    context = {
        "access": access,
        "project": project,
        "section": "quality",
        "quality": quality_of(project),
        "form": form,
        "uses": USES.items(),
        "counts": _counts(project),
        "gold": gold[:SHOWN],
        "next": gold[SHOWN - 1]["reference"] if len(gold) > SHOWN else None,
        "unused": unused(project).count(),
        "proposals": [
            {"proposal": one, "opening": opening(one.comparison.prompt)} for one in proposals(project, SHOWN)
        ],
        "people": _people(project),
        "entries": AuditEntry.objects.filter(
            project=project, act__in=BY_RULES, actor=None, annotator__isnull=False
        ).order_by("-pk")[:SHOWN],
    }
    return render(request, "frontend/quality.html", context, status=422 if form.errors else 200)


@signed_in
@require_POST
def quality_gold(request: SignedInRequest, slug: str) -> HttpResponse:
    """Makes a proposed comparison gold, or every reference."""
    project = project_for(request.user, slug, "manage").project
    if "references" in request.POST:
        made = use_references(project, request.user)
        said = ngettext("%(number)s answer is gold now.", "%(number)s answers are gold now.", made)
        messages.success(request, said % {"number": made})
        return redirect("quality", slug)
    found = Comparison.objects.filter(project=project, pk=number(request.POST.get("comparison")) or 0).first()
    criterion = next(iter(criteria_of(project)), None)
    try:
        if found is None or criterion is None:
            raise GoldError(_("That comparison is not here any more."))
        answers = {criterion.name: request.POST.get("ranking", "")}
        make_gold(project, found, answers, request.POST.get("use", ""), by=request.user)
    except GoldError as error:
        messages.error(request, str(error))
    return redirect("quality", slug)


def _initial(project: Project) -> dict[str, Any]:
    consent = newest_consent(project)
    return initial_of(quality_of(project), consent.text if consent else "")


def _counts(project: Project) -> dict[str, int]:
    """Comparisons of each use."""
    rows = Gold.objects.filter(reference__comparison__project=project).order_by()
    found = dict.fromkeys(Gold.Use.values, 0)
    for use, _comparison in rows.values_list("use", "reference__comparison").distinct():
        found[use] += 1
    return found


def _gold(project: Project, after: int | None) -> list[dict[str, Any]]:
    """Known answers, the newest first, from behind a reference."""
    rows = Gold.objects.filter(reference__comparison__project=project)
    if after is not None:
        rows = rows.filter(reference__lt=after)
    rows = rows.select_related("reference__comparison", "reference__criterion").order_by("-reference")
    return [
        {
            "reference": one.reference_id,
            "comparison": one.reference.comparison,
            "opening": opening(one.reference.comparison.prompt),
            "criterion": one.reference.criterion,
            "ranking": one.reference.ranking,
            "use": USES[Gold.Use(one.use)],
            "explanation": one.explanation,
        }
        for one in rows[: SHOWN + 1]
    ]


def _people(project: Project) -> list[dict[str, Any]]:
    """Everybody of whom the rules or a test know something. Two statements."""
    found = (
        Annotator.objects.filter(project=project, kind=Annotator.Kind.HUMAN)
        .select_related("watch", "user", "participation")
        .prefetch_related("qualification_tries")
    )
    rows = []
    for one in found:
        watch = getattr(one, "watch", None)
        state = State.of(watch.state) if watch and watch.state else None
        tries = sorted(one.qualification_tries.all(), key=lambda each: each.number)
        if state or tries:
            rows.append(
                {"annotator": one, "name": who(one), "ended": ended(one), "state": state, "tries": tries}
            )
    return sorted(rows, key=lambda row: -(row["state"].answers if row["state"] else 0))

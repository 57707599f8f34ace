"""A judge's calibration is kept, so that its confidence is read by it, or put out of use; the log says so."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from annotation import audit
from annotation.models import Annotator, Project, User
from annotation.permissions import project_for
from annotation.reports import Unknown
from llm_judges import calibration as maps
from llm_judges.models import Calibration

from ....forms import number
from ...signed_in import SignedInRequest, signed_in


@signed_in
@require_POST
def calibration_keep(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Keeps the map of a judge on a criterion (`action` keep), or puts it out of use (stop)."""
    project = project_for(request.user, slug, "manage").project
    judges = Annotator.objects.filter(project=project, kind=Annotator.Kind.JUDGE)
    judge = judges.filter(pk=number(request.POST.get("judge")) or 0).first()
    criterion = request.POST.get("criterion", "")
    change = _stop if request.POST.get("action") == "stop" else _keep
    try:
        if judge is None:
            raise Unknown(_("There is no such judge."))
        with transaction.atomic():
            messages.success(request, change(project, judge, criterion, request.user))
    except Unknown as error:
        messages.error(request, str(error))
        return redirect("calibration", slug)
    query = urlencode({"criterion": criterion, "judge": str(judge.pk)})
    return redirect(f"{reverse('calibration', args=[slug])}?{query}#reliability")


def _keep(project: Project, judge: Annotator, criterion: str, actor: User) -> str:
    before = _in_use(judge, criterion)
    kept = maps.keep(project, criterion, annotator=judge.pk)
    if not kept:
        if before:
            return _("Map %(version)s stays: people have said nothing new since.") % _facts(before)
        return _("Nothing was kept: too few answers of the judge have people's beside them.")
    after = _facts(kept[0])
    _note(project, actor, "keep-calibration", judge, criterion, before, after)
    return _("Kept: map %(version)s (%(method)s), fitted on %(comparisons)s comparisons.") % after


def _stop(project: Project, judge: Annotator, criterion: str, actor: User) -> str:
    stopped = maps.stop_using(project, judge.pk, criterion)
    if stopped is None:
        return _("No map was in use.")
    _note(project, actor, "stop-calibration", judge, criterion, stopped, {})
    return _("Map %(version)s is out of use: its confidence counts as it says it.") % _facts(stopped)


def _in_use(judge: Annotator, criterion: str) -> Calibration | None:
    ids = judge.calibrations.filter(criterion__name=criterion, criterion__retired_at=None).values_list(
        "criterion", flat=True
    )
    return next(iter(maps.newest([judge.pk], ids).values()), None)


def _note(
    project: Project,
    actor: User,
    act: str,
    judge: Annotator,
    criterion: str,
    before: Calibration | None,
    after: dict[str, object],
) -> None:
    target = f"{judge}: {criterion}"
    audit.record(
        project, actor, act, target, annotator=judge, before=_facts(before) if before else {}, after=after
    )


def _facts(row: Calibration) -> dict[str, object]:
    return {"version": row.version, "method": row.method, "comparisons": row.comparisons}

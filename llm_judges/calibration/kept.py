"""The report on judges against people as figures that are kept (`annotation.figures`)."""

from collections.abc import Callable

from django.db.models import Max, Sum

from annotation import figures
from annotation.figures.agreement import setup_of
from annotation.models import JudgeRun, Project, Reference

from ..models import Calibration
from .report import calibration_of

KEPT = "calibration"


def calibration_basis(project: Project) -> Callable[[], figures.Basis]:
    """Labels, known answers and calls are only ever added; which map is in use is what somebody decided. Four
    SQL statements."""
    labels = [(one.pk, one.newest) for one in figures.criteria_with_newest(project)]
    runs = JudgeRun.objects.filter(project=project).aggregate(newest=Max("pk"), sent=Sum("sent"))
    known = Reference.objects.filter(criterion__project=project).aggregate(newest=Max("pk"))
    maps = Calibration.objects.filter(criterion__project=project).aggregate(
        newest=Max("pk"), stopped=Max("stopped_at")
    )
    basis = figures.Basis(f"{setup_of(project)}:{maps}", f"{labels}:{runs}:{known}")
    return lambda: basis


figures.register(KEPT, figures.Kind(calibration_of, calibration_basis))

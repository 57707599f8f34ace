"""Learning while people label: after every batch models refit and the open part of the plan follows.

What a refit learned and the plan made of it are stored in one transaction, or not at all; then the plan is
put into effect slice by slice, and the refit's lease (`refits`) ends.
"""

from django.utils import timezone

from annotation.models import Project

from .limits import settings_of
from .models import Plan, Refit
from .policies import POLICIES
from .refits import LostLease, begin, human_labels
from .series import newest_plan
from .updating import update_plan

# A refit waits for the batch that the owner set, or for this part of the labels it knew, if that is more: so
# that what refits cost grows no faster than the labels.
PART = 20


def to_carry_on(project: Project) -> Plan | None:
    """The plan that refits update: the newest, if its policy learns and leaves a choice."""
    plan = newest_plan(project)
    policy = POLICIES.get(plan.policy) if plan else None
    return plan if policy and policy.texts and policy.share is None else None


def due(project: Project) -> bool:
    """Whether a plan is there to be updated and a batch of people's labels came since the last refit.

    Reads an index, and no further than it takes.
    """
    after = settings_of(project).refit_after
    plan = to_carry_on(project)
    if not after or plan is None:
        return False
    last = project.refits.filter(state=Refit.State.DONE).order_by("-number").first()
    batch = max(after, last.labels // PART) if last else after
    known = max(last.through if last else 0, plan.parameters.get("through", 0))
    newer = human_labels(project).filter(pk__gt=known)
    return newer.order_by("pk")[:batch].count() >= batch


def refit(project: Project, force: bool = False) -> Refit | None:
    """Learns anew and updates the plan if a batch of labels came, or `force`; None where nothing is to do.

    Only comparisons that nobody has begun move. Running it twice changes nothing. Raises PlanError where the
    plan's own request cannot be kept any more; the refit's row says so.
    """
    plan = to_carry_on(project)
    if plan is None or not (force or due(project)):
        return None
    row = begin(project)
    if row is None:
        return None
    if not (force or due(project)):  # another one has just ended
        row.delete()
        return None
    try:
        update_plan(plan, row)
    except LostLease:
        return None
    except Exception as error:
        running = Refit.objects.filter(pk=row.pk, state=Refit.State.RUNNING)
        running.update(state=Refit.State.FAILED, finished_at=timezone.now(), message=str(error)[:500])
        raise
    row.refresh_from_db()
    return row

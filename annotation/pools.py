"""Taking a pool out of a project."""

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from .models import Assignment, CrowdLink, Demand, Invitation, Pool, PoolMembership
from .projects import lock_demand, touch


class PoolError(ValueError):
    """The pool cannot go; the message says why."""


def remove(pool: Pool) -> None:
    """Takes a pool out, with what it was asked for. Whoever is in no other pool joins the default one.

    Raises PoolError, and changes nothing then, where `in_the_way` finds something.
    """
    with transaction.atomic():
        asked = Demand.objects.filter(pool=pool)
        lock_demand(asked)
        if why := in_the_way(pool):
            raise PoolError(why)
        theirs = set(pool.annotators.values_list("pk", flat=True))
        PoolMembership.objects.filter(pool=pool).delete()
        elsewhere = PoolMembership.objects.filter(annotator__in=theirs).values_list("annotator", flat=True)
        default = Pool.objects.get(project=pool.project_id, default=True)
        PoolMembership.objects.bulk_create(
            PoolMembership(pool=default, annotator_id=pk) for pk in sorted(theirs.difference(elsewhere))
        )
        for ended in (Invitation, CrowdLink):
            ended.objects.filter(pool=pool).update(pool=None)
        asked.delete()
        pool.delete()
        touch(pool.project)


def in_the_way(pool: Pool) -> str:
    """Why a pool cannot be taken out: the sentence, or nothing. At most four SQL statements."""
    asked = Demand.objects.filter(pool=pool)
    if pool.default:
        return _("It is the pool that everybody joins: let another one be that first.")
    # Labels of excluded people have given their slot back, and would take it again.
    given = Assignment.objects.filter(annotator__excluded_at__isnull=False, demand__pool=pool)
    if asked.filter(done__gt=0).exists() or given.exists():
        return _("Labels were given through it, and they refer to it.")
    if asked.filter(live__gt=0).exists():
        return _("Its people hold comparisons at present.")
    still_open = Q(pool=pool, closed_at=None, expires_at__gt=timezone.now())
    if any(link.objects.filter(still_open).exists() for link in (Invitation, CrowdLink)):
        return _("An open invitation or crowd link leads into it: close that first.")
    return ""

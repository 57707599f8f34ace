"""Who may do what. `project_for` is the first line of every view, page or API."""

from dataclasses import dataclass
from typing import Any, Literal

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import Http404

from .models import Annotator, Membership, Pool, PoolMembership, Project, User

Act = Literal["label", "view", "review", "manage", "own"]

_Role = Membership.Role
MAY: dict[Act, frozenset[str]] = {
    "label": frozenset({_Role.OWNER, _Role.MANAGER, _Role.REVIEWER, _Role.ANNOTATOR}),
    "view": frozenset({_Role.OWNER, _Role.MANAGER, _Role.REVIEWER, _Role.VIEWER}),
    "review": frozenset({_Role.OWNER, _Role.MANAGER, _Role.REVIEWER}),
    "manage": frozenset({_Role.OWNER, _Role.MANAGER}),
    "own": frozenset({_Role.OWNER}),
}


@dataclass(frozen=True, slots=True)
class Access:
    """What a caller may see: a project and their membership of it."""

    project: Project
    membership: Membership

    def may(self, act: Act) -> bool:
        return self.membership.role in MAY[act]

    def annotator(self) -> Annotator:
        """The caller as an annotator of this project, made (in the default pool) on first use."""
        return self.membership.annotator or _join(self.membership)


def project_for(user: Any, slug: str, act: Act, **annotations: Any) -> Access:
    """The project with this slug, if `user` is a member who may `act`. One SQL statement.

    `annotations` are added to the membership's query, for pages that want a figure in the same statement.
    Raises Http404 when the user is no member (they must not learn that it exists), PermissionDenied when
    the role does not allow it.
    """
    membership = (
        Membership.objects.select_related("project", "annotator")
        .annotate(**annotations)
        .filter(user_id=user.pk, project__slug=slug)
        .first()
    )
    if membership is None:
        raise Http404("No such project")
    if membership.role not in MAY[act]:
        raise PermissionDenied(f"A {membership.role} may not do this")
    return Access(membership.project, membership)


def add_member(project: Project, user: User, role: str) -> Membership:
    """Makes `user` a member with this role, or changes the role of one who is."""
    membership, _ = Membership.objects.update_or_create(project=project, user=user, defaults={"role": role})
    return membership


def _join(membership: Membership) -> Annotator:
    """Creates the member's annotator once; two tabs opening at the same time get the same one."""
    user = membership.user
    try:
        with transaction.atomic():
            annotator = Annotator.objects.create(
                project=membership.project, kind=Annotator.Kind.HUMAN, user=user, name=_name(user)
            )
            for pool in Pool.objects.filter(project=membership.project, default=True):
                PoolMembership.objects.create(pool=pool, annotator=annotator)
    except IntegrityError:
        annotator = Annotator.objects.get(project=membership.project, user=user)
    membership.annotator = annotator
    membership.save(update_fields=["annotator"])
    return annotator


def _name(user: User) -> str:
    """What other members read; never the e-mail address."""
    return user.name or f"Person {user.pk}"

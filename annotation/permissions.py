"""Who may do what. `project_for` is the first line of every view, page or API."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.http import Http404

from .models import Annotator, Membership, Pool, PoolMembership, Project, Token, User
from .rows import columns, instance, optional

Act = Literal["label", "view", "review", "manage", "own"]

_Role = Membership.Role
MAY: dict[Act, frozenset[str]] = {
    "label": frozenset({_Role.OWNER, _Role.MANAGER, _Role.REVIEWER, _Role.ANNOTATOR}),
    "view": frozenset({_Role.OWNER, _Role.MANAGER, _Role.REVIEWER, _Role.VIEWER}),
    "review": frozenset({_Role.OWNER, _Role.MANAGER, _Role.REVIEWER}),
    "manage": frozenset({_Role.OWNER, _Role.MANAGER}),
    "own": frozenset({_Role.OWNER}),
}

# The newest version of the guidelines that the member has acknowledged comes along.
_SEAT = """
SELECT {columns}, (
    SELECT k.guidelines_id FROM annotation_acknowledgement k
    JOIN annotation_guidelines g ON g.id = k.guidelines_id
    WHERE k.annotator_id = m.annotator_id ORDER BY g.version DESC LIMIT 1)
FROM annotation_user u
JOIN annotation_membership m ON m.user_id = u.id
JOIN annotation_project p ON p.id = m.project_id
LEFT JOIN annotation_annotator a ON a.id = m.annotator_id
WHERE u.id = %s AND p.slug = %s
"""


@dataclass(frozen=True, slots=True)
class Access:
    """What a caller may see: a project and their membership of it, and the token they called with."""

    project: Project
    membership: Membership
    token: Token | None = None

    def may(self, act: Act) -> bool:
        """Whether the member's role allows it, and that of the token."""
        return all(role in MAY[act] for role in self._roles)

    @property
    def role(self) -> str:
        """The token's role where they called with one."""
        return self._roles[-1]

    @property
    def _roles(self) -> list[str]:
        return [self.membership.role, *([self.token.role] if self.token else [])]

    @property
    def manages(self) -> bool:
        """For pages, whose menu shows what a manager may open."""
        return self.may("manage")

    def annotator(self) -> Annotator:
        """The caller as an annotator of this project, made (in the default pool) on first use."""
        return self.membership.annotator or join(self.membership)


def project_for(user: Any, slug: str, act: Act, **annotations: Any) -> Access:
    """The project with this slug, if `user` is a member who may `act`. One SQL statement.

    `annotations` are added to the membership's query, for pages that want a figure in the same statement.
    A caller who signed in with a token (`user.token`) is in the token's project only, and may do no more than
    its role. Raises Http404 when the user is no member (they must not learn that it exists), PermissionDenied
    when the role does not allow it.
    """
    token: Token | None = getattr(user, "token", None)
    membership = (
        Membership.objects.select_related("project", "annotator")
        .annotate(**annotations)
        .filter(user_id=user.pk, project__slug=slug)
        .first()
    )
    if membership is None or (token and token.project_id != membership.project_id):
        raise Http404("No such project")
    access = Access(membership.project, membership, token)
    if not access.may(act):
        raise PermissionDenied(f"A {access.role} may not do this")
    return access


@dataclass(frozen=True, slots=True)
class Seat:
    """A member who may label, with their account and the newest guidelines they acknowledged (id or None)."""

    user: User
    access: Access
    acknowledged: int | None


def seat_for(user_pk: int, slug: str) -> Seat | None:
    """`project_for` of somebody who labels, their account along with it, in one SQL statement by hand: every
    answer waits for it. None where there is no such member or they may not label; `project_for` says which.
    """
    with connection.cursor() as cursor:
        cursor.execute(_seat(connection.vendor), [user_pk, slug])
        found = cursor.fetchone()
    if found is None:
        return None
    row = iter(found)
    user, membership, project = instance(User, row), instance(Membership, row), instance(Project, row)
    membership.user, membership.project, membership.annotator = user, project, optional(Annotator, row)
    access = Access(project, membership)
    return Seat(user, access, next(row)) if access.may("label") else None


def may_create(user: User, memberships: Iterable[Membership] | None = None) -> bool:
    """Whether an account may make projects: staff, and whoever owns one already. A project's owner names the
    hosts that judges call and the variables their keys are read from, so that is not for everybody.
    No SQL where the account's `memberships` are at hand."""
    if memberships is None:
        memberships = Membership.objects.filter(user=user)
    return user.is_staff or any(one.role == Membership.Role.OWNER for one in memberships)


def add_member(project: Project, user: User, role: str) -> Membership:
    """Makes `user` a member with this role, or changes the role of one who is."""
    membership, _ = Membership.objects.update_or_create(project=project, user=user, defaults={"role": role})
    return membership


@cache
def _seat(vendor: str) -> str:
    tables = ((User, "u"), (Membership, "m"), (Project, "p"), (Annotator, "a"))
    return _SEAT.format(columns=", ".join(columns(model, alias) for model, alias in tables))


def join(membership: Membership, pools: Sequence[Pool] | None = None) -> Annotator:
    """Creates the member's annotator once, in these pools or the default one; two tabs opening at the same
    time get the same one."""
    user = membership.user
    try:
        with transaction.atomic():
            annotator = Annotator.objects.create(
                project=membership.project, kind=Annotator.Kind.HUMAN, user=user, name=_name(user)
            )
            if pools is None:
                pools = list(Pool.objects.filter(project=membership.project, default=True))
            for pool in pools:
                PoolMembership.objects.create(pool=pool, annotator=annotator)
    except IntegrityError:
        annotator = Annotator.objects.get(project=membership.project, user=user)
    membership.annotator = annotator
    membership.save(update_fields=["annotator"])
    return annotator


def _name(user: User) -> str:
    """What other members read; never the e-mail address."""
    return user.name or f"Person {user.pk}"

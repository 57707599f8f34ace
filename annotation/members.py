"""Who belongs to a project: invited, given a role, given another, or sent away. Each is an entry of the audit
log.

Owners make and unmake owners and managers; managers look after everybody else. A project is never left
without an owner.
"""

from django.db import transaction
from django.utils.translation import gettext as _

from . import leases, links
from .audit import record
from .models import Assignment, Invitation, Membership, Pool, PoolMembership, Project, User
from .permissions import Access, add_member, join
from .projects import touch

_Role = Membership.Role
_OWNERS_ONLY = frozenset({_Role.OWNER, _Role.MANAGER})


class MemberError(ValueError):
    """It cannot be done; the message says why. `field` is the argument at fault, if it is one."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


def may_grant(access: Access, role: str) -> bool:
    """Whether this member may give or take this role."""
    return access.may("own") or (access.may("manage") and role not in _OWNERS_ONLY)


def invite(
    access: Access,
    by: User,
    name: str,
    role: str,
    *,
    days: int = 7,
    places: int = 1,
    pool: Pool | None = None,
) -> tuple[Invitation, str]:
    """An invitation and its token, shown once. Raises LinkError or MemberError."""
    if role not in _Role.values or not may_grant(access, role):
        raise MemberError(_("You may not give this role."), "role")
    return links.make(Invitation, access.project, by, name, days=days, places=places, pool=pool, role=role)


def accept(invitation: Invitation, user: User) -> Membership:
    """Makes `user` a member. One who is a member already keeps their role and only joins the pool.

    Raises LinkError where the invitation has ended; nothing is taken of it where nothing changes.
    """
    with transaction.atomic():
        project = invitation.project
        known = Membership.objects.filter(project=project, user=user).first()
        there = known is not None and (invitation.pool is None or _is_in(known, invitation.pool))
        if known is not None and there:
            return known
        links.take(invitation)
        membership = known or add_member(project, user, invitation.role)
        if invitation.pool is not None:
            _enter(membership, invitation.pool)
        record(project, user, "join", str(user), after={"role": membership.role, "by": invitation.name})
        return membership


def change_role(access: Access, member: Membership, role: str, by: User) -> None:
    """Gives a member another role, as far as the caller may. Raises MemberError."""
    if role not in _Role.values or not (may_grant(access, role) and may_grant(access, member.role)):
        raise MemberError(_("You may not give or take this role."))
    with transaction.atomic():
        _locked(access.project)
        _give(member, role, by)


def send_away(access: Access, member: Membership, by: User) -> None:
    """Ends a membership, as far as the caller may. Raises MemberError."""
    if not may_grant(access, member.role):
        raise MemberError(_("You may not remove this member."))
    with transaction.atomic():
        _locked(access.project)
        _end(member, by)


def set_role(access: Access, by: User, email: str, role: str) -> Membership:
    """Makes the account with this address a member with this role, or gives one who is another role, as far
    as the caller may. Raises MemberError, also where there is no such account."""
    if role not in _Role.values or not may_grant(access, role):
        raise MemberError(_("You may not give this role."))
    with transaction.atomic():
        project = _locked(access.project)
        user = User.objects.filter(email__iexact=email.strip(), is_active=True).first()
        if user is None:
            raise MemberError(_("There is no account with this e-mail address."))
        member = Membership.objects.filter(project=project, user=user).select_related("user").first()
        if member:
            change_role(access, member, role, by)
        else:
            member = Membership.objects.create(project=project, user=user, role=role)
            record(project, by, "member", str(user), after={"role": role})
    return member


def member_with(project: Project, email: str) -> Membership:
    """The member with this address. Raises MemberError."""
    members = Membership.objects.select_related("user", "annotator", "project")
    member = members.filter(project=project, user__email__iexact=email.strip()).first()
    if member is None:
        raise MemberError(_("There is no member with this e-mail address."))
    return member


def free(member: Membership) -> int:
    """Gives back what a member holds; the number of comparisons."""
    if member.annotator is None:
        return 0
    held = Assignment.objects.filter(annotator=member.annotator, state=Assignment.State.LIVE)
    return leases.give_back(member.annotator, list(held.values_list("pk", flat=True)), again=True)


def _give(member: Membership, role: str, by: User) -> None:
    _keeps_an_owner(member, role)
    before, member.role = member.role, role
    if before != role:
        member.save(update_fields=["role"])
        record(member.project, by, "member", str(member.user), before={"role": before}, after={"role": role})


def _end(member: Membership, by: User) -> None:
    """What they hold goes back to the queue."""
    _keeps_an_owner(member, "")
    free(member)
    record(member.project, by, "member-removed", str(member.user), before={"role": member.role})
    member.delete()


def _locked(project: Project) -> Project:
    """Roles change one after the other, so that two owners cannot send each other away."""
    return Project.objects.select_for_update(no_key=True).get(pk=project.pk)


def _keeps_an_owner(member: Membership, role: str) -> None:
    others = Membership.objects.filter(project=member.project_id, role=_Role.OWNER).exclude(pk=member.pk)
    if member.role == _Role.OWNER and role != _Role.OWNER and not others.exists():
        raise MemberError(_("A project keeps at least one owner."))


def _is_in(member: Membership, pool: Pool) -> bool:
    return PoolMembership.objects.filter(annotator=member.annotator_id, pool=pool).exists()


def _enter(member: Membership, pool: Pool) -> None:
    """Joins this pool; whoever is new to labelling here joins no other."""
    annotator = member.annotator or join(member, [pool])
    PoolMembership.objects.get_or_create(annotator=annotator, pool=pool)
    touch(pool.project)

"""Who belongs to a project: given a role, given another, or sent away. Each is an entry of the audit log."""

from django.db import transaction
from django.utils.translation import gettext as _

from .audit import record
from .models import Membership, Project, User


class MemberError(ValueError):
    """It cannot be done; the message says why."""


def set_role(project: Project, by: User, email: str, role: str) -> Membership:
    """Makes the account with this address a member with this role, or changes the role of one who is.

    Raises MemberError where there is no such account, and where the project would be left without an owner.
    """
    with transaction.atomic():
        _locked(project)
        user = User.objects.filter(email__iexact=email.strip(), is_active=True).first()
        if user is None:
            raise MemberError(_("There is no account with this e-mail address."))
        member = Membership.objects.filter(project=project, user=user).first()
        before = {"role": member.role} if member else {}
        if before == {"role": role} and member:
            return member
        if member:
            _keeps_an_owner(project, member, role)
            member.role = role
            member.save(update_fields=["role"])
        else:
            member = Membership.objects.create(project=project, user=user, role=role)
        record(project, by, "member", str(user), before=before, after={"role": role})
    member.user = user
    return member


def remove(project: Project, by: User, email: str) -> None:
    """Ends a membership; what they labelled stays. Raises MemberError for somebody who is no member, and for
    the last owner."""
    with transaction.atomic():
        _locked(project)
        members = Membership.objects.select_related("user")
        member = members.filter(project=project, user__email__iexact=email.strip()).first()
        if member is None:
            raise MemberError(_("There is no member with this e-mail address."))
        _keeps_an_owner(project, member, "")
        record(project, by, "member-removed", str(member.user), before={"role": member.role})
        member.delete()


def _locked(project: Project) -> None:
    """Roles change one after the other, so that two owners cannot send each other away."""
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)


def _keeps_an_owner(project: Project, member: Membership, role: str) -> None:
    owner = Membership.Role.OWNER
    others = Membership.objects.filter(project=project, role=owner).exclude(pk=member.pk)
    if member.role == owner and role != owner and not others.exists():
        raise MemberError(_("A project keeps at least one owner."))

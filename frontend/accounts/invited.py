"""The invitation that a browser came with, kept in its session until it is taken up."""

from django.http import HttpRequest

from annotation.models import Invitation

_KEY = "invitation"


def keep_invitation(request: HttpRequest, invitation: Invitation) -> None:
    """Keeps whose secret was shown, not the secret."""
    request.session[_KEY] = invitation.pk


def invitation_of(request: HttpRequest) -> Invitation | None:
    """The invitation this browser holds, if it still lets somebody in."""
    pk = request.session.get(_KEY)
    found = Invitation.objects.select_related("project", "pool").filter(pk=pk).first() if pk else None
    return found if found and found.is_open() else None


def has_invitation(request: HttpRequest) -> bool:
    return invitation_of(request) is not None


def forget_invitation(request: HttpRequest) -> None:
    request.session.pop(_KEY, None)

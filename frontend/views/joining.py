"""An invitation, from the link to the project."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from annotation import links
from annotation.members import accept
from annotation.models import Invitation
from annotation.permissions import MAY

from ..accounts.invited import forget_invitation, invitation_of, keep_invitation


@never_cache
@require_safe
def invited(request: HttpRequest, token: str) -> HttpResponse:
    """Keeps the invitation in the session and leads on, so that its secret stands in no address any more."""
    invitation = links.found(Invitation, token)
    if invitation is None or not invitation.is_open():
        return render(request, "frontend/members/ended.html", status=404 if invitation is None else 410)
    keep_invitation(request, invitation)
    return redirect("join")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    """What somebody is invited to; joins by POST. Without an account, leads to making one or signing in."""
    invitation = invitation_of(request)
    if invitation is None:
        return render(request, "frontend/members/ended.html", status=410)
    project = invitation.project
    if request.method == "POST" and request.user.is_authenticated:
        try:
            membership = accept(invitation, request.user)
        except links.LinkError as error:
            messages.error(request, str(error))
            return redirect("join")
        forget_invitation(request)
        return redirect("overview" if membership.role in MAY["view"] else "label", project.slug)
    context = {"invitation": invitation, "project": project}
    return render(request, "frontend/members/join.html", context)

"""Who is a member, with what role, and who is invited: for owners and managers."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from annotation import links
from annotation import members as membership
from annotation.models import Invitation, Membership
from annotation.permissions import Access, project_for

from ..short_forms import InviteForm
from .signed_in import SignedInRequest, signed_in

LISTED = 50  # links that have ended


@signed_in
@require_safe
def members(request: SignedInRequest, slug: str) -> HttpResponse:
    """The members and the invitations, those that still let somebody in first."""
    return _page(request, project_for(request.user, slug, "manage"))


@signed_in
@require_POST
def invite(request: SignedInRequest, slug: str) -> HttpResponse:
    """Makes an invitation and shows its link, which cannot be shown again."""
    access = project_for(request.user, slug, "manage")
    form = InviteForm(access.project, _roles(access), request.POST)
    if form.is_valid():
        try:
            _invitation, token = membership.invite(access, request.user, **form.cleaned_data)
        except (links.LinkError, membership.MemberError) as error:
            form.blame(error)
        else:
            address = request.build_absolute_uri(reverse("invited", args=[token]))
            return _page(request, access, address=address)
    return _page(request, access, form)


@signed_in
@require_POST
def invitation_close(request: SignedInRequest, slug: str, invitation_id: int) -> HttpResponse:
    """Ends an invitation: nobody can follow it any more."""
    access = project_for(request.user, slug, "manage")
    invitation = get_object_or_404(Invitation, project=access.project, pk=invitation_id)
    links.close(invitation, request.user)
    return redirect("members", slug)


@signed_in
@require_POST
def member_act(request: SignedInRequest, slug: str, membership_id: int) -> HttpResponse:
    """Gives a member another role, or removes them."""
    access = project_for(request.user, slug, "manage")
    member = get_object_or_404(
        Membership.objects.select_related("user", "annotator"), project=access.project, pk=membership_id
    )
    try:
        if request.POST.get("act") == "remove":
            membership.send_away(access, member, request.user)
        else:
            membership.change_role(access, member, request.POST.get("role", ""), request.user)
    except membership.MemberError as error:
        messages.error(request, str(error))
    if member.user_id == request.user.pk:  # who took the right from themselves cannot come back here
        return redirect("projects")
    return redirect("members", slug)


def _roles(access: Access) -> list[tuple[str, Any]]:
    """What this member may give."""
    return [(role.value, role.label) for role in Membership.Role if membership.may_grant(access, role)]


def _page(
    request: SignedInRequest, access: Access, form: InviteForm | None = None, address: str = ""
) -> HttpResponse:
    """The page with the form as it was sent, where something is wrong with it."""
    project = access.project
    listed = (
        Membership.objects.filter(project=project, annotator__participation=None)
        .select_related("user", "annotator")
        .prefetch_related("annotator__pools")
        .order_by("pk")
    )
    invitations = list(
        Invitation.objects.filter(project=project).select_related("pool").order_by("-pk")[:500]
    )
    context = {
        "access": access,
        "project": project,
        "section": "people",
        "members": [{"member": one, "may_change": membership.may_grant(access, one.role)} for one in listed],
        "open": [one for one in invitations if one.is_open()],
        "ended": [one for one in invitations if not one.is_open()][:LISTED],
        "roles": _roles(access),
        "form": form or InviteForm(project, _roles(access)),
        "address": address,
    }
    return render(request, "frontend/members/list.html", context, status=422 if form else 200)

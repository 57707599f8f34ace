"""Who is a member, with what role, and who is invited: for owners and managers."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from annotation import links
from annotation import members as membership
from annotation.models import Invitation, Membership, Pool, Project
from annotation.permissions import Access, project_for

from ..forms import number
from .signed_in import SignedInRequest, signed_in

LISTED = 50  # links that have ended
DAYS = (1, 7, 30, 90)


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
    post = request.POST
    try:
        _invitation, token = membership.invite(
            access,
            request.user,
            post.get("name", ""),
            post.get("role", ""),
            days=number(post.get("days")) or 0,
            places=number(post.get("places")) or 0,
            pool=pool_named(access.project, post),
        )
    except (links.LinkError, membership.MemberError) as error:
        return _page(request, access, {"fault": str(error), "said": post}, status=422)
    address = request.build_absolute_uri(reverse("invited", args=[token]))
    return _page(request, access, {"address": address})


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


def pool_named(project: Project, post: Mapping[str, Any]) -> Pool | None:
    """The pool chosen in a form, None for none. Raises LinkError for one that the project lacks."""
    if not (chosen := post.get("pool")):
        return None
    pool = Pool.objects.filter(project=project, pk=number(chosen) or 0).first()
    if pool is None:
        raise links.LinkError(_("This project has no such pool."))
    return pool


def _page(
    request: SignedInRequest, access: Access, more: Mapping[str, Any] | None = None, status: int = 200
) -> HttpResponse:
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
        "roles": [role for role in Membership.Role if membership.may_grant(access, role)],
        "pools": list(project.pools.all()),
        "days": DAYS,
        **(more or {}),
    }
    return render(request, "frontend/members/list.html", context, status=status)

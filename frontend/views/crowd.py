"""Guests: from a crowd link to the label page and back to the platform; for owners, links and guests."""

from allauth.core import ratelimit
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotation import crowd, leases, links
from annotation.models import CrowdLink, Participation
from annotation.permissions import Access, project_for

from ..short_forms import CrowdForm
from .signed_in import SignedInRequest, signed_in

_BACKEND = "django.contrib.auth.backends.ModelBackend"
_State = Participation.State
LISTED = 200


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def arrive(request: HttpRequest, token: str) -> HttpResponse:
    """The first page of a guest: what it is about and what it pays; takes part by POST.

    Who comes when there is no room goes straight back with the code for that.
    """
    if limited := ratelimit.consume_or_429(request, action="crowd"):
        return limited
    link = links.found(CrowdLink, token)
    if link is None:
        return render(request, "frontend/members/ended.html", status=404)
    who = crowd.arrival(link, request.GET)
    if who is None:
        return _told(request, link, "unknown", 400)
    part = crowd.begun(link, who)
    if part is None and not crowd.has_room(link):
        back = crowd.way_back(link, _State.RETURNED)
        return redirect(back) if back and request.method != "POST" else _told(request, link, "full", 410)
    if request.method != "POST":
        context = {"project": link.project, "link": link, "again": part is not None}
        return render(request, "frontend/crowd/arrive.html", context)
    try:
        part = crowd.enter(link, who, request.user if request.user.is_authenticated else None)
    except crowd.Elsewhere:
        return _told(request, link, "elsewhere", 409)
    except links.LinkError:
        return _told(request, link, "full", 410)
    guest = part.annotator.user
    if guest is None:
        return _told(request, link, "elsewhere", 409)
    login(request, guest, backend=_BACKEND)
    asked = bool(link.project.profile) and not part.annotator.profile_answers.exists()
    return redirect("label-profile" if asked else "label", link.project.slug)


@signed_in
@require_safe
def finish(request: SignedInRequest, slug: str) -> HttpResponse:
    """Back to the platform with the code for how it ended; to work where something is left to do."""
    part = _part(project_for(request.user, slug, "label"))
    if part is None or not crowd.finish(part):
        return redirect("label", slug)
    back = crowd.way_back_of(part, leases.done_by(part.annotator))
    return redirect(back or reverse("label", args=[slug]))


@signed_in
@require_POST
def stop(request: SignedInRequest, slug: str) -> HttpResponse:
    """A guest stops taking part: what they hold goes back, what they answered stays."""
    if part := _part(project_for(request.user, slug, "label")):
        crowd.end(part, _State.RETURNED, by=request.user)
    return redirect("label", slug)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def crowd_links(request: SignedInRequest, slug: str) -> HttpResponse:
    """The crowd links of a project with their people; makes a link by POST and shows it once."""
    access = project_for(request.user, slug, "manage")
    if request.method != "POST":
        return _page(request, access)
    form = CrowdForm(access.project, request.POST)
    if not form.is_valid():
        return _page(request, access, form)
    try:
        link, token = crowd.open_link(access.project, request.user, **form.link())
    except links.LinkError as error:
        form.blame(error)
        return _page(request, access, form)
    address = request.build_absolute_uri(reverse("crowd", args=[token]))
    if form.cleaned_data["platform"] == "prolific":
        address += "?PROLIFIC_PID={{%PROLIFIC_PID%}}&STUDY_ID={{%STUDY_ID%}}&SESSION_ID={{%SESSION_ID%}}"
    elif link.id_parameter:
        address += f"?{link.id_parameter}=…"
    return _page(request, access, address=address)


@signed_in
@require_POST
def crowd_close(request: SignedInRequest, slug: str, link_id: int) -> HttpResponse:
    """Lets nobody new in by this link."""
    access = project_for(request.user, slug, "manage")
    links.close(get_object_or_404(CrowdLink, project=access.project, pk=link_id), request.user)
    return redirect("crowd-links", slug)


@signed_in
@require_POST
def crowd_return(request: SignedInRequest, slug: str, part_id: int) -> HttpResponse:
    """Marks a guest's submission as returned, as the platform says that it was."""
    access = project_for(request.user, slug, "manage")
    parts = Participation.objects.select_related("annotator__project", "annotator__membership")
    part = get_object_or_404(parts, link__project=access.project, pk=part_id)
    crowd.end(part, _State.RETURNED, by=request.user)
    return redirect("crowd-links", slug)


def _part(access: Access) -> Participation | None:
    return crowd.part_of(access.annotator())


def _told(request: HttpRequest, link: CrowdLink, why: str, status: int) -> HttpResponse:
    back = crowd.way_back(link, _State.RETURNED) if why == "full" else ""
    context = {"project": link.project, "why": why, "back": back}
    return render(request, "frontend/crowd/told.html", context, status=status)


def _page(
    request: SignedInRequest, access: Access, form: CrowdForm | None = None, address: str = ""
) -> HttpResponse:
    """The page with the form as it was sent, where something is wrong with it."""
    project = access.project
    parts = Participation.objects.select_related("annotator").order_by("-pk")
    found = CrowdLink.objects.filter(project=project).select_related("pool").order_by("-pk")
    context = {
        "access": access,
        "project": project,
        "section": "people",
        "links": [{"link": one, "open": one.is_open()} for one in found],
        "parts": parts.filter(link__project=project)[:LISTED],
        "form": form or CrowdForm(project),
        "address": address,
    }
    return render(request, "frontend/crowd/links.html", context, status=422 if form else 200)

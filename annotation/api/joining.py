"""Who belongs to a project, and how people come into it, over the API: members, invitations, crowd links."""

from datetime import datetime
from typing import Annotated, Any, Literal, NotRequired, TypedDict, TypeVar, cast

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from rest_framework.request import Request

from .. import crowd, links
from .. import members as membership
from ..models import CrowdLink, Invitation, Membership, Participation, Pool, Project, User
from ..permissions import Access, project_for
from .describing import reads, taken, writes
from .hints import Must
from .paging import page
from .problems import Unprocessable

Role = Literal["owner", "manager", "reviewer", "annotator", "viewer"]
AnyLink = TypeVar("AnyLink", Invitation, CrowdLink)
_Email = Annotated[str, Must(minLength=3, maxLength=254)]
_Days = Annotated[int, Must(minimum=1, maximum=links.MOST_DAYS, default=7)]
_Places = Annotated[int, Must(minimum=1, maximum=links.MOST_PLACES, default=1)]
_Name = Annotated[str, Must(minLength=1, maxLength=120)]
_Short = Annotated[str, Must(maxLength=60)]


class MemberShape(TypedDict):
    email: str | None
    name: str
    role: str
    since: datetime


class MemberWanted(TypedDict):
    """An account by its e-mail address, and the role it shall have."""

    email: _Email
    role: Role


class MemberNamed(TypedDict):
    email: _Email


class Removed(TypedDict):
    removed: bool


class LinkWanted(TypedDict):
    """For whom it is, how many `days` it is open, how many people (`places`) it lets in, and into which
    pool."""

    name: _Name
    days: NotRequired[_Days]
    places: NotRequired[_Places]
    pool: NotRequired[_Short | None]


class GuestShape(TypedDict):
    """A guest's part: by which link they came, as which annotator, and how it ended."""

    number: int
    annotator: int
    link: str
    state: str
    started_at: datetime
    ended_at: datetime | None


class InvitationWanted(LinkWanted):
    """Whoever follows it becomes a member with this role."""

    role: Role


class CrowdLinkWanted(LinkWanted):
    """Guests are known by `id_parameter` of the address they come by (PROLIFIC_PID without it; empty:
    anybody), and sent back to `return_url` with the code for how it ended."""

    id_parameter: NotRequired[_Short]
    study_parameter: NotRequired[_Short]
    session_parameter: NotRequired[_Short]
    return_url: NotRequired[Annotated[str, Must(maxLength=300)]]
    completed_code: NotRequired[_Short]
    screened_out_code: NotRequired[_Short]
    quota_full_code: NotRequired[_Short]


class LinkShape(TypedDict):
    """A secret address. `address` is there once: when it is made."""

    number: int
    name: str
    pool: str | None
    places: int
    taken: int
    open: bool
    expires_at: datetime
    closed_at: datetime | None
    created_at: datetime
    address: NotRequired[str]


class InvitationShape(LinkShape):
    role: str


@reads(MemberShape, paged=200)
def members(request: Request, slug: str) -> Any:
    """Who belongs to the project, and their roles."""
    project = project_for(request.user, slug, "manage").project
    return page(request, Membership.objects.filter(project=project).select_related("user"), _member_shape)


@writes(MemberWanted, MemberShape)
def set_member(request: Request, slug: str) -> MemberShape:
    """Makes an account a member, or changes a member's role. Owners make and unmake owners and managers."""
    access = project_for(request.user, slug, "manage")
    body = taken(request, MemberWanted)
    try:
        return _member_shape(membership.set_role(access, _by(request), body["email"], body["role"]))
    except membership.MemberError as error:
        raise Unprocessable("email", str(error)) from error


@writes(MemberNamed, Removed)
def remove_member(request: Request, slug: str) -> Removed:
    """Ends a membership. What they labelled stays."""
    access = project_for(request.user, slug, "manage")
    try:
        member = membership.member_with(access.project, taken(request, MemberNamed)["email"])
        membership.send_away(access, member, _by(request))
    except membership.MemberError as error:
        raise Unprocessable("email", str(error)) from error
    return {"removed": True}


@reads(InvitationShape, paged=200)
def invitations(request: Request, slug: str) -> Any:
    """Invitations, the newest first."""
    project = project_for(request.user, slug, "manage").project
    return page(request, _links(Invitation, project), _invitation_shape, newest=True)


@writes(InvitationWanted, InvitationShape, status=201)
def new_invitation(request: Request, slug: str) -> InvitationShape:
    """Makes an invitation. Its address in the reply is shown once."""
    access = project_for(request.user, slug, "manage")
    body = taken(request, InvitationWanted)
    common = _wanted(access, body)
    try:
        made, token = membership.invite(access, _by(request), body["name"], body["role"], **common)
    except membership.MemberError as error:
        raise Unprocessable("role", str(error)) from error
    except links.LinkError as error:
        raise Unprocessable("name", str(error)) from error
    return {**_invitation_shape(made), "address": _address(request, "invited", token)}


@writes(None, InvitationShape)
def close_invitation(request: Request, slug: str, invitation_id: int) -> InvitationShape:
    """Ends an invitation: nobody can follow it any more."""
    project = project_for(request.user, slug, "manage").project
    return _invitation_shape(_closed(Invitation, project, invitation_id, request))


@reads(LinkShape, paged=200)
def crowd_links(request: Request, slug: str) -> Any:
    """Crowd links, the newest first."""
    project = project_for(request.user, slug, "manage").project
    return page(request, _links(CrowdLink, project), _link_shape, newest=True)


@writes(CrowdLinkWanted, LinkShape, status=201)
def new_crowd_link(request: Request, slug: str) -> LinkShape:
    """Makes a link by which guests take part without an account. Its address in the reply is shown once."""
    access = project_for(request.user, slug, "manage")
    body: dict[str, Any] = dict(taken(request, CrowdLinkWanted))
    common = _wanted(access, body)
    more = {key: value for key, value in body.items() if key not in LinkWanted.__annotations__}
    try:
        made, token = crowd.open_link(access.project, _by(request), body["name"], **common, **more)
    except links.LinkError as error:
        raise Unprocessable("name", str(error)) from error
    return {**_link_shape(made), "address": _address(request, "crowd", token)}


@writes(None, LinkShape)
def close_crowd_link(request: Request, slug: str, link_id: int) -> LinkShape:
    """Lets nobody new in by this link."""
    project = project_for(request.user, slug, "manage").project
    return _link_shape(_closed(CrowdLink, project, link_id, request))


@reads(GuestShape, paged=200)
def guests(request: Request, slug: str) -> Any:
    """Guests who came by crowd links, the newest first, and how their parts ended."""
    project = project_for(request.user, slug, "manage").project
    return page(request, _parts(project), _guest_shape, newest=True)


@writes(None, GuestShape)
def return_guest(request: Request, slug: str, guest_id: int) -> GuestShape:
    """Marks a guest's submission as returned, as the platform says that it was: their place is free again.
    One that has ended stays as it is."""
    project = project_for(request.user, slug, "manage").project
    part = get_object_or_404(_parts(project), pk=guest_id)
    crowd.end(part, Participation.State.RETURNED, by=_by(request))
    return _guest_shape(part)


def _by(request: Request) -> User:
    return cast("User", request.user)


def _wanted(access: Access, body: Any) -> dict[str, Any]:
    """What all links are made of. Raises Unprocessable for a pool that the project lacks."""
    named = body.get("pool")
    pool = Pool.objects.filter(project=access.project, name=named).first() if named else None
    if named and pool is None:
        raise Unprocessable("pool", "must be the name of a pool of this project")
    return {"days": body.get("days", 7), "places": body.get("places", 1), "pool": pool}


def _links(kind: type[AnyLink], project: Project) -> Any:
    return kind.objects.filter(project=project).select_related("pool")


def _parts(project: Project) -> QuerySet[Participation]:
    related = "annotator__project", "annotator__membership", "link"
    return Participation.objects.filter(link__project=project).select_related(*related)


def _closed(kind: type[AnyLink], project: Project, pk: int, request: Request) -> AnyLink:
    link: AnyLink = get_object_or_404(kind.objects.select_related("pool", "project"), project=project, pk=pk)
    links.close(link, _by(request))
    return link


def _address(request: Request, page_name: str, token: str) -> str:
    return str(request.build_absolute_uri(reverse(page_name, args=[token])))


def _member_shape(found: Membership) -> MemberShape:
    user = found.user
    return {"email": user.email, "name": user.name, "role": found.role, "since": found.created_at}


def _link_shape(found: Invitation | CrowdLink) -> LinkShape:
    return {
        "number": found.pk,
        "name": found.name,
        "pool": found.pool.name if found.pool else None,
        "places": found.places,
        "taken": found.taken,
        "open": found.is_open(),
        "expires_at": found.expires_at,
        "closed_at": found.closed_at,
        "created_at": found.created_at,
    }


def _guest_shape(found: Participation) -> GuestShape:
    return {
        "number": found.pk,
        "annotator": found.annotator_id,
        "link": found.link.name,
        "state": found.state,
        "started_at": found.started_at,
        "ended_at": found.ended_at,
    }


def _invitation_shape(found: Invitation) -> InvitationShape:
    return {**_link_shape(found), "role": found.role}

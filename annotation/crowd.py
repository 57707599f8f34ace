"""Guests of crowd links: how they come in, take part once, and go back to the platform that sent them.

A guest is known by the platform's id of the person and bound to its id of the submission: the same person
with the same submission comes back to what they began, from any browser; with another one only once the first
was returned. Ends: completed, screened out, returned. Whoever ends is lent nothing any more; what they hold
goes back to the queue, what they answered counts and is paid. A part that was returned or screened out gives
its place to somebody else.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from . import leases, links
from .audit import record
from .links import LinkError
from .members import free
from .models import Annotator, CrowdLink, Demand, Membership, Participation, Pool, Project, User
from .models.queue import OPEN
from .permissions import add_member, join

_State = Participation.State
_ID = re.compile(r"[\w.:@-]{1,200}", re.ASCII)
_LENGTHS = {field.name: getattr(field, "max_length", None) or 0 for field in CrowdLink._meta.get_fields()}
CODES = {
    _State.COMPLETED: "completed_code",
    _State.SCREENED_OUT: "screened_out_code",
    _State.RETURNED: "quota_full_code",
}


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who comes, as the platform's parameters say. `session` is empty where it has none."""

    person: str
    study: str = ""
    session: str = ""


class Elsewhere(LinkError):
    """This person takes part already, in another submission or browser."""


def open_link(
    project: Project, by: User, name: str, *, days: int, places: int, pool: Pool | None = None, **more: str
) -> tuple[CrowdLink, str]:
    """A crowd link and its token, shown once. `more`: `return_url`, the codes, the names of the parameters.

    Raises LinkError, also where people would be sent back to a host that the installation does not allow.
    """
    back = more.get("return_url", "").strip()
    parts = urlsplit(back)
    if back and (parts.scheme != "https" or parts.hostname not in settings.RETURN_HOSTS or parts.port):
        allowed = ", ".join(settings.RETURN_HOSTS)
        raise LinkError(
            _("People may be sent back to these hosts only: %(hosts)s.") % {"hosts": allowed}, "return_url"
        )
    values = {key: value.strip() for key, value in more.items()}
    for key, value in values.items():
        most = _LENGTHS[key]
        if len(value) > most:
            raise LinkError(
                _("%(text)s… is too long: %(most)s characters at most.") % {"text": value[:20], "most": most},
                key,
            )
        if key != "return_url" and value and not _ID.fullmatch(value):
            raise LinkError(_("Codes and parameters are letters, digits, dots and hyphens."), key)
    return links.make(CrowdLink, project, by, name, days=days, places=places, pool=pool, **values)


def arrival(link: CrowdLink, parameters: Mapping[str, str]) -> Arrival | None:
    """Who comes; None where the platform's id of the person is missing or malformed. A link without a
    parameter for it gives everybody an id of chance."""
    if not link.id_parameter:
        return Arrival(f"guest-{secrets.token_hex(8)}")
    said = [
        parameters.get(name, "") if name else ""
        for name in (link.id_parameter, link.study_parameter, link.session_parameter)
    ]
    person, study, session = (text if _ID.fullmatch(text) else "" for text in said)
    return Arrival(person, study, session) if person else None


def begun(link: CrowdLink, who: Arrival) -> Participation | None:
    """The part that this person began in the link's project."""
    parts = Participation.objects.select_related("annotator__user", "link")
    return parts.filter(annotator__project=link.project_id, annotator__external_id=who.person).first()


def has_room(link: CrowdLink) -> bool:
    """Whether somebody new can come in and would find work."""
    pool = (
        {"pool": link.pool_id} if link.pool_id else {"pool__project": link.project_id, "pool__default": True}
    )
    return link.is_open() and Demand.objects.filter(OPEN, **pool).exists()


def enter(link: CrowdLink, who: Arrival, present: User | None = None) -> Participation:
    """Lets somebody in, or back to what they began. `present` is whom the browser is signed in as.

    Raises Elsewhere for a person who takes part in another submission, LinkError where there is no place.
    """
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=link.project_id)
        if (part := begun(link, who)) is not None:
            return _again(part, link, who, present)
        links.take(link)
        user = User.objects.create_guest()
        member = add_member(link.project, user, Membership.Role.ANNOTATOR)
        annotator = _annotator(link, who, member)
        part = Participation.objects.create(
            link=link, annotator=annotator, study_id=who.study, session_id=who.session
        )
        record(
            link.project, user, "take-part", annotator.name, annotator=annotator, after={"link": link.name}
        )
    return part


def part_of(annotator: Annotator) -> Participation | None:
    """A guest's part, None for members with accounts. No SQL for those."""
    if annotator.external_id is None:
        return None
    return Participation.objects.select_related("link").filter(annotator=annotator).first()


def finish(part: Participation) -> bool:
    """Ends a part in which nothing is left to do: completed, or returned where nothing was answered. Whether
    it has ended, now or before."""
    if part.state != _State.ACTIVE:
        return True
    annotator = part.annotator
    if annotator.may_be_lent and leases.claim(annotator, annotator.project, n=1):
        return False
    done = leases.done_by(annotator)
    end(part, _State.COMPLETED if done else _State.RETURNED, by=annotator.user)
    return True


def end(part: Participation, state: str, by: User | None, reason: str = "") -> None:
    """Ends a part in this state; one that has ended stays so. `by` None: an answer about themselves."""
    acts = {_State.COMPLETED: "complete", _State.SCREENED_OUT: "screen-out", _State.RETURNED: "return"}
    with transaction.atomic():
        now = timezone.now()
        if not Participation.objects.filter(pk=part.pk, state=_State.ACTIVE).update(
            state=state, ended_at=now
        ):
            part.refresh_from_db()
            return
        part.state, part.ended_at = state, now
        annotator = part.annotator
        free(annotator.membership)
        Annotator.objects.filter(pk=annotator.pk, paused_at=None).update(paused_at=now)
        if state != _State.COMPLETED:
            CrowdLink.objects.filter(pk=part.link_id, taken__gt=0).update(taken=F("taken") - 1)
        record(
            annotator.project,
            by,
            acts[_State(state)],
            annotator.name,
            annotator=annotator,
            before={"state": str(_State.ACTIVE)},
            after={"state": str(state)},
            reason=reason,
        )


def way_back(link: CrowdLink, state: str) -> str:
    """The address that people of this end go back to; empty where the link names none.

    `RETURNED` is also the way of those who came when there was no room.
    """
    code = getattr(link, CODES[_State(state)])
    if not link.return_url or not code:
        return ""
    return f"{link.return_url}?{urlencode({'cc': code})}"


def way_back_of(part: Participation, done: int) -> str:
    """The way back of somebody who has given so many answers; empty for who stopped in the middle: to the
    platform that is a returned submission, which has no code."""
    return "" if done and part.state == _State.RETURNED else way_back(part.link, part.state)


def _annotator(link: CrowdLink, who: Arrival, member: Membership) -> Annotator:
    """The guest as an annotator; one whose labels were imported under the same id goes on with them."""
    known = Annotator.objects.filter(project=link.project_id, external_id=who.person, user=None).first()
    if known is None:
        annotator = join(member, [link.pool] if link.pool else None)
        annotator.external_id = who.person
        annotator.save(update_fields=["external_id"])
        return annotator
    known.user, member.annotator = member.user, known
    known.save(update_fields=["user"])
    member.save(update_fields=["annotator"])
    pools = [link.pool] if link.pool else list(link.project.pools.filter(default=True))
    known.pools.add(*pools)
    return known


def _again(part: Participation, link: CrowdLink, who: Arrival, present: User | None) -> Participation:
    same = bool(who.session) and who.session == part.session_id
    if same or (present is not None and present.pk == part.annotator.user_id):
        return part
    if part.state != _State.RETURNED:
        raise Elsewhere(_("You take part already. Go on in the browser and submission you began with."))
    links.take(link)
    values: dict[str, Any] = {"link": link, "study_id": who.study, "session_id": who.session}
    values |= {"state": _State.ACTIVE, "ended_at": None}
    Participation.objects.filter(pk=part.pk).update(**values)
    Annotator.objects.filter(pk=part.annotator_id).update(paused_at=None)
    part.refresh_from_db()
    record(link.project, None, "take-part", part.annotator.name, annotator=part.annotator)
    return part

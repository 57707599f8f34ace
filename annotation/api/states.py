"""What becomes of a project as a whole, over the API."""

from datetime import datetime
from typing import Annotated, Literal, NotRequired, TypedDict, cast

from rest_framework.request import Request

from .. import lifecycle
from ..models import User
from ..permissions import project_for
from .describing import taken, writes
from .hints import Must
from .problems import Unprocessable

_ACTS = {
    "open": lifecycle.open_project,
    "close": lifecycle.close_project,
    "archive": lifecycle.archive,
    "restore": lifecycle.restore,
    "keep": lifecycle.keep,
}
_OWNERS = ("delete", "keep")


class StateWanted(TypedDict):
    """An open project lends to people, a closed one does not, an archived one is kept to be read. `delete`
    takes the project's slug as `typed`, and seven days in which `keep` takes it back; both are for owners."""

    act: Literal["open", "close", "archive", "restore", "delete", "keep"]
    typed: NotRequired[Annotated[str, Must(maxLength=80)]]


class StateShape(TypedDict):
    """`delete_at`: when it is deleted with all that it holds; null where it is not going to be."""

    state: str
    delete_at: datetime | None


@writes(StateWanted, StateShape)
def act_on_project(request: Request, slug: str) -> StateShape:
    """Opens, closes, archives the project, brings it back from the archive, or has it deleted after a grace
    period."""
    access = project_for(request.user, slug, "manage")
    body, by, project = taken(request, StateWanted), cast("User", request.user), access.project
    if body["act"] in _OWNERS:
        project_for(request.user, slug, "own")
    try:
        if body["act"] == "delete":
            lifecycle.ask_deletion(project, by, body.get("typed", ""))
        else:
            _ACTS[body["act"]](project, by)
    except lifecycle.ProjectStateError as error:
        raise Unprocessable("typed" if body["act"] == "delete" else "act", str(error)) from error
    project.refresh_from_db(fields=["state", "delete_at"])
    return {"state": project.state, "delete_at": project.delete_at}

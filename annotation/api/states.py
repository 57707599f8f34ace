"""What becomes of a project as a whole, over the API. Deleting one is done on its page."""

from typing import Literal, TypedDict, cast

from rest_framework.request import Request

from .. import lifecycle
from ..models import User
from ..permissions import project_for
from .describing import taken, writes
from .problems import Unprocessable

_ACTS = {
    "open": lifecycle.open_project,
    "close": lifecycle.close_project,
    "archive": lifecycle.archive,
    "restore": lifecycle.restore,
}


class StateWanted(TypedDict):
    """An open project lends to people, a closed one does not, an archived one is kept to be read."""

    act: Literal["open", "close", "archive", "restore"]


class StateShape(TypedDict):
    state: str


@writes(StateWanted, StateShape)
def act_on_project(request: Request, slug: str) -> StateShape:
    """Opens, closes, archives the project, or brings it back from the archive."""
    project = project_for(request.user, slug, "manage").project
    try:
        _ACTS[taken(request, StateWanted)["act"]](project, cast("User", request.user))
    except lifecycle.ProjectStateError as error:
        raise Unprocessable("act", str(error)) from error
    project.refresh_from_db(fields=["state"])
    return {"state": project.state}

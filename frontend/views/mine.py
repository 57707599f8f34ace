"""The caller's own account: what is kept of them, as a file, and its erasure."""

import orjson
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from annotation import personal

from .signed_in import SignedInRequest, signed_in

WORD = "erase"


@signed_in
@require_safe
def account(request: SignedInRequest) -> HttpResponse:
    """Who one is here, and what may be done about it."""
    return _page(request)


@signed_in
@require_safe
def download(request: SignedInRequest) -> HttpResponse:
    """Everything that is kept of the caller, as a JSON file."""
    body = orjson.dumps(personal.data_of(request.user), option=orjson.OPT_INDENT_2)
    reply = HttpResponse(body, content_type="application/json")
    reply["Content-Disposition"] = 'attachment; filename="my-tandem-data.json"'
    return reply


@signed_in
@require_POST
def erase(request: SignedInRequest) -> HttpResponse:
    """Erases the caller's account, once they have typed the word and their password where they have one."""
    if request.POST.get("word", "").strip().lower() != WORD:
        return _page(request, "word", _("Type the word “%(word)s” to go on.") % {"word": WORD})
    has_password = request.user.has_usable_password()
    if has_password and not request.user.check_password(request.POST.get("password", "")):
        return _page(request, "password", _("This is not your password."))
    try:
        personal.erase(request.user)
    except personal.ErasureError as error:
        return _page(request, "", str(error))
    logout(request)
    return render(request, "frontend/account/erased.html")


def _page(request: SignedInRequest, at: str = "", fault: str = "") -> HttpResponse:
    """The page; `at` is the field that `fault` speaks of."""
    typed, alone = request.POST.get("word", ""), personal.projects_without_owner(request.user)
    context = {"word": WORD, "typed": typed, "fault": fault, "at": at, "alone": alone}
    return render(request, "frontend/account/account.html", context, status=422 if fault else 200)

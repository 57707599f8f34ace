"""Making one comparison gold, on its own page."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from annotation.instruments.known import GoldError, make_gold, unmake_gold
from annotation.permissions import project_for
from annotation.projects import criteria_of

from ...quality_forms import GoldForm
from ..signed_in import SignedInRequest, signed_in
from .one import found_in, page


@signed_in
@require_POST
def comparison_gold(request: SignedInRequest, slug: str, comparison_id: int) -> HttpResponse:
    """Marks one comparison as gold, changes that, or ends it, and leads back to it. What cannot be taken
    comes back as it was typed, with what is wrong said beside it."""
    access = project_for(request.user, slug, "manage")
    found = found_in(access.project, comparison_id)
    if "end" in request.POST:
        unmake_gold(access.project, found, request.user)
        return redirect("comparison", slug, comparison_id)
    form = GoldForm(criteria_of(access.project), found, request.POST)
    if form.is_valid():
        use, explanation = form.cleaned_data["use"], form.cleaned_data["explanation"]
        try:
            make_gold(access.project, found, form.answers(), use, explanation, request.user)
        except GoldError as error:
            form.add_error(None, str(error))
        else:
            return redirect("comparison", slug, comparison_id)
    return page(request, access, found, gold=form)

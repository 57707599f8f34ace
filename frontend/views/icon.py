"""The icon where browsers look for it on whatever is not a page of ours: a picture, an answer of the API."""

from django.http import HttpRequest, HttpResponseRedirect
from django.templatetags.static import static
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe


@require_safe
@cache_control(public=True, max_age=24 * 3600)
def icon(request: HttpRequest) -> HttpResponseRedirect:
    """Leads from /favicon.ico to the icon that every page names."""
    return HttpResponseRedirect(static("frontend/icon.svg"))

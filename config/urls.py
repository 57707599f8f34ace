"""URLs of the whole product; each room brings its own."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

# The admin's own form knows neither second factors nor throttling.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", include("frontend.api")),
    path("api/v1/", include("annotation.api.urls")),
    path("api/v1/", include("llm_judges.api")),
    path("api/v1/", include("routing.api")),
    path("", include("frontend.urls")),
]

# Under /api/ these answer as the API does.
handler400 = "annotation.api.problems.bad_request"
handler404 = "annotation.api.problems.not_found"
handler500 = "annotation.api.problems.server_error"

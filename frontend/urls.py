"""Addresses of the pages."""

from django.urls import path

from .views import account, comparisons, label, overview, projects
from .views.health import healthz

urlpatterns = [
    path("", projects.projects, name="projects"),
    path("sign-in/", account.sign_in, name="sign-in"),
    path("sign-out/", account.sign_out, name="sign-out"),
    path("p/<slug:slug>/", overview.overview, name="overview"),
    path("p/<slug:slug>/label/", label.label, name="label"),
    path("p/<slug:slug>/comparisons/", comparisons.comparisons, name="comparisons"),
    path("p/<slug:slug>/comparisons/<int:comparison_id>/", comparisons.comparison, name="comparison"),
    path("healthz", healthz, name="healthz"),
]

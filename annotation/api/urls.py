"""Addresses of the API, version 1."""

from django.urls import path
from django.views.decorators.cache import cache_control

from . import labelling, reading, releases

# What members see is kept in no cache, as on the pages.
_private = cache_control(private=True, no_store=True)

urlpatterns = [
    path("projects/", _private(reading.projects), name="api-projects"),
    path("projects/<slug:slug>/", _private(reading.project), name="api-project"),
    path("projects/<slug:slug>/comparisons/", _private(reading.comparisons), name="api-comparisons"),
    path("projects/<slug:slug>/labels/", _private(reading.labels), name="api-labels"),
    path("projects/<slug:slug>/releases/", _private(releases.releases), name="api-releases"),
    path("projects/<slug:slug>/releases/new/", _private(releases.start), name="api-release-new"),
    path("projects/<slug:slug>/releases/<int:number>/", _private(releases.release), name="api-release"),
    path("projects/<slug:slug>/claim/", _private(labelling.claim), name="api-claim"),
    path("projects/<slug:slug>/submit/", _private(labelling.submit), name="api-submit"),
]

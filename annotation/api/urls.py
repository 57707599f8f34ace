"""Addresses of the API, version 1."""

from django.urls import path

from . import labelling, reading

urlpatterns = [
    path("projects/", reading.projects, name="api-projects"),
    path("projects/<slug:slug>/", reading.project, name="api-project"),
    path("projects/<slug:slug>/comparisons/", reading.comparisons, name="api-comparisons"),
    path("projects/<slug:slug>/labels/", reading.labels, name="api-labels"),
    path("projects/<slug:slug>/claim/", labelling.claim, name="api-claim"),
    path("projects/<slug:slug>/submit/", labelling.submit, name="api-submit"),
]

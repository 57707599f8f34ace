"""Addresses of the pages."""

from django.urls import path

from .views import account, comparisons, judges, label, media, overview, plain, projects, work
from .views.health import healthz

urlpatterns = [
    path("", projects.projects, name="projects"),
    path("sign-in/", account.sign_in, name="sign-in"),
    path("sign-out/", account.sign_out, name="sign-out"),
    path("p/<slug:slug>/", overview.overview, name="overview"),
    path("p/<slug:slug>/label/", label.label, name="label"),
    path("p/<slug:slug>/label/next/", label.following, name="label-next"),
    path("p/<slug:slug>/label/skip/", label.skip, name="label-skip"),
    path("p/<slug:slug>/label/unskip/", label.unskip, name="label-unskip"),
    path("p/<slug:slug>/label/beat/", label.beat, name="label-beat"),
    path("p/<slug:slug>/label/flag/", label.flag, name="label-flag"),
    path("p/<slug:slug>/label/guidelines/", label.guidelines, name="label-guidelines"),
    path("p/<slug:slug>/label/work/", work.work, name="label-work"),
    path("p/<slug:slug>/label/<int:assignment_id>/", label.label_one, name="label-one"),
    path("p/<slug:slug>/label/<int:assignment_id>/plain/", plain.plain, name="plain"),
    path("p/<slug:slug>/media/<slug:sha256>", media.media, name="media"),
    path("p/<slug:slug>/comparisons/", comparisons.comparisons, name="comparisons"),
    path("p/<slug:slug>/comparisons/<int:comparison_id>/", comparisons.comparison, name="comparison"),
    path("p/<slug:slug>/judges/", judges.judges, name="judges"),
    path("p/<slug:slug>/judges/<int:judge_id>/", judges.judge_progress, name="judge-progress"),
    path("p/<slug:slug>/judges/<int:judge_id>/act/", judges.judge_act, name="judge-act"),
    path("healthz", healthz, name="healthz"),
]

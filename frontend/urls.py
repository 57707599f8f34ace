"""Addresses of the pages."""

from django.urls import include, path, register_converter
from django.urls.converters import IntConverter

from .forms import DIGITS
from .views import (
    agreement,
    comparisons,
    flags,
    icon,
    judges,
    label,
    leaderboard,
    media,
    members,
    overview,
    people,
    plain,
    plan,
    programs,
    projects,
    releases,
    work,
)
from .views.health import healthz


class PrimaryKey(IntConverter):
    """A whole number that any database holds; a longer one is no address."""

    regex = f"[0-9]{{1,{DIGITS}}}"


register_converter(PrimaryKey, "pk")

urlpatterns = [
    path("", projects.projects, name="projects"),
    path("", include("frontend.account_urls")),
    path("p/<slug:slug>/", overview.overview, name="overview"),
    path("p/<slug:slug>/label/", label.label, name="label"),
    path("p/<slug:slug>/label/next/", label.following, name="label-next"),
    path("p/<slug:slug>/label/skip/", label.skip, name="label-skip"),
    path("p/<slug:slug>/label/unskip/", label.unskip, name="label-unskip"),
    path("p/<slug:slug>/label/beat/", label.beat, name="label-beat"),
    path("p/<slug:slug>/label/flag/", label.flag, name="label-flag"),
    path("p/<slug:slug>/label/appeal/", label.appeal, name="label-appeal"),
    path("p/<slug:slug>/label/guidelines/", label.guidelines, name="label-guidelines"),
    path("p/<slug:slug>/label/work/", work.work, name="label-work"),
    path("p/<slug:slug>/label/<pk:assignment_id>/", label.label_one, name="label-one"),
    path("p/<slug:slug>/label/<pk:assignment_id>/plain/", plain.plain, name="plain"),
    path("p/<slug:slug>/media/<slug:sha256>", media.media, name="media"),
    path("p/<slug:slug>/comparisons/", comparisons.comparisons, name="comparisons"),
    path("p/<slug:slug>/comparisons/<pk:comparison_id>/", comparisons.comparison, name="comparison"),
    path(
        "p/<slug:slug>/comparisons/<pk:comparison_id>/adjudicate/",
        comparisons.adjudicate,
        name="adjudicate",
    ),
    path("p/<slug:slug>/flags/", flags.flags, name="flags"),
    path("p/<slug:slug>/flags/<pk:flag_id>/settle/", flags.settle, name="flag-settle"),
    path("p/<slug:slug>/agreement/", agreement.agreement, name="agreement"),
    path("p/<slug:slug>/agreement/disputes/", agreement.disputes, name="disputes"),
    path("p/<slug:slug>/agreement/all.json", agreement.everything, name="agreement-json"),
    path("p/<slug:slug>/agreement/<slug:figure>.csv", agreement.table, name="agreement-table"),
    path("p/<slug:slug>/leaderboard/", leaderboard.leaderboard, name="leaderboard"),
    path("p/<slug:slug>/leaderboard/all.csv", leaderboard.leaderboard_table, name="leaderboard-table"),
    path("p/<slug:slug>/people/", people.people, name="people"),
    path("p/<slug:slug>/people/payments.csv", people.payments, name="payments"),
    path("p/<slug:slug>/people/members/", members.members, name="members"),
    path("p/<slug:slug>/people/members/invite/", members.invite, name="invite"),
    path("p/<slug:slug>/people/members/<pk:membership_id>/act/", members.member_act, name="member-act"),
    path(
        "p/<slug:slug>/people/invitations/<pk:invitation_id>/close/",
        members.invitation_close,
        name="invitation-close",
    ),
    path("p/<slug:slug>/people/log/", people.audit, name="audit"),
    path("p/<slug:slug>/people/<pk:annotator_id>/", people.person, name="person"),
    path("p/<slug:slug>/people/<pk:annotator_id>/act/", people.person_act, name="person-act"),
    path("p/<slug:slug>/releases/", releases.releases, name="releases"),
    path("p/<slug:slug>/releases/new/", releases.start, name="release-new"),
    path("p/<slug:slug>/releases/counts/", releases.counts, name="release-counts"),
    path("p/<slug:slug>/releases/<pk:number>/", releases.release, name="release"),
    path("p/<slug:slug>/releases/<pk:number>/progress/", releases.progress, name="release-progress"),
    path("p/<slug:slug>/releases/<pk:number>/since/<pk:old>/", releases.difference, name="release-diff"),
    path("p/<slug:slug>/releases/<pk:number>/file/<path:name>", releases.file, name="release-file"),
    path("p/<slug:slug>/judges/", judges.judges, name="judges"),
    path("p/<slug:slug>/judges/new/", judges.judge_new, name="judge-new"),
    path("p/<slug:slug>/judges/project-file.yaml", judges.judges_file, name="judges-file"),
    path("p/<slug:slug>/judges/calibration/", judges.calibration, name="calibration"),
    path("p/<slug:slug>/judges/calibration/keep/", judges.calibration_keep, name="calibration-keep"),
    path("p/<slug:slug>/judges/calibration/all.json", judges.calibration_json, name="calibration-json"),
    path(
        "p/<slug:slug>/judges/calibration/<slug:part>.csv",
        judges.calibration_table,
        name="calibration-table",
    ),
    path("p/<slug:slug>/judges/templates/", judges.judge_templates, name="judge-templates"),
    path("p/<slug:slug>/judges/templates/new/", judges.judge_template_new, name="judge-template-new"),
    path("p/<slug:slug>/judges/templates/of/<slug:name>/", judges.judge_template, name="judge-template"),
    path("p/<slug:slug>/judges/<pk:judge_id>/", judges.judge, name="judge"),
    path("p/<slug:slug>/judges/<pk:judge_id>/settings/", judges.judge_settings, name="judge-settings"),
    path("p/<slug:slug>/judges/<pk:judge_id>/service/", judges.judge_service, name="judge-service"),
    path("p/<slug:slug>/judges/<pk:judge_id>/versions/", judges.judge_versions, name="judge-versions"),
    path("p/<slug:slug>/judges/<pk:judge_id>/act/", judges.judge_act, name="judge-act"),
    path("p/<slug:slug>/judges/<pk:judge_id>/trial/", judges.judge_trial, name="judge-trial"),
    path("p/<slug:slug>/judges/<pk:judge_id>/trial/start/", judges.judge_try, name="judge-try"),
    path("p/<slug:slug>/judges/<pk:judge_id>/estimate/", judges.judge_estimate, name="judge-estimate"),
    path("p/<slug:slug>/judges/<pk:judge_id>/calls/", judges.judge_calls, name="judge-calls"),
    path("p/<slug:slug>/judges/calls/<pk:call_id>/", judges.judge_call, name="judge-call"),
    path("p/<slug:slug>/programs/", programs.programs, name="programs"),
    path("p/<slug:slug>/programs/tokens/new/", programs.token_new, name="token-new"),
    path("p/<slug:slug>/programs/tokens/<pk:token_id>/revoke/", programs.token_revoke, name="token-revoke"),
    path("p/<slug:slug>/programs/webhooks/new/", programs.webhook_new, name="webhook-new"),
    path("p/<slug:slug>/programs/webhooks/<pk:webhook_id>/act/", programs.webhook_act, name="webhook-act"),
    path("p/<slug:slug>/programs/deliveries/", programs.deliveries, name="deliveries"),
    path(
        "p/<slug:slug>/programs/deliveries/<pk:delivery_id>/resend/",
        programs.delivery_resend,
        name="delivery-resend",
    ),
    path("p/<slug:slug>/plan/", plan.plan, name="plan"),
    path("p/<slug:slug>/plan/ask/", plan.plan_ask, name="plan-ask"),
    path("p/<slug:slug>/plan/approve/", plan.plan_approve, name="plan-approve"),
    path("favicon.ico", icon.icon, name="icon"),
    path("healthz", healthz, name="healthz"),
]

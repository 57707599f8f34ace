"""Addresses of the API, version 1."""

from django.urls import path

from . import (
    figures,
    hooks,
    importing,
    joining,
    labelling,
    people,
    reading,
    releases,
    schema,
    settling,
    states,
)

_PROJECT = "projects/<slug:slug>/"

urlpatterns = [
    path("schema/", schema.document, name="api-schema"),
    path("docs/", schema.docs, name="api-docs"),
    path("projects/", reading.projects, name="api-projects"),
    path(_PROJECT, reading.project, name="api-project"),
    path(f"{_PROJECT}act/", states.act_on_project, name="api-project-act"),
    path(f"{_PROJECT}comparisons/", reading.comparisons, name="api-comparisons"),
    path(f"{_PROJECT}comparisons/import/", importing.import_comparisons, name="api-import-comparisons"),
    path(f"{_PROJECT}comparisons/<int:comparison_id>/", reading.comparison, name="api-comparison"),
    path(
        f"{_PROJECT}comparisons/<int:comparison_id>/adjudicate/", settling.adjudicate, name="api-adjudicate"
    ),
    path(f"{_PROJECT}comparisons/<int:comparison_id>/gold/", settling.set_gold, name="api-gold"),
    path(f"{_PROJECT}labels/", reading.labels, name="api-labels"),
    path(f"{_PROJECT}labels/import/", importing.import_labels, name="api-import-labels"),
    path(f"{_PROJECT}claim/", labelling.claim, name="api-claim"),
    path(f"{_PROJECT}submit/", labelling.submit, name="api-submit"),
    path(f"{_PROJECT}progress/", figures.progress, name="api-progress"),
    path(f"{_PROJECT}agreement/", figures.agreement, name="api-agreement"),
    path(f"{_PROJECT}leaderboard/", figures.leaderboard, name="api-leaderboard"),
    path(f"{_PROJECT}consensus/", figures.consensus, name="api-consensus"),
    path(f"{_PROJECT}consensus/refresh/", figures.refresh_consensus, name="api-consensus-refresh"),
    path(f"{_PROJECT}releases/", releases.releases, name="api-releases"),
    path(f"{_PROJECT}releases/counts/", releases.release_counts, name="api-release-counts"),
    path(f"{_PROJECT}releases/new/", releases.new_release, name="api-release-new"),
    path(f"{_PROJECT}releases/<int:number>/", releases.release, name="api-release"),
    path(
        f"{_PROJECT}releases/<int:number>/since/<int:old>/",
        releases.release_difference,
        name="api-release-diff",
    ),
    path(f"{_PROJECT}releases/<int:number>/file/<path:name>", releases.release_file, name="api-release-file"),
    path(f"{_PROJECT}annotators/", people.annotators, name="api-annotators"),
    path(f"{_PROJECT}annotators/<int:annotator_id>/", people.annotator, name="api-annotator"),
    path(f"{_PROJECT}annotators/<int:annotator_id>/act/", people.act_on_annotator, name="api-annotator-act"),
    path(f"{_PROJECT}payments/", people.payments, name="api-payments"),
    path(f"{_PROJECT}members/", joining.members, name="api-members"),
    path(f"{_PROJECT}members/set/", joining.set_member, name="api-member-set"),
    path(f"{_PROJECT}members/remove/", joining.remove_member, name="api-member-remove"),
    path(f"{_PROJECT}invitations/", joining.invitations, name="api-invitations"),
    path(f"{_PROJECT}invitations/new/", joining.new_invitation, name="api-invitation-new"),
    path(
        f"{_PROJECT}invitations/<int:invitation_id>/close/",
        joining.close_invitation,
        name="api-invitation-close",
    ),
    path(f"{_PROJECT}crowd-links/", joining.crowd_links, name="api-crowd-links"),
    path(f"{_PROJECT}crowd-links/new/", joining.new_crowd_link, name="api-crowd-link-new"),
    path(
        f"{_PROJECT}crowd-links/<int:link_id>/close/", joining.close_crowd_link, name="api-crowd-link-close"
    ),
    path(f"{_PROJECT}guests/", joining.guests, name="api-guests"),
    path(f"{_PROJECT}guests/<int:guest_id>/return/", joining.return_guest, name="api-guest-return"),
    path(f"{_PROJECT}audit/", people.audit, name="api-audit"),
    path(f"{_PROJECT}webhooks/", hooks.webhooks, name="api-webhooks"),
    path(f"{_PROJECT}webhooks/new/", hooks.new_webhook, name="api-webhook-new"),
    path(f"{_PROJECT}webhooks/<int:webhook_id>/act/", hooks.act_on_webhook, name="api-webhook-act"),
    path(f"{_PROJECT}deliveries/", hooks.deliveries, name="api-deliveries"),
    path(
        f"{_PROJECT}deliveries/<int:delivery_id>/resend/", hooks.resend_delivery, name="api-delivery-resend"
    ),
    path(f"{_PROJECT}flags/", settling.flags, name="api-flags"),
    path(f"{_PROJECT}flags/<int:flag_id>/settle/", settling.settle_flag, name="api-flag-settle"),
    path(f"{_PROJECT}leaks/", settling.leaks, name="api-leaks"),
    path(f"{_PROJECT}leaks/decide/", settling.decide_leaks, name="api-leaks-decide"),
]

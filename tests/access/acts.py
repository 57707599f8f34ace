"""What owners do, one body for each route that takes one: for the walk that looks for it in the audit log."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from annotation import uploads
from annotation.instruments.settings import OFF
from annotation.models import Annotator, Comparison, Criterion, IdentityLeak, Project, Reference
from frontend.judge_forms import DEFAULTS
from frontend.quality_forms import initial_of
from llm_judges import runs, tagging
from llm_judges.models import Judge
from llm_judges.panels import set_panel
from llm_judges.prompts import built_in_text
from llm_judges.registry import set_judge, set_template
from routing.models import Plan
from tests.factories import make_user

ENTRY = {"name": "asked", "base_url": "http://127.0.0.1:9/v1", "model": "m-1"}
LINK = {"name": "May", "days": 7, "places": 1}
RELEASE = {"formats": ["labels"], "source": "routed", "consensus": "mace", "min_labels": "1"}
RELEASE |= {"min_probability": "0", "ties": "drop", "test_share": "0", "file_type": "jsonl"}


@dataclass(frozen=True, slots=True)
class World:
    """A project with one comparison, somebody who labels in it, and its owner."""

    project: Project
    comparison: Comparison
    person: Annotator
    owner: Annotator

    @property
    def criterion(self) -> Criterion:
        return self.project.criteria.get()

    def judge(self, **more: Any) -> Judge:
        return set_judge(self.project, **ENTRY | more)

    def running(self) -> Judge:
        judge = self.judge()
        runs.start(judge)
        return judge

    def draft(self) -> Plan:
        seed = {"policy": "random", "policy_version": "1", "seed": 0}
        return Plan.objects.create(project=self.project, state="draft", table={"people": [0]}, **seed)

    def leak(self) -> int:
        response = self.comparison.responses.first()
        return IdentityLeak.objects.create(project=self.project, response=response, found=[]).pk

    def reference(self) -> None:
        Reference.objects.create(comparison=self.comparison, criterion=self.criterion, ranking="a>b")

    def received(self) -> int:
        line = b'{"id": "new", "prompt": "Why?", "response_a": "So.", "response_b": "Thus."}\n'
        upload = uploads.announce(self.project, make_user(), "a.jsonl", len(line))
        uploads.receive(upload, 0, SimpleUploadedFile("a.jsonl", line).file)  # type: ignore[arg-type]
        return upload.pk

    def tagged(self) -> int:
        return tagging.begin(self.judge()).judge_id

    def panel(self) -> int:
        for name in ("ann", "bea"):
            self.judge(name=name)
        return set_panel(self.project, "jury", ["ann", "bea"]).pk

    def template(self) -> str:
        return set_template(self.project, "terse", built_in_text("pairwise")).name


Made = Callable[[World], Any]


@dataclass(frozen=True, slots=True)
class Act:
    """`logged`: the act of the entry. `body`: what is sent, by the API as JSON. `place`: what the address
    names beside the project, as made here, where what `tests.access.addresses` makes will not do."""

    logged: str
    body: Made
    place: Made = lambda world: {}


def given(**body: Any) -> Made:
    return lambda world: body


_JUDGE = {key: value for key, value in DEFAULTS.items() if value not in (None, False)} | ENTRY
_DECIDED = {"answers": {"overall": {"ranking": "a>b", "strength": 1}}}
_SEATS = {"name": "jury", "rule": "majority", "no_majority": "tie", "judge_1": "ann", "judge_2": "bea"}
_LINE = {"id": "new", "prompt": "Why?", "response_a": "So.", "response_b": "Thus."}
_VOTE = {"annotator": "w1", "kind": "human", "criterion": "overall", "ranking": "b>a"}

PAGES = {
    "adjudicate": Act("adjudicate", lambda world: {f"q{world.criterion.pk}": "1"}),
    "comparison-gold": Act("gold", given(use="monitoring", answer_overall="a>b")),
    "crowd-close": Act("close-link", given()),
    "crowd-links": Act("crowd-link", given(**LINK, platform="prolific")),
    "crowd-return": Act("return", given()),
    "delivery-resend": Act("resend", given()),
    "flag-settle": Act("settle-flag", given()),
    "invitation-close": Act("close-link", given()),
    "invite": Act("invite", given(**LINK, role="annotator")),
    "judge-act": Act("run-cancel", given(action="cancel"), lambda world: {"judge_id": world.running().pk}),
    "judge-new": Act("judge", given(**_JUDGE)),
    "judge-service": Act("judge-retire", given(action="retire")),
    "judge-settings": Act("judge", given(**_JUDGE | {"model": "m-2"})),
    "judge-tag": Act("tag", given()),
    "judge-tag-stop": Act("tag-stop", given(), lambda world: {"judge_id": world.tagged()}),
    "judge-template": Act(
        "judge-template",
        lambda world: {"text": built_in_text("pairwise") + "\nBe brief."},
        lambda world: {"name": world.template()},
    ),
    "judge-template-new": Act(
        "judge-template", lambda world: {"name": "terse", "text": built_in_text("pairwise")}
    ),
    "judge-try": Act("judge-try", given(which="first")),
    "leaks-decide": Act("leak", lambda world: {"choice": "accept", "response": [world.leak()]}),
    "leaderboard-matchmake": Act("matchmake", given()),
    "member-act": Act("member", given(role="viewer")),
    "panel-act": Act("panel-retire", given(action="retire")),
    "panel-new": Act("panel", lambda world: world.panel() and _SEATS | {"name": "bench"}),
    "panel-settings": Act("panel", given(**_SEATS | {"no_majority": "drop"})),
    "person-act": Act("pause", given(act="pause", reason="Too fast.")),
    "plan-approve": Act("approve-plan", lambda world: {"plan": str(world.draft().pk), "people": "0"}),
    "project-duplicate": Act("create", given(name="Another one")),
    "project-file-apply": Act(
        "settings",
        lambda world: {"file": SimpleUploadedFile("a.yaml", f"slug: {world.project.slug}\nname: B".encode())},
    ),
    "project-state": Act("close", given(act="close")),
    "quality": Act("quality", lambda world: initial_of(OFF, "") | {"gold": "5"}),
    "quality-gold": Act("gold", lambda world: world.reference() or {"references": "yes"}),
    "release-new": Act("release", given(**RELEASE)),
    "settings": Act("settings", given(guidelines="Read them twice."), given(topic="guidelines")),
    "token-new": Act("token-made", given(name="nightly", role="viewer", days="30")),
    "token-revoke": Act("token-revoked", given()),
    "upload": Act("import", given(action="import"), lambda world: {"upload_id": world.received()}),
    "upload-remove": Act("remove-upload", given(), lambda world: {"upload_id": world.received()}),
    "webhook-act": Act("webhook-paused", given(act="pause")),
    "webhook-new": Act("webhook-made", given(url="https://hooks.example.org/", kinds=["release.ready"])),
}
API = {
    "api-adjudicate": Act("adjudicate", given(**_DECIDED)),
    "api-annotator-act": Act("pause", given(act="pause", reason="Too fast.")),
    "api-crowd-link-close": Act("close-link", given()),
    "api-crowd-link-new": Act("crowd-link", given(**LINK)),
    "api-delivery-resend": Act("resend", given()),
    "api-flag-settle": Act("settle-flag", given()),
    "api-guest-return": Act("return", given()),
    "api-gold": Act("gold", given(use="monitoring", answers={"overall": "a>b"})),
    "api-import-comparisons": Act("imported", given(comparisons=[_LINE])),
    "api-import-labels": Act(
        "imported", lambda world: {"labels": [_VOTE | {"comparison": world.comparison.external_id}]}
    ),
    "api-invitation-close": Act("close-link", given()),
    "api-invitation-new": Act("invite", given(**LINK, role="annotator")),
    "api-judge-retire": Act("judge-retire", lambda world: world.judge() and {"judge": "asked"}),
    "api-judge-run-act": Act(
        "run-pause", lambda world: world.running() and {"judge": "asked", "act": "pause"}
    ),
    "api-judge-run-start": Act("run-start", lambda world: world.judge() and {"judge": "asked"}),
    "api-judge-set": Act("judge", given(judge=ENTRY)),
    "api-leaks-decide": Act("leak", lambda world: {"choice": "accept", "numbers": [world.leak()]}),
    "api-member-remove": Act("member-removed", lambda world: {"email": _email(world.person)}),
    "api-member-set": Act("member", lambda world: {"email": _email(world.person), "role": "viewer"}),
    "api-plan-approve": Act("approve-plan", lambda world: {"plan": str(world.draft().pk), "people": 0}),
    "api-project-act": Act("ask-deletion", lambda world: {"act": "delete", "typed": world.project.slug}),
    "api-project-copy": Act("create", given(name="Another one")),
    "api-project-set": Act("settings", given(project={"labels_wanted": 3})),
    "api-release-new": Act("release", given(formats=["labels"])),
    "api-webhook-act": Act("webhook-secret", given(act="rotate")),
    "api-webhook-new": Act("webhook-made", given(url="https://hooks.example.org/", kinds=["release.ready"])),
}
# What leaves no entry, and why none is missed.
QUIET = {
    "api-consensus-refresh": "works out anew what labels say",
    "api-plan-ask": "a draft changes nothing before it is approved, which is logged",
    "batches-look": "asks the provider sooner than it would be asked anyway",
    "calibration-keep": "logged; tests/frontend/test_calibration_page.py has the answers that this takes",
    "guidelines-shown": "shows what was typed",
    "plan-ask": "a draft changes nothing before it is approved, which is logged",
    "preview": "stores nothing",
    "preview-act": "stores nothing",
    "release-counts": "counts",
    "upload-part": "a file that is here is logged when it is imported",
    "uploads": "a file that is here is logged when it is imported",
}


def _email(person: Annotator) -> str:
    assert person.user is not None
    return person.user.email or ""

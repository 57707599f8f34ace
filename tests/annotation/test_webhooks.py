"""Webhooks: signed, told in the transaction of what they tell of, tried again, and never into the network."""

import socket
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from annotation import exports, labels, leases, webhooks
from annotation.models import Annotator, AuditEntry, Delivery, Project
from annotation.webhooks import reaching, sending, signing
from annotation.webhooks.reaching import Unreachable
from tests.annotation.hooked import receiver
from tests.factories import make_comparison, make_person, make_project, make_user

pytestmark = pytest.mark.django_db
KINDS = ["label.submitted", "comparison.finished", "release.ready"]


def label(project: Project, person: Annotator) -> None:
    [held] = leases.claim(person, project)
    answer = {"overall": labels.Answer("a>b", strength=1)}
    labels.submit_many(person, project, [labels.Submission(held.pk, answer)])


def kinds() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("kind", flat=True))


def test_a_signature_is_that_of_the_standard() -> None:
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    signed = signing.signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_labels_finished_comparisons_and_releases_are_told_signed_by_both_secrets(
    settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.WEBHOOKS_PRIVATE = True
    project = make_project()
    make_comparison(project, external_id="q1", wanted=2)
    first, second = make_person(project), make_person(project)
    with receiver() as server:
        hook, old = webhooks.add(project, make_user(), server.url, KINDS)
        new = webhooks.rotate(hook, make_user())
        with django_capture_on_commit_callbacks(execute=True):
            label(project, first)
            label(project, second)
            exports.work_on(exports.start(project, exports.Options(("labels",))))
    told = [orjson.loads(body) for _, body in server.got]
    assert sorted(one["type"] for one in told) == sorted(
        ["label.submitted", "label.submitted", "comparison.finished", "release.ready"]
    )
    submitted = next(one for one in told if one["type"] == "label.submitted")
    assert submitted["project"] == project.slug
    assert submitted["data"]["comparison"] == "q1"
    assert submitted["data"]["labels"][0]["strength"] == 1
    headers, body = server.got[0]
    made = [
        signing.signature(one, headers["webhook-id"], int(headers["webhook-timestamp"]), body)
        for one in (new, old)
    ]
    assert headers["webhook-signature"].split() == made
    assert set(Delivery.objects.values_list("state", "status")) == {("delivered", 204)}
    acts = AuditEntry.objects.filter(act__startswith="webhook").order_by("pk")
    assert list(acts.values_list("act", flat=True)) == ["webhook-made", "webhook-secret"]


def test_what_is_undone_is_told_to_nobody_and_a_paused_one_is_told_nothing(settings: Any) -> None:
    settings.WEBHOOKS_PRIVATE = True
    project, owner = make_project(), make_user()
    make_comparison(project, wanted=2)
    hook, _ = webhooks.add(project, owner, "http://127.0.0.1:9/", KINDS)
    with transaction.atomic():
        label(project, make_person(project))
        assert kinds() == ["label.submitted"]
        transaction.set_rollback(True)
    assert kinds() == []
    webhooks.pause(hook, owner)
    label(project, make_person(project))
    assert (kinds(), project.tells) == ([], sorted(KINDS))  # this copy of the row is older than the pause
    project.refresh_from_db()
    assert project.tells == []


def test_only_with_a_webhook_does_an_answer_take_more_statements(settings: Any) -> None:
    settings.WEBHOOKS_PRIVATE = True
    counts = []
    for hooks in (0, 1, 3):
        project, person = make_project(), None
        make_comparison(project)
        for _ in range(hooks):
            webhooks.add(project, make_user(), "http://127.0.0.1:9/", KINDS)
        person = make_person(project)
        [held] = leases.claim(person, project)
        answer = {"overall": labels.Answer("a>b")}
        with CaptureQueriesContext(connection) as queries:
            labels.submit_many(person, project, [labels.Submission(held.pk, answer)])
        counts.append(len([one for one in queries if "SAVEPOINT" not in one["sql"]]))
        if not hooks:
            assert not [one for one in queries if "webhook" in one["sql"] or "delivery" in one["sql"]]
    assert counts[0] < counts[1] == counts[2]


def test_a_receiver_that_is_down_is_tried_again_later_and_given_up_after_a_day(settings: Any) -> None:
    settings.WEBHOOKS_PRIVATE = True
    project = make_project()
    for _ in range(2):
        make_comparison(project)
    with receiver() as server:
        server.status = 503
        hook, _ = webhooks.add(project, make_user(), server.url, ["label.submitted"])
        person = make_person(project)
        label(project, person)
        label(project, person)
        before = timezone.now()
        assert webhooks.deliver(hook) == 0
        assert len(server.got) == 1  # the second waits for the next look
        first = Delivery.objects.earliest("pk")
        assert (first.state, first.attempts, first.error) == ("waiting", 1, "answered 503")
        assert first.next_attempt_at is not None
        assert first.next_attempt_at >= before + timedelta(seconds=sending.WAITS[0])
        Delivery.objects.update(attempts=len(sending.WAITS), next_attempt_at=timezone.now())
        webhooks.deliver(hook)
        webhooks.deliver(hook)
        assert set(Delivery.objects.values_list("state", flat=True)) == {"failed"}
        server.status = 200
        webhooks.resend(project, first.pk, make_user())
        assert webhooks.deliver(hook) == 1
    ids = [headers["webhook-id"] for headers, _ in server.got]
    assert ids.count(str(first.event)) == 3  # the same id at every attempt
    assert 86_000 < sum(sending.WAITS) < 90_000


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0.0.0.0"),
        *("10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.1.1"),
        *("[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[fe80::1]", "[fd00::1]"),
        *("[64:ff9b::7f00:1]", "[2002:7f00:1::]", "255.255.255.255", "localhost."),
    ],
)
def test_no_address_inside_the_network_is_reached(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("connected"))
    with pytest.raises(Unreachable):
        reaching.post(f"https://{host}/", b"{}", {})


def test_a_name_is_resolved_once_and_all_its_addresses_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([["93.184.216.34", "10.0.0.1"], ["93.184.216.34"], ["127.0.0.1"]])
    connected: list[Any] = []

    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        return [(0, 0, 0, "", (address, port)) for address in next(answers)]

    def connect(address: Any, timeout: float) -> Any:
        connected.append(address)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)
    for _ in range(2):
        with pytest.raises(Unreachable):
            reaching.post("https://hooks.example.org/", b"{}", {})
    assert connected == [("93.184.216.34", 443)]


def test_a_redirect_is_not_followed(settings: Any) -> None:
    settings.WEBHOOKS_PRIVATE = True
    with receiver() as inside, receiver() as server:
        server.status, server.location = 302, inside.url
        assert reaching.post(server.url, b"{}", {}) == 302
        assert inside.got == []


@pytest.mark.parametrize(
    "url",
    [
        *("http://example.org/", "file:///etc/passwd", "gopher://example.org/", "https://", "example.org"),
        *(
            "https://me:secret@example.org/",
            "https://example.org/#x",
            "https://exa mple.org/",
            "https://[::1",
        ),
        *("https://example.org:99999/", "https://example.org:0/", "https://bücher.example/"),
    ],
)
def test_an_address_that_cannot_be_posted_to_is_refused_when_it_is_given(url: str) -> None:
    with pytest.raises(webhooks.WebhookError):
        webhooks.add(make_project(), make_user(), url, KINDS)

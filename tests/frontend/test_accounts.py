"""Signing in by e-mail or username, guessing held back, second factors, forgotten passwords, mail."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.core import mail
from django.test import Client
from django.urls import reverse

from annotation.models import User
from tests.factories import PASSWORD, make_person, make_project, make_user

pytestmark = pytest.mark.django_db


def sign_in(client: Client, name: str, password: str = PASSWORD, **more: str) -> Any:
    return client.post(reverse("sign-in"), {"username": name, "password": password} | more)


@pytest.fixture
def sends_mail(settings: Any) -> None:
    settings.SENDS_MAIL = True
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.mark.parametrize("name", ["anna@example.org", "Anna@Example.org", "anna.b", "ANNA.B"])
def test_the_address_and_the_username_sign_in(client: Client, name: str) -> None:
    user = make_user("anna@example.org", username="anna.b")
    assert sign_in(client, name).headers["Location"] == reverse("projects")
    assert client.session["_auth_user_id"] == str(user.pk)
    assert b"signed in as" not in client.get(reverse("account")).content, (
        "no word that pages take for a fault"
    )


def test_after_signing_in_the_page_asked_for_comes_and_no_other_site(client: Client) -> None:
    person = make_person(make_project())
    assert person.user is not None
    there = reverse("label", args=[person.project.slug])
    assert person.user.email is not None
    assert sign_in(client, person.user.email, next=there).headers["Location"] == there
    client.logout()
    elsewhere = sign_in(client, person.user.email, next="https://evil.example/")
    assert elsewhere.headers["Location"] == reverse("projects")


def test_a_session_from_the_form_takes_the_short_way_to_a_seat(client: Client) -> None:
    """A username is authenticated by another backend than an address; both are known on the label page."""
    person = make_person(make_project())
    User.objects.filter(pk=person.user_id).update(username="bea")
    sign_in(client, "bea")
    reply = client.get(reverse("label", args=[person.project.slug]))
    assert reply.wsgi_request.seat is not None


def test_guessing_a_password_is_held_back(client: Client) -> None:
    make_user("anna@example.org")
    for _ in range(5):
        assert "do not belong together" in sign_in(client, "anna@example.org", "wrong").content.decode()
    assert sign_in(client, "anna@example.org").status_code == 200, "even the right one, for a while"
    assert "_auth_user_id" not in client.session


def test_a_second_factor_is_asked_for_and_rests_encrypted(client: Client) -> None:
    user = make_user("anna@example.org")
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(user, secret)
    codes = RecoveryCodes.activate(user).get_unused_codes()
    stored = Authenticator.objects.get(user=user, type="totp").data["secret"]
    assert secret not in stored

    reply = sign_in(client, "anna@example.org")
    assert reply.headers["Location"].startswith(reverse("mfa_authenticate"))
    assert client.get(reverse("projects")).status_code == 302, "half signed in is not signed in"
    html = client.get(reply.headers["Location"]).content.decode()
    assert "or one of your recovery codes" in html
    assert 'name="code"' in html
    assert "placeholder" not in html
    client.post(reverse("mfa_authenticate"), {"code": codes[0]})
    assert client.get(reverse("projects")).status_code == 200

    client.logout()
    sign_in(client, "anna@example.org")
    client.post(reverse("mfa_authenticate"), {"code": codes[0]})
    assert client.get(reverse("projects")).status_code == 302, "a recovery code holds once"


def test_the_admin_has_no_door_of_its_own(client: Client) -> None:
    make_user("boss@example.org", is_staff=True, is_superuser=True)
    door = client.get(reverse("admin:login"), follow=True)
    assert door.redirect_chain[0][0].startswith(reverse("sign-in"))


def test_a_forgotten_password_is_set_anew_by_a_mailed_link(client: Client, sends_mail: None) -> None:
    make_user("anna@example.org")
    client.post(reverse("account_reset_password"), {"email": "anna@example.org"})
    [letter] = mail.outbox
    assert letter.subject == "Tandem: set a new password"
    link = next(word for word in letter.body.split() if "/reset/key/" in word)
    form = client.get(link, follow=True)
    new = "another long password"
    client.post(form.redirect_chain[-1][0], {"password1": new, "password2": new})
    assert Client().login(email="anna@example.org", password=new)


def test_asking_for_an_unknown_address_says_the_same(client: Client, sends_mail: None) -> None:
    make_user("anna@example.org")
    pages = [
        client.post(reverse("account_reset_password"), {"email": email}, follow=True).content
        for email in ("anna@example.org", "nobody@example.org")
    ]
    assert pages[0] == pages[1]
    assert [letter.to for letter in mail.outbox] == [["anna@example.org"]], "strangers get no mail"


def test_without_mail_the_page_says_who_can_help(client: Client) -> None:
    assert b"changepassword" in client.get(reverse("account_reset_password")).content


def test_where_mail_is_sent_an_address_is_verified_first(client: Client, sends_mail: None) -> None:
    make_user("anna@example.org")
    reply = sign_in(client, "anna@example.org")
    assert reply.headers["Location"] == reverse("account_email_verification_sent")
    [letter] = mail.outbox
    assert letter.subject == "Tandem: is this your address?"
    link = next(word for word in letter.body.split() if "/confirm-email/" in word)
    client.post(link)
    assert sign_in(client, "anna@example.org").headers["Location"] == reverse("projects")


def test_nobody_makes_an_account_without_an_invitation(client: Client) -> None:
    form = {"email": "new@example.org", "password1": PASSWORD}
    for reply in (client.get(reverse("account_signup")), client.post(reverse("account_signup"), form)):
        assert b"By invitation" in reply.content
    assert not User.objects.filter(email="new@example.org").exists()


@pytest.mark.parametrize(
    "page", ["account_email", "account_change_password", "mfa_index", "mfa_activate_totp"]
)
def test_pages_of_the_account_wear_our_clothes_and_hold_no_inline_style(client: Client, page: str) -> None:
    make_user("anna@example.org")
    sign_in(client, "anna@example.org")
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    html = client.get(reverse(page)).content.decode()
    assert 'class="tabs"' in html
    assert "style=" not in html

"""Signing on as browsers do, in a process whose environment names a provider; prints what became of it.

`python -m tests.frontend.signing_on`: `TANDEM_OIDC_*` are read when the settings are, so no test can set them
in its own process.
"""

import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any) -> None:
        return None


def onwards(address: str) -> str:
    """Where the provider sends a browser that comes to this address."""
    try:
        with urllib.request.build_opener(_Stay).open(address, timeout=60) as reply:
            raise AssertionError(f"the provider asks something: {reply.status}")
    except urllib.error.HTTPError as reply:
        return str(reply.headers.get("Location") or f"refused: {reply.status}")


def sign_on(client: Any) -> Any:
    """Presses the button of the sign-in page and follows it to the provider and back."""
    from django.urls import reverse

    page = client.get(reverse("sign-in")).content.decode()
    assert "Go on with Campus" in page, page
    started = client.post("/oidc/sso/login/?process=login")
    assert started.status_code == 302, started.content.decode()
    back = urlsplit(onwards(started.headers["Location"]))
    return client.get(f"{back.path}?{back.query}", follow=True)


def main(provider: Any) -> dict[str, Any]:
    from django.apps import apps
    from django.conf import settings
    from django.core.management import call_command
    from django.test import Client
    from django.urls import reverse

    from annotation.members import invite
    from annotation.models import User
    from annotation.permissions import Access
    from tests.factories import make_person, make_project

    # The tables as the models say: running every migration takes as long as a hundred of these.
    settings.MIGRATION_MODULES = {app.label: None for app in apps.get_app_configs()}
    call_command("migrate", run_syncdb=True, verbosity=0)
    project = make_project(name="Lakes")
    owner = make_person(project, role="owner", email="olga@example.org")
    assert owner.user is not None

    def account(client: Any) -> str | None:
        pk = client.session.get("_auth_user_id")
        return str(User.objects.get(pk=pk).email) if pk else None

    found: dict[str, Any] = {}
    anna = {"sub": "s1", "email": "anna@campus.example", "email_verified": True, "name": "Anna"}
    provider.person = anna
    stranger = Client()
    page = sign_on(stranger)
    found["stranger"] = [account(stranger), "By invitation" in page.content.decode()]

    _, token = invite(Access(project, owner.membership), owner.user, "Anna", "annotator")
    invited = Client()
    invited.get(reverse("invited", args=[token]))
    page = sign_on(invited)
    found["invited"] = [account(invited), page.redirect_chain[-1][0]]
    invited.post(reverse("join"))
    user = User.objects.get(email=anna["email"])
    found["name"], found["role"] = user.name, project.memberships.get(user=user).role
    found["password"] = user.has_usable_password()

    again = Client()
    provider.person = {**anna, "email": "anna@elsewhere.example"}
    sign_on(again)
    found["again"] = account(again)

    for verified in (False, True):
        client = Client()
        provider.person = {"sub": f"o{verified}", "email": "olga@example.org", "email_verified": verified}
        sign_on(client)
        found[f"same address, verified {verified}"] = account(client)
    page = client.get("/account/").content.decode()
    assert "/account/sso/" in page, "who signs on so sees what signs them in, among what their account is"
    found["connected"] = "Campus" in client.get("/account/sso/").content.decode()

    forged = Client()
    forged.get(reverse("sign-in"))
    page = forged.get("/oidc/sso/login/callback/?code=made-up&state=made-up", follow=True)
    assert "You are not signed in" in page.content.decode()
    found["forged"] = account(forged)
    found["policy"] = Client().get(reverse("sign-in")).headers["Content-Security-Policy"]
    return found


if __name__ == "__main__":
    import os

    from tests.frontend.oidc_provider import CLIENT, SECRET
    from tests.frontend.oidc_provider import provider as running

    with running("http://testserver/oidc/sso/login/callback/") as at:
        os.environ |= {
            "TANDEM_OIDC_URL": at.url,
            "TANDEM_OIDC_CLIENT": CLIENT,
            "TANDEM_OIDC_SECRET": SECRET,
            "TANDEM_OIDC_NAME": "Campus",
            "TANDEM_OIDC_TRUST_EMAIL": "true",
            "TANDEM_HOSTS": "testserver",
        }
        import django

        django.setup()
        print(json.dumps(main(at) | {"provider": at.url}))

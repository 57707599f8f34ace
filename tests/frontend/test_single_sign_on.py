"""Single sign-on by OpenID Connect, as docs/deployment.md sets it up: by environment, against a real provider
over HTTP, in a process and a database of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_a_provider_named_in_the_environment_signs_people_in(tmp_path: Path) -> None:
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'sign-on.sqlite3'}",
        "TANDEM_DATA_DIR": str(tmp_path),
        "CELERY_BROKER_URL": "memory://",
        "TANDEM_CACHE_URL": "",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    command = [sys.executable, "-m", "tests.frontend.signing_on"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])

    assert found["stranger"] == [None, True], "whom the provider knows, but nobody has invited"
    assert found["invited"] == ["anna@campus.example", "/join/"]
    assert (found["name"], found["role"], found["password"]) == ("Anna", "annotator", False)
    assert found["again"] == "anna@campus.example", "known by the provider's id, not by the address"
    assert found["same address, verified False"] is None
    assert found["same address, verified True"] == "olga@example.org", "TANDEM_OIDC_TRUST_EMAIL"
    assert found["connected"]
    assert found["forged"] is None
    assert f"form-action 'self' {found['provider']}" in found["policy"]

"""The deployment guide and the compose file speak of the settings that exist."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
READ = "".join((ROOT / f"config/{name}.py").read_text() for name in ("settings", "environment"))
SETTINGS = set(re.findall(r'env(?:_bool|_list)?\("(\w+)"', READ))
GUNICORN = set(re.findall(r"environ\.get\(.(\w+)", (ROOT / "docker/gunicorn.conf.py").read_text()))


def test_every_setting_is_in_the_guide_and_no_other() -> None:
    sections = (ROOT / "docs/deployment.md").read_text().split("\n## ")
    tables = [one for one in sections if one.startswith(("Settings", "Mail, single sign-on"))]
    rows = re.findall(r"^\| (`[^|]+) \|", "\n".join(tables), re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == SETTINGS | GUNICORN


def test_compose_sets_only_settings_that_exist() -> None:
    compose = yaml.safe_load((ROOT / "docker/compose.yaml").read_text())
    web = compose["services"]["web"]["environment"]
    assert set(web) <= SETTINGS
    assert {"DATABASE_URL", "CELERY_BROKER_URL", "TANDEM_CACHE_URL"} <= set(web)


def test_compose_passes_on_only_what_the_example_explains() -> None:
    asked = set(re.findall(r"\$\{(\w+)", (ROOT / "docker/compose.yaml").read_text()))
    explained = set(re.findall(r"^#?(\w+)=", (ROOT / "docker/.env.example").read_text(), re.MULTILINE))
    assert asked <= explained

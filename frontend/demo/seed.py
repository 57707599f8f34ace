"""Seeds the sample project through the same functions as any other project."""

import secrets
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings

from annotation.imports import load_comparisons, load_labels
from annotation.models import Project, User
from annotation.permissions import add_member
from frontend.project_file import apply, read
from frontend.rendering import render_open
from llm_judges.demand import ask_for
from llm_judges.models import judges_of
from llm_judges.registry import set_judge

FOLDER = Path(__file__).parent
SLUG = "sample"
ACCOUNTS = {"owner": "owner@example.org", "annotator": "annotator@example.org"}
JUDGE_URL = "http://127.0.0.1:8001/v1"
JUDGES: list[dict[str, Any]] = [
    {"name": "demo-careful", "model": "demo-careful", "input_price": 0.5, "output_price": 1.5},
    {"name": "demo-hasty", "model": "demo-hasty", "input_price": 0.05, "output_price": 0.15},
]


def password() -> str:
    """The demonstration's password: made once for this data folder, never the same on two machines."""
    path = Path(settings.DATA_DIR) / "demo.json"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(orjson.dumps({"password": "-".join(secrets.token_hex(2) for _ in range(4))}))
    return str(orjson.loads(path.read_bytes())["password"])


def seed(judge_url: str) -> Project:
    """The sample project with its accounts and judges, made if missing; judges answer at `judge_url`."""
    project = Project.objects.filter(slug=SLUG).first() or _build()
    for entry in JUDGES:
        if not project.judge_versions.filter(name=entry["name"]).exists():
            set_judge(project, base_url=JUDGE_URL, **entry)
    for judge in judges_of(project):
        if judge.version.settings["base_url"] == JUDGE_URL:
            # The server listens on whatever port is free; that does not make it another judge.
            judge.base_url = judge_url
            judge.save(update_fields=["base_url"])
        ask_for(judge, project)
    return project


def _build() -> Project:
    project, _ = apply(read(FOLDER / "project.yaml"))
    load_comparisons(project, [FOLDER / "comparisons.jsonl"], media=FOLDER / "media")
    load_labels(project, [FOLDER / "labels.jsonl"])
    render_open(project)
    for role, email in ACCOUNTS.items():
        user = User.objects.filter(email=email).first() or User.objects.create_user(
            email, password(), name=role.capitalize()
        )
        add_member(project, user, role)
    return project

"""Seeds the sample project through the same functions as any other project."""

import secrets
from pathlib import Path

import orjson
from annotation.imports import load_comparisons, load_labels
from django.conf import settings
from llm_judges.demand import ask_for

from annotation.models import Project, User
from annotation.permissions import add_member
from frontend.project_file import apply, read
from llm_judges.models import Judge, judges_of

FOLDER = Path(__file__).parent
SLUG = "sample"
ACCOUNTS = {"owner": "owner@example.org", "annotator": "annotator@example.org"}
JUDGES = [
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
    project = Project.objects.filter(slug=SLUG).first()
    if project is None:
        project = _build(judge_url)
    # The demonstration judge listens on whatever port is free; that does not make it another judge.
    Judge.objects.filter(version__project=project).update(base_url=judge_url)
    for judge in judges_of(project):
        ask_for(judge, project)
    return project


def _build(judge_url: str) -> Project:
    data = read(FOLDER / "project.yaml")
    data["judges"] = [{**judge, "base_url": judge_url} for judge in JUDGES]
    project, _ = apply(data)
    load_comparisons(project, [FOLDER / "comparisons.jsonl"])
    load_labels(project, [FOLDER / "labels.jsonl"])
    for role, email in ACCOUNTS.items():
        user = User.objects.filter(email=email).first() or User.objects.create_user(
            email, password(), name=role.capitalize()
        )
        add_member(project, user, role)
    return project

"""The whole job on real PostgreSQL, Redis, Celery worker, HTTP judges and Chromium, read back preference by
preference: create from YAML, import, judge, route, two people label, consensus, export."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect

from annotation.models import Annotator, Demand, Label, Project
from annotation.permissions import add_member
from llm_judges.demand import ask_for
from llm_judges.models import judges_of
from llm_judges.tasks import look
from tests.factories import PASSWORD, make_user
from tests.fake_judge import FakeJudge
from tests.waiting import wait_for

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

PAIRS = 12
SLUG = "end-to-end"


def polite(responses: list[str]) -> int:
    """The second judge's rule: whoever says please."""
    return max(range(len(responses)), key=lambda index: responses[index].count("please"))


def line(number: int) -> dict[str, Any]:
    """Longer is always the judges' favourite; in every other pair only one judge thinks so.

    People prefer the response that says "right". In pair 1 that is neither, so they call it a tie.
    """
    agreed = number % 2 == 0
    long = f"Number {number}, at length and with every detail that anybody could ever ask for."
    short = f"Number {number}, in short."
    long += " please" if agreed else ""
    short += "" if agreed else " please"
    if number != 1:
        short += " right"
    texts = [long, short] if number % 3 else [short, long]
    responses = [{"text": text, "model": f"model-{side}"} for side, text in enumerate(texts)]
    return {
        "id": f"q{number}",
        "prompt": f"Question {number}?",
        "responses": responses,
        "category": "counting",
    }


def command(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command(*arguments, "--json", stdout=out)
    result: dict[str, Any] = json.loads(out.getvalue())
    return result


def set_up(folder: Path, first: FakeJudge, second: FakeJudge) -> None:
    folder.joinpath("project.yaml").write_text(
        f"""
slug: {SLUG}
guidelines: Prefer what is right.
criteria:
  - {{name: overall, question: "Which is right?", scale: five-point}}
labels_wanted: 2
prices: {{human_label: 0.5}}
judges:
  - {{name: long, base_url: "{first.base_url}", model: m1, input_price: 1}}
  - {{name: polite, base_url: "{second.base_url}", model: m2, input_price: 1}}
"""
    )
    lines = [json.dumps(line(number)) for number in range(PAIRS)]
    folder.joinpath("comparisons.jsonl").write_text("\n".join(lines))
    command("create_project", str(folder / "project.yaml"))
    assert command("import_comparisons", SLUG, str(folder / "comparisons.jsonl"))["added"] == PAIRS


def judge_through_the_worker(project: Project) -> None:
    for judge in judges_of(project):
        ask_for(judge, project)
    look.delay()
    labels = Label.objects.filter(project=project, annotator__kind="judge")
    wait_for(lambda: labels.count() == 2 * PAIRS)
    assert labels.count() == 2 * PAIRS


def label_everything(page: Page, address: str, email: str) -> int:
    """Signs in by the form and judges until nothing is left, by keyboard alone; gives the number judged."""
    page.goto(f"{address}/p/{SLUG}/label/")
    expect(page.get_by_label("E-mail")).to_be_focused()
    page.keyboard.type(email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/p/{SLUG}/label/")
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#desk[data-assignment]")).to_be_visible()
    judged = 0
    while page.locator("#desk[data-assignment]").count():
        desk = page.locator("#desk").get_attribute("data-assignment")
        texts = page.locator(".response .said").all_inner_texts()
        right = ["right" in text for text in texts]
        page.keyboard.press("3" if not any(right) else "1" if right[0] else "5")
        page.keyboard.press("Enter")
        expect(page.locator(f'#desk[data-assignment="{desk}"]')).to_have_count(0)
        judged += 1
    expect(page.get_by_role("heading", name="That is all for now")).to_be_visible()
    return judged


def better(number: int, by_people: bool) -> tuple[str, str] | None:
    """Chosen and rejected text of a pair by our own reckoning, or None for a tie."""
    texts = [response["text"] for response in line(number)["responses"]]
    wanted = "right" if by_people else "at length"
    chosen = [text for text in texts if wanted in text]
    if not chosen:
        return None
    return chosen[0], next(text for text in texts if text != chosen[0])


def test_a_dataset_comes_out_as_it_was_judged(
    tmp_path: Path, live_server: Any, new_page: Callable[..., Page], celery_worker_process: Any
) -> None:
    with FakeJudge() as first, FakeJudge(rule=polite) as second:
        set_up(tmp_path, first, second)
        project = Project.objects.get(slug=SLUG)
        judge_through_the_worker(project)
    for fake in (first, second):  # beside the probe, which shows the endpoint nothing of the project
        about_pairs = [request for request in fake.requests if "⟦BEGIN" in str(request["messages"])]
        assert len(about_pairs) == 2 * PAIRS, "each pair once in each order"

    plan = command(
        *["route", SLUG, "--policy", "disagreement", "--human-share", "0.5", "--judge", "long"],
        *["--seed", "1", "--out", str(tmp_path / "plan.jsonl")],
    )
    decided = {row["comparison"]: row for row in read_lines(tmp_path / "plan.jsonl")}
    human = {key for key, row in decided.items() if row["destination"] == "human"}
    asked = human | {key for key, row in decided.items() if row["audit"]}
    assert human == {f"q{number}" for number in range(1, PAIRS, 2)}, "where the judges differ"
    assert (plan["human"], plan["ai"]) == (6, 6)

    emails = ["ada@example.org", "ben@example.org"]
    for email in emails:
        add_member(project, make_user(email), "annotator")
    judged = [label_everything(new_page(), live_server.url, email) for email in emails]
    assert judged == [len(asked)] * 2
    assert not Demand.objects.filter(pool__project=project, live__gt=0).exists()

    command("consensus", SLUG, "--out", str(tmp_path / "consensus.jsonl"))
    winners = {row["comparison"]: row["winner"] for row in read_lines(tmp_path / "consensus.jsonl")}
    assert winners["q1"] == "tie"

    command("export", SLUG, "--format", "trl-preference", "--out", str(tmp_path / "trl"))
    rows = [
        row
        for path in sorted((tmp_path / "trl").rglob("*.parquet"))
        for row in pq.read_table(path).to_pylist()
    ]
    exported = {
        row["comparison"]: (row["chosen"][-1]["content"], row["rejected"][-1]["content"]) for row in rows
    }
    expected = {f"q{number}": better(number, by_people=f"q{number}" in asked) for number in range(PAIRS)}
    assert exported == {key: pair for key, pair in expected.items() if pair}

    command("export", SLUG, "--format", "labels", "--out", str(tmp_path / "labels"))
    votes = [
        row for path in (tmp_path / "labels").rglob("*.parquet") for row in pq.read_table(path).to_pylist()
    ]
    assert len(votes) == 2 * PAIRS + 2 * len(asked)
    for vote in votes:
        if vote["kind"] == "human":
            assert vote["ranking"] == people_say(int(vote["comparison"][1:]))
    assert Annotator.objects.filter(project=project, kind="human").count() == 2


def people_say(number: int) -> str:
    texts = [response["text"] for response in line(number)["responses"]]
    if not any("right" in text for text in texts):
        return "a=b"
    return "a>b" if "right" in texts[0] else "b>a"


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(text) for text in path.read_text().splitlines()]

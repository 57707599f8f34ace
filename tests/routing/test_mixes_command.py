"""Mixes go out as CSV, scores of a model trained elsewhere come back."""

import csv
import json
from collections import defaultdict
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from annotation.models import Project
from routing.planning import make_plan
from tests.routing.test_refitting import answer, half_science

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    """Sixty comparisons labelled by a person and the judge, every second one of science; some are open."""
    project, _, person = half_science(100)
    make_plan(project, "all_human")
    answer(person, project, 60)
    return project


def mixes(project: Project, *arguments: object) -> dict[str, Any]:
    out = StringIO()
    call_command("mixes", project.slug, *map(str, arguments), "--json", stdout=out)
    result: dict[str, Any] = json.loads(out.getvalue())
    return result


def test_scores_that_reward_people_on_science_make_open_science_worth_more(
    project: Project, tmp_path: Path
) -> None:
    drawn, scores, gains = (tmp_path / name for name in ("mixes.csv", "scores.csv", "gains.csv"))
    assert mixes(project, drawn, "--number", 80)["comparisons"] == 60
    science = set(project.comparisons.filter(category="science").values_list("external_id", flat=True))
    worth: dict[str, float] = defaultdict(float)
    with drawn.open() as file:
        for line in csv.DictReader(file):
            worth[line["mix"]] += line["source"] == "human" and line["comparison"] in science
    scores.write_text("mix,score\n" + "".join(f"{mix},{score / 60}\n" for mix, score in worth.items()))

    found = mixes(project, drawn, "--scores", scores, "--gains", gains)

    assert found["mixes"] == 80
    assert found["rho"] > 0.9
    with gains.open() as file:
        by_key = {line["comparison"]: float(line["gain"]) for line in csv.DictReader(file)}
    assert len(by_key) == found["open"] == 40
    inside = [gain for key, gain in by_key.items() if key in science]
    outside = [gain for key, gain in by_key.items() if key not in science]
    assert min(inside) > max(outside)


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ("mix,score\n1,high\n", "score of mix 1 must be a number"),
        ("mix,points\n1,2\n", "a column 'score' is needed"),
        ("mix,score\n1,0.5\n", "1 mixes have a score; 20 are needed"),
        ("mix,score\n1\n", "line 2 is cut short"),
    ],
)
def test_a_wrong_file_is_refused(project: Project, tmp_path: Path, scores: str, message: str) -> None:
    (tmp_path / "scores.csv").write_text(scores)
    mixes(project, tmp_path / "mixes.csv", "--number", 3)
    with pytest.raises(CommandError, match=message):
        mixes(project, tmp_path / "mixes.csv", "--scores", tmp_path / "scores.csv")


def test_a_file_that_is_not_there_is_named(project: Project, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"nowhere\.csv: No such file"):
        mixes(project, tmp_path / "nowhere.csv", "--scores", tmp_path / "nowhere.csv")

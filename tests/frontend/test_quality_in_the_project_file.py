"""The project file's `quality` and `gold_use`."""

import json
from pathlib import Path
from typing import Any

import pytest

from annotation.imports import load_comparisons
from annotation.instruments.known import known_of
from annotation.instruments.settings import OFF, quality_of
from annotation.models import Consent, Demand, Project
from frontend.project_file import ProjectFileError, apply

pytestmark = pytest.mark.django_db

QUALITY = {
    "consent": "Taking part is free.",
    "gold": 0.1,
    "repeats": 0.03,
    "mirrors": 0.03,
    "repeat_gap": 30,
    "qualification": {"comparisons": 10, "pass": 0.9, "retries": 1},
    "training": 5,
    "honest": 0.7,
    "rules": {"accuracy": "pause", "side": "pause", "same": "warn", "speed": False},
}


def test_the_file_says_all_of_it_and_applying_it_again_changes_nothing() -> None:
    data = {"slug": "qualified", "quality": QUALITY}
    project, _ = apply(data)
    made = quality_of(project)
    assert (made.consent, made.gold, made.repeat_gap, made.qualification.needed) == (1, 0.1, 30, 9)
    assert (made.action("same"), made.action("speed")) == ("warn", "off")
    apply(data)
    assert Consent.objects.count() == 1
    project, _ = apply({"slug": "qualified", "quality": {"gold": 0.2}})
    assert quality_of(project).gold == 0.2
    assert quality_of(project).training == 5, "what the file does not name stays"


def test_a_project_that_says_nothing_has_nothing() -> None:
    project, _ = apply({"slug": "plain"})
    assert project.quality == {}
    assert quality_of(project) == OFF


@pytest.mark.parametrize(
    ("quality", "said"),
    [
        ({"gold": 0.9}, "quality.gold must be a number from 0 to 0.5"),
        ({"gold": 0.3, "repeats": 0.3}, "together may be at most 0.5"),
        ({"golden": 1}, "unknown key 'golden'"),
        ({"rules": {"side": "shoot"}}, "quality.rules.side must be one of off, warn, pause, stop"),
        ({"rules": {"sides": "warn"}}, "quality.rules.sides is not known"),
        ({"rules": "warn"}, "quality.rules must be a mapping"),
        ({"qualification": {"pass": 90}}, "quality.qualification.pass must be a number"),
        ({"qualification": {"comparisons": 2.5}}, "must be a whole number"),
        ({"consent": 3}, "quality.consent must be text"),
        ([], "quality must be a mapping"),
    ],
)
def test_what_cannot_be_is_refused_by_its_key(quality: Any, said: str) -> None:
    with pytest.raises(ProjectFileError, match=said):
        apply({"slug": "wrong", "quality": quality or "x"})
    assert not Project.objects.exists()


def test_imported_answers_are_gold_where_the_file_says_so(tmp_path: Path) -> None:
    file = tmp_path / "lines.jsonl"
    lines = [
        {"id": "q1", "prompt": "One?", "responses": [{"text": "1"}, {"text": "2"}], "gold": "a"},
        {"id": "q2", "prompt": "Two?", "responses": [{"text": "1"}, {"text": "2"}]},
    ]
    file.write_text("\n".join(map(json.dumps, lines)))
    project, _ = apply({"slug": "golden", "gold_use": "instruments"})
    load_comparisons(project, [file])
    project.refresh_from_db()
    [comparison] = known_of(project)
    assert Demand.objects.get(comparison=comparison).wanted == 0
    assert Demand.objects.exclude(comparison=comparison).get().wanted == 1
    apply({"slug": "golden", "labels_wanted": 2})
    assert Demand.objects.get(comparison=comparison).wanted == 0, "asking more asks no more about gold"

    evaluated, _ = apply({"slug": "evaluated", "gold_use": "evaluation"})
    load_comparisons(evaluated, [file])
    evaluated.refresh_from_db()
    assert not known_of(evaluated)
    with pytest.raises(ProjectFileError, match="gold_use must be one of"):
        apply({"slug": "evaluated", "gold_use": "training"})

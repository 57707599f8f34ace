"""What the manifest says of the labels that a release rests on."""

from pathlib import Path

import pytest
from django.utils import timezone

from annotation import exports
from annotation.models import Annotation, Guidelines
from tests.annotation.releases import sample

pytestmark = pytest.mark.django_db


def test_guidelines_of_answers_that_were_all_changed_are_not_those_of_the_release(tmp_path: Path) -> None:
    project = sample([1])
    newer = Guidelines.objects.create(project=project, version=2, text="Read them twice.")
    Annotation.objects.filter(assignment__comparison__project=project).update(guidelines=newer)
    older = project.guidelines_versions.get(version=1)
    kept = Annotation.objects.filter(assignment__comparison__project=project)[0]
    Annotation.objects.create(
        assignment=kept.assignment, revision=7, shown="ab", guidelines=older, superseded_at=timezone.now()
    )
    made = exports.build(project, "labels", tmp_path / "out").manifest
    assert [guidelines["version"] for guidelines in made["guidelines"]] == [2]

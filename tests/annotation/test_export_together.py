"""A release while others write: they are not kept waiting, and it does not see them."""

import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from annotation import exports, reports
from annotation.exports import building
from tests.annotation.releases import sample
from tests.annotation.voting import answer
from tests.factories import make_comparison, make_person
from tests.waiting import PATIENCE

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


def test_labels_come_in_while_a_release_is_numbered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = sample([1])
    person, comparison = make_person(project), make_comparison(project)
    manifest = building.manifest

    def label() -> None:
        answer(person, comparison, "a>b", 1)
        connection.close()

    def meanwhile(*facts: Any) -> dict[str, Any]:
        writer = threading.Thread(target=label)
        writer.start()
        writer.join(PATIENCE)
        assert not writer.is_alive()
        return manifest(*facts)

    monkeypatch.setattr(building, "manifest", meanwhile)
    assert exports.build(project, "trl-preference", tmp_path / "out").rows == 1
    assert project.labels.count() == 2


def test_a_release_sees_the_database_at_one_instant() -> None:
    project = sample([1])

    def add() -> None:
        make_comparison(project)
        connection.close()

    with reports.snapshot():
        assert project.comparisons.count() == 1
        writer = threading.Thread(target=add)
        writer.start()
        writer.join()
        assert project.comparisons.count() == 1
    assert project.comparisons.count() == 2

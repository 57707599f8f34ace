"""Panels in the project file."""

from typing import Any

import pytest

from annotation.models import JudgeVersion
from frontend.project_file import ProjectFileError, apply
from llm_judges.models import Panel, panels_of

pytestmark = pytest.mark.django_db


def judge(name: str, **values: Any) -> dict[str, Any]:
    return {"name": name, "base_url": "http://127.0.0.1:9/v1", "model": "m"} | values


def data(**values: Any) -> dict[str, Any]:
    panel = {"name": "jury", "judges": ["ann", "bea"]}
    return {"slug": "p", "judges": [judge("ann"), judge("bea")], "panels": [panel]} | values


def test_the_same_file_again_changes_nothing() -> None:
    project, _ = apply(data())
    (panel,) = panels_of(project)
    apply(data())
    assert panels_of(project) == [panel]
    assert JudgeVersion.objects.filter(retired_at=None).count() == 3


def test_a_panel_follows_its_members_to_new_versions_though_the_file_does_not_name_it() -> None:
    project, _ = apply(data())
    changed = data(judges=[judge("ann", temperature=0.3), judge("bea")])
    del changed["panels"]
    apply(changed)
    (panel,) = panels_of(project)
    assert panel.version.version == 2
    assert [one["version"] for one in panel.version.settings["judges"]] == [2, 1]


def test_a_panel_that_is_not_named_any_more_stops_and_judges_stay() -> None:
    project, _ = apply(data())
    apply(data(panels=[]))
    assert panels_of(project) == []
    assert Panel.objects.count() == 1
    assert JudgeVersion.objects.filter(retired_at=None, judge__isnull=False).count() == 2
    apply(data())
    assert len(panels_of(project)) == 1


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"panels": [{"name": "jury", "judges": ["ann"]}]}, r"panels\[1\]: judges: a panel has 2 to 20"),
        ({"panels": [{"name": "jury", "judges": "ann"}]}, r"panels\[1\]: judges must be a list of names"),
        ({"panels": ["jury"]}, r"panels\[1\]"),
        ({"judges": [judge("ann")]}, r"panels\[1\]: judges: there is no judge 'bea'; known: ann"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ProjectFileError, match=message):
        apply(data(**values))


def test_a_member_cannot_be_retired_from_under_its_panel() -> None:
    apply(data())
    without = data(judges=[judge("ann")])
    del without["panels"]
    with pytest.raises(ProjectFileError, match="panels: jury: judges: there is no judge 'bea'"):
        apply(without)

"""The judges and panels of a project as the part of its project file that makes them."""

from typing import Any

import yaml

from annotation.models import Project
from llm_judges.models import JudgeTemplate, Panel, judges_of, panels_of
from llm_judges.prompts import built_in
from llm_judges.registry import entry_of

_HEAD = """\
# The judges of this project and what they are made of: put it into the project file, or apply it by itself
# with `create_project`. Keys that are stored in Tandem are not in it and stay where they are.
"""


class _Writer(yaml.SafeDumper):
    """Texts of several lines as blocks, so that people can read and change them."""


def _text(writer: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Writer.add_representer(str, _text)


def judges_as_data(project: Project) -> dict[str, Any]:
    """The keys of a project file that speak of judges: applying them again changes nothing."""
    data: dict[str, Any] = {"slug": project.slug, "inconsistency": project.inconsistency}
    newest: dict[str, JudgeTemplate] = {}
    for template in JudgeTemplate.objects.filter(project=project).order_by("name", "version"):
        newest[template.name] = template
    own = [one for name, one in newest.items() if name not in built_in()]
    if own:
        data["judge_templates"] = [{"name": one.name, "text": one.text} for one in own]
    data["judges"] = [entry_of(judge) for judge in judges_of(project)]
    if panels := panels_of(project):
        data["panels"] = [_panel(panel) for panel in panels]
    return data


def _panel(panel: Panel) -> dict[str, Any]:
    settings = {key: value for key, value in panel.version.settings.items() if value is not None}
    names = [judge["name"] for judge in settings.pop("judges")]
    return {"name": panel.version.name, "judges": names, **settings}


def judges_as_file(project: Project) -> str:
    """`judges_as_data` as YAML."""
    data = judges_as_data(project)
    return _HEAD + yaml.dump(data, Dumper=_Writer, sort_keys=False, allow_unicode=True, width=100)

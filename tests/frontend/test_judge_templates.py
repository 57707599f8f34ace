"""Prompt templates are read, written and previewed in the browser; a changed text renews its judges."""

import pytest
from django.test import Client

from annotation.models import JudgeVersion, Project
from llm_judges.models import JudgeTemplate
from llm_judges.registry import set_judge, set_template
from tests.factories import make_project
from tests.frontend.test_judge_settings import OWN
from tests.frontend.test_judges import NOWHERE, client_of
from tests.llm_judges.makers import make_pairs

pytestmark = pytest.mark.django_db


def post(client: Client, project: Project, path: str, **fields: str) -> str:
    response = client.post(f"/p/{project.slug}/judges/templates/{path}", fields, follow=True)
    assert response.status_code in (200, 422)
    return str(response.content.decode())


def test_a_template_is_written_from_another_and_listed_with_its_judges() -> None:
    project = make_project()
    owner = client_of(project, "owner")
    start = owner.get(f"/p/{project.slug}/judges/templates/new/?from=ranking").content.decode()
    assert "{questions}" in start
    said = post(owner, project, "new/", name="terse", text=OWN.replace("\n", "\r\n"))
    assert "terse is saved as version 1." in said
    assert JudgeTemplate.objects.get().text == OWN
    set_judge(project, name="quick", base_url=NOWHERE, model="m", template="terse")
    listed = client_of(project, "viewer").get(f"/p/{project.slug}/judges/templates/").content.decode()
    assert "this project, version 1" in listed
    assert "quick" in listed
    assert listed.count("comes along with Tandem") == 5


def test_a_changed_text_is_a_new_version_of_the_template_and_of_its_judges() -> None:
    project = make_project()
    owner = client_of(project, "owner")
    set_template(project, "terse", OWN)
    set_judge(project, name="quick", base_url=NOWHERE, model="m", template="terse", input_price=1)
    set_judge(project, name="other", base_url=NOWHERE, model="m")
    page = owner.get(f"/p/{project.slug}/judges/templates/of/terse/").content.decode()
    assert "Used by <b>quick</b>" in page
    said = post(owner, project, "of/terse/", text=f"{OWN} Be brief.")
    assert "terse is saved as version 2. The judge that uses it has a new version: quick v2." in said
    in_service = JudgeVersion.objects.filter(retired_at=None).order_by("name")
    assert [(one.name, one.version) for one in in_service] == [("other", 1), ("quick", 2)]
    assert in_service[1].judge.input_price == 1


@pytest.mark.parametrize(
    ("name", "text", "field", "words"),
    [
        ("terse", OWN.replace("{answer}", ""), "text", "It does not use {answer}"),
        ("terse", OWN + "{nonsense}", "text", "It uses an unknown variable"),
        ("terse", "Hello", "text", "It needs one line"),
        ("two words", OWN, "name", "Name: letters, digits"),
        ("pairwise", OWN, "name", "Name is taken"),
    ],
)
def test_a_text_that_could_not_be_sent_is_explained_by_its_field(
    name: str, text: str, field: str, words: str
) -> None:
    project = make_project()
    html = post(client_of(project, "owner"), project, "new/", name=name, text=text)
    assert words in html[html.index(f'id="id_{field}_error"') :].split("</p>")[0]
    assert not JudgeTemplate.objects.exists()


def test_a_change_that_a_judge_could_not_use_changes_nothing() -> None:
    project = make_project()
    with_rubric = OWN.replace("{questions}", "{questions} {rubric}")
    set_template(project, "terse", with_rubric)
    set_judge(project, name="quick", base_url=NOWHERE, model="m", template="terse", rubric="- right?")
    html = post(client_of(project, "owner"), project, "of/terse/", text=OWN)
    assert "does not show it" in html
    assert JudgeTemplate.objects.filter(name="terse").count() == 1


def test_a_template_is_previewed_on_a_comparison_it_is_for() -> None:
    project = make_project()
    make_pairs(project, 1)
    html = post(client_of(project, "owner"), project, "new/", name="terse", text=OWN, action="preview")
    assert "You compare 2 responses." in html
    assert "A bookmark." in html
    assert not JudgeTemplate.objects.exists()


def test_templates_that_come_along_are_read_only() -> None:
    project = make_project()
    owner = client_of(project, "owner")
    html = owner.get(f"/p/{project.slug}/judges/templates/of/pairwise/").content.decode()
    assert "You compare two responses" in html
    assert "<textarea" not in html
    assert owner.get(f"/p/{project.slug}/judges/templates/of/nonsense/").status_code == 404

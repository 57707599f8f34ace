"""A judge is added and changed in the browser: what makes a new version, what does not, and wrong input."""

import re
from decimal import Decimal
from typing import Any

import pytest
import yaml
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotation.models import JudgeRun, JudgeVersion, Project
from frontend.project_file import apply
from frontend.project_file.writing import judges_as_data
from llm_judges import runs
from llm_judges.client import key_of
from llm_judges.models import Judge, JudgeTemplate, panels_of
from llm_judges.panels import set_panel
from llm_judges.registry import entry_of, set_judge, set_template
from tests.factories import make_project
from tests.frontend.test_judges import NOWHERE, client_of
from tests.llm_judges.makers import make_judge, make_pairs

pytestmark = pytest.mark.django_db

GOOD = {
    "name": "careful",
    "base_url": "https://judge.example.org/v1",
    "model": "m-2030",
    "template": "pairwise",
    "orders": "both",
    "samples": "1",
    "temperature": "0",
    "max_tokens": "2048",
    "logprobs": "on",
    "too_long": "refuse",
    "concurrency": "8",
    "timeout_seconds": "60",
}
OWN = """for: any
=== system ===
You compare {number} responses. {questions}
=== user ===
{prompt}
{responses}
{answer}"""


def add(client: Client, project: Project, **fields: str) -> Any:
    return client.post(f"/p/{project.slug}/judges/new/", GOOD | fields, follow=True)


def fields_of(html: str) -> dict[str, str]:
    """What a browser would send from the form as it stands."""
    form = html[html.index('id="judge-form"') :]
    found = dict(re.findall(r'<input type="text" name="(\w+)" value="([^"]*)"', form))
    found |= dict.fromkeys(re.findall(r'<input type="checkbox" name="(\w+)"[^>]* checked', form), "on")
    for name, options in re.findall(r'<select name="(\w+)".*?>(.*?)</select>', form, re.DOTALL):
        found[name] = re.findall(r'value="([^"]+)" selected', options)[0]
    found |= dict(re.findall(r'<textarea name="(\w+)"[^>]*>\s*(.*?)</textarea>', form, re.DOTALL))
    return found


def change(client: Client, judge: Judge, **fields: str) -> str:
    address = f"/p/{judge.version.project.slug}/judges/{judge.pk}/settings/"
    values = fields_of(client.get(address).content.decode()) | fields
    return str(client.post(address, values, follow=True).content.decode())


def test_a_judge_is_added_and_leads_to_its_trial() -> None:
    project = make_project()
    response = add(client_of(project, "owner"), project, input_price="2.5", output_price="10", budget="20")
    judge = Judge.objects.get()
    assert response.redirect_chain[-1][0] == f"/p/{project.slug}/judges/{judge.pk}/trial/"
    assert "careful is set up. Try it before it labels." in response.content.decode()
    assert (judge.version.model, judge.input_price, judge.budget) == ("m-2030", Decimal("2.5"), Decimal(20))
    assert judge.version.settings["max_tokens"] == 2048


def test_saving_without_a_change_changes_nothing() -> None:
    project = make_project()
    owner = client_of(project, "owner")
    set_template(project, "terse", OWN)
    judge = set_judge(
        project,
        name="full",
        base_url=NOWHERE,
        model="m",
        template="rubric",
        rubric="- right?\n- clear?",
        reference="known",
        temperature=0.7,
        top_p=0.9,
        seed=3,
        max_tokens=None,
        orders="random",
        samples=3,
        logprobs=False,
        context_tokens=8000,
        too_long="shorten",
        api_key_env="SOME_KEY",
        input_price=0.05,
        output_price=0,
        budget=12.5,
        requests_per_minute=60,
        concurrency=2,
    )
    assert "Nothing was changed." in change(owner, judge)
    assert Judge.objects.get().revision == 1


def test_how_calls_are_sent_and_when_a_run_stops_by_itself_are_terms() -> None:
    project = make_project()
    owner, judge = client_of(project, "owner"), make_judge(project, NOWHERE)
    assert "a number from 0.001 to 1" in change(owner, judge, breaker_share="0")
    said = change(owner, judge, transport="batch", batch_share="0.4", breaker_share="0.8")
    assert "It is version 1 as before." in said
    judge = Judge.objects.select_related("version__project").get()
    assert (judge.transport, judge.batch_share) == ("batch", Decimal("0.4"))
    assert runs.start(judge).breaker_share == 0.8
    assert "Nothing was changed." in change(owner, judge)


def test_another_model_is_a_new_version_and_another_price_is_not() -> None:
    project = make_project()
    owner = client_of(project, "owner")
    judge = make_judge(project, NOWHERE)
    assert "It is version 1 as before." in change(owner, judge, output_price="11")
    assert JudgeVersion.objects.count() == 1
    said = change(owner, judge, model="fake-2")
    assert "This is a new version, 2. What the one before said stays." in said
    newest = Judge.objects.get(version__version=2)
    assert newest.version.retired_at is None
    assert "Version 1 is back in service" in change(owner, newest, model="fake-1")


def test_a_new_version_ends_the_run_of_the_one_before() -> None:
    project = make_project()
    make_pairs(project, 1)
    judge = make_judge(project, NOWHERE)
    run = runs.start(judge)
    change(client_of(project, "owner"), judge, model="fake-2")
    run.refresh_from_db()
    assert run.state == JudgeRun.State.CANCELLED
    assert "version 2" in run.message


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "two words", "Name: letters, digits, hyphens"),
        ("name", "", "Name is needed"),
        ("base_url", "ftp://x", "Address must be an http or https address"),
        ("base_url", "https://user:secret@x/v1", "Address must hold no credentials"),
        ("model", "", "Model is needed"),
        ("template", "nonsense", "Select a valid choice"),
        ("samples", "3", "Replies in each order above 1 need a temperature"),
        ("samples", "three", "Enter a whole number."),
        ("temperature", "9", "Temperature must be a number from 0 to 2"),
        ("max_tokens", "0", "must be a whole number from 1"),
        ("too_long", "shorten", "shorten needs context_tokens"),
        ("api_key_env", "sk-1234567890", "must be the name of an environment variable, not the key"),
        ("api_key_env", "TANDEM_SECRET_KEY", "holds a secret of this installation"),
        ("key", "two words", "a key is printable ASCII"),
        ("input_price", "-1", "Input must be an amount"),
        ("budget", "lots", "Enter a number."),
        ("requests_per_minute", "0", "must be a whole number from 1"),
        ("concurrency", "100000", "must be a whole number from 1"),
    ],
)
def test_wrong_input_gets_one_error_beside_its_field_and_nothing_is_saved(
    field: str, value: str, words: str
) -> None:
    project = make_project()
    response = add(client_of(project, "owner"), project, **{field: value})
    html = response.content.decode()
    assert response.status_code == 422
    assert html.count("_error") == 2  # the field names its error, and the error bears the name
    error = html[html.index(f'id="id_{field}_error"') :].split("</p>")[0]
    assert words in error
    assert 'aria-invalid="true"' in html
    assert not Judge.objects.exists()
    assert not JudgeTemplate.objects.filter(project=project).exists()


def test_a_name_that_is_taken_is_refused() -> None:
    project = make_project()
    make_judge(project, NOWHERE, name="careful")
    response = add(client_of(project, "owner"), project)
    assert "Name is taken by another judge" in response.content.decode()
    assert JudgeVersion.objects.count() == 1


def test_a_key_is_kept_encrypted_never_shown_and_forgotten_when_asked() -> None:
    project = make_project()
    owner = client_of(project, "owner")
    html = add(owner, project, key="sk-swordfish").content.decode()
    assert "The key is stored and is never shown again." in html
    judge = Judge.objects.get()
    assert key_of(judge) == "sk-swordfish"
    settings = owner.get(f"/p/{project.slug}/judges/{judge.pk}/settings/").content.decode()
    assert "A key is stored." in settings
    assert "swordfish" not in html + settings + judge.api_key_sealed
    change(owner, judge, model="m-2031")
    newest = Judge.objects.get(version__version=2)
    assert key_of(newest) == "sk-swordfish"
    change(owner, newest, forget_key="on")
    newest.refresh_from_db()
    assert newest.api_key_sealed == ""
    refused = add(owner, project, name="other", key="sk-swordfish", model="").content.decode()
    assert "swordfish" not in refused


def test_a_preview_shows_one_comparison_and_saves_nothing() -> None:
    project = make_project()
    make_pairs(project, 1)
    owner = client_of(project, "owner")
    fields = GOOD | {"action": "preview", "template": "rubric", "rubric": "- Is it right?"}
    response = owner.post(f"/p/{project.slug}/judges/new/", fields, headers={"HX-Request": "true"})
    html = response.content.decode()
    assert response.status_code == 200
    assert "What it would be sent" in html
    assert "- Is it right?" in html
    assert "A bookmark." in html
    assert not JudgeVersion.objects.exists()
    assert not JudgeTemplate.objects.exists()
    wrong = owner.post(
        f"/p/{project.slug}/judges/new/", fields | {"model": ""}, headers={"HX-Request": "true"}
    )
    assert wrong.headers["HX-Retarget"] == "#judge-form"
    assert "Model is needed" in wrong.content.decode()


def test_versions_are_listed_with_what_changed() -> None:
    project = make_project()
    owner = client_of(project, "owner")
    judge = make_judge(project, NOWHERE)
    change(owner, judge, output_price="12")
    change(owner, judge, model="fake-2", temperature="0.5")
    newest = Judge.objects.get(version__version=2)
    viewer = client_of(project, "viewer")
    with CaptureQueriesContext(connection) as two:
        html = viewer.get(f"/p/{project.slug}/judges/{newest.pk}/versions/").content.decode()
    assert re.search(r"Model.*?fake-1.*?fake-2", html, re.DOTALL)
    assert re.search(r"Temperature.*?0\.0.*?0\.5", html, re.DOTALL)
    assert re.search(r"1 change of its terms.*?Output.*?10.*?12", html, re.DOTALL)
    assert "Bring version 1 back" not in html
    back = owner.post(f"/p/{project.slug}/judges/{judge.pk}/service/", {"action": "back"}, follow=True)
    assert "Version 1 is back in service" in back.content.decode()
    change(owner, judge, model="fake-3")
    with CaptureQueriesContext(connection) as three:
        viewer.get(f"/p/{project.slug}/judges/{newest.pk}/versions/")
    assert len(two) == len(three)


def test_a_judge_is_taken_out_of_service_and_what_it_said_stays() -> None:
    project = make_project()
    judge = make_judge(project, NOWHERE)
    address = f"/p/{project.slug}/judges/{judge.pk}/service/"
    said = client_of(project, "owner").post(address, {"action": "retire"}, follow=True).content.decode()
    assert "fake is out of service. What it said stays." in said
    judge.version.refresh_from_db()
    assert judge.version.retired_at is not None


def test_judges_go_into_a_project_file_and_come_back_the_same() -> None:
    project = make_project()
    set_template(project, "terse", OWN)
    set_judge(
        project,
        name="a",
        base_url=NOWHERE,
        model="m",
        template="terse",
        temperature=None,
        input_price="2.123456",
    )
    set_judge(project, name="b", base_url=NOWHERE, model="m", template="rubric", rubric="- a\n- b: c")
    before = [entry_of(judge) for judge in Judge.objects.order_by("pk")]
    owner = client_of(project, "owner")
    file = owner.get(f"/p/{project.slug}/judges/project-file.yaml")
    assert "attachment" in file.headers["Content-Disposition"]
    data = yaml.safe_load(file.content)
    apply(data)
    assert JudgeVersion.objects.count() == 2
    assert JudgeTemplate.objects.filter(name="terse").count() == 1
    assert [entry_of(judge) for judge in Judge.objects.order_by("pk")] == before
    apply(data | {"slug": "another"})
    copies = Judge.objects.filter(version__project__slug="another").order_by("pk")
    assert [entry_of(judge) for judge in copies] == before


def test_a_panel_follows_its_members_and_holds_them_in_service() -> None:
    project = make_project()
    owner = client_of(project, "owner")
    first, _ = (make_judge(project, NOWHERE, name=name) for name in ("one", "two"))
    set_panel(project, "both", ["one", "two"])
    change(owner, first, model="fake-2")
    panel = panels_of(project)[0]
    assert [(one["name"], one["version"]) for one in panel.version.settings["judges"]] == [
        ("one", 2),
        ("two", 1),
    ]
    newest = Judge.objects.get(version__name="one", version__version=2)
    address = f"/p/{project.slug}/judges/{newest.pk}/service/"
    said = owner.post(address, {"action": "retire"}, follow=True).content.decode()
    assert "both: judges: there is no judge" in said
    newest.version.refresh_from_db()
    assert newest.version.retired_at is None
    apply(judges_as_data(project))
    assert panels_of(project)[0].pk == panel.pk

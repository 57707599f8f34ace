"""The settings pages say what the project file says, and save it the same way."""

from typing import Any

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from annotation.instruments.settings import quality_of
from annotation.models import AuditEntry, Criterion, Guidelines, Project
from frontend.project_file import apply
from frontend.project_file.templates import templates
from frontend.project_file.writing import project_as_data, project_as_file
from frontend.setup_forms import SECTIONS
from llm_judges.registry import set_judge
from tests.annotation.voting import answer
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(client: Client) -> Project:
    """A project whose owner is signed in."""
    project = make_project(slug="trees")
    owner = make_person(project, role="owner")
    assert owner.user is not None
    client.force_login(owner.user)
    return project


def sent(project: Project, topic: str, **changes: Any) -> dict[str, Any]:
    """The fields of a section as a browser would send them, with these changed."""
    form = SECTIONS[topic](project, project_as_data(project))
    forms = [form, *getattr(form, "blocks", [])]
    fields = [field for one in forms for field in one]
    data = {
        field.html_name: value
        for field in fields
        if not field.field.disabled and (value := field.value()) not in (None, False)
    }
    return data | {"seen": project.revision} | changes


def save(client: Client, project: Project, topic: str, **changes: Any) -> Any:
    project.refresh_from_db()
    return client.post(reverse("settings", args=[project.slug, topic]), sent(project, topic, **changes))


@pytest.mark.parametrize("template", templates(), ids=lambda template: template.key)
def test_a_template_makes_a_project_that_its_own_file_leaves_as_it_is(template: Any) -> None:
    assert template.says
    project, created = apply(template.data)
    assert created
    before = project_as_data(project)
    apply(yaml.safe_load(project_as_file(project)))
    assert project_as_data(project) == before
    apply({**before, "slug": "copy"})
    assert {**project_as_data(Project.objects.get(slug="copy")), "slug": template.key} == before


def test_what_the_file_says_of_people_and_instruments_goes_to_the_copy(project: Project) -> None:
    says = {
        "quality": {"consent": "I agree.", "gold": 0.1, "qualification": {"comparisons": 4, "pass": 0.75}},
        "gold_use": "instruments",
        "minimum_hourly_pay": 15,
        "labels_per_person": 40,
        "identity_leaks": "mask",
        "profile": [{"name": "field", "question": "What do you work on?", "answers": ["Law", "Code"]}],
    }
    apply({"slug": project.slug, **says})
    said = project_as_data(Project.objects.get())
    assert said["quality"]["consent"] == "I agree."
    assert said["quality"]["qualification"] == {"comparisons": 4, "pass": 0.75, "retries": 1}
    copy, _created = apply(yaml.safe_load(project_as_file(Project.objects.get())) | {"slug": "copy"})
    assert {**project_as_data(copy), "slug": project.slug} == said
    assert quality_of(copy) == quality_of(Project.objects.get(slug=project.slug))


@pytest.mark.parametrize("topic", SECTIONS)
def test_a_section_saved_as_it_is_changes_nothing(client: Client, project: Project, topic: str) -> None:
    set_judge(project, name="asked", base_url="http://127.0.0.1:9/v1", model="m-1")
    before = project_as_data(project)
    html = client.get(reverse("settings", args=[project.slug, topic])).content.decode()
    assert 'name="seen"' in html
    assert save(client, project, topic).status_code == 302
    project.refresh_from_db()
    assert project_as_data(project) == before
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("topic", "changes", "key", "value"),
    [
        ("guidelines", {"guidelines": "# New\r\nRead."}, "guidelines", "# New\nRead."),
        ("labels", {"labels_wanted": "3", "labels_cap": "5"}, "labels_cap", 5),
        (
            "labels",
            {"pool-1": "experts", "pool-1-labels": "1", "pool-1-adjudicates": "on"},
            "pools",
            [{"name": "people"}, {"name": "experts", "labels_wanted": 1, "adjudicates": True}],
        ),
        ("general", {"budget": "12.5"}, "budget", 12.5),
        ("general", {"media_hosts": "https://a.example.org\n"}, "media_hosts", ["https://a.example.org"]),
        ("routing", {"policy": "all_ai"}, "policy", "all_ai"),
        ("criteria", {"c0-question": "Which one?"}, "criteria", None),
    ],
)
def test_what_is_saved_is_in_the_project_file_and_in_the_audit_log(
    client: Client, project: Project, topic: str, changes: dict[str, str], key: str, value: Any
) -> None:
    assert save(client, project, topic, **changes).status_code == 302
    data = project_as_data(Project.objects.get())
    assert data[key] == (
        value or [{"name": "overall", "question": "Which one?", "scale": "five-point", "both_bad": True}]
    )
    entry = AuditEntry.objects.get(act="settings")
    assert (entry.act, entry.after[key]) == ("settings", data[key])
    assert entry.before[key] != data[key]


@pytest.mark.parametrize(
    ("topic", "changes", "said"),
    [
        ("labels", {"labels_wanted": "many"}, "Labels wanted must be a whole number"),
        ("labels", {"labels_wanted": "3", "labels_cap": "2"}, "Most labels must be at least"),
        ("labels", {"consensus_threshold": "2"}, "Sure from must be a number from 0.5 to 1"),
        ("labels", {"pool-1": "two words"}, "Name is needed: letters"),
        ("general", {"budget": "-1"}, "Budget must be an amount"),
        ("general", {"human_label": "dear"}, "Price of an answer must be an amount"),
        ("general", {"media_hosts": "http://a.example.org"}, "must be an https origin"),
        ("routing", {"audit_share": "7"}, "Audit slice must be a number"),
        ("routing", {"hours-people": "long"}, "Most hours of people must be a number of hours"),
        ("routing", {"least_per_category": "coding"}, "a colon and a number"),
        ("routing", {"least_per_category": "coding: some"}, "must be a whole number"),
        ("routing", {"policy": "coin"}, "Select a valid choice"),
        ("criteria", {"c1-name": "two words"}, "Name is needed: letters"),
        ("criteria", {"c1-name": "overall"}, "is there twice"),
        ("criteria", {"c0-ranking": "worst"}, "How more than two are ranked"),
        ("criteria", {"c0-rationale_min": "20"}, "needs `rationale: optional`"),
        ("criteria", {"c0-remove": "on"}, "Keep one criterion"),
        ("guidelines", {"guidelines": "a\x00b"}, "Null characters"),
    ],
)
def test_wrong_input_is_explained_beside_its_field_and_kept(
    client: Client, project: Project, topic: str, changes: dict[str, str], said: str
) -> None:
    before = project_as_data(project)
    reply = save(client, project, topic, **changes)
    assert reply.status_code == 422
    assert said in reply.content.decode()
    assert project_as_data(Project.objects.get()) == before


def test_a_labelled_question_keeps_its_meaning_until_it_gets_a_new_version(
    client: Client, project: Project
) -> None:
    answer(make_person(project), make_comparison(project), "a>b", 1)
    html = client.get(reverse("settings", args=[project.slug, "criteria"])).content.decode()
    assert "Make a new version" in html
    save(client, project, "criteria", **{"c0-scale": "two-way", "c0-confidence": "on"})
    criterion = Criterion.objects.get()
    assert (criterion.scale, criterion.confidence, criterion.version) == ("five-point", True, 1)

    url = reverse("settings", args=[project.slug, "criteria"])
    assert "becomes the version after 1" in client.get(f"{url}?renew=overall").content.decode()
    assert (
        save(
            client,
            project,
            "criteria",
            renew="overall",
            **{"c0-scale": "three-way", "c0-question": "Which?", "c0-ranking": "full"},
        ).status_code
        == 302
    )
    old, new = Criterion.objects.order_by("version")
    assert (old.scale, old.retired_at is not None, new.scale, new.version) == (
        "five-point",
        True,
        "three-way",
        2,
    )
    data = project_as_data(Project.objects.get())
    assert data["criteria"][0]["version"] == 2
    apply(data)
    assert Criterion.objects.count() == 2


def test_guidelines_are_shown_as_typed_with_what_changes_since_a_version(
    client: Client, project: Project
) -> None:
    Guidelines.objects.create(project=project, version=2, text="Read one.")
    url = reverse("guidelines-shown", args=[project.slug])
    typed = "Read **all** <script>alert(1)</script>"
    html = client.post(url, {"guidelines": typed, "against": "1"}).content.decode()
    assert "<strong>all</strong>" in html
    assert "<script>" not in html
    assert "<del>Read both responses to the end.</del>" in html
    assert "<del>Read one.</del>" in client.post(url, {"guidelines": typed}).content.decode()


def test_two_owners_do_not_overwrite_each_other(client: Client, project: Project) -> None:
    stale = sent(project, "general", name="Mine")
    save(client, project, "general", name="Theirs")
    url = reverse("settings", args=[project.slug, "general"])
    reply = client.post(url, stale)
    assert (reply.status_code, Project.objects.get().name) == (422, "Theirs")
    assert "somebody changed the project meanwhile" in reply.content.decode()
    stale["seen"] = Project.objects.get().revision
    assert client.post(url, stale).status_code == 302
    assert Project.objects.get().name == "Mine"


def yaml_file(text: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("project.yaml", text.encode())


def test_the_project_file_goes_out_and_comes_back(client: Client, project: Project) -> None:
    out = client.get(reverse("project-file", args=[project.slug])).content.decode()
    assert yaml.safe_load(out) == project_as_data(project)
    url = reverse("project-file-apply", args=[project.slug])
    text = out.replace("labels_wanted: 1", "labels_wanted: 4")
    said = client.post(url, {"file": yaml_file(text)}, follow=True).content.decode()
    assert "Changed: labels_wanted." in said
    assert Project.objects.get().labels_wanted == 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("slug: other\nname: x", "this project is trees"),
        ("slug: trees\nbudget: much", "budget must be an amount"),
        ("a: [", "not YAML"),
        ("[1]", "must hold a mapping"),
        ("slug: trees\nprise: 1", "unknown key"),
    ],
)
def test_a_project_file_that_cannot_be_applied_changes_nothing(
    client: Client, project: Project, text: str, said: str
) -> None:
    before = project_as_data(project)
    url = reverse("project-file-apply", args=[project.slug])
    assert said in client.post(url, {"file": yaml_file(text)}, follow=True).content.decode().replace(
        "&#x27;", "'"
    )
    assert project_as_data(Project.objects.get()) == before

"""A project as code: created once, updated after, refused where labels would change their meaning."""

import json
from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.core.management import CommandError, call_command

from annotation import labels, leases
from annotation.models import Criterion, Demand, Guidelines, Membership, Project
from frontend.project_file import ProjectFileError, apply
from llm_judges.models import judges_of
from tests.factories import make_comparison, make_person

pytestmark = pytest.mark.django_db

FULL = {
    "slug": "answers",
    "name": "Everyday answers",
    "guidelines": "Read both.",
    "criteria": [
        {"name": "overall", "question": "Which is better?", "scale": "five-point", "both_bad": True},
        {"name": "truthful", "scale": "three-way", "reasons": ["facts"], "rationale": "optional"},
    ],
    "labels_wanted": 2,
    "pools": ["crowd", {"name": "expert", "labels_wanted": 1}],
    "judges": [{"name": "small", "base_url": "http://127.0.0.1:9/v1", "model": "m", "input_price": 0.5}],
    "prices": {"human_label": 0.45, "currency": "usd"},
    "budget": 100,
    "policy": "all_human",
    "routing": {
        "refit_after": 200,
        "label_worth": 1.5,
        "least_per_category": {"law": 20},
        "hours": {"expert": 7.5},
        "capacity": {"crowd": 5000},
        "audit_share": 0.1,
    },
}


def create(tmp_path: Path, data: object, *arguments: str) -> dict[str, object]:
    path = tmp_path / "project.yaml"
    path.write_text(yaml.safe_dump(data))
    out = StringIO()
    call_command("create_project", str(path), "--json", *arguments, stdout=out)
    result: dict[str, object] = json.loads(out.getvalue())
    return result


def test_only_a_slug_is_needed(tmp_path: Path) -> None:
    result = create(tmp_path, {"slug": "tiny"})

    assert result["created"] is True
    criterion = Criterion.objects.get(project__slug="tiny")
    assert (criterion.name, criterion.scale) == ("overall", "five-point")
    assert result["pools"] == ["people"]


def test_every_key_of_the_file_is_kept(tmp_path: Path) -> None:
    create(tmp_path, FULL, "--owner", "Owner@Example.org")

    project = Project.objects.get(slug="answers")
    assert (project.name, project.labels_wanted, project.currency) == ("Everyday answers", 2, "USD")
    assert [c.name for c in project.criteria.all()] == ["overall", "truthful"]
    assert dict(project.pools.values_list("name", "default")) == {"crowd": True, "expert": False}
    assert [judge.version.name for judge in judges_of(project)] == ["small"]
    assert Membership.objects.get(project=project).user.email == "owner@example.org"
    routing = project.routing
    assert (routing.refit_after, float(routing.label_worth), project.audit_share) == (200, 1.5, 0.1)
    limits = (routing.least_per_category, routing.hours, routing.capacity)
    assert limits == ({"law": 20}, {"expert": 7.5}, {"crowd": 5000})


def test_running_it_again_duplicates_nothing(tmp_path: Path) -> None:
    create(tmp_path, FULL)
    before = [model.objects.count() for model in (Project, Criterion, Guidelines, Membership)]
    result = create(tmp_path, FULL)

    assert result["created"] is False
    assert [model.objects.count() for model in (Project, Criterion, Guidelines, Membership)] == before
    assert len(judges_of(Project.objects.get())) == 1


def test_changed_guidelines_are_a_new_version(tmp_path: Path) -> None:
    create(tmp_path, FULL)
    create(tmp_path, FULL | {"guidelines": "Read both to the end."})

    assert list(Guidelines.objects.order_by("version").values_list("version", flat=True)) == [1, 2]


def test_a_scale_may_change_until_there_are_labels() -> None:
    project, _ = apply({"slug": "x"})
    apply({"slug": "x", "criteria": [{"name": "overall", "scale": "three-way"}]})
    make_comparison(project)
    project.refresh_from_db()
    person = make_person(project)
    [held] = leases.claim(person, project)
    labels.submit_many(person, project, [labels.Submission(held.pk, {"overall": labels.Answer("a>b")})])

    with pytest.raises(ProjectFileError, match="'overall' has labels, so its scale cannot change"):
        apply({"slug": "x", "criteria": [{"name": "overall", "scale": "five-point"}]})
    with pytest.raises(ProjectFileError, match="'overall' has labels or references and cannot be left out"):
        apply({"slug": "x", "criteria": [{"name": "helpful"}]})
    assert Criterion.objects.get().scale == "three-way"


def test_wanting_more_labels_asks_for_more() -> None:
    project, _ = apply({"slug": "x", "labels_wanted": 1})
    make_comparison(project, wanted=1)
    apply({"slug": "x", "labels_wanted": 3})

    assert Demand.objects.get().wanted == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"slug": "two words"}, "slug is needed"),
        ({"slug": None}, "slug is needed"),
        ({"colour": "red"}, "unknown key 'colour'"),
        ({"labels_wanted": 0}, "labels_wanted must be a whole number from 1"),
        ({"labels_wanted": 99999}, "labels_wanted must be a whole number from 1 to 1000"),
        ({"slug": "s" * 100}, "slug: Ensure this value has at most 80"),
        ({"guidelines": "a\0b"}, "not YAML|guidelines holds a NUL"),
        ({"criteria": [{"name": "n" * 100}]}, r"criteria\[1\].name: Ensure this value has at most 60"),
        ({"criteria": [{"name": "o", "question": "q" * 400}]}, r"criteria\[1\].question: Ensure"),
        ({"pools": ["p" * 90]}, r"pools\[1\].name: Ensure this value has at most 60"),
        ({"labels_wanted": 3, "labels_cap": 2}, "labels_cap must be at least labels_wanted"),
        ({"consensus_threshold": 0.4}, "consensus_threshold must be a number from 0.5 to 1"),
        ({"overlap_share": "half"}, "overlap_share must be a number from 0 to 1"),
        ({"pools": [{"name": "crowd", "adjudicates": True}]}, "the first pool is the one that others"),
        ({"labels_wanted": "many"}, "labels_wanted must be a whole number"),
        ({"budget": -1}, "budget must be an amount of money"),
        ({"budget": float("nan")}, "budget must be an amount of money"),
        ({"policy": "guess"}, "policy must be one of"),
        ({"criteria": "overall"}, "criteria must be a list"),
        ({"criteria": [{"name": "overall", "scale": "ten"}]}, r"criteria\[1\].scale must be one of"),
        ({"criteria": [{"name": "o"}, {"name": "o"}]}, "is there twice"),
        ({"criteria": [{"name": "o", "both_bad": "yes please"}]}, r"criteria\[1\].both_bad must be true or"),
        ({"pools": [{"name": "crowd", "size": 3}]}, r"pools\[1\]: unknown key 'size'"),
        ({"judges": [{"name": "j", "base_url": "http://127.0.0.1/v1"}]}, r"judges\[1\]"),
        ({"judges": [{"name": "j", "base_url": "http://x/v1", "model": "m", "mood": 1}]}, "mood"),
        (
            {"judge_templates": [{"name": "t", "text": "x"}]},
            r"judge_templates\[1\]: template 't' needs one line",
        ),
        ({"judge_templates": [{"name": "t", "colour": 1}]}, r"judge_templates\[1\]: unknown key 'colour'"),
        ({"inconsistency": "maybe"}, "inconsistency must be one of tie, half, drop"),
        ({"routing": {"mood": 1}}, "routing: unknown key 'mood'"),
        ({"routing": {"refit_after": -1}}, "routing.refit_after must be a whole number from 0"),
        ({"routing": {"hours": {"nobody": 3}}}, "routing.hours: there is no pool 'nobody'"),
        ({"routing": {"hours": {"crowd": "long"}}}, "routing.hours.crowd must be a number of hours"),
        ({"routing": {"least_per_category": ["law"]}}, "routing.least_per_category must be a mapping"),
        ({"prices": {"per_hour": 20}}, "prices: unknown key 'per_hour'"),
    ],
)
def test_a_wrong_file_is_refused_by_key_and_changes_nothing(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        create(tmp_path, FULL | change)
    assert not Project.objects.exists()


@pytest.mark.parametrize("text", ["", "- a\n- b", "slug: [", "\t"])
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(text)
    with pytest.raises(CommandError, match=r"wrong\.yaml"):
        call_command("create_project", str(path))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"nowhere\.yaml: No such file"):
        call_command("create_project", str(tmp_path / "nowhere.yaml"))


def test_a_judge_that_is_no_longer_named_stops_and_stays_on_record(tmp_path: Path) -> None:
    create(tmp_path, FULL)
    create(tmp_path, FULL | {"judges": []})

    project = Project.objects.get()
    assert judges_of(project) == []
    assert project.judge_versions.count() == 1


def test_when_to_stop_is_set_and_unset() -> None:
    pools = ["crowd", {"name": "expert", "adjudicates": True}]
    stopping = {"labels_wanted": 2, "labels_cap": 7, "consensus_threshold": 0.95, "overlap_share": 0.1}
    project, _ = apply({"slug": "x", "pools": pools, **stopping})
    assert (project.labels_cap, project.consensus_threshold, project.overlap_share) == (7, 0.95, 0.1)
    assert project.pools.get(adjudicates=True).name == "expert"
    project, _ = apply({"slug": "x", "labels_cap": None})
    assert project.labels_cap is None


def test_imported_votes_count_when_the_number_of_labels_wanted_changes(tmp_path: Path) -> None:
    apply({"slug": "x", "labels_wanted": 1})
    lines = [
        {"id": "one", "labels": ["ada"]},
        {"id": "two", "labels": []},
    ]
    path = tmp_path / "lines.jsonl"
    path.write_text(
        "\n".join(
            json.dumps(
                {
                    "id": line["id"],
                    "prompt": "Tea or coffee?",
                    "response_a": "Tea.",
                    "response_b": "Coffee.",
                    "labels": [
                        {"annotator": name, "kind": "human", "choice": "a"} for name in line["labels"]
                    ],
                }
            )
            for line in lines
        )
    )
    call_command("import_comparisons", "x", str(path), "--json", stdout=StringIO())

    def wanted() -> dict[str, int]:
        return dict(Demand.objects.values_list("comparison__external_id", "wanted"))

    assert wanted() == {"two": 1}
    apply({"slug": "x", "labels_wanted": 3})
    assert wanted() == {"one": 2, "two": 3}
    apply({"slug": "x", "labels_wanted": 1})
    assert wanted() == {"one": 0, "two": 1}
    apply({"slug": "x", "pools": ["people", {"name": "expert", "labels_wanted": 2}]})
    assert sorted(Demand.objects.filter(pool__name="expert").values_list("wanted", flat=True)) == [2, 2]


def test_the_first_pool_named_is_the_one_that_newcomers_join() -> None:
    project, _ = apply({"slug": "x", "pools": ["crowd", "expert"]})
    apply({"slug": "x", "pools": ["expert", "crowd"]})

    assert project.pools.get(default=True).name == "expert"


def test_a_budget_can_be_taken_away_again() -> None:
    apply({"slug": "x", "budget": 10})
    project, _ = apply({"slug": "x", "budget": None})
    project.refresh_from_db()

    assert project.budget is None

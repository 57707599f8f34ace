"""Releases: hashes, order, splits, labels under pseudonyms, cards, and what is refused."""

import hashlib
import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from django.core.management import CommandError, call_command

from annotation import exports
from annotation.exports import building
from annotation.models import Annotator, Comparison, Criterion, Label, Project, Rationale, Release
from tests.annotation.releases import all_rows, read, rows_by_config, sample
from tests.annotation.voting import answer, make_judge
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("format", list(exports.FORMATS))
def test_the_same_labels_give_the_same_bytes_and_another_label_another_hash(
    format: str, tmp_path: Path
) -> None:
    project = sample([1, 2, 3])
    one = exports.build(project, format, tmp_path / "one")
    two = exports.build(project, format, tmp_path / "two")
    assert one.sha256 == two.sha256
    assert one.manifest["files"] == two.manifest["files"]
    answer(make_person(project), Comparison.objects.get(project=project, external_id="q1"), "b>a", 2)
    assert exports.build(project, format, tmp_path / "three").sha256 != one.sha256


@pytest.mark.parametrize("format", list(exports.FORMATS))
@pytest.mark.parametrize("file_type", ["parquet", "jsonl"])
def test_hashes_can_be_checked_from_the_files(format: str, file_type: str, tmp_path: Path) -> None:
    project = sample(list(range(12)))
    release = exports.build(project, format, tmp_path / "out", file_type=file_type, test_share=0.5)
    assert exports.logical_hash(rows_by_config(release)) == release.sha256 == release.manifest["sha256"]
    for file in release.manifest["files"]:
        content = Path(release.path, file["path"]).read_bytes()
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (file["sha256"], file["bytes"])
    assert json.loads((tmp_path / "out" / "manifest.json").read_bytes()) == release.manifest


@pytest.mark.parametrize("seed", range(3))
def test_the_order_that_rows_were_inserted_in_does_not_matter(seed: int, tmp_path: Path) -> None:
    numbers = list(range(9))
    hashes = set()
    for shuffled in (numbers, random.Random(seed).sample(numbers, len(numbers))):
        project = sample(shuffled)
        release = exports.build(project, "trl-preference", tmp_path / project.slug)
        hashes.add(release.sha256)
        assert [row["comparison"] for row in read(release)] == [f"q{number}" for number in numbers]
    assert len(hashes) == 1


def test_rows_are_in_order_of_bytes_whatever_the_databases_language(tmp_path: Path) -> None:
    project = make_project()
    person = make_person(project)
    names = ["b", "B", "ä", "a-1", "a1", "Z", "é", "日", "_"]
    for name in names:
        answer(person, make_comparison(project, external_id=name), "a>b", 1)
    release = exports.build(project, "trl-preference", tmp_path / "out")
    assert [row["comparison"] for row in read(release)] == sorted(names, key=str.encode)


def test_groups_are_never_split_and_new_data_moves_no_old_group(tmp_path: Path) -> None:
    project = sample(list(range(60)))

    def splits(name: str) -> dict[str, str]:
        release = exports.build(project, "trl-preference", tmp_path / name, test_share=0.3, split_salt="s")
        return {row["comparison"]: split for split in ("train", "test") for row in read(release, split=split)}

    before = splits("before")
    assert all(before[f"q{number}"] == before[f"q{number + 1}"] for number in range(0, 60, 2))
    assert 0.1 < list(before.values()).count("test") / 60 < 0.5
    sample(list(range(60, 80)), project)
    after = splits("after")
    assert {name: after[name] for name in before} == before
    assert len(after) == 80


def test_without_a_test_share_everything_is_train(tmp_path: Path) -> None:
    release = exports.build(sample([1, 2, 3]), "trl-preference", tmp_path / "out")
    assert release.manifest["rows_by_config"] == {"overall": {"train": 3}}


def test_labels_have_one_row_each_with_all_that_was_said(tmp_path: Path) -> None:
    project = make_project()
    Criterion.objects.filter(project=project).update(reasons=["correct", "short"], confidence=True)
    comparison = make_comparison(project, external_id="q1")
    person, judge = make_person(project), make_judge(project, "gpt")
    answer(person, comparison, "b>a", 2, confidence="fairly", reasons=("short",), rationale="It is short.")
    answer(judge, comparison, "a=b")
    release = exports.build(project, "labels", tmp_path / "out", rationales=True)
    by_kind = {row["kind"]: row for row in read(release, "labels")}
    created = Label.objects.get(annotator__kind="human").annotation.created_at.date()
    shown = by_kind["human"].pop("shown")
    pseudonym = by_kind["human"].pop("annotator")
    assert shown in ("ab", "ba")
    assert pseudonym.startswith("w_")
    assert by_kind["human"] == {
        "comparison": "q1",
        "kind": "human",
        "pool": "people",
        "criterion": "overall",
        "ranking": "b>a",
        "strength": 2,
        "confidence": "fairly",
        "reasons": ["short"],
        "seconds": None,
        "created": created,
        "purpose": "work",
        "independent": True,
        "surplus": False,
        "weight": 1.0,
        "rationale": "It is short.",
    }
    assert (by_kind["judge"]["annotator"], by_kind["judge"]["ranking"]) == ("gpt", "a=b")
    assert by_kind["judge"]["weight"] == 0.0  # a person has labelled it
    few = exports.build(project, "labels", tmp_path / "few", min_labels=2)
    assert few.rows == 2
    with pytest.raises(exports.ExportError, match="nothing to export"):
        exports.build(project, "labels", tmp_path / "none", min_labels=3)


def test_nothing_in_a_release_names_a_person(tmp_path: Path) -> None:
    project = make_project()
    person = make_person(project, email="wilhelmina.secret@example.org")
    person.user.name = "Wilhelmina Geheim"  # type: ignore[union-attr]
    person.user.save()  # type: ignore[union-attr]
    imported = Annotator.objects.create(
        project=project, kind="human", name="PROLIFIC-77", external_id="PROLIFIC-77"
    )
    imported.pools.add(project.pools.get())
    comparison = make_comparison(project)
    for annotator in (person, imported):
        answer(annotator, comparison, "a>b", 1, rationale="Ask me at wilhelmina.secret@example.org.")
    for format in exports.FORMATS:
        release = exports.build(project, format, tmp_path / format)
        told = str(all_rows(release)) + "".join(
            (tmp_path / format / name).read_text() for name in ("README.md", "manifest.json")
        )
        for secret in ("wilhelmina", "geheim", "prolific"):
            assert secret not in told.lower()


def test_reasons_that_the_criterion_does_not_offer_are_told_with_the_rationales_only(tmp_path: Path) -> None:
    project = make_project()
    Criterion.objects.filter(project=project).update(reasons=["short"])
    answer(make_person(project), make_comparison(project), "a>b", 1, reasons=("short",))
    written = ["short", "Ask me at wilhelmina@example.org."]  # as an import stores them
    Rationale.objects.update(reasons=written)
    [plain] = read(exports.build(project, "labels", tmp_path / "plain"), "labels")
    [told] = read(exports.build(project, "labels", tmp_path / "told", rationales=True), "labels")
    assert (plain["reasons"], told["reasons"]) == (["short"], ["short", "Ask me at [removed]."])


def test_a_pseudonym_is_of_its_release_and_the_same_when_that_is_built_again(tmp_path: Path) -> None:
    project, other = sample([1]), sample([1])

    def name(of: Project, folder: str) -> str:
        return str(read(exports.build(of, "labels", tmp_path / folder), "labels")[0]["annotator"])

    first, again, elsewhere = name(project, "a"), name(project, "b"), name(other, "c")
    sample([2], project)
    assert first == again
    assert len({first, elsewhere, name(project, "d")}) == 3


def test_releases_are_numbered_by_project_and_never_overwritten(tmp_path: Path) -> None:
    project, other = sample([1]), sample([1])
    assert [exports.build(project, "labels", tmp_path / name).number for name in "ab"] == [1, 2]
    assert exports.build(other, "labels", tmp_path / "c").number == 1
    before = (tmp_path / "a" / "manifest.json").read_bytes()
    with pytest.raises(exports.ExportError, match="is not an empty folder; a release is never overwritten"):
        exports.build(project, "labels", tmp_path / "a")
    assert (tmp_path / "a" / "manifest.json").read_bytes() == before
    (tmp_path / "empty").mkdir()
    assert exports.build(project, "labels", tmp_path / "empty").number == 3


def test_a_failed_export_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = sample([1, 2])

    def full(*args: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(building, "card", full)
    with pytest.raises(exports.ExportError, match="No space left on device"):
        exports.build(project, "trl-preference", tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
    assert not Release.objects.exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"format": "axolotl"},
            "'axolotl' is not available in this version; there are: trl-preference, trl-kto, openrlhf",
        ),
        ({"criterion": "kind"}, "has no criterion 'kind'; it has: overall"),
        ({"file_type": "arrow"}, "'arrow' is not one of parquet, jsonl, csv"),
        ({"file_type": "csv"}, "only labels fits into CSV"),
        ({"source": "friends"}, "'friends' is not one of routed, human"),
        ({"ties": "toss"}, "'toss' is not one of drop, soft"),
        ({"consensus": "oracle"}, "'oracle' is not one of majority"),
        ({"min_agreement": 2.0}, "min-agreement must be from -1 to 1"),
        ({"min_labels": 0}, "min-labels must be at least 1"),
        ({"min_probability": 1.5}, "min-probability must be from 0 to 1"),
        ({"test_share": 1.0}, "test-share must be at least 0 and below 1"),
        ({"format": "labels", "min_probability": 0.5}, "does not apply to the labels format"),
        ({"rationales": True}, "part of the formats labels and multipref only"),
        ({"min_labels": 2}, "nothing to export.*too_few_votes 1"),
    ],
)
def test_what_cannot_be_built_is_refused_in_one_line(
    options: dict[str, Any], message: str, tmp_path: Path
) -> None:
    chosen = {"format": "trl-preference"} | options
    with pytest.raises(exports.ExportError, match=message) as refused:
        exports.build(sample([1]), chosen.pop("format"), tmp_path / "out", **chosen)
    assert "\n" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_the_command_prints_the_contracts_keys(tmp_path: Path, capsys: Any) -> None:
    project = sample([1, 2, 3])
    out = tmp_path / "deep" / "out"
    call_command("export", project.slug, "--format", "trl-preference", "--out", str(out), "--json")
    printed = json.loads(capsys.readouterr().out)
    assert printed["release"] == 1
    assert (printed["path"], printed["rows"]) == (str(out), 3)
    assert printed["files"] == ["overall/train-00000-of-00001.parquet"]
    assert printed["sha256"] == Release.objects.get().sha256
    with pytest.raises(CommandError, match="never overwritten"):
        call_command("export", project.slug, "--format", "labels", "--out", str(out))


def test_the_card_describes_the_files_as_they_are(tmp_path: Path) -> None:
    project = sample(list(range(8)))
    Project.objects.filter(pk=project.pk).update(name='A "quoted": name\n---\nlicense: mit')
    project.refresh_from_db()
    for format in exports.FORMATS:
        release = exports.build(project, format, tmp_path / format, test_share=0.4)
        head = yaml.safe_load((tmp_path / format / "README.md").read_text().split("---\n")[1])
        assert head["pretty_name"] == 'A "quoted": name --- license: mit'
        assert "license" not in head
        for config, info in zip(head["configs"], head["dataset_info"], strict=True):
            files = [f for f in release.manifest["files"] if f["config"] == config["config_name"]]
            for entry in config["data_files"]:
                matched = {
                    str(p.relative_to(tmp_path / format)) for p in (tmp_path / format).glob(entry["path"])
                }
                assert matched == {f["path"] for f in files if f["split"] == entry["split"]}
            schema: pa.Schema = pq.read_schema(tmp_path / format / files[0]["path"])
            assert [feature["name"] for feature in info["features"]] == schema.names


def test_the_manifest_tells_how_the_release_came_about(tmp_path: Path) -> None:
    project = sample([1, 2])
    made = exports.build(project, "trl-preference", tmp_path / "out", min_probability=0.5).manifest
    assert (made["release"], made["project"]["slug"], made["rows"]) == (1, project.slug, 2)
    assert made["options"]["min_probability"] == 0.5
    assert (made["criteria"][0]["name"], made["criteria"][0]["ranking"]) == ("overall", "full")
    assert [guidelines["version"] for guidelines in made["guidelines"]] == [1]
    assert made["agreement"][0]["labels"] == {"human": 2, "judge": 0}
    assert made["tandem"] != "unknown"

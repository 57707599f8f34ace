"""`--media FOLDER` takes the files that lines name into the project, and refuses what leads elsewhere."""

import base64
import json
import os
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from annotation import media
from annotation.imports import Unreadable, load_comparisons, load_labels
from annotation.models import Comparison, MediaFile, Project
from tests.factories import make_project

from .test_media import TAKEN, png

pytestmark = pytest.mark.django_db

PICTURE, SOUND = png(), TAKEN["audio/wav"][0] + bytes(40)


@pytest.fixture
def project() -> Project:
    return make_project()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    (folder / "sounds").mkdir(parents=True)
    (folder / "a.png").write_bytes(PICTURE)
    (folder / "sounds" / "b.wav").write_bytes(SOUND)
    (folder / "page.svg").write_bytes(b"<svg/>")
    (tmp_path / "outside.png").write_bytes(png(3, 3))
    (folder / "leads-out.png").symlink_to(tmp_path / "outside.png")
    (folder / "stays-in.png").symlink_to(folder / "a.png")
    (folder / "loop.png").symlink_to(folder / "loop.png")
    os.mkfifo(folder / "pipe.png")
    return folder


def line(**fields: Any) -> dict[str, Any]:
    return {"id": "q1", "prompt": "Which?", "response_a": "One.", "response_b": "Two."} | fields


def load(project: Project, folder: Path, *lines: dict[str, Any], media: bool = True, **options: Any) -> Any:
    path = folder.parent / "lines.jsonl"
    path.write_text("\n".join(json.dumps(one) for one in lines))
    return load_comparisons(project, [path], media=folder if media else None, **options)


def reference_to(data: bytes) -> str:
    return f"media:{MediaFile.objects.get(size=len(data)).sha256}"


def test_paths_in_media_lists_become_references(project: Project, folder: Path) -> None:
    report = load(project, folder, line(media_a=["a.png", {"url": "sounds/b.wav", "alt": "A gong."}]))
    assert (report.added, report.errors) == (1, [])
    first, second = Comparison.objects.get().responses.all()
    assert first.media == [reference_to(PICTURE), {"url": reference_to(SOUND), "alt": "A gong."}]
    assert second.media == []
    row, file = media.open_file(project, first.media[0].removeprefix("media:"))
    with file:
        assert file.read() == PICTURE
    assert row.name == "a.png"


def test_paths_in_parts_of_every_chat_of_a_line_become_references(project: Project, folder: Path) -> None:
    def chat(role: str) -> list[dict[str, Any]]:
        return [
            {
                "role": role,
                "content": [
                    {"type": "text", "text": "Look."},
                    {"type": "image_url", "image_url": {"url": "a.png"}},
                    {"type": "input_audio", "input_audio": {"url": "sounds/b.wav"}},
                ],
            }
        ]

    responses = [{"messages": chat("assistant"), "context": chat("user"), "media": ["a.png"]}, "Two."]
    lines = [
        {"id": "q1", "prompt": chat("user"), "responses": responses},
        {"id": "q2", "prompt": chat("user"), "chosen": chat("assistant"), "rejected": "None of it."},
        line(id="q3", response_a=chat("assistant"), context_a=chat("user")),
    ]
    lines[1]["rejected"] = [{"role": "assistant", "content": "None of it."}]
    report = load(project, folder, *lines)
    assert report.errors == []
    kept = json.dumps(
        [
            [one.prompt, [[r.messages, r.context, r.media] for r in one.responses.all()]]
            for one in Comparison.objects.all()
        ]
    )
    assert "a.png" not in kept
    assert "b.wav" not in kept
    assert kept.count(reference_to(PICTURE)) == 8
    assert kept.count(reference_to(SOUND)) == 7
    assert MediaFile.objects.count() == 2, "the same file is kept once"


def test_the_content_decides_and_not_the_name(project: Project, folder: Path) -> None:
    """The same line is `unchanged` when its picture moves, and refused when its picture is another one."""
    assert load(project, folder, line(media_a=["a.png"])).added == 1
    (folder / "a.png").rename(folder / "moved.png")
    assert load(project, folder, line(media_a=["moved.png"])).unchanged == 1
    (folder / "moved.png").write_bytes(png(shade=9))
    report = load(project, folder, line(media_a=["moved.png"]))
    assert report.refused == 1
    assert "known with other content" in report.errors[0]["message"]


def test_data_addresses_and_bare_base64_are_stored_too(project: Project, folder: Path) -> None:
    packed = base64.b64encode(PICTURE).decode()
    part = {"type": "input_audio", "input_audio": {"data": base64.b64encode(SOUND).decode(), "format": "wav"}}
    prompt = [{"role": "user", "content": [part]}]
    assert load(project, folder, line(prompt=prompt, media_a=[f"data:image/png;base64,{packed}"])).added == 1
    comparison = Comparison.objects.get()
    assert comparison.responses.first().media == [reference_to(PICTURE)]
    assert comparison.prompt[0]["content"][0]["input_audio"]["data"] == reference_to(SOUND)


def test_addresses_on_the_web_and_references_stay_as_they_are(project: Project, folder: Path) -> None:
    there = ["https://cdn.example.org/a.png", "HTTP://example.org/b.mp3", "media:" + "0" * 64]
    assert load(project, folder, line(media_a=there)).added == 1
    assert Comparison.objects.get().responses.first().media == there


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("missing.png", "the file 'missing.png' is not in the media folder"),
        ("../outside.png", "leads out of the media folder"),
        ("sounds/../../outside.png", "leads out of the media folder"),
        ("leads-out.png", "leads out of the media folder"),
        ("/etc/hostname", "leads out of the media folder"),
        ("sounds", "is not in the media folder"),
        ("pipe.png", "is not in the media folder"),
        ("loop.png", "the file 'loop.png' is a link that leads back to itself"),
        ("loop.png/a.png", "leads back to itself"),
        ("", "is not in the media folder"),
        ("page.svg", "the file 'page.svg' is no picture, sound or film of an allowed kind"),
        ("file:///etc/passwd", "expected a path inside the media folder"),
        ("ftp://example.org/a.png", "expected a path inside the media folder"),
        ("javascript:alert(1)", "expected a path inside the media folder"),
        ("data:image/svg+xml,<svg/>", "the data is no picture"),
        ("data:image/png;base64,@@@", "not valid base64"),
        ("data:image/png;base64", "the data is empty"),
        ("media:abc", "expected a path inside the media folder"),
        ("x/" * 3000, "cannot be read"),
    ],
)
def test_what_cannot_be_taken_refuses_the_line_and_says_where(
    project: Project, folder: Path, address: str, message: str
) -> None:
    report = load(project, folder, line(id="q0"), line(media_a=["a.png", address]))
    (error,) = report.errors
    assert (error["line"], error["field"]) == (2, "media_a[1]")
    assert message in error["message"]
    assert report.added == 0
    assert not MediaFile.objects.exists(), "nothing of the file was imported"


def test_good_lines_of_a_file_with_bad_ones_bring_their_media(project: Project, folder: Path) -> None:
    part = {"type": "image_url", "image_url": {"url": "none.png"}}
    bad = line(id="q2", prompt=[{"role": "user", "content": [part]}])
    report = load(project, folder, line(media_a=["a.png"]), bad, skip_bad=True)
    assert (report.added, report.refused) == (1, 1)
    assert report.errors[0]["field"] == "prompt[0].content[0]"
    assert MediaFile.objects.count() == 1


def test_without_the_option_nothing_is_opened(project: Project, folder: Path) -> None:
    assert load(project, folder, line(media_a=["a.png", "../outside.png"]), media=False).added == 1
    assert Comparison.objects.get().responses.first().media == ["a.png", "../outside.png"]
    assert not MediaFile.objects.exists()


def test_the_command_takes_a_folder(project: Project, folder: Path) -> None:
    path = folder.parent / "lines.jsonl"
    path.write_text(json.dumps(line(media_b=["sounds/b.wav"])))
    out = StringIO()
    call_command("import_comparisons", project.slug, path, media=folder, json=True, stdout=out)
    assert json.loads(out.getvalue())["added"] == 1
    assert MediaFile.objects.get(project=project).content_type == "audio/wav"
    with pytest.raises(CommandError, match="is no folder"):
        call_command("import_comparisons", project.slug, path, media=folder / "a.png")
    with pytest.raises(Unreadable, match="is no folder"):
        load_comparisons(project, [path], media=folder / "nowhere")
    with pytest.raises(CommandError, match="unrecognized arguments"):
        call_command("import_labels", project.slug, str(path), "--media", str(folder))
    assert load_labels(project, [path]).added == 0


def test_the_same_question_about_another_picture_is_another_group(project: Project, folder: Path) -> None:
    def asked(number: int, url: str) -> dict[str, Any]:
        content = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": url}}]
        return line(id=f"q{number}", prompt=[{"role": "user", "content": content}])

    assert (
        load(
            project, folder, asked(1, "a.png"), asked(2, "stays-in.png"), asked(3, "https://e.example/x")
        ).added
        == 3
    )
    first, second, third = Comparison.objects.order_by("external_id").values_list("group", flat=True)
    assert first == second != third


def test_a_picture_alone_is_an_answer(project: Project, folder: Path) -> None:
    part = {"type": "image_url", "image_url": {"url": "a.png"}}
    drawn = [{"role": "assistant", "content": [part]}]
    load(
        project,
        folder,
        line(response_a=drawn),
        line(id="q2", response_a=[{"role": "assistant", "content": []}]),
    )
    fit = dict(Comparison.objects.values_list("external_id", "fit"))
    assert fit == {"q1": True, "q2": False}


@pytest.mark.parametrize(
    ("content", "field", "message"),
    [
        ([7], "prompt[0].content[0]", "expected an object with a type, found the number 7"),
        ([{"text": "x"}], "prompt[0].content[0]", "expected an object with a type"),
        ([{"type": "text"}], "prompt[0].content[0].text", "expected a text, found nothing"),
        (None, "prompt[0].content", "expected a text or a list of parts, found null"),
        ({"type": "text"}, "prompt[0].content", "expected a text or a list of parts, found an object"),
    ],
)
def test_malformed_parts_are_refused(
    project: Project, folder: Path, content: Any, field: str, message: str
) -> None:
    report = load(project, folder, line(prompt=[{"role": "user", "content": content}]), media=False)
    assert report.errors[0]["field"] == field
    assert message in report.errors[0]["message"]


def test_a_message_that_calls_a_tool_needs_no_words(project: Project, folder: Path) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "look_up", "arguments": '{"word": "clip"}'}}
    said = [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "1", "content": '{"meaning": "a fastener"}'},
        {"role": "assistant", "content": "A fastener."},
    ]
    assert load(project, folder, line(response_a=said), media=False).added == 1
    assert Comparison.objects.get().responses.first().messages == said

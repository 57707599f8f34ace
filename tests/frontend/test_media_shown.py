"""What a page loads: the project's own media, and those on hosts that its owner allows at this moment."""

import io
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from annotation import media
from annotation.models import Comparison, Project, Rendering
from frontend.policy import is_origin, origin_of
from frontend.project_file import ProjectFileError, apply
from frontend.rendering import content_of, with_media
from frontend.rendering.pictures import size_of
from tests.annotation.test_media import TAKEN, png
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db

CDN = "https://cdn.example.org"


def stored(project: Project, data: bytes) -> str:
    return f"media:{media.store(project, 'x', io.BytesIO(data)).sha256}"


def shown(comparison: Comparison) -> str:
    """The first response as a page shows it now; its second message, if there is one, too."""
    loaded = Comparison.objects.select_related("rendering", "project").get(pk=comparison.pk)
    side = with_media(content_of(loaded), loaded.project)["responses"][0]
    return "\n".join(turn["html"] for turn in side["context"] + side["turns"])


def comparison_with(project: Project, text: str = "", **fields: Any) -> Comparison:
    comparison = make_comparison(project, text, "Two.")
    comparison.responses.filter(position=0).update(**fields)
    return comparison


def test_a_picture_of_ours_stands_in_the_text_with_its_words_and_its_size() -> None:
    project = make_project()
    address = stored(project, png(640, 480))
    html = shown(comparison_with(project, f'See:\n\n![A red <barn> & "hay"]({address})'))
    src = reverse("media", args=[project.slug, address.removeprefix("media:")])
    assert f'<img src="{src}" alt="A red &lt;barn&gt; &amp; &quot;hay&quot;" width="640" height="480"' in html
    assert 'loading="lazy"' in html
    assert "media:" not in html


@pytest.mark.parametrize(
    ("content_type", "tag"),
    [("audio/wav", "audio"), ("audio/mpeg", "audio"), ("video/mp4", "video"), ("video/webm", "video")],
)
def test_sound_and_film_get_controls_and_are_not_fetched_before_they_are_played(
    content_type: str, tag: str
) -> None:
    project = make_project()
    html = shown(comparison_with(project, f"![A gong.]({stored(project, TAKEN[content_type][0])})"))
    (element,) = re.findall(rf"<{tag} [^>]*></{tag}>", html)
    assert 'aria-label="A gong."' in element
    assert " controls " in element
    assert f'preload="{"none" if tag == "audio" else "metadata"}"' in element


def test_media_lists_and_parts_of_every_kind_are_shown() -> None:
    project = make_project()
    picture, sound = stored(project, png(1, 2)), stored(project, TAKEN["audio/ogg"][0])
    parts = [
        {"type": "text", "text": "First **words**."},
        {"type": "image_url", "image_url": {"url": picture}},
        {"type": "text", "text": "Then more."},
        {"type": "input_audio", "input_audio": {"data": sound, "format": "ogg"}},
    ]
    html = shown(
        comparison_with(
            project,
            messages=[{"role": "assistant", "content": parts}],
            context=[{"role": "user", "content": [{"type": "image", "image": picture}]}],
            media=[sound, {"url": picture, "alt": "A map."}],
        )
    )
    assert re.findall("<img|<audio|words|more", html) == [
        "<img", "words", "<img", "more", "<audio", "<audio", "<img",
    ]  # fmt: skip
    assert 'alt="A map."' in html
    assert 'alt="Picture without a description"' in html


def test_a_file_that_the_project_does_not_have_stays_words() -> None:
    project, other = make_project(), make_project()
    address = stored(other, png(5, 5, 77))
    comparison = comparison_with(project, f"![A barn]({address}) ![](media:../../secret_key)")
    html = shown(comparison)
    assert "<img" not in html
    assert f"[A barn, {address}]" in html
    stored(project, png(5, 5, 77))
    assert "<img" in shown(comparison), "and is there as soon as the project has it, without rendering anew"


def test_another_host_is_contacted_only_while_the_owner_allows_it() -> None:
    project = make_project()
    comparison = comparison_with(
        project, f"![A barn]({CDN}/a.png) ![]({CDN}/b.MP3?x=1&y) ![]({CDN}/c.webm#t=3)"
    )
    assert "<img" not in shown(comparison)
    assert f"[A barn, {CDN}/a.png]" in shown(comparison)
    made = Rendering.objects.get().content

    Project.objects.filter(pk=project.pk).update(media_hosts=[CDN])
    html = shown(comparison)
    assert f'<img src="{CDN}/a.png" alt="A barn" loading="lazy"' in html
    assert f'<audio src="{CDN}/b.MP3?x=1&amp;y"' in html
    assert f'<video src="{CDN}/c.webm#t=3"' in html

    Project.objects.filter(pk=project.pk).update(media_hosts=["https://other.example.org"])
    assert not re.search("<img|<audio|<video", shown(comparison))
    assert Rendering.objects.get().content == made, "what is kept never changed"


@pytest.mark.parametrize(
    "address",
    [
        "http://cdn.example.org/a.png", "https://cdn.example.org.evil.example/a.png",
        "https://cdn.example.org@evil.example/a.png", "https://evil.example/https://cdn.example.org/a.png",
        "https://evil.example\\@cdn.example.org/a.png", "https://cdn.example.org:8443/a.png",
        "//cdn.example.org/a.png", "https:cdn.example.org/a.png", "https://cdn.example.org\\.evil.example/",
        "https:///cdn.example.org/a.png", "https://sub.cdn.example.org/a.png",
        "https://cdn.example.org./a.png", "javascript:alert(1)//https://cdn.example.org/", "https://cdn.example.orgx",
    ],
)  # fmt: skip
def test_an_address_that_only_looks_allowed_is_not(address: str) -> None:
    project = make_project(media_hosts=[CDN])
    comparison = comparison_with(project, f"![x](<{address}>)", media=[address])
    assert not re.search(r"<img|<audio|<video", shown(comparison))


def test_an_allowed_address_cannot_break_out_of_its_attribute() -> None:
    project = make_project(media_hosts=[CDN])
    evil = f'{CDN}/a.png"onerror="alert(1)'
    html = shown(
        comparison_with(project, f'!["onload="x]({CDN}/<b>.png)', media=[evil, {"url": evil, "alt": '">'}])
    )
    (tags,) = [re.findall(r"<img ([^>]*)>", html)]
    for tag in tags:
        names = re.findall(r'([\w-]+)="[^"]*"', tag)
        assert set(names) <= {"src", "alt", "loading", "decoding"}, tag
    assert len(tags) == 3


def test_words_in_a_text_never_become_an_element() -> None:
    project = make_project(media_hosts=[CDN])
    mark = f'<span class="absent" data-alt="x" data-media="{CDN}/a.png">[x]</span>'
    for text in (
        mark,
        f"`{mark}`",
        f"```html\n{mark}\n```",
        f"    {mark}",
        f"$\\text{{{mark}}}$",
        f"[x]({mark})",
    ):
        assert "<img" not in shown(comparison_with(project, text)), text
    tool = [{"role": "tool", "content": mark}, {"role": "assistant", "content": "x"}]
    assert "<img" not in shown(comparison_with(project, messages=tool))


def test_a_data_address_is_not_shown_in_full() -> None:
    html = shown(
        comparison_with(make_project(media_hosts=[CDN]), media=["data:image/png;base64," + "A" * 9999])
    )
    assert "data:image/png" in html
    assert len(html) < 500


def test_a_file_in_base64_alone_is_not_shown_in_full_either() -> None:
    """As a line imported without a media folder holds it."""
    part = {"type": "input_audio", "input_audio": {"data": "UklGRg" * 5000, "format": "wav"}}
    html = shown(comparison_with(make_project(), messages=[{"role": "assistant", "content": [part]}]))
    assert "[UklGRgUklGRg" in html
    assert len(html) < 500


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        (CDN, CDN),
        ("HTTPS://CDN.Example.ORG:443/a", CDN),
        ("https://cdn.example.org:8443?x", "https://cdn.example.org:8443"),
        ("https://10.0.0.7/x", "https://10.0.0.7"),
        ("https://xn--bcher-kva.example#x", "https://xn--bcher-kva.example"),
        ("https://bücher.example/", None),
        ("https://localhost/", None),
        ("https://*.example.org/", None),
        ("https://a.example;script-src *", None),
        ("https://a.example, b.example", None),
        ("ftp://a.example/", None),
    ],
)
def test_origins_have_one_form(text: str, origin: str | None) -> None:
    assert origin_of(text) == origin
    assert is_origin(text) == (text == origin)


@pytest.mark.parametrize(
    "host", ["https://cdn.example.org/", "https://a.example; script-src *", 7, None, ["x"]]
)
def test_pages_allow_the_owners_hosts_and_nothing_that_hides_among_them(client: Client, host: Any) -> None:
    project = make_project(media_hosts=[CDN, host])
    comparison = make_comparison(project)
    client.force_login(make_person(project, role="owner").user)  # type: ignore[arg-type]
    response = client.get(reverse("comparison", args=[project.slug, comparison.pk]))
    policy = dict(part.split(" ", 1) for part in response.headers["Content-Security-Policy"].split("; "))
    assert policy["img-src"] == policy["media-src"] == f"'self' {CDN}"
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    elsewhere = client.get(reverse("comparisons", args=[project.slug])).headers["Content-Security-Policy"]
    assert CDN not in elsewhere


def test_showing_media_costs_no_statement(django_assert_num_queries: Any) -> None:
    project = make_project(media_hosts=[CDN])
    text = f"![]({stored(project, png())}) ![]({CDN}/a.png) ![](media:{'0' * 64})"
    comparison = comparison_with(project, text)
    shown(comparison)
    with django_assert_num_queries(1):  # the comparison with its rendering and project
        assert "<img" in shown(comparison)


@pytest.mark.parametrize(
    ("head", "size"),
    [
        (png(640, 480), (640, 480)),
        (b"GIF89a\x40\x01\xf0\x00", (320, 240)),
        (b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x7f\x02\0\xdf\x01\0", (640, 480)),
        (b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f\x7f\xc2\x77\0", (640, 480)),
        (b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x80\x02\xe0\x01", (640, 480)),
        (
            b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xc4\0\x04xx\xff\xc2\0\x11\x08\x01\xe0\x02\x80\3",
            (640, 480),
        ),
        (png()[:20], None),
        (b"\xff\xd8\xff\xe0\xff\xff" + b"\0" * 40, None),
        (b"\xff\xd8" + b"\xff\xe0\0\0" * 40, None),
        (png(0, 5), None),
        (b"", None),
        (b"OggS", None),
    ],
)
def test_a_pictures_size_is_read_from_its_first_bytes(head: bytes, size: tuple[int, int] | None) -> None:
    assert size_of(head) == size


def test_the_project_file_names_hosts_by_their_origin() -> None:
    hosts = [CDN, "https://a.example:8443", CDN]
    project, _ = apply({"slug": "p", "media_hosts": hosts})
    assert project.media_hosts == hosts[:2]
    assert apply({"slug": "p"})[0].media_hosts == hosts[:2], "what is not named stays"
    assert apply({"slug": "p", "media_hosts": None})[0].media_hosts == []


@pytest.mark.parametrize(
    "host",
    [
        "http://cdn.example.org",
        "https://cdn.example.org/",
        "https://*.example.org",
        "cdn.example.org",
        "*",
        7,
        None,
    ],
)
def test_the_project_file_says_which_host_is_none(host: Any) -> None:
    with pytest.raises(ProjectFileError, match=r"media_hosts\[2\] must be an https origin"):
        apply({"slug": "p", "media_hosts": [CDN, host]})
    assert not Project.objects.filter(slug="p").exists()

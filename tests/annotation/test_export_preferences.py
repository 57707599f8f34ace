"""`trl-preference` read back from its files: every preference, and what must not be trained on."""

from pathlib import Path

import pytest

from annotation import exports
from annotation.models import Comparison, Criterion, Project, Response
from annotation.projects import touch
from tests.annotation.releases import read, removed, sample
from tests.annotation.voting import answer, decide, make_judge
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db


def test_a_preference_comes_out_as_chat_messages(tmp_path: Path) -> None:
    project = make_project()
    comparison = make_comparison(project, "Blue.", "It scatters blue light.", prompt="Why is the sky blue?")
    answer(make_person(project), comparison, "b>a", 2)
    answer(make_person(project), comparison, "b>a", 1)
    answer(make_person(project), comparison, "a=b")
    release = exports.build(project, "trl-preference", tmp_path / "out")
    assert read(release) == [
        {
            "prompt": [{"role": "user", "content": "Why is the sky blue?"}],
            "chosen": [{"role": "assistant", "content": "It scatters blue light."}],
            "rejected": [{"role": "assistant", "content": "Blue."}],
            "chosen_prob": round(2 / 3, 6),
            "margin": round((2 + 1 + 0) / 3 / 3, 6),
            "n_votes": 3,
            "comparison": comparison.external_id,
            "criterion": "overall",
        }
    ]


def test_earlier_messages_that_differ_put_whole_conversations_into_files_of_their_own(tmp_path: Path) -> None:
    project = sample([1])
    comparison = make_comparison(project, "Shorter: no.", "Shorter: yes.", prompt="Say it shorter.")
    first = {"role": "user", "content": "Is it late?"}
    for response, said in zip(comparison.responses.all(), ("No, it is early.", "Yes, it is."), strict=True):
        response.context = [first, {"role": "assistant", "content": said}]
        response.save()
    answer(make_person(project), comparison, "b>a", 1)
    release = exports.build(project, "trl-preference", tmp_path / "out")
    assert len(read(release)) == 1
    [row] = read(release, "overall.implicit")
    assert "prompt" not in row
    assert [message["content"] for message in row["chosen"]] == [
        "Is it late?",
        "Yes, it is.",
        "Say it shorter.",
        "Shorter: yes.",
    ]
    assert [message["content"] for message in row["rejected"]][1] == "No, it is early."


def test_earlier_messages_that_both_sides_share_belong_to_the_prompt(tmp_path: Path) -> None:
    project = make_project()
    comparison = make_comparison(project, prompt="And now?")
    shared = [{"role": "user", "content": "Hello."}, {"role": "assistant", "content": "Hello to you."}]
    Response.objects.filter(comparison=comparison).update(context=shared)
    answer(make_person(project), comparison, "a>b", 1)
    [row] = read(exports.build(project, "trl-preference", tmp_path / "out"))
    assert row["prompt"] == [*shared, {"role": "user", "content": "And now?"}]


def test_a_ranking_gives_every_strictly_ordered_pair(tmp_path: Path) -> None:
    project = make_project()
    comparison = make_comparison(project, "Red.", "Green.", "Blue.", "Grey.")
    answer(make_person(project), comparison, "a>b=c>d")
    answer(make_person(project), comparison, "a>b>c>d")
    answer(make_person(project), comparison, "a>c>b>d")
    release = exports.build(project, "trl-preference", tmp_path / "out")
    ordered = {(row["chosen"][0]["content"], row["rejected"][0]["content"]) for row in read(release)}
    assert ordered == {
        ("Red.", "Green."),
        ("Red.", "Blue."),
        ("Red.", "Grey."),
        ("Green.", "Grey."),
        ("Blue.", "Grey."),
    }
    assert removed(release) == {"tie": 1}
    assert {(row["chosen_prob"], row["margin"], row["n_votes"]) for row in read(release)} == {(1.0, 0.0, 3)}


def ask_for(project: Project, ranking: str) -> None:
    """From now on the project's criteria ask for this kind of ranking."""
    project.criteria.update(ranking=ranking)
    touch(project)


def test_a_rankings_pair_rests_on_the_votes_that_compared_it(tmp_path: Path) -> None:
    project = make_project()
    comparison = make_comparison(project, "Red.", "Green.", "Blue.")
    answer(make_person(project), comparison, "a>b>c")
    ask_for(project, "top-1")
    for _ in range(2):
        answer(make_person(project), comparison, "a>b~c")
    every = exports.build(project, "trl-preference", tmp_path / "every")
    votes = {
        (row["chosen"][0]["content"], row["rejected"][0]["content"]): row["n_votes"] for row in read(every)
    }
    assert votes == {("Red.", "Green."): 3, ("Red.", "Blue."): 3, ("Green.", "Blue."): 1}
    some = exports.build(project, "trl-preference", tmp_path / "some", min_labels=2)
    assert {row["n_votes"] for row in read(some)} == {3}
    assert removed(some) == {"too_few_votes": 1}


def test_pairs_that_the_votes_tie_or_contradict_stay_out(tmp_path: Path) -> None:
    project = make_project()
    unseen = make_comparison(project, "One.", "Two.", "Three.", "Four.", external_id="unseen")
    ask_for(project, "best-worst")
    answer(make_person(project), unseen, "a>b~c>d")
    ask_for(project, "full")
    torn = make_comparison(project, "Red.", "Green.", "Blue.", external_id="torn")
    for ranking in ("a>b>c", "a>b>c", "b>c>a"):  # level by mean place
        answer(make_person(project), torn, ranking)
    outvoted = make_comparison(project, "X.", "Y.", "Z.", external_id="outvoted")
    for ranking in ("a>b>c", "a>b>c", "a>b>c", "b>c>a", "b>c>a"):  # b leads by mean place, a beats b 3 to 2
        answer(make_person(project), outvoted, ranking)
    release = exports.build(project, "trl-preference", tmp_path / "out")
    # Nobody compared the middle of the best-worst: that is no tie.
    assert removed(release) == {"not_compared": 1, "tie": 1, "outvoted": 1}
    examples = {e["reason"]: e["examples"] for e in release.manifest["filters"][0]["removed"]}
    assert examples == {"not_compared": ["unseen"], "tie": ["torn"], "outvoted": ["outvoted"]}


def test_what_a_trainer_would_swallow_stays_out_and_is_counted(tmp_path: Path) -> None:
    project = make_project()
    person, other = make_person(project), make_person(project)
    good = make_comparison(project, external_id="good")
    cases = {
        "tie": ("a=b",),
        "both_bad": ("both_bad",),
        "unresolved": ("a>b", "b>a"),
        "unfit": ("a>b",),
        "no_votes": (),
        "identical_text": ("a>b",),
        "empty_text": ("a>b",),
        "prompt_repeated": ("a>b",),
        "not_text": ("a>b",),
    }
    for reason, rankings in cases.items():
        comparison = make_comparison(project, external_id=reason, prompt="A question.")
        for annotator, ranking in zip((person, other), rankings, strict=False):
            answer(annotator, comparison, ranking)
    answer(person, good, "a>b")
    Comparison.objects.filter(external_id="unfit").update(fit=False)
    for reason, content in (("identical_text", "Clips are made of metal."), ("empty_text", " \n")):
        Response.objects.filter(comparison__external_id=reason, position=0).update(
            messages=[{"role": "assistant", "content": content}]
        )
    asked = [{"role": "user", "content": "A question."}, {"role": "assistant", "content": "An answer."}]
    Response.objects.filter(comparison__external_id="prompt_repeated", position=1).update(messages=asked)
    parts = [{"role": "assistant", "content": [{"type": "text", "text": "An answer in parts."}]}]
    Response.objects.filter(comparison__external_id="not_text", position=1).update(messages=parts)

    release = exports.build(project, "trl-preference", tmp_path / "out")
    assert [row["comparison"] for row in read(release)] == ["good"]
    assert removed(release) == dict.fromkeys(cases, 1)
    assert release.manifest["filters"][0]["read"] == release.rows + len(cases)


@pytest.mark.parametrize(
    ("prompt", "texts", "reason"),
    [
        (" \n\t", ("Yes.", "No."), "empty_prompt"),
        ("\u200b", ("Yes.", "No."), "empty_prompt"),
        ("Is it?", ("Yes.", "Yes. \n"), "identical_text"),
        ("Is it?", ("Yes.", "\ufeffYe\u200bs."), "identical_text"),
        ("Is it?", ("Yes.", "\u200b \u2060"), "empty_text"),
    ],
)
def test_what_cannot_be_seen_is_no_text(
    prompt: str, texts: tuple[str, str], reason: str, tmp_path: Path
) -> None:
    project = sample([1])
    answer(make_person(project), make_comparison(project, *texts, prompt=prompt), "a>b", 1)
    release = exports.build(project, "trl-preference", tmp_path / "out")
    assert (removed(release), release.rows) == ({reason: 1}, 1)


def test_visible_text_is_exported_as_it_is(tmp_path: Path) -> None:
    project = make_project()
    said = " A family: \U0001f468\u200d\U0001f469\u200d\U0001f467\n"
    answer(make_person(project), make_comparison(project, said, "No."), "a>b", 1)
    [row] = read(exports.build(project, "trl-preference", tmp_path / "out"))
    assert row["chosen"][0]["content"] == said


@pytest.mark.parametrize(
    ("roles", "kept"),
    [
        (["assistant"], True),
        (["assistant", "tool", "assistant"], True),
        (["user"], False),
        (["assistant", "user"], False),
        (["assistant", "tool"], False),
        (["tool", "assistant"], False),
        (["assistant", "user", "assistant"], False),
    ],
)
@pytest.mark.parametrize("side", [0, 1])
def test_only_what_a_model_said_is_an_answer(side: int, roles: list[str], kept: bool, tmp_path: Path) -> None:
    project = sample([1, 2])
    Response.objects.filter(comparison__external_id="q1", position=side).update(
        messages=[{"role": role, "content": f"Turn {number}."} for number, role in enumerate(roles)]
    )
    release = exports.build(project, "trl-preference", tmp_path / "out")
    assert removed(release) == ({} if kept else {"not_an_answer": 1})


def test_media_is_not_dropped_in_silence(tmp_path: Path) -> None:
    project = sample([1, 2])
    Response.objects.filter(comparison__external_id="q1").update(media=[{"url": "clip.png"}])
    release = exports.build(project, "trl-preference", tmp_path / "out")
    assert (removed(release), release.rows) == ({"not_text": 1}, 1)


def test_few_votes_and_close_votes_can_be_left_out(tmp_path: Path) -> None:
    project = make_project()
    people = [make_person(project) for _ in range(3)]
    for name, rankings in {
        "lone": ("a>b",),
        "close": ("a>b", "a>b", "b>a"),
        "clear": ("b>a", "b>a", "b>a"),
    }.items():
        comparison = make_comparison(project, external_id=name)
        for person, ranking in zip(people, rankings, strict=False):
            answer(person, comparison, ranking, 1)
    release = exports.build(project, "trl-preference", tmp_path / "out", min_labels=2, min_probability=0.7)
    assert [row["comparison"] for row in read(release)] == ["clear"]
    assert removed(release) == {"too_few_votes": 1, "low_probability": 1}


def test_a_preference_without_strength_has_margin_zero_not_null(tmp_path: Path) -> None:
    project = make_project()
    comparison = make_comparison(project)
    answer(make_person(project), comparison, "a>b")
    answer(make_person(project), comparison, "a>b")
    answer(make_person(project), comparison, "a=b")
    [row] = read(exports.build(project, "trl-preference", tmp_path / "out", file_type="jsonl"))
    assert row["margin"] == 0.0
    assert '"margin":0.0' in next(Path(tmp_path / "out" / "overall").iterdir()).read_text()


def test_a_judges_label_is_exported_where_routing_let_it_stand(tmp_path: Path) -> None:
    project = make_project()
    judge, other = make_judge(project, "named"), make_judge(project, "other")
    sent_to_ai, waiting = make_comparison(project, external_id="ai"), make_comparison(project)
    decide(sent_to_ai, "ai", judge)
    decide(waiting, "human")
    for comparison in (sent_to_ai, waiting):
        answer(judge, comparison, "b>a", 2)
        answer(other, comparison, "a>b", 2)
    [row] = read(exports.build(project, "trl-preference", tmp_path / "out"))
    assert (row["comparison"], row["n_votes"]) == ("ai", 1)
    assert row["chosen"][0]["content"] == "Clips are made of metal."


def test_every_criterion_is_a_configuration_of_its_own(tmp_path: Path) -> None:
    project = make_project()
    Criterion.objects.create(project=project, name="truthful", scale="five-point", position=1)
    comparison = make_comparison(project)
    answer(make_person(project), comparison, "b>a", 2, criterion="truthful")
    answer(make_person(project), make_comparison(project), "a>b", 1)
    release = exports.build(project, "trl-preference", tmp_path / "all")
    assert release.manifest["rows_by_config"] == {"overall": {"train": 1}, "truthful": {"train": 1}}
    assert [row["criterion"] for row in read(release, "truthful")] == ["truthful"]
    only = exports.build(project, "trl-preference", tmp_path / "one", criterion="truthful")
    assert list(only.manifest["rows_by_config"]) == ["truthful"]


@pytest.mark.parametrize("format", exports.FORMATS)
def test_a_criterion_that_people_do_not_agree_on_is_in_no_format(format: str, tmp_path: Path) -> None:
    project = make_project()
    people = [make_person(project) for _ in range(2)]
    for number in range(3):
        comparison = make_comparison(project)
        for person, ranking in zip(people, ("a>b", "b>a" if number else "a>b"), strict=True):
            answer(person, comparison, ranking, 1)
    with pytest.raises(exports.ExportError, match="low_agreement"):
        exports.build(project, format, tmp_path / "out", min_agreement=0.5)

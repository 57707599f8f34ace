"""Guidelines that have to be read: once, the newest only, and what a new version changes."""

from difflib import SequenceMatcher

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotation.guidelines import ChangedLine, acknowledge, acknowledged, diff, to_acknowledge
from annotation.models import Acknowledgement, Annotator, Guidelines, Project
from annotation.permissions import add_member, project_for
from annotation.projects import touch
from tests.factories import make_person, make_project, make_user


def version(project: Project, number: int, text: str) -> Guidelines:
    made = Guidelines.objects.create(project=project, version=number, text=text)
    touch(project)
    return made


def read_by(person: Annotator) -> int | None:
    """What the pages learn about this person when they check their access."""
    access = project_for(
        person.user or AnonymousUser(), person.project.slug, "label", acknowledged=acknowledged()
    )
    read: int | None = access.membership.acknowledged  # type: ignore[attr-defined]
    return read


@pytest.fixture
def project(db: None) -> Project:
    return make_project()


@pytest.fixture
def person(project: Project) -> Annotator:
    return make_person(project, read=False)


def test_guidelines_have_to_be_read_before_the_first_answer(project: Project, person: Annotator) -> None:
    first = project.guidelines_versions.get()
    assert read_by(person) is None
    assert to_acknowledge(project, None) == first


def test_what_was_read_is_not_asked_about_again(project: Project, person: Annotator) -> None:
    first = project.guidelines_versions.get()
    acknowledge(person, first)
    assert read_by(person) == first.pk
    assert to_acknowledge(project, read_by(person)) is None


def test_acknowledging_twice_is_recorded_once(project: Project, person: Annotator) -> None:
    first = project.guidelines_versions.get()
    acknowledge(person, first)
    acknowledge(person, first)
    assert Acknowledgement.objects.count() == 1


def test_a_new_version_has_to_be_read_again(project: Project, person: Annotator) -> None:
    acknowledge(person, project.guidelines_versions.get())
    second = version(project, 2, "Read both responses twice.")
    assert to_acknowledge(project, read_by(person)) == second


def test_only_the_newest_of_several_new_versions_has_to_be_read(project: Project, person: Annotator) -> None:
    version(project, 2, "Two.")
    third = version(project, 3, "Three.")
    assert to_acknowledge(project, read_by(person)) == third
    acknowledge(person, third)
    assert to_acknowledge(project, read_by(person)) is None


def test_the_newest_version_read_is_known_in_whatever_order_they_were_read(
    project: Project, person: Annotator
) -> None:
    second = version(project, 2, "Two.")
    acknowledge(person, second)
    acknowledge(person, project.guidelines_versions.get(version=1))
    assert read_by(person) == second.pk


@pytest.mark.parametrize("text", ["", "  \n\t"])
def test_guidelines_without_a_word_need_no_reading(project: Project, text: str) -> None:
    version(project, 2, text)
    assert to_acknowledge(project, None) is None


def test_a_project_without_guidelines_asks_nothing(project: Project) -> None:
    project.guidelines_versions.all().delete()
    touch(project)
    assert to_acknowledge(project, None) is None


def test_what_others_read_says_nothing_about_me(project: Project, person: Annotator) -> None:
    acknowledge(make_person(project, read=False), project.guidelines_versions.get())
    assert read_by(person) is None


def test_who_has_not_joined_yet_has_read_nothing(project: Project) -> None:
    user = make_user()
    add_member(project, user, "annotator")
    access = project_for(user, project.slug, "label", acknowledged=acknowledged())
    assert access.membership.annotator is None
    assert access.membership.acknowledged is None  # type: ignore[attr-defined]


def test_guidelines_of_another_project_cannot_be_acknowledged(person: Annotator) -> None:
    elsewhere = make_project().guidelines_versions.get()
    with pytest.raises(ValueError, match="another project"):
        acknowledge(person, elsewhere)


def test_knowing_what_was_read_costs_no_statement_of_its_own(project: Project, person: Annotator) -> None:
    to_acknowledge(project, None)
    with CaptureQueriesContext(connection) as captured:
        to_acknowledge(project, read_by(person))
    assert len(captured) == 1, "the one that checks access"


def changes(old: str, new: str) -> list[tuple[str, str]]:
    found = diff(Guidelines(text=old), Guidelines(text=new, version=2))
    return [(line.kind, line.text) for line in found.lines]


def test_a_line_that_reads_differently_is_shown_before_and_after() -> None:
    old = "# How to judge\n\nRead both.\nLength is not quality."
    new = "# How to judge\n\nRead both to the end.\nLength is not quality."
    assert changes(old, new) == [("removed", "Read both."), ("added", "Read both to the end.")]
    found = diff(Guidelines(text=old), Guidelines(text=new))
    assert (found.changed, found.added, found.removed) == (1, 0, 0)


def test_lines_added_and_removed_are_counted_apart() -> None:
    found = diff(Guidelines(text="One.\nTwo.\nThree."), Guidelines(text="Two.\nThree.\nFour.\nFive."))
    assert found.lines == (
        ChangedLine("removed", "One."),
        ChangedLine("added", "Four."),
        ChangedLine("added", "Five."),
    )
    assert (found.changed, found.added, found.removed) == (0, 2, 1)


def test_blank_lines_and_spaces_at_the_end_are_no_change() -> None:
    assert changes("One.\nTwo.", "One.  \r\n\r\nTwo.\n\n") == []


def test_a_space_at_the_start_is_a_change_because_lists_and_code_depend_on_it() -> None:
    assert changes("- one\n- two", "- one\n  - two") == [("removed", "- two"), ("added", "  - two")]


def test_two_thousand_lines_are_compared_line_by_line_and_not_as_one_block() -> None:
    old = [f"Rule {number}: read it twice." for number in range(2000)]
    new = [*old]
    new[3] = "Rule 3: read it once."
    del new[1500]
    assert changes("\n".join(old), "\n".join(new)) == [
        ("removed", old[3]),
        ("added", new[3]),
        ("removed", old[1500]),
    ]


def test_lines_that_repeat_a_thousand_times_are_compared_in_bounded_steps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The time that a SequenceMatcher takes grows with the cube of what it is given."""
    given: list[int] = []

    def watched(junk: None, before: list[str], after: list[str], autojunk: bool) -> SequenceMatcher[str]:
        given.append(len(before) * len(after))
        return SequenceMatcher(junk, before, after, autojunk)

    monkeypatch.setattr("annotation.guidelines.SequenceMatcher", watched)
    old = ["- yes"] * 2000 + ["Only here."] + ["- no"] * 50
    new = ["- yes", "- no"] * 1000 + ["Only here."] + ["- no"] * 49
    found = diff(Guidelines(text="\n".join(old)), Guidelines(text="\n".join(new)))
    assert (found.changed, found.added, found.removed) == (2000, 0, 1)
    assert max(given) <= 10_000


def test_moved_lines_keep_the_longest_common_order() -> None:
    old = [f"Line {number}." for number in range(200)]
    new = [*old[1:], old[0]]
    assert changes("\n".join(old), "\n".join(new)) == [("removed", old[0]), ("added", old[0])]


def test_the_same_two_versions_are_compared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = Guidelines(text="Compared once."), Guidelines(text="Compared only once.")
    first = diff(old, new)
    monkeypatch.setattr("annotation.guidelines.SequenceMatcher", None)
    assert diff(old, new) == first

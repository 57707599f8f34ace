"""The calibration page: what it says of a judge, its figures and files, and that looking again is cheap."""

import csv
import io
import json
import random

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotation.models import Annotator, AuditEntry, Figures, Label, Project, Response, SoftLabel
from frontend.templatetags.humanise import percent
from frontend.views.judges.calibration import FIGURES
from frontend.views.judges.calibration.sentence import figure_in_words
from llm_judges.calibration import newest
from tests.annotation.test_agreement_details import judge, people, say
from tests.factories import make_comparison, make_project
from tests.frontend.test_judges import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    """Sixty comparisons labelled by three people and by a judge that mostly says the same."""
    project = make_project(scale="three-way", slug="trees")
    label(project, [*people(project, 3), judge(project)], 60)
    return project


def label(project: Project, who: list[Annotator], comparisons: int) -> None:
    rng = random.Random(comparisons)
    for number in range(comparisons):
        comparison = make_comparison(project, prompt=f"Which tree is tall? {number}", category="trees")
        truth = rng.choice(["a>b", "b>a"])
        for one in who:
            said = truth if rng.random() < 0.9 else "a=b"
            say(one, comparison, said, shown=rng.choice(["ab", "ba"]))


def page(client: Client, project: Project, query: str = "") -> str:
    response = client.get(f"/p/{project.slug}/judges/calibration/{query}")
    assert response.status_code == 200
    return response.content.decode()


def part(html: str, key: str) -> str:
    """The section of one figure."""
    return html.split(f'id="{key}"')[1].split("</section>")[0]


def table(client: Client, project: Project, key: str) -> list[dict[str, str]]:
    response = client.get(f"/p/{project.slug}/judges/calibration/{key}.csv")
    return list(csv.DictReader(io.StringIO(response.content.decode())))


def test_it_says_how_often_the_judge_says_what_people_say_and_draws_every_figure(project: Project) -> None:
    html = page(client_of(project, "viewer"), project)
    report = json.loads(
        client_of(project, "viewer").get(f"/p/{project.slug}/judges/calibration/all.json").content
    )
    accuracy = report["criteria"][0]["judges"][0]["against_people"]["accuracy"]
    assert f"{percent(accuracy['value'])} of {accuracy['n']} comparisons" in html
    low, high = accuracy["ci95"]
    assert f"between {percent(low)} and {percent(high)}" in html
    for key in FIGURES:
        assert f'id="{key}"' in html
    assert "style=" not in html


def test_every_figure_has_its_numbers_in_a_file(project: Project) -> None:
    viewer = client_of(project, "viewer")
    [found] = [one.pk for one in Annotator.objects.filter(project=project, kind="judge")]
    for key in FIGURES:
        response = viewer.get(
            f"/p/{project.slug}/judges/calibration/{key}.csv?criterion=overall&judge={found}"
        )
        assert response.status_code == 200
        assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
        head = next(csv.reader(io.StringIO(response.content.decode())))
        assert len(head) == len(set(head)), key
    confusion = viewer.get(f"/p/{project.slug}/judges/calibration/confusion.csv").content.decode()
    assert sum(int(cell) for row in list(csv.reader(io.StringIO(confusion)))[1:] for cell in row[1:]) > 0
    assert viewer.get(f"/p/{project.slug}/judges/calibration/nonsense.csv").status_code == 404


def test_the_headline_stands_apart_for_known_answers_majorities_and_single_people(project: Project) -> None:
    one = Annotator.objects.filter(project=project, kind="human").first()
    the_judge = Annotator.objects.get(project=project, kind="judge")
    assert one is not None
    label(project, [one, the_judge], 25)
    viewer = client_of(project, "viewer")
    report = json.loads(viewer.get(f"/p/{project.slug}/judges/calibration/all.json").content)
    bases = report["criteria"][0]["judges"][0]["by_basis"]
    assert bases["all"]["comparisons"] == bases["majority"]["comparisons"] + 25
    html = part(page(viewer, project), "bases")
    for name, key in (("Most of two or more", "majority"), ("One person alone", "single"), ("Any", "all")):
        assert name in html
        for figure in ("accuracy", "accuracy_without_ties"):
            assert figure_in_words(bases[key][figure]) in html
    rows = table(viewer, project, "bases")
    assert [row["comparisons"] for row in rows] == [
        str(bases[key]["comparisons"]) for key in ("reference", "majority", "single", "all")
    ]
    assert rows[-1]["without_ties_n"] == str(bases["all"]["accuracy_without_ties"]["n"])


def test_models_win_rates_with_the_judge_are_shown_at_equal_length_beside_peoples(project: Project) -> None:
    viewer = client_of(project, "viewer")
    report = json.loads(viewer.get(f"/p/{project.slug}/judges/calibration/all.json").content)
    rates = report["criteria"][0]["judges"][0]["length"]["win_rates"]
    html = part(page(viewer, project), "win-rates")
    for rate, row in zip(rates, table(viewer, project, "win-rates"), strict=True):
        assert f"{figure_in_words(rate['controlled'])}; as they are {percent(rate['raw'])}" in html
        assert f"people {percent(rate['people'])}" in html
        assert (row["model"], float(row["controlled"])) == (rate["model"], rate["controlled"]["value"])
    Response.objects.update(model="")
    Figures.objects.all().delete()
    assert "name different models" in part(page(viewer, project), "win-rates")


def test_too_little_is_said_in_words_and_nothing_breaks() -> None:
    project = make_project()
    viewer = client_of(project, "viewer")
    assert "No judge has labelled anything yet." in page(viewer, project)
    label(project, [*people(project, 2), judge(project)], 2)
    html = page(viewer, project)
    assert "too few" in html or "not computable" in html
    assert "nan" not in html.lower().replace("finance", "")
    bare = make_project()
    bare.criteria.all().delete()
    assert "This project has no criterion yet." in page(client_of(bare, "viewer"), bare)


def test_looking_again_computes_nothing_until_a_label_is_added(project: Project) -> None:
    viewer = client_of(project, "viewer")
    with CaptureQueriesContext(connection) as first:
        page(viewer, project)
    with CaptureQueriesContext(connection) as again:
        before = page(viewer, project)
    assert len(again) < len(first)
    assert len(again) <= 8
    label(project, list(Annotator.objects.filter(project=project)), 10)
    assert page(viewer, project) != before


def test_a_calibration_is_kept_and_put_out_of_use_and_the_log_says_by_whom(project: Project) -> None:
    [found] = Annotator.objects.filter(project=project, kind="judge")
    said = Label.objects.filter(annotator=found)
    SoftLabel.objects.bulk_create(
        SoftLabel(label=one, probabilities={"a": 0.0, "b": 0.0, "tie": 0.0} | {_answer(one): 0.99}, votes=2)
        for one in said
    )
    manager = client_of(project, "manager")

    def press(action: str, of: int = found.pk) -> str:
        chosen = {"judge": of, "criterion": "overall", "action": action}
        address = f"/p/{project.slug}/judges/calibration/keep/"
        return manager.post(address, chosen, follow=True).content.decode()

    assert "Keep this calibration" in page(manager, project)
    assert "Kept: map 1" in press("keep")
    assert "Its labels are read with map 1" in page(manager, project)
    assert "people have said nothing new" in press("keep")
    assert "Map 1 is out of use" in press("stop")
    assert "No calibration is kept" in page(manager, project)
    assert newest([found.pk], [project.criteria.get().pk]) == {}
    assert "Kept: map 2" in press("keep")
    assert "There is no such judge" in press("keep", judge(make_project()).pk)
    acts = [(entry.act, entry.annotator_id) for entry in AuditEntry.objects.order_by("pk")]
    assert acts == [(act, found.pk) for act in ("keep-calibration", "stop-calibration", "keep-calibration")]
    assert "Keep this calibration" not in page(client_of(project, "viewer"), project)


def _answer(label: Label) -> str:
    return "tie" if label.ranking == "a=b" else label.ranking[0]


def test_a_judge_or_question_that_is_not_there_is_not_found(project: Project) -> None:
    viewer = client_of(project, "viewer")
    for query in ("?judge=0", "?judge=x", "?criterion=nonsense"):
        assert viewer.get(f"/p/{project.slug}/judges/calibration/{query}").status_code == 404
    other = make_project()
    [foreign] = [judge(other).pk]
    assert viewer.get(f"/p/{project.slug}/judges/calibration/?judge={foreign}").status_code == 404


def test_names_of_judges_and_people_are_text(project: Project) -> None:
    Annotator.objects.filter(project=project).update(name="<img src=x onerror=alert(1)>")
    assert "<img" not in page(client_of(project, "viewer"), project)

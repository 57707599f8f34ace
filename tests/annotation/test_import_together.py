"""Two imports at the same time, and people at work meanwhile."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from annotation import bulk, labels, leases
from annotation.imports import ImportReport, load_comparisons, load_labels
from annotation.imports.known import known_comparisons
from annotation.models import Comparison, Demand, Project
from tests.factories import make_comparison, make_person, make_project
from tests.waiting import PATIENCE

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


def load(project: Project, path: Path) -> ImportReport:
    try:
        return load_comparisons(project, [path])
    finally:
        connection.close()


def test_two_imports_of_one_file_add_its_lines_once(tmp_path: Path) -> None:
    project = make_project()
    path = tmp_path / "rows.jsonl"
    said = [{"annotator": "w1", "choice": "a"}]
    row = {"prompt": "Name a bird.", "response_a": "Wren", "response_b": "Cod", "labels": said}
    path.write_text("".join(json.dumps(row | {"id": number}) + "\n" for number in range(4500)))
    with ThreadPoolExecutor(4) as threads:
        reports = list(threads.map(lambda _: load(project, path), range(4)))
    assert sorted(report.added for report in reports) == [0, 0, 0, 4500]
    assert sum(report.unchanged for report in reports) == 13500
    assert sum(report.labels_added for report in reports) == 4500
    assert sum(report.annotators_added for report in reports) == 1
    assert Comparison.objects.filter(project=project).count() == 4500


def test_people_label_while_labels_come_in(tmp_path: Path) -> None:
    """The import asks for less only in the end, and never for less than is lent or done by then."""
    project = make_project()
    make_comparison(project, external_id="q1", wanted=1)
    person = make_person(project)
    path = tmp_path / "labels.jsonl"
    row = {"comparison": "q1", "choice": "a"}
    path.write_text("".join(json.dumps(row | {"annotator": f"w{n}"}) + "\n" for n in range(2500)))

    def work(_file: str, lines: int) -> None:
        if lines == 2000:
            with ThreadPoolExecutor(1) as thread:
                thread.submit(label).result(timeout=PATIENCE)

    def label() -> None:
        try:
            (assignment,) = leases.claim(person, project)
            answer = labels.Answer("a>b", strength=1)
            labels.submit_many(person, project, [labels.Submission(assignment.pk, {"overall": answer})])
        finally:
            connection.close()

    report = load_labels(project, [path], progress=work)
    assert report.labels_added == 2500
    demand = Demand.objects.get(comparison__project=project)
    assert (demand.wanted, demand.live, demand.done) == (1, 0, 1)


def test_known_ids_are_looked_up_in_the_index_while_a_project_is_being_filled() -> None:
    """A plan that reads the whole project for every batch makes a long import quadratic."""
    for _ in range(3):
        fill(make_project(), 100)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE annotation_comparison")
    project = make_project()
    with transaction.atomic(), bulk.loading():
        external_ids = fill(project, 5000)
        with CaptureQueriesContext(connection) as captured:
            assert len(known_comparisons(project, external_ids[:2000])) == 2000
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN " + captured[-1]["sql"])
            plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Index Scan using comparison_external_id_unique" in plan, plan


def fill(project: Project, number: int) -> list[str]:
    ids = bulk.reserve(Comparison, number)
    names = ["id", "external_id", "prompt", "k", "group", "content_hash"]
    rows = ((pk, f"q{pk}", "[]", 2, "g", "h") for pk in ids)
    bulk.insert(Comparison, names, rows, project_id=project.pk)
    return [f"q{pk}" for pk in ids]

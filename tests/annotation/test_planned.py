"""What reads a whole project is planned for that project, however often a connection has read it."""

import pytest
from django.db import connection

from annotation.planned import planned_anew
from annotation.work_done import work_of_people
from tests.annotation.voting import answer
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db


def test_nothing_inside_changes_what_is_read() -> None:
    person = make_person(make_project())
    answer(person, make_comparison(person.project), "a>b")
    assert work_of_people(person.project)[person.pk].answers == 1


@pytest.mark.services
def test_postgresql_prepares_no_statement_of_it_and_others_as_before() -> None:
    project = make_project()
    connection.ensure_connection()
    threshold = connection.connection.prepare_threshold
    for _ in range(threshold + 3):
        work_of_people(project)
    with pytest.raises(ZeroDivisionError), planned_anew():
        raise ZeroDivisionError
    assert connection.connection.prepare_threshold == threshold
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%active_seconds%'")
        assert cursor.fetchone() == (0,)

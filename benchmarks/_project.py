"""A project of any size made inside PostgreSQL: real texts, repeated under a serial number.

Only for a private database: keys are not checked while rows go in, and clearing truncates tables.
"""

import gzip
import json
import tempfile
from pathlib import Path
from typing import Any

PEOPLE = 400  # so that nobody has more than a few thousand answers of their own, however large the project
HOLDERS = 100  # of them, the last, with three comparisons in hand each
REASONS = ["More correct", "Clearer", "More complete", "Safer"]


def make_project(slug: str = "benchmark") -> Any:
    """A project with guidelines, a question with reasons and a note, and `PEOPLE` annotators in its pool."""
    from annotation.models import (
        Acknowledgement,
        Annotator,
        Criterion,
        Guidelines,
        Membership,
        Pool,
        PoolMembership,
        Project,
        User,
    )

    project = Project.objects.create(slug=slug, name="Benchmark")
    guidelines = Guidelines.objects.create(
        project=project, text="Read both to the end.\n\n* Then choose.\n" * 9
    )
    Criterion.objects.create(
        project=project,
        name="overall",
        question="Which response is better?",
        both_bad=True,
        reasons=REASONS,
        rationale="optional",
    )
    pool = Pool.objects.create(project=project, name="people", default=True)
    users = User.objects.bulk_create(
        User(email=f"person{n}@example.org", name=f"Person {n}", password="!") for n in range(PEOPLE)
    )
    annotators = Annotator.objects.bulk_create(
        Annotator(project=project, kind="human", name=user.name, user=user) for user in users
    )
    PoolMembership.objects.bulk_create(PoolMembership(pool=pool, annotator=who) for who in annotators)
    Membership.objects.bulk_create(
        Membership(project=project, user=user, role="annotator", annotator=who)
        for user, who in zip(users, annotators, strict=True)
    )
    Acknowledgement.objects.bulk_create(
        Acknowledgement(annotator=who, guidelines=guidelines) for who in annotators
    )
    return project


def sessions(project: Any, number: int) -> list[str]:
    """Session keys of the first `number` annotators, signed in by way of the session store."""
    from django.conf import settings
    from django.test import Client

    keys = []
    for who in project.annotators.select_related("user").order_by("pk")[:number]:
        client = Client()
        client.force_login(who.user)
        keys.append(client.cookies[settings.SESSION_COOKIE_NAME].value)
    return keys


def load_texts(file: Path, number: int) -> None:
    """Imports `number` pairs spread over the file, renders them, and keeps them in `benchmark_texts`."""
    from annotation.imports import load_comparisons
    from annotation.models import Pool, Project
    from frontend.rendering import render_open

    source = Project.objects.create(slug="benchmark-texts", name="Texts")
    source.criteria.create(name="overall")
    Pool.objects.create(project=source, name="people", default=True)
    with gzip.open(file, "rt") as lines, tempfile.NamedTemporaryFile("w", suffix=".jsonl") as part:
        everything = [json.loads(line) for line in lines]
        for line in everything[:: max(1, len(everything) // number)]:
            part.write(json.dumps(line | {"labels": []}) + "\n")
        part.flush()
        load_comparisons(source, [part.name])
    render_open(source)
    sql(
        "CREATE TABLE benchmark_texts AS SELECT row_number() OVER (ORDER BY c.id) - 1 AS number, c.*,"
        " r.version, r.content FROM annotation_comparison c JOIN annotation_rendering r"
        " ON r.comparison_id = c.id ORDER BY c.id; ALTER TABLE benchmark_texts ADD PRIMARY KEY (number)"
    )


def fill(project: Any, size: int, rendered: int) -> None:
    """`size` comparisons, each its own prompt by its serial number, and nothing else but the renderings of
    the first `rendered`, from which people are lent.

    No Response rows: the label page does not read them where there is a current rendering.
    """
    from annotation.models import Comparison, Rendering

    _let_annotators_stay()
    sql("SET session_replication_role = replica; TRUNCATE annotation_comparison CASCADE")
    numbered = (
        f"generate_series(1, {size}) n JOIN benchmark_texts t"
        " ON t.number = n % (SELECT count(*) FROM benchmark_texts)"
    )
    insert_select(
        Comparison,
        f"FROM {numbered} ORDER BY n",
        id="n",
        project_id=str(project.pk),
        external_id="t.external_id || '/' || n",
        prompt="jsonb_set(t.prompt, '{-1,content}', to_jsonb(t.prompt->-1->>'content' || ' (' || n || ')'))",
        k="t.k",
        group="t.group",
        content_hash="md5(n::text)",
    )
    # What is stored compressed is copied compressed, so this takes seconds for a million.
    insert_select(
        Rendering,
        f"FROM {numbered} WHERE n <= {rendered} ORDER BY n",
        comparison_id="n",
        version="t.version",
        content="t.content",
    )
    sql("VACUUM ANALYZE annotation_comparison; VACUUM ANALYZE annotation_rendering")


def _let_annotators_stay() -> None:
    """A cascade would reach them: a notice is about an assignment, and an annotator has a notice."""
    keys = sql(
        "SELECT conname FROM pg_constraint WHERE contype = 'f'"
        " AND conrelid = 'annotation_annotator'::regclass AND confrelid = 'annotation_notice'::regclass"
    )
    for (name,) in keys:
        sql(f'ALTER TABLE annotation_annotator DROP CONSTRAINT "{name}"')


def queue(project: Any, labelled: bool, overlap: int) -> None:
    """Asks for `overlap` labels of everything; 300 are held; `labelled`: half of all labels are in.

    The answers are spread evenly over the queue: at overlap 1 every other comparison is done, at overlap 3 a
    comparison has none, one, two or all of them. The demand is asked first and met afterwards, as in life, so
    that the index of the open queue holds dead entries between the live ones.
    """
    from annotation.models import Annotation, Assignment, Demand, Label

    sql("TRUNCATE annotation_demand, annotation_assignment, annotation_annotation, annotation_label CASCADE")
    pool, criterion = project.pools.get().pk, project.criteria.get().pk
    guidelines = project.guidelines_versions.get().pk
    first = project.annotators.order_by("pk")[0].pk
    common = "FROM annotation_comparison c"
    insert_select(
        Demand,
        f"{common} ORDER BY c.id",
        id="c.id",
        comparison_id="c.id",
        pool_id=str(pool),
        wanted=str(overlap),
    )
    sql("ANALYZE annotation_demand")
    if labelled:
        done = "(c.id % 2)" if overlap == 1 else f"(c.id % {overlap + 1})"
        working = PEOPLE - HOLDERS
        assign(
            f"{common} CROSS JOIN generate_series(1, {overlap}) j WHERE j <= {done} ORDER BY c.id, j",
            "c.id",
            f"{first} + (c.id / {overlap + 1} + j * 97) % {working}",
            state="'submitted'",
            shown="CASE WHEN (c.id + j) % 3 = 0 THEN 'ba' ELSE 'ab' END",
            claimed_at="now() - interval '2 hours'",
            leased_until="now() - interval '1 hour'",
        )
        sql(f"UPDATE annotation_demand c SET done = {done} WHERE {done} > 0")
        answers = "FROM annotation_assignment a ORDER BY a.id"
        insert_select(
            Annotation,
            answers,
            id="a.id",
            assignment_id="a.id",
            shown="a.shown",
            guidelines_id=str(guidelines),
            active_seconds="30 + a.id % 60",
        )
        insert_select(
            Label,
            answers,
            id="a.id",
            annotation_id="a.id",
            project_id=str(project.pk),
            comparison_id="a.comparison_id",
            annotator_id="a.annotator_id",
            criterion_id=str(criterion),
            ranking="CASE a.id % 3 WHEN 0 THEN 'a>b' WHEN 1 THEN 'b>a' ELSE 'a=b' END",
            strength="CASE WHEN a.id % 3 < 2 THEN 1 END",
        )
    held = HOLDERS * 3
    sql(
        f"CREATE TEMP TABLE held AS SELECT id, row_number() OVER (ORDER BY id) AS n FROM annotation_demand"
        f" WHERE wanted > live + done ORDER BY id LIMIT {held};"
        " UPDATE annotation_demand d SET live = live + 1 FROM held WHERE held.id = d.id"
    )
    assign(
        "FROM held h ORDER BY h.id",
        "h.id",
        f"{first + PEOPLE - HOLDERS} + h.n % {HOLDERS}",
        shown="'ab'",
        claimed_at="now()",
        leased_until="now() + interval '2 hours'",
    )
    sql("DROP TABLE held")
    for model in (Assignment, Annotation, Label):
        table = model._meta.db_table
        sql(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'),"
            f" (SELECT coalesce(max(id), 0) + 1 FROM {table}), false)"
        )
    for name in ("assignment", "annotation", "label"):
        sql(f"VACUUM ANALYZE annotation_{name}")
    sql("ANALYZE annotation_demand; CHECKPOINT")


def assign(source: str, comparison: str, annotator: str, **columns: str) -> None:
    """Assignments of a comparison, whose demand has the same number, to an annotator; all of it as SQL."""
    from annotation.models import Assignment

    insert_select(
        Assignment,
        source,
        id="nextval(pg_get_serial_sequence('annotation_assignment', 'id'))",
        comparison_id=comparison,
        demand_id=comparison,
        annotator_id=annotator,
        **columns,
    )


def double_lent() -> dict[str, int]:
    """What must not be: comparisons with more answers and live leases than wanted, counts of the queue that
    are not those of its rows, and a person with two answers on one comparison."""
    rows = """
        SELECT d.wanted, d.live, d.done, count(a.id) AS used,
               count(a.id) FILTER (WHERE a.state = 'live') AS live_rows,
               count(DISTINCT a.annotator_id) AS people
        FROM annotation_demand d JOIN annotation_assignment a ON a.comparison_id = d.comparison_id
        WHERE a.purpose = 'work' AND a.state IN ('live', 'submitted') GROUP BY d.id
    """
    (found,) = sql(
        "SELECT count(*) FILTER (WHERE used > wanted), count(*) FILTER (WHERE people < used),"
        f" count(*) FILTER (WHERE live <> live_rows OR live + done <> used) FROM ({rows}) AS q"
    )
    return dict(zip(("beyond_wanted", "twice_to_one", "miscounted"), found, strict=True))


def insert_select(model: Any, source: str, /, **columns: str) -> None:
    """INSERT … SELECT with the model's own defaults for every column that is not given as SQL."""
    from django.db import connection

    from annotation.bulk import _adapt, _default

    names, values, parameters = [], [], []
    for field in model._meta.concrete_fields:
        if field.attname in columns:
            values.append(columns[field.attname].replace("%", "%%"))
        elif field.primary_key or field.has_db_default():
            continue
        else:
            values.append("%s" + ("::jsonb" if field.get_internal_type() == "JSONField" else ""))
            parameters.append(_adapt(field, _default(field)))
        names.append(connection.ops.quote_name(field.column))
    table = model._meta.db_table
    # Indexes made in one go take a fifth of the time.
    sql(f"UPDATE pg_index SET indisready = false WHERE indrelid = '{table}'::regclass")
    statement = f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)} "
    sql(statement + source.replace("%", "%%"), parameters)
    sql(f"REINDEX TABLE {table}")


def sql(statement: str, parameters: list[Any] | None = None) -> list[Any]:
    """Runs SQL as it is (one statement with parameters, or several without); rows of the last."""
    from django.db import connection

    with connection.cursor() as cursor:
        for one in [statement] if parameters is not None else statement.split(";"):
            cursor.execute(one, parameters)
        return cursor.fetchall() if cursor.description else []

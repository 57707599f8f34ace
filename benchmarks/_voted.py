"""A project full of votes made inside PostgreSQL: for what reads labels, not for what people see.

Only for a private database. Everybody has a noise and a leaning of their own; a fifth of the comparisons is
also judged by two judges; four criteria on five points.
"""

from typing import Any

from _project import insert_select, sql

CRITERIA = ("overall", "helpful", "truthful", "harmless")
CATEGORIES = ("advice", "chat", "coding", "maths", "safety", "writing")
PEOPLE = 100
JUDGES = ("large", "small")
VOTES = 4  # a comparison


def voted_project(submissions: int, slug: str = "voted") -> Any:
    """A project with this many submissions of four labels each, its owner `owner@example.org` with it."""
    from annotation.models import (
        Annotation,
        Annotator,
        Assignment,
        Comparison,
        Criterion,
        Label,
        Membership,
        Pool,
        PoolMembership,
        Project,
        Response,
        User,
    )

    project = Project.objects.create(slug=slug, name="Voted")
    owner = User.objects.create(email="owner@example.org", name="Owner", password="!")
    Membership.objects.create(project=project, user=owner, role="owner")
    for place, name in enumerate(CRITERIA):
        Criterion.objects.create(project=project, name=name, position=place, scale="five-point")
    pools = [Pool.objects.create(project=project, name=name) for name in ("crowd", "expert")]
    who = [("human", f"Person {number}") for number in range(PEOPLE)] + [("judge", name) for name in JUDGES]
    annotators = Annotator.objects.bulk_create(
        Annotator(project=project, kind=kind, name=name) for kind, name in who
    )
    PoolMembership.objects.bulk_create(
        PoolMembership(pool=pools[number % 5 == 0], annotator=one)
        for number, one in enumerate(annotators[:PEOPLE])
    )
    first, size = annotators[0].pk, submissions // VOTES
    sql("SET session_replication_role = replica; SELECT setseed(0.5)")
    insert_select(
        Comparison,
        f"FROM generate_series(1, {size}) n",
        id="n",
        project_id=str(project.pk),
        external_id="'q' || n",
        prompt="jsonb_build_array(jsonb_build_object('role', 'user', 'content', 'Question ' || n))",
        k="2",
        group="'g' || n",
        category=f"(ARRAY{list(CATEGORIES)})[n % {len(CATEGORIES)} + 1]",
        content_hash="md5(n::text)",
    )
    insert_select(
        Response,
        "FROM annotation_comparison c CROSS JOIN generate_series(0, 1) side",
        id="c.id * 2 + side",
        comparison_id="c.id",
        position="side",
        messages="jsonb_build_array(jsonb_build_object('role', 'assistant', 'content',"
        " repeat('word ', 5 + (random() * 120)::int)))",
    )
    person = f"{first} + (c.id * 13 + j * 29) % {PEOPLE}"
    insert_select(
        Assignment,
        f"FROM annotation_comparison c CROSS JOIN generate_series(1, {VOTES}) j ORDER BY c.id, j",
        id=f"c.id * {VOTES} + j",
        comparison_id="c.id",
        annotator_id=f"CASE WHEN c.id % 5 = 0 AND j > 2 THEN {first + PEOPLE} + j - 3 ELSE {person} END",
        state="'submitted'",
        shown="CASE WHEN random() < 0.5 THEN 'ab' ELSE 'ba' END",
        claimed_at="now()",
    )
    insert_select(
        Annotation,
        "FROM annotation_assignment a ORDER BY a.id",
        id="a.id",
        assignment_id="a.id",
        shown="a.shown",
        active_seconds="20 + random() * 60",
        created_at=f"now() - interval '90 days' * (1 - a.id::float / ({VOTES} * {size}))",
    )
    # What is there to see, who sees it how sharply and leans how far to the first, in steps of the scale.
    seen = (
        "hashint8(a.comparison_id * 4 + k.position) % 1000 / 400.0"
        " + (random() + random() + random() - 1.5) * (1.2 + a.annotator_id % 7 / 3.0)"
        " + (a.annotator_id % 5 - 2) / 10.0 * CASE WHEN a.shown = 'ab' THEN 1 ELSE -1 END"
    )
    value = f"greatest(-2, least(2, round(({seen})::numeric)))::int"
    insert_select(
        Label,
        f"FROM (SELECT a.id, a.comparison_id, a.annotator_id, k.id AS criterion, {value} AS value"
        " FROM annotation_assignment a CROSS JOIN annotation_criterion k"
        f" WHERE k.project_id = {project.pk} ORDER BY a.id, k.position OFFSET 0) v",
        id="row_number() OVER ()",
        annotation_id="v.id",
        project_id=str(project.pk),
        comparison_id="v.comparison_id",
        annotator_id="v.annotator_id",
        criterion_id="v.criterion",
        ranking="CASE sign(v.value) WHEN 1 THEN 'a>b' WHEN -1 THEN 'b>a' ELSE 'a=b' END",
        strength="nullif(abs(v.value), 0)",
    )
    for name in ("comparison", "response", "assignment", "annotation", "label"):
        sql(f"VACUUM ANALYZE annotation_{name}")
    return project

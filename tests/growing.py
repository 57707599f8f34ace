"""A project made large inside its database: all that pages list, count or filter by, in thirty statements.

The nth comparison has n % 4 people's labels of the three that are wanted, every second one the judge's too.
Some have a known answer, a flag, a response that says who wrote it, or were skipped.
"""

from typing import Any

from django.db import connection
from django.db.models import JSONField, Max, Model

from annotation import consensus, summaries
from annotation.bulk import _adapt, _default
from annotation.models import (
    Annotation,
    Annotator,
    Assignment,
    AuditEntry,
    Comparison,
    Consensus,
    Decision,
    Demand,
    Flag,
    Gold,
    IdentityLeak,
    JudgeCall,
    JudgeRun,
    Label,
    Project,
    Reference,
    Response,
    SearchText,
    SummaryMark,
)

NUMBERED = "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < {size})"
NUMBERS = "SELECT 1 AS j UNION ALL SELECT 2 UNION ALL SELECT 3"
ANSWER = "CASE a.id % 3 WHEN 0 THEN 'a>b' WHEN 1 THEN 'b>a' ELSE 'a=b' END"


def grow(project: Project, judge: Annotator, size: int) -> None:
    """Adds `size` comparisons with all that hangs on them, answered by the project's people and one judge."""
    Grown(project, judge, size).fill()


class Grown:
    """The rows of one `grow`. Ids are computed: those of a comparison's demand, assignments, annotations and
    labels follow from its number."""

    def __init__(self, project: Project, judge: Annotator, size: int) -> None:
        self.project, self.judge, self.size = project, judge, size
        self.criterion, self.pool = project.criteria.get().pk, project.pools.get(default=True).pk
        self.comparison = last(Comparison)
        self.demand = last(Demand)
        self.answer = max(last(Assignment), last(Annotation), last(Label))
        self.n = f"(c.id - {self.comparison})"
        self.new = f"FROM annotation_comparison c WHERE c.id > {self.comparison}"
        self.people = (
            "(SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM annotation_annotator"
            f" WHERE project_id = {project.pk} AND kind = 'human') p"
        )
        self.many = f"{project.annotators.filter(kind='human').count()}"

    def fill(self) -> None:
        self._comparisons()
        self._asked()
        self._answered()
        self._judged()
        self._worked_out()
        self._noted()
        for model in (Comparison, Demand, Assignment, Annotation, Label):
            _count_on(model)

    def _comparisons(self) -> None:
        n, new = self.n, self.new
        insert(
            Comparison,
            "FROM number",
            before=NUMBERED.format(size=self.size),
            id=f"{self.comparison} + n",
            project_id=f"{self.project.pk}",
            external_id=f"'grown/' || ({self.comparison} + n)",
            prompt=_json("""'[{"role": "user", "content": "Write a story of ' || n || ' words."}]'"""),
            k="2",
            group="'g' || n % 150",
            category="'c' || n % 10",
            content_hash="'' || n",
        )
        for position in (0, 1):
            said = """'[{"role": "assistant", "content": "I am Robin, and in story ' || c.id || ' of mine"""
            insert(
                Response,
                f"{new} ORDER BY c.id",
                comparison_id="c.id",
                position=f"{position}",
                messages=_json(f"{said} it rains {position}.\"}}]'"),
                model=f"'model-' || ({n} + {position}) % 5",
            )
        leak = """'[{"message": 0, "start": 5, "end": 10, "kind": "name", "text": "Robin"}]'"""
        insert(
            IdentityLeak,
            f"FROM annotation_response r JOIN annotation_comparison c ON c.id = r.comparison_id"
            f" WHERE c.id > {self.comparison} AND r.position = 0 AND {n} % 100 = 0",
            response_id="r.id",
            project_id=f"{self.project.pk}",
            found=_json(leak),
            original="NULL",
        )

    def _asked(self) -> None:
        n = self.n
        same = {"comparison_id": "c.id", "wanted": "3", "done": f"{n} % 4"}
        insert(Demand, self.new, id=f"{self.demand} + 2 * {n}", pool_id=f"{self.pool}", **same)
        same |= {"wanted": "1", "done": f"1 - {n} % 2"}
        insert(Demand, self.new, id=f"{self.demand} + 2 * {n} + 1", judge_id=f"{self.judge.pk}", **same)

    def _answered(self) -> None:
        n = self.n
        said = {"shown": "'ab'", "claimed_at": ago(f"{n} % 30"), "comparison_id": "c.id"}
        of = f"FROM annotation_comparison c JOIN ({NUMBERS}) v ON v.j <= {n} % 4 JOIN {self.people}"
        insert(
            Assignment,
            f"{of} ON p.place = ({n} + v.j) % {self.many} WHERE c.id > {self.comparison}",
            id=f"{self.answer} + 5 * {n} + v.j",
            annotator_id="p.id",
            demand_id=f"{self.demand} + 2 * {n}",
            state="'submitted'",
            **said,
        )
        insert(
            Assignment,
            f"{self.new} AND {n} % 2 = 0",
            id=f"{self.answer} + 5 * {n}",
            annotator_id=f"{self.judge.pk}",
            demand_id=f"{self.demand} + 2 * {n} + 1",
            state="'submitted'",
            **said,
        )
        given = f"FROM annotation_assignment a WHERE a.id > {self.answer} ORDER BY a.id"
        insert(
            Annotation,
            given,
            id="a.id",
            assignment_id="a.id",
            shown="a.shown",
            active_seconds="30 + a.id % 60",
            created_at="a.claimed_at",
        )
        insert(
            Label,
            given,
            id="a.id",
            annotation_id="a.id",
            project_id=f"{self.project.pk}",
            comparison_id="a.comparison_id",
            annotator_id="a.annotator_id",
            criterion_id=f"{self.criterion}",
            ranking=ANSWER,
            strength="CASE WHEN a.id % 3 < 2 THEN 1 END",
            created_at="a.claimed_at",
        )
        insert(
            Assignment,
            f"FROM annotation_comparison c JOIN {self.people} ON p.place = ({n} + 4) % {self.many}"
            f" WHERE c.id > {self.comparison} AND {n} % 50 = 7",
            id=f"{self.answer} + 5 * {n} + 4",
            annotator_id="p.id",
            state="'returned'",
            skip_reason="'broken'",
            **said,
        )

    def _judged(self) -> None:
        run = JudgeRun.objects.create(project=self.project, annotator=self.judge, state="finished", spent=9)
        for order in ("ab", "ba"):
            insert(
                JudgeCall,
                f"{self.new} AND {self.n} % 2 = 0",
                annotator_id=f"{self.judge.pk}",
                comparison_id="c.id",
                run_id=f"{run.pk}",
                order=f"'{order}'",
                state=f"CASE WHEN {self.n} % 40 = 0 THEN 'refused' ELSE 'ok' END",
                verdict=_json("""'{"overall": {"ranking": "a>b", "strength": 1}}'"""),
                cost="0.0001",
            )
        insert(
            Decision,
            self.new,
            same={"plan": "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"},
            comparison_id="c.id",
            destination=f"CASE WHEN {self.n} % 3 = 0 THEN 'human' ELSE 'ai' END",
            judge_id=f"CASE WHEN {self.n} % 3 > 0 THEN {self.judge.pk} END",
            audit=f"{self.n} % 60 = 0",
            probability="0.3",
            score="0.5",
            reason="'drawn by lot'",
            policy="'random'",
            policy_version="'1'",
        )

    def _worked_out(self) -> None:
        insert(
            Consensus,
            f"{self.new} AND {self.n} % 4 > 0",
            comparison_id="c.id",
            criterion_id=f"{self.criterion}",
            method=f"'{consensus.DEFAULT}'",
            probabilities=_json("""'{"a": 0.95, "tie": 0.03, "b": 0.02}'"""),
            winner="'a'",
            ranking="'a>b'",
            support=f"{self.n} % 4",
        )
        insert(SearchText, self.new, comparison_id="c.id", text="'Write a story of ' || c.id || ' words.'")
        with connection.cursor() as cursor:
            cursor.execute(summaries.COUNT.format(ids=f"SELECT c.id {self.new}"))
        marks = {"comparisons": last(Comparison), "labels": last(Label)}
        SummaryMark.objects.update_or_create(project=self.project, defaults=marks)

    def _noted(self) -> None:
        n = self.n
        insert(
            Flag,
            f"FROM annotation_comparison c JOIN {self.people} ON p.place = {n} % {self.many}"
            f" WHERE c.id > {self.comparison} AND {n} % 200 = 0",
            comparison_id="c.id",
            annotator_id="p.id",
            note="'Both are cut off.'",
        )
        insert(
            Reference,
            f"{self.new} AND {n} % 20 = 0",
            comparison_id="c.id",
            criterion_id=f"{self.criterion}",
            ranking="'a>b'",
        )
        insert(
            Gold,
            "FROM annotation_reference r JOIN annotation_comparison c ON c.id = r.comparison_id"
            f" WHERE c.id > {self.comparison} AND {n} % 100 = 0",
            reference_id="r.id",
        )
        insert(
            AuditEntry,
            f"{self.new} AND {n} % 20 = 0",
            project_id=f"{self.project.pk}",
            project_slug=f"'{self.project.slug}'",
            act="'gold'",
            target="c.external_id",
        )


def last(model: type[Model]) -> int:
    """The highest id there is."""
    return model._default_manager.aggregate(last=Max("pk"))["last"] or 0


def _json(text: str) -> str:
    return f"CAST({text} AS jsonb)" if connection.vendor == "postgresql" else text


def ago(days: str) -> str:
    """The moment that many days ago, as SQL."""
    if connection.vendor == "postgresql":
        return f"now() - ({days}) * interval '1 day'"
    return f"strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || ({days}) || ' days')"


def _count_on(model: type[Model]) -> None:
    """PostgreSQL goes on behind the ids that were given. SQLite does so by itself."""
    if connection.vendor == "postgresql":
        table = model._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
            )


def insert(table: type[Model], source: str, /, before: str = "", same: Any = None, **columns: str) -> None:
    """INSERT … SELECT with the model's own defaults for every column that is not given as SQL; `same` holds
    values that are equal in all rows."""
    names, values, parameters = [], [], []
    for field in table._meta.concrete_fields:
        if field.attname in columns:
            values.append(columns[field.attname].replace("%", "%%"))
        elif field.primary_key or field.has_db_default():
            continue
        else:
            as_json = isinstance(field, JSONField) and connection.vendor == "postgresql"
            values.append("%s::jsonb" if as_json else "%s")
            parameters.append(_adapt(field, (same or {}).get(field.attname, _default(field))))
        names.append(connection.ops.quote_name(str(field.column)))
    name = connection.ops.quote_name(table._meta.db_table)
    statement = f"INSERT INTO {name} ({', '.join(names)}) {before} SELECT {', '.join(values)} "
    with connection.cursor() as cursor:
        cursor.execute(statement + source.replace("%", "%%"), parameters)

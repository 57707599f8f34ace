"""`tag SLUG --judge NAME`: a judge says what comparisons are about; embeddings, how alike responses are."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import CommandError, CommandParser

from annotation.management.command import ProjectCommand
from llm_judges import tagging
from llm_judges.client import KeyMissing
from llm_judges.models import judges_of
from llm_judges.runs import JudgeError
from llm_judges.settings import price


class Command(ProjectCommand):
    help = (
        "Has a judge tag what is not tagged yet: subject, expertise, openness, safety concern, complexity, "
        "material, format; with an embedding model also how alike the responses are. Resumable."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--judge", metavar="NAME", required=True, help="the judge to ask")
        parser.add_argument("--embedding-model", default="", metavar="MODEL", help="of the same endpoint")
        parser.add_argument("--embedding-price", metavar="P", help="per million tokens; 0 if it is free")
        parser.add_argument("--limit", type=int, metavar="N", help="comparisons at most")

    def run(self, **options: Any) -> dict[str, Any]:
        project = self.project(options)
        judges = judges_of(project, options["judge"])
        if not judges:
            known = ", ".join(judge.version.name for judge in judges_of(project)) or "none"
            raise CommandError(f"project {project.slug} has no judge {options['judge']!r}; it has {known}")
        if options["limit"] is not None and options["limit"] < 1:
            raise CommandError("--limit must be at least 1")
        (judge,) = judges
        try:
            given = options["embedding_price"]
            cost = price(None if given is None else Decimal(given), "embedding_price")
            found = tagging.begin(judge, options["embedding_model"], cost, options["limit"])
            tagging.work_on(found)
        except (JudgeError, KeyMissing, ValueError) as error:
            raise CommandError(str(error)) from error
        except InvalidOperation:
            raise CommandError(f"embedding_price must be a number, not {given!r}") from None
        found.refresh_from_db()
        run, other = found.run, found.embedding_run
        if run.state in tagging.OPEN:
            raise CommandError(f"judge {judge}: a worker is at it already")
        return {
            "project": project.slug,
            "judge": str(judge),
            "state": run.state,
            "message": run.message,
            "tagged": run.labelled,
            "failed": run.taken - run.labelled,
            "cost": {"tags": float(run.spent), "embeddings": float(other.spent) if other else 0.0},
            "in_project": tagging.tagged(project),
        }

    def lines(self, result: dict[str, Any]) -> list[str]:
        cost = result["cost"]
        why = f": {result['message']}" if result["message"] else ""
        return [
            f"{result['judge']} {result['state']}{why}: {result['tagged']} tagged, {result['failed']} failed",
            f"cost {cost['tags']:.6f} for tags, {cost['embeddings']:.6f} for embeddings",
            f"{result['in_project']} comparisons of the project have tags",
        ]

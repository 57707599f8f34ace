"""`matchmake SLUG`: people are lent first what tells most about which model is better."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from annotation.audit import record
from annotation.management.command import ProjectCommand
from annotation.reports import Unknown
from routing.arena import matchmake
from routing.policy import PlanError


class Command(ProjectCommand):
    help = (
        "Learns from people's votes how strong the models are that wrote the responses, and has people lent "
        "first what should tell most about their order."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--criterion", help="whose votes count (default: the first)")
        parser.add_argument("--seed", type=int, default=0, help="decides between equals")

    def run(self, **options: Any) -> dict[str, Any]:
        project = self.project(options)
        try:
            result = matchmake(project, options["criterion"], options["seed"])
        except (PlanError, Unknown) as error:
            raise CommandError(str(error)) from error
        record(project, None, "matchmake", result["criterion"], after={"comparisons": result["ordered"]})
        return result

    def lines(self, result: dict[str, Any]) -> list[str]:
        told = [f"{'rating':>6}  {'95 %':<14}model"]
        for model in result["models"]:
            low, high = model["ci95"]
            told.append(f"{model['rating']:>6.0f}  {f'[{low:.0f}, {high:.0f}]':<14}{model['model']}")
        told.append(
            f"From {result['labels']} labels of people on {result['criterion']}; "
            f"{result['ordered']} open comparisons put in order."
        )
        if result["unnamed"]:
            told.append(f"{result['unnamed']} do not name two models and keep their place.")
        return [*told, *(f"  {one['comparison']}: {', '.join(one['models'])}" for one in result["first"][:5])]

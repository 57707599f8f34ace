"""`refit SLUG`: learn from the labels there are now and update the open part of the plan."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from annotation.management.command import ProjectCommand
from routing import refitting
from routing.models import Refit
from routing.policy import PlanError


class Command(ProjectCommand):
    help = "Learns from the labels there are and updates what nobody has begun of the newest plan."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--if-due", action="store_true", help="only if a batch of labels came, as the worker does"
        )

    def run(self, **options: Any) -> dict[str, Any]:
        project = self.project(options)
        if refitting.to_carry_on(project) is None:
            raise CommandError(
                f"{project.slug} has no plan of a policy that learns; "
                f"`route {project.slug} --policy combined --human-share 0.25` makes one"
            )
        try:
            row = refitting.refit(project, force=not options["if_due"])
        except PlanError as error:
            raise CommandError(str(error)) from error
        if row is not None:
            return _as_dict(row)
        running = project.refits.filter(state=Refit.State.RUNNING).exists()
        return {"refit": None, "message": "a refit is running already" if running else "nothing new to learn"}

    def lines(self, result: dict[str, Any]) -> list[str]:
        if result["refit"] is None:
            return [f"{result['message'].capitalize()}."]
        told = [
            f"Refit {result['refit']}: learned from {result['learned_from']} comparisons in "
            f"{result['seconds']:.1f} s; {result['message'] or 'all well'}."
        ]
        for name, one in result["quality"].items():
            told.append(f"{name}: {one['value']:.3f} [{one['low']:.3f}, {one['high']:.3f}]")
        if batch := result["next_batch"]:
            told.append(
                f"The next {batch['size']} comparisons: {batch['gain']:+.1f} right labels "
                f"[{batch['low']:+.1f}, {batch['high']:+.1f}] for {batch['cost']:.2f}; "
                f"{'pays' if batch['pays'] else 'does not pay'}{'' if batch['sure'] else ', not surely'}."
            )
        return told


def _as_dict(row: Refit) -> dict[str, Any]:
    plan = row.plans.order_by("-created_at", "-pk").first()
    return {
        "refit": row.number,
        "plan": plan.pk if plan else None,
        "learned_from": row.learned_from,
        "labels": row.labels,
        "feature_version": row.feature_version,
        "quality": row.quality,
        "next_batch": row.next_batch,
        "message": row.message,
        "seconds": row.seconds,
    }

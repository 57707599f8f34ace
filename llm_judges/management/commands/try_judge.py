"""`try_judge SLUG --judge NAME`: asks a judge about a few comparisons, shows everything, labels nothing."""

from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandError, CommandParser

from annotation.management.command import ProjectCommand
from llm_judges.capabilities import probe_again
from llm_judges.client import KeyMissing
from llm_judges.models import judges_of
from llm_judges.runs import JudgeError
from llm_judges.trial import SEVERAL, try_on


class Command(ProjectCommand):
    help = (
        "Asks a judge about a few comparisons: prompt, raw reply, verdict and cost of each. Labels nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--judge", metavar="NAME", required=True, help="the judge to try")
        parser.add_argument("--number", type=int, default=SEVERAL, metavar="N", help="comparisons (5)")
        parser.add_argument("--probe", action="store_true", help="find out anew what the endpoint can do")

    def run(self, **options: Any) -> dict[str, Any]:
        project = self.project(options)
        judges = judges_of(project, options["judge"])
        if not judges:
            known = ", ".join(judge.version.name for judge in judges_of(project)) or "none"
            raise CommandError(f"project {project.slug} has no judge {options['judge']!r}; it has {known}")
        if not 1 <= options["number"] <= 100:
            raise CommandError("--number must be from 1 to 100")
        (judge,) = judges
        try:
            if options["probe"]:
                probe_again(judge)
            trials = try_on(judge, options["number"])
        except (JudgeError, KeyMissing) as error:
            raise CommandError(str(error)) from error
        judge.refresh_from_db()
        return {
            "project": project.slug,
            "judge": str(judge),
            "capabilities": judge.capabilities,
            "cost": float(sum(trial.cost for trial in trials)),
            "trials": [trial.as_dict() for trial in trials],
        }

    def lines(self, result: dict[str, Any]) -> list[str]:
        return [line for trial in result["trials"] for line in _lines(trial)] + [
            f"{result['judge']}: {len(result['trials'])} comparisons, cost {result['cost']:.6f}"
        ]


def _lines(trial: dict[str, Any]) -> Iterator[str]:
    yield f"=== comparison {trial['comparison']}"
    for call in trial["calls"]:
        yield f"--- shown in the order {call['order']}: {call['state']} {call['reason']}".rstrip()
        for message in call["prompt"]:
            yield f"[{message['role']}]\n{message['content']}"
        yield f"[reply]\n{call['reply']}"
        yield f"tokens {call['input_tokens']} in, {call['output_tokens']} out; cost {call['cost']:.6f}"
    for name, verdict in trial["verdict"].items():
        agreed = {True: "all orders agree", False: "the orders disagree", None: "one order"}
        chances = ", ".join(f"{answer} {p:.2f}" for answer, p in verdict["probabilities"].items())
        yield f"{name}: {verdict['ranking']} ({agreed[verdict['consistent']]}; {chances})"
    if trial["why"]:
        yield f"no label: {trial['why']}"

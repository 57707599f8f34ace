"""`mixes SLUG`: mixes out as CSV for a reward model trained elsewhere, and its scores back in."""

import csv
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import CommandError, CommandParser

from annotation.management.command import ProjectCommand
from routing import mixing
from routing.policy import PlanError


class Command(ProjectCommand):
    help = "Writes mixes of human and judge labels to score elsewhere, or learns from their scores."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path, help="CSV mix,comparison,source; with --scores it is read")
        parser.add_argument("--number", type=int, default=200, help="how many mixes to write")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--judge", metavar="NAME", help="whose label stands where no person is asked")
        parser.add_argument("--scores", type=Path, metavar="FILE", help="CSV mix,score")
        parser.add_argument("--gains", type=Path, metavar="FILE", help="CSV comparison,gain of what is open")

    def run(self, **options: Any) -> dict[str, Any]:
        project = self.project(options)
        if options["number"] < 1 or options["seed"] < 0:
            raise CommandError("--number must be at least 1 and --seed at least 0")
        try:
            known = mixing.known_of(project, options["judge"])
            with ExitStack() as files:

                def opened(path: Path, mode: str) -> TextIO:
                    file: TextIO = files.enter_context(path.open(mode, encoding="utf-8", newline=""))  # type: ignore[assignment]
                    return file

                if options["scores"] is None:
                    mixing.write_mixes(
                        known, options["number"], options["seed"], opened(options["file"], "w")
                    )
                    return {"mixes": options["number"], "comparisons": len(known.labelled)}
                learned = mixing.learn(known, opened(options["file"], "r"), opened(options["scores"], "r"))
                if options["gains"]:
                    lines = csv.writer(opened(options["gains"], "w"))
                    lines.writerow(["comparison", "gain"])
                    lines.writerows(zip(learned.keys, learned.gains.tolist(), strict=True))
                return learned.as_dict()
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from error
        except PlanError as error:
            raise CommandError(str(error)) from error

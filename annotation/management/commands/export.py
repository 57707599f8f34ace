from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from ... import exports
from ..command import ProjectCommand


class Command(ProjectCommand):
    help = "Builds a release: data files, dataset card and manifest in a new folder."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--format", required=True, help=f"one of: {', '.join(exports.FORMATS)}")
        parser.add_argument("--out", required=True, type=Path, help="a folder that is new or empty")
        parser.add_argument("--criterion", help="only this one (default: all current criteria)")
        parser.add_argument("--min-labels", type=int, default=1, help="fewest votes that a row rests on")
        parser.add_argument(
            "--min-probability", type=float, default=0.0, help="smallest chosen_prob of a row"
        )
        parser.add_argument("--file-type", default="parquet", help=f"one of: {', '.join(exports.FILE_TYPES)}")
        parser.add_argument("--test-share", type=float, default=0.0, help="share of groups held out as test")
        parser.add_argument("--split-salt", help="draws another split (default: the project's slug)")
        parser.add_argument("--rationales", action="store_true", help="include the annotators' free texts")

    def run(self, **options: Any) -> dict[str, Any]:
        try:
            release = exports.build(
                self.project(options),
                options["format"],
                options["out"],
                criterion=options["criterion"],
                min_labels=options["min_labels"],
                min_probability=options["min_probability"],
                file_type=options["file_type"],
                test_share=options["test_share"],
                split_salt=options["split_salt"],
                rationales=options["rationales"],
            )
        except exports.ExportError as error:
            raise CommandError(str(error)) from error
        return {
            "release": release.number,
            "path": release.path,
            "files": [file["path"] for file in release.manifest["files"]],
            "rows": release.rows,
            "sha256": release.sha256,
            "removed": {
                entry["reason"]: entry["removed"] for entry in release.manifest["filters"]["removed"]
            },
        }

    def lines(self, result: dict[str, Any]) -> list[str]:
        removed = ", ".join(f"{reason} {number}" for reason, number in result["removed"].items())
        return [
            f"release {result['release']}: {result['rows']} rows in {result['path']}",
            *(f"  {path}" for path in result["files"]),
            f"left out: {removed or 'nothing'}",
            f"sha256 {result['sha256']}",
        ]

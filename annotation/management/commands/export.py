from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from ... import consensus, exports
from ..command import ProjectCommand

OPTIONS = (
    *("criterion", "source", "consensus", "min_labels", "min_probability", "min_agreement", "ties"),
    *("flagged", "instruments", "file_type", "test_share", "split_salt", "rationales", "license"),
)


class Command(ProjectCommand):
    help = "Builds a release: data files, dataset card and manifest in a new folder."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--format",
            required=True,
            help=f"with commas between: {', '.join(exports.FORMATS)}",
        )
        parser.add_argument("--out", required=True, type=Path, help="a folder that is new or empty")
        parser.add_argument("--criterion", help="only this one (default: all current criteria)")
        parser.add_argument("--source", default="routed", help=f"whose votes: {', '.join(exports.SOURCES)}")
        parser.add_argument(
            "--consensus", default=consensus.DEFAULT, help=f"method: {', '.join(consensus.METHODS)}"
        )
        parser.add_argument("--min-labels", type=int, default=1, help="fewest votes that a row rests on")
        parser.add_argument(
            "--min-probability", type=float, default=0.0, help="smallest probability of the consensus"
        )
        parser.add_argument(
            "--min-agreement", type=float, help="least lower end of alpha's 95 %% interval, by criterion"
        )
        parser.add_argument("--ties", default="drop", help=f"one of: {', '.join(exports.TIES)}")
        parser.add_argument("--flagged", action="store_true", help="include comparisons with an open flag")
        parser.add_argument("--instruments", action="store_true", help="include comparisons that are gold")
        parser.add_argument("--file-type", default="parquet", help=f"one of: {', '.join(exports.FILE_TYPES)}")
        parser.add_argument("--test-share", type=float, default=0.0, help="share of groups held out as test")
        parser.add_argument("--split-salt", default="", help="draws another split (default: the slug)")
        parser.add_argument("--rationales", action="store_true", help="include the annotators' free texts")
        parser.add_argument("--license", default="", help="such as cc-by-4.0, for the dataset card")

    def run(self, **options: Any) -> dict[str, Any]:
        formats = tuple(filter(None, (name.strip() for name in options["format"].split(","))))
        chosen = {name: options[name] for name in OPTIONS}
        try:
            release = exports.build(self.project(options), formats, options["out"], **chosen)
        except exports.ExportError as error:
            raise CommandError(str(error)) from error
        return {
            "release": release.number,
            "path": release.path,
            "files": [file["path"] for file in release.manifest["files"]],
            "rows": release.rows,
            "sha256": release.sha256,
            "removed": {
                account["format"]: {entry["reason"]: entry["removed"] for entry in account["removed"]}
                for account in release.manifest["filters"]
            },
        }

    def lines(self, result: dict[str, Any]) -> list[str]:
        removed = [
            f"left out of {name}: {', '.join(f'{reason} {n}' for reason, n in reasons.items()) or 'nothing'}"
            for name, reasons in result["removed"].items()
        ]
        return [
            f"release {result['release']}: {result['rows']} rows in {result['path']}",
            *(f"  {path}" for path in result["files"]),
            *removed,
            f"sha256 {result['sha256']}",
        ]

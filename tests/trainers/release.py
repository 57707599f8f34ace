#!/usr/bin/env python3
"""Makes the releases that `check.py` loads and trains on: `release.py FOLDER`, with the server's own Python.

Sentences are ours; answer a is right, b is short, so that a loss can fall.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
NOUNS = ("kettle", "ladder", "lantern", "pulley", "compass", "anvil", "bellows", "loom", "sextant", "plough")
USES = ("boils water", "reaches high shelves", "lights a path", "lifts a load", "shows the way")


def main() -> None:
    folder = Path(sys.argv[1]).resolve()
    os.environ["TANDEM_DATA_DIR"] = str(folder / "data")
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    sys.path.insert(0, str(ROOT))
    import django

    django.setup()
    from django.core.management import call_command

    from annotation import exports
    from annotation.imports import load_comparisons
    from tests.factories import make_project

    call_command("migrate", verbosity=0)
    project = make_project(slug="trainers")
    path = folder / "comparisons.jsonl"
    path.write_text("\n".join(lines()) + "\n")
    report = load_comparisons(project, [path]).as_dict()
    if report["refused"]:
        sys.exit(str(report["errors"]))
    formats = tuple(exports.FORMATS)
    for file_type, ties in (("parquet", "soft"), ("jsonl", "unresolved")):
        options = {"file_type": file_type, "ties": ties, "test_share": 0.25, "consensus": "majority"}
        exports.build(project, formats, folder / file_type, **options)
    exports.build(project, "labels", folder / "csv", file_type="csv")


def lines() -> list[str]:
    import orjson

    found = []
    for number in range(64):
        noun, use = NOUNS[number % 10], USES[number % 5]
        votes = [("a>b", 2)] * (2 + number % 2) + ([("b>a", 1)] if number % 4 == 0 else [])
        found.append(
            orjson.dumps(
                {
                    "id": f"c{number}",
                    "prompt": f"What is a {noun} number {number} good for, in one sentence?",
                    "responses": [
                        {"text": f"A {noun} {use}, and number {number} does so well.", "model": "long"},
                        {"text": f"{noun.title()}s exist.", "model": "short"},
                    ],
                    "labels": [{"annotator": "w9", "ranking": "a=b"}]
                    if number in (1, 2, 3, 5, 6, 7, 9)
                    else [
                        {"annotator": f"w{voter}", "ranking": ranking, "strength": strength}
                        for voter, (ranking, strength) in enumerate(votes)
                    ],
                }
            ).decode()
        )
    return found


if __name__ == "__main__":
    main()

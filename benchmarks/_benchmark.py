"""What every benchmark here says of itself: the machine, the goals, and whether they were met."""

import argparse
import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("TANDEM_BENCH_DATA", ROOT.parent / "shared" / "data"))
INSIDE = "TANDEM_BENCHMARK_INSIDE"  # set where PostgreSQL and Redis are running already


def arguments(doc: str) -> argparse.ArgumentParser:
    """A parser with what every benchmark takes; the first line of its `doc` says what it is about."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="less of everything: under a minute")
    parser.add_argument("--json", action="store_true", help="print one object")
    return parser


def set_up() -> None:
    """Readies Django."""
    sys.path.insert(0, str(ROOT))
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()


def texts_of(name: str) -> Path:
    """A file of the data folder. Exits where it is missing."""
    path = DATA / name
    if not path.exists():
        print(f"{path} is missing; TANDEM_BENCH_DATA names its folder", file=sys.stderr)
        raise SystemExit(2)
    return path


def run_with_services(script: str, postgres_settings: tuple[str, ...] | None = None) -> int:
    """Runs a script again with our arguments, beside a private PostgreSQL and Redis; gives its exit code.

    `postgres_settings` take the place of the tests' own, which do not keep what was confirmed.
    """
    sys.path.insert(0, str(ROOT))
    from tests import with_services

    if postgres_settings is not None:
        with_services.FAST = postgres_settings
    os.environ[INSIDE] = "1"
    return with_services.main([sys.executable, script, *sys.argv[1:]])


def machine() -> dict[str, Any]:
    return {
        "cpus": os.cpu_count(),
        "load_1min": round(os.getloadavg()[0], 2),
        "platform": platform.platform(),
        "python": platform.python_version(),
    }


def goal(name: str, value: float, wanted: float, direction: str, unit: str) -> dict[str, Any]:
    """A figure, to four digits, beside the goal set for it; `direction` is at_least or at_most."""
    return {"name": name, "value": round(value, 4), "goal": wanted, "direction": direction, "unit": unit}


def finish(result: dict[str, Any], as_json: bool, *lines: str) -> int:
    """Prints one JSON object, or these lines and the goals. The exit code: 1 where a goal was missed."""
    if as_json:
        print(json.dumps(result))
    else:
        print(*lines, sep="\n")
        for one in result["goals"]:
            sign = "≥" if one["direction"] == "at_least" else "≤"
            print(
                f"{one['name']:32}{one['value']:>10,} {one['unit']} (goal {sign} {one['goal']:,}):"
                f" {'met' if met(one) else 'MISSED'}"
            )
    return 0 if all(map(met, result["goals"])) else 1


def met(one: dict[str, Any]) -> bool:
    return one["value"] >= one["goal"] if one["direction"] == "at_least" else one["value"] <= one["goal"]

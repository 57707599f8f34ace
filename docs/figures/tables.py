"""Writes the tables of docs/routing.md from what `benchmarks/routing.py --json` printed.

    python docs/figures/tables.py RESULT.json…     # each part's object; joins what is there already

Parts that were not run again keep their last figures (`measured/routing.json`).
"""

import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
KEPT, PAGE = HERE / "measured" / "routing.json", HERE.parent / "routing.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
TIES = ("with ties", "without ties")
SHARES = ("10 %", "25 %", "50 %", "mean")


def main(files: list[str]) -> None:
    kept = json.loads(KEPT.read_text())
    goals = {one["name"]: one for one in kept["goals"]}
    for file in files:
        new = json.loads(Path(file).read_text())
        kept["results"] |= new["results"]
        goals |= {one["name"]: one for one in new["goals"]}
    kept["goals"] = [goals[name] for name in sorted(goals)]
    KEPT.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")
    page = PAGE.read_text()
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    told = "\n\n".join([*policies(kept["results"]), mixes(kept["results"]), missed(kept["goals"])])
    PAGE.write_text(f"{before}{BEGIN}\n\n{told}\n\n{END}{after}")


def policies(results: dict[str, Any]) -> list[str]:
    """A table for each treatment of ties, and one for LLMBar."""
    tables = []
    for ties in TIES:
        rows = {
            "combined over people by lot": results[f"{ties}: combined over random"],
            "the error model over people by lot, learned again in every replicate": results[
                f"{ties}: error model over random, refit"
            ],
            "combined over disagreement": results[f"{ties}: combined over disagreement"],
        }
        for kind in ("quadratic", "linear, judge tags"):
            at = [results[f"{ties}: combined over hyper ({kind}) at {share}"][0] for share in _whole()]
            rows[f"combined over hyper ({kind})"] = at
        shuffled = results[f"{ties}: combined over disagreement, labels shuffled"]
        rows["combined over disagreement, people's labels shuffled"] = [None, None, None, [shuffled]]
        kind = "kept" if ties == TIES[0] else "dropped"
        tables.append(_table(f"MT-Bench, people's ties {kind}", rows))
        if found := every(results, ties):
            tables.append(_table(f"every policy over people by lot, ties {kind}", found))
    rows = {name.partition(": ")[2]: one for name, one in results.items() if name.startswith("LLMBar: ")}
    return [*tables, _table("LLMBar", rows)]


def every(results: dict[str, Any], ties: str) -> dict[str, Any]:
    """The registered policies, best mean first."""
    before, after = f"{ties}: ", " over people by lot"
    found = {
        name.removeprefix(before).removesuffix(after): one
        for name, one in results.items()
        if name.startswith(before) and name.endswith(after)
    }
    return dict(sorted(found.items(), key=lambda one: -one[1][-1][0]))


def mixes(results: dict[str, Any]) -> str:
    """How models of mixes rank fresh mixes."""
    lines = [
        "| model of mixes | rank correlation, same prompts | on unseen prompts | R² same | seconds to fit |",
        "| --- | --- | --- | --- | --- |",
    ]
    order = sorted(results["mixes"].items(), key=lambda one: int(one[0].split()[-2]))
    for name, one in order:
        same, unseen = (_figure(one[key], 2) for key in ("rho_same", "rho_unseen"))
        lines.append(f"| {name} | {same} | {unseen} | {one['r2_same']:.2f} | {one['seconds_to_fit']:.3f} |")
    return "\n".join(lines)


def missed(goals: list[dict[str, Any]]) -> str:
    """What fell short of the goal that was set beforehand."""
    short = [
        f"`{one['name']}` {one['value']:.2f} (goal {one['goal']:g})"
        for one in goals
        if (one["value"] < one["goal"] if one["direction"] == "at_least" else one["value"] > one["goal"])
    ]
    told = f"Missed: {'; '.join(short)}." if short else "None was missed."
    return f"{len(goals)} goals were named in advance. {told}"


def _table(title: str, rows: dict[str, Any]) -> str:
    lines = [f"| {title} | {' | '.join(SHARES)} |", f"| --- |{' --- |' * len(SHARES)}"]
    for name, figures in rows.items():
        cells = [_figure(one, 1) for one in figures] + [""] * (len(SHARES) - len(figures))
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _figure(one: Any, decimals: int) -> str:
    if one is None:
        return ""
    value, *ends = one
    told = f"{value:+.{decimals}f}"
    return told + (f" [{ends[0]:+.{decimals}f}, {ends[1]:+.{decimals}f}]" if ends else "")


def _whole() -> list[str]:
    return [share.replace(" ", "") for share in SHARES[:3]]


if __name__ == "__main__":
    main(sys.argv[1:])

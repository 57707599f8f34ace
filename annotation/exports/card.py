"""The dataset card: a README that `datasets.load_dataset` reads; every figure comes from the manifest."""

from typing import Any

import pyarrow as pa
import yaml

from .card_head import head, name_of

ALPHA = "Krippendorff's alpha"


def card(manifest: dict[str, Any], schemas: dict[str, pa.Schema], columns: dict[str, dict[str, str]]) -> str:
    """Markdown with a YAML head: configurations, splits and column types of the files in the manifest.

    `columns` says what each format's columns mean.
    """
    yaml_head = yaml.safe_dump(head(manifest, schemas), sort_keys=False, allow_unicode=True)
    sections = [
        f"# {name_of(manifest)}, release {manifest['release']}",
        _opening(manifest),
        "## Files",
        _files(manifest),
        *_columns(columns),
        "## What was asked",
        _asked(manifest),
        "## Who answered",
        _who(manifest),
        "## How far they agree",
        "\n".join(line for figures in manifest["agreement"] for line in _agreement(figures)),
        *_estimates(manifest),
        "## Whose answer stands",
        _standing(manifest),
        "## What was left out",
        "\n".join(_filter(one) for one in manifest["filters"]),
        "## Splits",
        _splits(manifest),
        "## Limits",
        _limits(manifest),
        "## Identity",
        f"SHA-256 over all rows: `{manifest['sha256']}`. `manifest.json` says how it is computed, and has a "
        "SHA-256 of every file.",
    ]
    return f"---\n{yaml_head}---\n\n" + "\n\n".join(sections) + "\n"


def _opening(manifest: dict[str, Any]) -> str:
    licence = manifest["license"] or "not stated; ask whoever gave you this dataset"
    return (
        f"Preferences collected with Tandem {manifest['tandem']}, frozen on {manifest['created']}: "
        f"{manifest['rows']:,} rows from {manifest['comparisons']:,} comparisons. Licence: {licence}."
    )


def _files(manifest: dict[str, Any]) -> str:
    lines = ["| configuration | split | rows |", "| --- | --- | --- |"]
    for config, splits in manifest["rows_by_config"].items():
        lines += [f"| {config} | {split} | {rows:,} |" for split, rows in splits.items()]
    if manifest["outcomes"]:
        lines += ["", "`outcomes.arrow` says what became of every comparison, those left out included."]
    return "\n".join(lines)


def _columns(columns: dict[str, dict[str, str]]) -> list[str]:
    found = []
    for format, meanings in columns.items():
        lines = [f"| column of {format} | meaning |", "| --- | --- |"]
        lines += [f"| `{name}` | {_cell(text)} |" for name, text in meanings.items()]
        found.append("\n".join(lines))
    return found


def _asked(manifest: dict[str, Any]) -> str:
    lines = []
    for one in manifest["criteria"]:
        asked = f": {_cell(one['question'])}" if one["question"] else ""
        lines.append(f"- **{one['name']}** (version {one['version']}, {one['scale']}){asked}")
    for guidelines in manifest["guidelines"]:
        if guidelines["text"].strip():
            lines += ["", f"Guidelines, version {guidelines['version']}:", ""]
            lines += [f"> {line}".rstrip() for line in guidelines["text"].splitlines()]
    protocol = manifest["protocol"]
    lines += ["", f"Labels wanted of people for each comparison: {protocol['labels_wanted']}."]
    if protocol["labels_cap"]:
        lines[-1] += (
            f" Asking went on up to {protocol['labels_cap']} where the answer was not sure; a random "
            f"{protocol['overlap_share']:.0%} always got all, and agreement is that of this part."
        )
    return "\n".join(lines)


def _who(manifest: dict[str, Any]) -> str:
    lines = []
    for one in manifest["annotators"]:
        for kind in ("people", "judges"):
            if (spread := one[kind]) is not None:
                lines.append(
                    f"- **{one['criterion']}**: {spread['number']:,} {kind}, each with {spread['min']:,} to "
                    f"{spread['max']:,} independent votes (median {spread['median']:,.0f})"
                )
        if (each := one["people_a_comparison"]) is not None:
            lines.append(
                f"- **{one['criterion']}**: people a comparison, where any: {each['min']} to {each['max']} "
                f"(median {each['median']:g})"
            )
    for asked in manifest["profile"]:
        given = [f"{_cell(answer)}: {number:,}" for answer, number in asked["answers"].items()]
        given += [f"other answers: {asked['few']:,}"] if asked["few"] else []
        lines.append(f"- {_cell(asked['question'])} ({', '.join(given) or 'no answers'})")
    for judge in manifest["judges"]:
        told = f", model {judge['model']}, template {judge['template']}" if "model" in judge else ""
        version = f" version {judge['version']}" if "version" in judge else ""
        lines.append(f"- Judge {_cell(judge['name'])}{version}{told}{_coverage(judge)}")
    pay, time = manifest["compensation"], manifest["time"]
    if float(pay["per_label"]):
        lines.append(f"- Paid for each submission of a person: {pay['per_label']} {pay['currency']}")
    else:
        lines.append("- Pay: none is recorded here")
    if time:
        lines.append(
            f"- Active time for a submission: median {time['median']:g} s (10th percentile "
            f"{time['p10']:g} s, 90th {time['p90']:g} s, n = {time['submissions']:,})"
        )
        if float(pay["per_label"]) and time["median"]:
            hourly = float(pay["per_label"]) * 3600
            lines.append(
                f"- That is {hourly / time['median']:.2f} {pay['currency']} an hour at the median time, "
                f"{hourly / max(time['p90'], 1):.2f} at the 90th percentile"
            )
    return "\n".join(lines)


def _agreement(figures: dict[str, Any]) -> list[str]:
    labels, annotators = figures["labels"], figures["annotators"]
    lines = [
        f"- **{figures['criterion']}**: {labels['human']:,} labels of {annotators['human']:,} people and"
        f" {labels['judge']:,} of {annotators['judge']:,} judges on {figures['comparisons']:,} comparisons."
    ]
    level = figures["level"]
    for name, group in figures["groups"].items():
        if group["raw"] is None:
            continue
        value, ends = group["alpha"][level], group["intervals"].get(level)
        told = "not defined" if value is None else f"{value:.3f}"
        told += f" (95 % {ends[0]:.3f} to {ends[1]:.3f})" if ends else ""
        lines.append(
            f"  - {name.replace('_', ' and ')}: raw {group['raw']:.3f}, {ALPHA} ({level}) {told}, on"
            f" {group['comparisons']:,} comparisons"
        )
    for name, judge in figures["judges"].items():
        if judge["vs_majority"] is not None:
            share, n = judge["vs_majority"], judge["n"]
            lines.append(f"  - {_cell(name)} agrees with the people's majority on {share:.3f} of {n:,}")
    return lines


def _coverage(judge: dict[str, Any]) -> str:
    """What stands beside every rate of a judge: what it was asked and did not answer is no vote of its."""
    calls = judge.get("calls")  # a release that was frozen by an earlier version does not know
    if not calls or not calls["ended"]:
        return ""
    return f": a verdict in {calls['answered']:,} of {calls['ended']:,} calls"


def _estimates(manifest: dict[str, Any]) -> list[str]:
    if not manifest["over_all"]:
        return []
    lines = [
        "What people would have said on every comparison that routing decided, from those they answered and "
        "the audit slice drawn by lottery (prediction-powered inference; 95 % intervals). Figures over the "
        "rows of this dataset alone would be biased by the routing.",
        "",
        "| criterion | figure | over all | 95 % | the mix as it stands | answered by people, of |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for one in manifest["over_all"]:
        figures = {"judge agrees with people": one["agreement"]}
        figures |= {f"win rate of {_cell(row['model'])}": row for row in one["win_rates"]}
        lines += [_estimate(one["criterion"], name, figure) for name, figure in figures.items()]
    return ["## Over all comparisons", "\n".join(lines)]


def _estimate(criterion: str, name: str, figure: dict[str, Any]) -> str:
    told = "not known" if figure["value"] is None else f"{figure['value']:.3f}"
    ends = figure["reason"] if figure["value"] is None else f"{figure['low']:.3f} to {figure['high']:.3f}"
    mixed = "" if figure["routed"] is None else f"{figure['routed']:.3f}"
    return f"| {criterion} | {name} | {told} | {ends} | {mixed} | {figure['answered']:,}, {figure['of']:,} |"


def _standing(manifest: dict[str, Any]) -> str:
    sources = {
        "routed": "People's votes where there are any; elsewhere those of the judge that routing let stand",
        "human": "People's votes alone",
        "judge": "Judges' votes alone",
        "all": "Everybody's votes",
    }
    lines = [f"{sources[manifest['options']['source']]}."]
    lines += [
        f"Consensus on {one['criterion']}: method `{one['method']}`"
        + "".join(f"; {fit['note']}" for fit in one["fits"] if fit["note"])
        + "."
        for one in manifest["consensus"]
    ]
    routing = manifest["routing"]
    for one in routing["decisions"]:
        audit = ", audited by people as well" if one["audit"] else ""
        lines.append(
            f"- Routing policy {one['policy']} (version {one['policy_version']}) sent {one['comparisons']:,}"
            f" comparisons to {'people' if one['destination'] == 'human' else 'the judge'}{audit}"
        )
    return "\n".join(lines)


def _filter(account: dict[str, Any]) -> str:
    if not account["removed"]:
        return f"- {account['format']}: nothing of {account['read']:,} {account['unit']}"
    told = ", ".join(f"{entry['removed']:,} {entry['reason']}" for entry in account["removed"])
    return f"- {account['format']}: of {account['read']:,} {account['unit']} {told}"


def _splits(manifest: dict[str, Any]) -> str:
    split = manifest["split"]
    if not split["test_share"]:
        return "Everything is `train`."
    return (
        f"Share of groups held out for test: {split['test_share']}. Comparisons of one group, and groups "
        f"whose prompts are the same or nearly the same, are never split. {split['rule']}"
    )


def _limits(manifest: dict[str, Any]) -> str:
    lines = [
        "- Prompts and answers are as they were given to the annotators; nothing was taken out of them.",
        "- Annotators have pseudonyms that are of this release alone; do not try to find out who they are.",
    ]
    if manifest["options"]["rationales"]:
        lines.append(
            "- E-mail addresses, IP addresses and the names and ids of annotators were taken out of their "
            "free texts; what else a text gives away was not looked for."
        )
    if manifest["options"]["source"] == "routed" and manifest["routing"]["decisions"]:
        lines.append(
            "- Routing chose what people saw by how hard it looked. Figures over these rows alone are those "
            "of the mix, not of people on everything."
        )
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")

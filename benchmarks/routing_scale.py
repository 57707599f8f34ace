#!/usr/bin/env python3
"""Routing at a million comparisons: describing texts, a plan, a refit, one new decision, the plan's page.

Texts are MT-bench's, repeated under new ids. Features go through real Celery workers beside a private
PostgreSQL and Redis; the rate is per second of the workers' processor time, memory is a worker's highest.
Plan, refit and decision are measured in this process with one thread: a plan is scores and reasons of a
million comparisons by `error_model` and the selection under a budget, learned from 10,000 labelled ones; a
refit is the model, its nested cross-validation, the choice of parts and the scores of the same million.
The page (`_plan_page.py`) is a plan asked for, looked at, slid over and approved through the views and
a worker, while twenty people go on labelling; its seconds are of the clock, waiting for the worker included.
`--quick` takes 4,000 texts, 100,000 comparisons and a page of 20,000; the seconds of plan and refit are then
stated for a million by rule of three. `--part` measures only that.
"""

import os
import resource
import sys
import time
from typing import Any

import numpy as np
from _benchmark import INSIDE, arguments, finish, goal, machine, run_with_services, set_up, texts_of
from _project import insert_select, sql
from _votes import described, lines_of, read
from _worker import celery, highest, spent

MILLION = 1_000_000
PARTS = ("features", "plan", "page")


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--texts", type=int, help="comparisons to describe; default a million, quick 4,000")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--part", choices=PARTS, action="append", help="only this; may be repeated")
    options = parser.parse_args()
    wanted = options.part or PARTS
    file = texts_of("mtbench.jsonl.gz")
    if INSIDE not in os.environ:
        return run_with_services(__file__)
    set_up()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    lines = lines_of(file)
    looks = described(lines)
    data = read(lines, looks, "gpt-4", "llama-2-70b-instruct-v2", without_ties=False, gold=False)
    results: dict[str, Any] = {}
    goals: list[dict[str, Any]] = []
    if "features" in wanted:
        texts = options.texts or (4000 if options.quick else MILLION)
        results |= features(lines, texts, options.workers)
        rate = results["features"]["per_cpu_second"]
        goals.append(goal("features_per_second_per_core", rate, 300, "at_least", "1/s"))
        call_command("flush", interactive=False, verbosity=0)
    if "plan" in wanted:
        results |= plans(data.labelled, MILLION // 10 if options.quick else MILLION)
        results |= decision(lines[0], data.labelled)
        goals += [
            goal("plan_1m_seconds", results["plan"]["seconds"], 10, "at_most", "s"),
            goal("refit_seconds", results["refit"]["seconds"], 60, "at_most", "s"),
            goal("one_decision_ms", results["decision_ms"], 5, "at_most", "ms"),
        ]
    if "page" in wanted:
        page = plan_page(data, looks, 20_000 if options.quick else MILLION, options.workers)
        results["page"] = page
        beside = (page["meanwhile"], page["meanwhile_refit"])
        waited = max(one["longest_without_work_seconds"] for one in beside)
        slowest = max(one["slowest_label_ms"] for one in beside)
        goals += [
            goal("plan_page_ms", page["page_ms"], 1000, "at_most", "ms"),
            goal("slider_ms", page["slider_ms"], 1000, "at_most", "ms"),
            goal("approve_seconds", page["approve_seconds"], 300, "at_most", "s"),
            goal("longest_without_work_seconds", waited, 10, "at_most", "s"),
            goal("slowest_label_ms", slowest, 1000, "at_most", "ms"),
        ]
    told = [f"{name}: {value}" for name, value in results.items()]
    return finish({"machine": machine(), "results": results, "goals": goals}, options.json, *told)


def features(lines: list[dict[str, Any]], number: int, workers: int) -> dict[str, Any]:
    """Describes `number` comparisons through Celery workers; rate by their processor time, and memory."""
    from routing.models import TextFeatures
    from routing.tasks import describe_texts
    from routing.texts import pieces

    project = load(lines, number)
    sent = 0
    start = time.perf_counter()
    with celery(workers) as pids:
        before = spent(pids())
        for first, last in pieces(project, size=max(number // 200, 500), most=MILLION):
            describe_texts.delay(project.pk, first, last)
            sent += 1
        half = 0.0
        while (done := TextFeatures.objects.count()) < number:
            time.sleep(0.2)
            half = highest(pids()) if done < number / 2 else half
        seconds = time.perf_counter() - start
        cpu = spent(pids()) - before
        figures = {
            "comparisons": number,
            "messages": sent,
            "seconds": round(seconds, 1),
            "workers": workers,
            "per_second": round(number / seconds),
            "per_cpu_second": round(number / cpu),
            "worker_peak_mb": {"half_way": round(half), "at_the_end": round(highest(pids()))},
        }
    return {"features": figures}


def plan_page(data: Any, looks: dict[str, Any], number: int, workers: int) -> dict[str, Any]:
    """What owner and annotators wait for; the work itself is a worker's."""
    from _plan_page import make, measure

    started = time.perf_counter()
    project = make(data, looks, number)
    making = time.perf_counter() - started
    with celery(workers) as pids:
        figures = measure(project)
        return {**figures, "made_in_seconds": round(making), "worker_peak_mb": round(highest(pids()))}


def load(lines: list[dict[str, Any]], number: int) -> Any:
    """A project of `number` comparisons with MT-bench's texts in turn."""
    import orjson

    from annotation.models import Comparison, Project, Response

    project = Project.objects.create(slug="scale", name="Scale", policy="combined")
    sql("CREATE TABLE bench_texts (place int, prompt jsonb, a jsonb, b jsonb)")
    for place, line in enumerate(lines):
        said = [[{"role": "assistant", "content": line[f"response_{side}"]}] for side in "ab"]
        turns = [turn for turn in line.get("context_a") or [] if turn["role"] == "user"]
        asked = [*turns, {"role": "user", "content": line["prompt"]}]
        values = [place, *(orjson.dumps(one).decode() for one in (asked, *said))]
        sql("INSERT INTO bench_texts VALUES (%s, %s::jsonb, %s::jsonb, %s::jsonb) RETURNING place", values)
    sql("SET session_replication_role = replica; SELECT 1")
    numbered = f"FROM generate_series(1, {number}) n JOIN bench_texts t ON t.place = n % {len(lines)}"
    same = {"id": "n", "project_id": str(project.pk), "external_id": "'s' || n", "prompt": "t.prompt"}
    insert_select(Comparison, numbered, **same, k="2", group="(n % 80)::text", content_hash="md5(n::text)")
    for position, side in enumerate("ab"):
        insert_select(
            Response,
            numbered,
            id=f"2 * n + {position}",
            comparison_id="n",
            position=str(position),
            messages=f"t.{side}",
            model="'m'",
        )
    sql("ANALYZE annotation_comparison; ANALYZE annotation_response; SELECT 1")
    return project


def plans(labelled: Any, number: int) -> dict[str, Any]:
    """A plan over `number` comparisons and a refit, in this process."""
    from decimal import Decimal

    from threadpoolctl import threadpool_limits

    from routing.error_model import fit
    from routing.learned import learn
    from routing.learning import categories_of, inputs, reasons
    from routing.policies import POLICIES
    from routing.policy import Problem
    from routing.selection import select

    known, rows = many(labelled, 10_000), many(labelled, number).signals
    few, scale = rows.at(rows_of(1000)), MILLION / number
    categories = categories_of(known)
    told = inputs(known.signals, categories)

    def score() -> Any:
        asked = inputs(rows, categories)
        probability = model.probability(asked)
        reasons(probability, model, asked, categories)
        return probability

    busy = time.process_time()
    with threadpool_limits(1):
        model, learning = timed(lambda: fit(told, known.wrong, known.signals.groups))
        probability, scoring = timed(score)
        chosen, selecting = timed(lambda: select(probability, rows.keys, slots=number // 4, audit_share=0.05))
        _, validating = timed(lambda: learn(known, few, 0, Decimal(1), None))
        _, choosing = timed(lambda: POLICIES["combined"].score(Problem(few, known), 0))
    busy = time.process_time() - busy
    planning = (scoring + selecting) * scale
    assert int((chosen.human | chosen.audit).sum()) == number // 4
    return {
        "plan": {
            "comparisons": number,
            "seconds": round(planning, 2),
            "score_seconds": round(scoring * scale, 2),
            "select_seconds": round(selecting * scale, 2),
        },
        "refit": {
            "labelled": len(known),
            "seconds": round(validating + choosing + planning, 2),
            "learn_seconds": round(learning, 2),
            "nested_validation_seconds": round(validating, 2),
            "choice_of_parts_seconds": round(choosing, 2),
        },
        "plan_and_refit_cpu_seconds": round(busy, 2),  # of one processor; says what load does not
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def many(labelled: Any, number: int) -> Any:
    """The labelled comparisons repeated under new ids and groups, each with a little noise on its texts."""
    from routing.policy import Labelled, Signals

    at = np.arange(number) % len(labelled)
    rng = np.random.default_rng(0)
    one = labelled.signals
    noise = rng.normal(0, 0.01, (number, one.shared.shape[1])).astype(np.float32)
    groups = [f"{one.groups[row]}/{place // len(labelled)}" for place, row in enumerate(at.tolist())]
    signals = Signals(
        keys=[f"k{place}" for place in range(number)],
        groups=groups,
        categories=[one.categories[row] for row in at.tolist()],
        judges=one.judges[at],
        differing=one.differing[at],
        flipped=one.flipped[at],
        tied=one.tied[at],
        judging=one.judging[at],
        shared=one.shared[at] + noise,
        toward=one.toward[at],
    )
    return Labelled(signals, labelled.wrong[at], labelled.human_wrong[at])


def decision(line: dict[str, Any], labelled: Any) -> dict[str, Any]:
    """Milliseconds to describe, score and explain one new comparison with a model that is there."""
    from routing.error_model import fit
    from routing.learning import categories_of, inputs, reasons

    categories = categories_of(labelled)
    model = fit(inputs(labelled.signals, categories), labelled.wrong, labelled.signals.groups)

    def decide() -> None:
        described([line])
        row = inputs(labelled.signals.at(np.array([0])), categories)
        reasons(model.probability(row), model, row, categories)

    times = [timed(decide)[1] for _ in range(200)]
    return {"decision_ms": round(1000 * float(np.median(times)), 2)}


def rows_of(number: int) -> Any:
    return np.arange(number)


def timed(work: Any) -> tuple[Any, float]:
    """What comes of it, and the seconds it took."""
    start = time.perf_counter()
    found = work()
    return found, time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())

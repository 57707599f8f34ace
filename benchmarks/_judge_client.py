#!/usr/bin/env python3
"""One measurement of judge calls in a process of its own, so that processor time and memory are its own.

    _judge_client.py bare PORT FLIGHT CALLS LANE BODIES.json    an openai client in a loop, nothing else
    _judge_client.py ours RUN_ID [SECONDS]                      a worker on that run

Prints one JSON object: calls, seconds, cpu_seconds, memory (MB before and after).
"""

import asyncio
import json
import math
import sys
import time
from pathlib import Path
from typing import Any

WARM = 2000  # calls before memory is looked at


def memory_mb() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


class Measured:
    """Processor and clock seconds of a `with` block."""

    def __enter__(self) -> "Measured":
        self.clock, self.cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *error: object) -> None:
        self.clock, self.cpu = time.perf_counter() - self.clock, time.process_time() - self.cpu


def bare(port: int, flight: int, calls: int, lane: int, bodies: list[dict[str, Any]]) -> dict[str, Any]:
    """What the client library does by itself: `flight` coroutines that ask one after the other, `lane` of
    them over one pool of connections."""
    import openai

    base_url = f"http://127.0.0.1:{port}/v1"

    async def run() -> Measured:
        clients = [
            openai.AsyncOpenAI(api_key="none", base_url=base_url, max_retries=0)
            for _ in range(math.ceil(flight / lane))
        ]
        await clients[0].chat.completions.create(**bodies[0])  # imports, first connection
        numbers = iter(range(calls))

        async def ask(client: openai.AsyncOpenAI) -> None:
            for number in numbers:
                answer = await client.chat.completions.create(**bodies[number % len(bodies)])
                json.loads(answer.choices[0].message.content or "")

        with Measured() as measured:
            await asyncio.gather(*(ask(clients[place // lane]) for place in range(flight)))
        for client in clients:
            await client.close()
        return measured

    measured = asyncio.run(run())
    return {"calls": calls, "seconds": measured.clock, "cpu_seconds": measured.cpu}


def ours(run_id: int, seconds: float) -> dict[str, Any]:
    """A worker until its run ends, or for so many seconds."""
    from _benchmark import set_up

    set_up()
    from annotation.models import JudgeRun
    from llm_judges.labelling import work_on
    from llm_judges.models import Judge

    run = JudgeRun.objects.select_related("annotator", "project").get(pk=run_id)
    judge = Judge.objects.select_related("version", "version__project").get(
        version=run.annotator.judge_version
    )
    warm_up(judge)
    memory = []

    def look(outcome: Any) -> None:
        if outcome.calls >= WARM or not memory:
            memory.append(memory_mb())

    until = time.monotonic() + seconds
    with Measured() as measured:
        outcome = work_on(run, judge, lambda: time.monotonic() > until, look)
    warm = memory[1] if len(memory) > 1 else memory[0]
    return {
        "calls": outcome.calls,
        "labelled": outcome.labelled,
        "failed": dict(outcome.failed),
        "stopped": outcome.message,
        "seconds": measured.clock,
        "cpu_seconds": measured.cpu,
        "memory_mb": memory_mb(),
        "memory_growth_mb": memory_mb() - warm,
    }


def warm_up(judge: Any) -> None:
    """Imports and the first connection, as the baseline has them behind it when its time is taken."""
    from llm_judges.running.endpoint import _client_of
    from llm_judges.running.line import inside

    inside(_client_of(judge).ask({"model": "warm-up", "messages": []}))


if __name__ == "__main__":
    kind, *arguments = sys.argv[1:]
    if kind == "bare":
        *numbers, file = arguments
        port, flight, calls, lane = map(int, numbers)
        found = bare(port, flight, calls, lane, json.loads(Path(file).read_text()))
    else:
        found = ours(int(arguments[0]), float(arguments[1]) if len(arguments) > 1 else 1e9)
    print(json.dumps(found))

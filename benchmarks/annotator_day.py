#!/usr/bin/env python3
"""What a person waits for: key press to next readable comparison, in one real browser, by keyboard alone.

A browser works through 200 pairs of MT-bench against gunicorn and a private PostgreSQL, although every
request of the label page takes 300 ms longer than it does. The time is taken inside the page: from the Enter
key going down until the frame after the next comparison was painted. Beside it stands, as baseline, what a
page without fetching ahead takes for the same step: sending the form and loading the page anew. `--quick`
does 40 pairs in under a minute; `--pause` sets the seconds a person reads (default 0.5, a fast one).
"""

import asyncio
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from _benchmark import INSIDE, arguments, finish, goal, machine, run_with_services, set_up, texts_of
from _server import gunicorn, percentile

SERVER_TAKES = 0.3  # seconds more, for every request of the label page
BASELINE = 10  # page loads
SIZE = 1000  # comparisons; 300 of them are in other hands

# In the page: the moment of the last Enter, and the frames in which a new comparison stood there.
WATCH = """
window.waits = [];
let pressed = null;
addEventListener("keydown", (event) => { if (event.key === "Enter") pressed = event.timeStamp; }, true);
document.addEventListener("tandem:card", ({ detail }) => {
  const { assignment } = detail.card.dataset;
  if (pressed === null || !assignment) return;
  const from = pressed;
  pressed = null;
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => window.waits.push(performance.now() - from);
    channel.port2.postMessage(null);
  });
});
"""


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--pause", type=float, default=0.5, help="seconds between two answers")
    options = parser.parse_args()
    texts = texts_of("mtbench.jsonl.gz")
    if not os.environ.get(INSIDE):
        return run_with_services(__file__)
    result = run(texts, 40 if options.quick else 200, options.pause)
    lines = [f"{name:44}{figure:>10}" for name, figure in result["results"].items()]
    return finish(result, options.json, *lines)


def run(texts: Path, number: int, pause: float) -> dict[str, Any]:
    """A day of `number` answers, with the goals."""
    set_up()
    import _project
    from django.conf import settings
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    project = _project.make_project("day")
    _project.load_texts(texts, number + BASELINE)
    _project.fill(project, SIZE, rendered=SIZE)
    _project.queue(project, labelled=False, overlap=1)
    [session] = _project.sessions(project, 1)
    with (
        tempfile.TemporaryDirectory(prefix="tandem-benchmark-") as folder,
        gunicorn(Path(folder)) as (port, _),
    ):
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": f"http://127.0.0.1:{port}"}
        waits, loads = asyncio.run(day(port, cookie, number, pause))
    answered = project.labels.count()
    results = {
        "answers": number,
        "next_readable_p50_ms": round(statistics.median(waits), 1),
        "next_readable_p95_ms": round(percentile(waits, 0.95), 1),
        "next_readable_max_ms": round(max(waits), 1),
        "baseline, a page load an answer, p50_ms": round(statistics.median(loads), 1),
        "baseline, a page load an answer, p95_ms": round(percentile(loads, 0.95), 1),
        "server_takes_longer_ms": 1000 * SERVER_TAKES,
        "reading_seconds": pause,
    }
    goals = [
        goal("next_readable_p95_ms", results["next_readable_p95_ms"], 100, "at_most", "ms"),
        goal("answers_lost", number + BASELINE - answered, 0, "at_most", "answers"),
    ]
    return {"machine": machine(), "results": results, "goals": goals}


async def day(
    port: int, cookie: dict[str, str], number: int, pause: float
) -> tuple[list[float], list[float]]:
    """Milliseconds waited for the next comparison, by answer, and for whole page loads."""
    from playwright.async_api import async_playwright

    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        raise SystemExit("needs Chromium: apt-get install chromium")

    async def slowly(route: Any) -> None:
        await asyncio.sleep(SERVER_TAKES)
        await route.continue_()

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = await browser.new_context(viewport={"width": 1440, "height": 900})
        await context.add_cookies([cookie])  # type: ignore[list-item]
        page = await context.new_page()
        await page.add_init_script(WATCH)
        await page.route("**/label/**", slowly)
        address = f"http://127.0.0.1:{port}/p/day/label/"
        await page.goto(address)
        for index in range(number):
            await answer(page, "12345"[index % 5])
            await until(page, f"window.waits.length > {index}")
            await asyncio.sleep(pause)
        waits = await page.evaluate("window.waits")
        await settled(page)
        loads = []
        for _ in range(BASELINE):
            await answer(page, "1")
            await settled(page)
            before = await page.evaluate("performance.timeOrigin + performance.now()")
            await page.reload()
            await page.locator("#answer").wait_for()
            loads.append(await page.evaluate("performance.timeOrigin + performance.now()") - before)
        await browser.close()
    return waits, loads


async def answer(page: Any, key: str) -> None:
    """A verdict and Enter, as soon as the page takes keys."""
    await until(page, "document.querySelector('#open')?.textContent")
    await page.keyboard.press(key)
    await page.keyboard.press("Enter")


async def settled(page: Any) -> None:
    """Until everything that was answered has been confirmed."""
    await until(page, "window.tandem.courier.pending().length === 0")


async def until(page: Any, condition: str) -> None:
    """Polls: Playwright's own waiting evaluates text in the page, which its policy forbids."""
    for _ in range(6000):
        if await page.evaluate(f"Boolean({condition})"):
            return
        await asyncio.sleep(0.01)
    raise SystemExit(f"waited a minute in vain for: {condition}")


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""People who answer as soon as they have the next comparison: one process, a connection each, no Django.

Reads one JSON object on standard input: `port`, `path`, `cookies` (a `sessionid` for each person), `seconds`,
`most` (answers in all), `warm` (answers of each that are not counted). Prints `ready` when everybody has the
page open, waits for a line, then works and prints one JSON object. With `bare` a person asks for the path
again and again and answers nothing.

A cycle is: send an answer, have the next comparison. A server that lends several at once shows the first and
is told which others are still held, as the page's own script does.
"""

import asyncio
import json
import random
import re
import sys
import time
from collections import deque
from typing import Any
from urllib.parse import urlencode

INPUT = re.compile(r"<input\b[^>]*>")
ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')
KEY = re.compile(r'name="key" value="([^"]+)"')
QUESTION = re.compile(r"q\d+")
NOTE = re.compile(r'name="(q\d+-rationale)"')
NOTED = 4  # one answer in so many comes with reasons and a sentence
SENTENCE = "The other one leaves out the second half of what was asked and repeats itself."


class Refused(Exception):
    """The server did not take an answer or did not give the next comparison."""


class Person:
    """One signed-in browser, as far as the server can tell."""

    def __init__(self, port: int, path: str, session: str, number: int = 0) -> None:
        self.port, self.path, self.cookie = port, path, f"sessionid={session}"
        self.draw = random.Random(number)
        self.hand: deque[str] = deque()  # submission keys: the comparison shown, then those held
        self.answered = 0
        self.retries = 0
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def open(self) -> None:
        """Loads the page: the comparison in hand, those held, the form's fields, the CSRF cookie."""
        head, body = await self.exchange("GET")
        if token := re.search(r"csrftoken=(\w+)", head):
            self.cookie += f"; csrftoken={token[1]}"
            self.token = token[1]
        self._take(body)
        if not self.hand:
            raise Refused("the page holds no comparison")
        self.fields: dict[str, list[str]] = {}
        for tag in INPUT.findall(body):
            given = dict(ATTRIBUTE.findall(tag))
            if re.match(r"q\d", given.get("name", "")) and given.get("value"):
                self.fields.setdefault(given["name"], []).append(given["value"])
        self.notes = set(NOTE.findall(body))

    async def answer(self) -> float:
        """Answers what is shown; seconds until the next comparison is there. Raises Refused."""
        key = self.hand.popleft()
        form = {"key": key, "active": "41.5", "idle": "3.0", "held": ",".join(map(_assignment, self.hand))}
        noted = self.answered % NOTED == NOTED - 1
        for name, values in self.fields.items():
            if QUESTION.fullmatch(name):
                form[name] = self.draw.choice([v for v in values if v != "0"] if noted else values)
            elif noted or name.endswith("-confidence"):
                form[name] = values[0]
        if noted:
            form |= dict.fromkeys(self.notes, SENTENCE)
        start = time.perf_counter()
        head, body = await self.exchange("POST", urlencode(form))
        if "application/json" in head:
            got = json.loads(body)
            if str((got.get("receipt") or {}).get("assignment")) != _assignment(key):
                raise Refused(f"no receipt: {body[:200]}")
            for card in got["cards"]:
                self._take(card["html"])
        else:
            self._take(body)
        self.answered += 1
        return time.perf_counter() - start

    async def exchange(self, method: str, form: str = "") -> tuple[str, str]:
        """Head and body of a response. A connection that the server has closed meanwhile is made anew and
        the request sent again, as browsers do; an answer's key makes that harmless."""
        lines = [f"{method} {self.path} HTTP/1.1", "Host: localhost", f"Cookie: {self.cookie}"]
        if method == "POST":
            lines += [
                "HX-Request: true",
                "Accept: application/json",
                f"X-CSRFToken: {self.token}",
                "Content-Type: application/x-www-form-urlencoded",
                f"Content-Length: {len(form)}",
            ]
        request = "\r\n".join([*lines, "", form]).encode() if form else "\r\n".join([*lines, "", ""]).encode()
        for _ in range(3):
            try:
                return await self._once(request)
            except (ConnectionError, asyncio.IncompleteReadError):
                self._streams = None
                self.retries += 1
        raise Refused("the server closes the connection again and again")

    async def _once(self, request: bytes) -> tuple[str, str]:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20)
        reader, writer = self._streams
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
        body = (await reader.readexactly(int(length[1]) if length else 0)).decode()
        if re.search(r"connection: close", head, re.IGNORECASE):
            writer.close()
            self._streams = None
        if not head.startswith("HTTP/1.1 200"):
            raise Refused(head.partition("\r\n")[0] + " " + body[:300])
        return head, body

    def _take(self, html: str) -> None:
        """A comparison's key may stand in several forms: those that answer, skip, flag."""
        for key in KEY.findall(html):
            if _assignment(key) not in map(_assignment, self.hand):
                self.hand.append(key)


def _assignment(key: str) -> str:
    return key.partition(".")[0]


async def work(plan: dict[str, Any]) -> dict[str, Any]:
    """Everybody opens the page, warms up, waits for the line, and works until the time or the work is up."""
    people = [Person(plan["port"], plan["path"], cookie, n) for n, cookie in enumerate(plan["cookies"])]
    bare = plan.get("bare", False)
    opened: list[float] = []
    taken: list[float] = []
    problems: list[str] = []

    async def come(person: Person) -> None:
        start = time.perf_counter()
        await (person.exchange("GET") if bare else person.open())
        opened.append(time.perf_counter() - start)
        for _ in range(plan["warm"]):
            await (person.exchange("GET") if bare else person.answer())

    async def go(person: Person, until: float) -> None:
        try:
            while time.perf_counter() < until and len(taken) < plan["most"] and (bare or person.hand):
                if bare:
                    start = time.perf_counter()
                    await person.exchange("GET")
                    taken.append(time.perf_counter() - start)
                else:
                    taken.append(await person.answer())
        except Refused as problem:
            problems.append(str(problem))

    await asyncio.gather(*map(come, people))
    print("ready", flush=True)
    sys.stdin.readline()
    start, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(go(person, start + plan["seconds"]) for person in people))
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    return {
        "seconds": seconds,
        "cpu_seconds": cpu,
        "opened": opened,
        "taken": taken,
        "answered": sum(person.answered for person in people),
        "retries": sum(person.retries for person in people),
        "problems": problems,
        "out_of_work": sum(not person.hand for person in people) if not bare else 0,
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(work(json.loads(sys.stdin.readline())))))

"""A Millrace that a test starts for itself, as a new user does: `millrace up` in an empty folder, spoken to over
HTTP alone.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery"


@dataclass
class Server:
    process: subprocess.Popen[str]
    address: str
    token: str | None
    started_in: float  # seconds of the processor: how busy others keep it makes no difference
    output: list[str] = field(default_factory=list)

    def stop(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


_started: list[subprocess.Popen[str]] = []


def end_all() -> None:
    """Whatever a test that failed half way has left running ends with it."""
    while _started:
        process = _started.pop()
        if process.poll() is None:
            process.kill()
            process.wait()


def start(data: Path) -> Server:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MILLRACE_")}
    for name in ("DATABASE_URL", "BROKER_URL", "REDIS_URL"):
        environment.pop(name, None)
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "up", "--port", "0", "--data", str(data)],
        stdout=subprocess.PIPE,
        stderr=(data.parent / "stderr.txt").open("a"),
        text=True,
        env={**environment, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if "Ctrl+C" in line:
            break
    took = _processor_seconds(process.pid)
    text = "".join(lines)
    _started.append(process)
    found = re.search(r"running at (http://127\.0\.0\.1:\d+)\n", text)
    assert found, text + (data.parent / "stderr.txt").read_text()
    link = re.search(r"/setup\?token=(\S+)", text)
    return Server(process, found[1], link[1] if link else None, took, lines)


def _processor_seconds(pid: int) -> float:
    # After the name of the program, which may hold blanks: state, and then user and system time as 12th and 13th.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Browser:
    """A session with its CSRF token."""

    def __init__(self, http: aiohttp.ClientSession, address: str) -> None:
        self.http, self.address, self.csrf = http, address, ""

    async def ask(self, method: str, path: str, body: Any = None, expect: int = 200) -> Any:
        headers = {"X-CSRFToken": self.csrf}
        async with self.http.request(
            method, f"{self.address}/api/v1{path}", json=body, headers=headers
        ) as answer:
            text = await answer.text()
            assert answer.status == expect, text
            return json.loads(text) if text else None

    async def set_up(self, token: str) -> None:
        self.csrf = (await self.ask("GET", "/session"))["csrfToken"]
        body = {"token": token, "email": "ann@x.example", "password": PASSWORD, "tenantName": "Acme"}
        self.csrf = (await self.ask("POST", "/setup", body, 201))["csrfToken"]

    async def until(self, path: str, done: str) -> Any:
        for _ in range(1200):
            found = await self.ask("GET", path)
            if found["status"] == done:
                return found
            await asyncio.sleep(0.05)
        raise AssertionError(f"{path} did not become {done}: {found}")


@asynccontextmanager
async def signed_in(server: Server) -> AsyncIterator[Browser]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        browser = Browser(http, server.address)
        assert server.token
        await browser.set_up(server.token)
        yield browser


async def publish(browser: Browser, name: str, trigger: dict[str, Any], actions: dict[str, Any]) -> str:
    """The callback URL of a workflow with this trigger."""
    request = {"type": "Request", "kind": "Http", "inputs": {"method": "POST"}, **trigger}
    text = json.dumps(
        {"definition": {"triggers": {"manual": request}, "actions": actions}, "kind": "Stateful"}
    )
    made = await browser.ask("POST", "/t/acme/workflows", {"name": name, "text": text}, 201)
    workflow = f"/t/acme/workflows/{made['id']}"
    draft = await browser.ask("GET", f"{workflow}/draft")
    await browser.ask("POST", f"{workflow}/publish", {"revision": draft["revision"]}, 201)
    (address,) = await browser.ask("GET", f"{workflow}/callbacks")
    return str(address["url"])


async def call(browser: Browser, url: str, body: Any, **headers: str) -> str:
    """The id of the arrival."""
    async with browser.http.post(url, json=body, headers=headers) as answer:
        assert answer.status == 202, await answer.text()
        return answer.headers["x-ms-workflow-run-id"]


async def end_of(browser: Browser, arrival: str) -> dict[str, Any]:
    for _ in range(100):
        found: dict[str, Any] = await browser.ask("GET", f"/t/acme/inbox/{arrival}")
        if found["outcome"] != "new":
            return found
        await asyncio.sleep(0.05)
    raise AssertionError(f"{arrival} has come to no end: {found}")

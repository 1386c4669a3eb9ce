"""From the end of an operation to the browser's socket: HTTP answer, journal, bell, follower, frame."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from tests.bench.server import Server
from tests.runtime.worlds import chain, definition, http

AT_ONCE = 4


class Answering:
    """Answers after 0.6 s, and keeps the moment by the key of the call."""

    def __init__(self) -> None:
        self.answered: dict[str, float] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                key = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))["key"]
                time.sleep(0.6)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                outer.answered[key] = time.perf_counter()
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def measure(server: Server, samples: int = 40) -> tuple[float, float]:
    """p50 and p95, milliseconds."""
    answering = Answering()
    try:
        call = http(answering.url, body={"key": "@{triggerBody()?['n']}"})
        url = server.publish("live", definition(chain(("Call", call))))
        times = asyncio.run(_samples(server, url, answering, samples))
    finally:
        answering.close()
    return statistics.median(times), statistics.quantiles(times, n=20)[18]


async def _samples(server: Server, url: str, answering: Answering, samples: int) -> list[float]:
    origin = f"http://{urlsplit(url).netloc}"
    times: list[float] = []
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        async with session.get(f"{origin}/api/v1/session") as answer:
            token = (await answer.json())["csrfToken"]
        signing = {"email": "tests@example.org", "password": "a long password of tests"}
        headers = {"X-CSRFToken": token, "Origin": origin, "Referer": origin}
        async with session.post(f"{origin}/api/v1/session", json=signing, headers=headers) as answer:
            answer.raise_for_status()
            tenant = (await answer.json())["tenants"][0]["slug"]

        async def one(number: int) -> None:
            async with session.post(url, json={"n": number}) as answer:
                run = answer.headers["x-ms-workflow-run-id"]
            address = f"{origin}/ws/t/{tenant}/"
            async with session.ws_connect(
                address, protocols=["app.v1"], headers={"Origin": origin}
            ) as socket:
                await socket.send_json({"type": "sub", "topic": f"run:{run}"})
                while not _tells_the_end(await socket.receive_json(timeout=60)):
                    pass
                times.append((time.perf_counter() - answering.answered[str(number)]) * 1e3)

        for start in range(0, samples, AT_ONCE):
            await asyncio.gather(*[one(number) for number in range(start, start + AT_ONCE)])
    return times


def _tells_the_end(frame: dict[str, Any]) -> bool:
    if frame["type"] == "error":
        raise RuntimeError(f"{frame['topic']} is refused: {frame['detail']}")
    actions = (frame.get("data") or {}).get("actions") or []
    return any(action["action"] == "Call" and action["status"] == "Succeeded" for action in actions)

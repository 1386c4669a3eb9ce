"""Load over HTTP on this machine: wrk when it is installed, else a small client of our own."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

_LUA = """
wrk.method="POST"
local f=io.open("{body}"); wrk.body=f:read("*a"); f:close()
wrk.headers["Content-Type"]="application/json"
done=function(s,l,r)
 io.write(string.format('\\n@@{{"requests":%d,"us":%d,"p50":%d,"p99":%d,"errors":%d}}\\n',
  s.requests,s.duration,l:percentile(50),l:percentile(99),
  s.errors.status+s.errors.connect+s.errors.read+s.errors.write+s.errors.timeout))
end
"""


@dataclass(frozen=True, slots=True)
class Load:
    """Of one round: requests a second, milliseconds, and answers that were not 2xx or 3xx."""

    rate: float
    p50: float
    p99: float
    requests: int
    errors: int


def post(url: str, body: bytes, connections: int, seconds: float) -> Load:
    if shutil.which("wrk"):
        return _wrk(url, body, connections, seconds)
    return asyncio.run(_own(url, body, connections, seconds))


def single(url: str, body: bytes) -> float:
    """Milliseconds of one request on a connection of its own."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=300)
    connection.connect()
    begun = time.perf_counter()
    connection.request("POST", f"{parts.path}?{parts.query}", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    took = (time.perf_counter() - begun) * 1e3
    connection.close()
    if answer.status >= 300:
        raise RuntimeError(f"{url} answered {answer.status}")
    return took


def _wrk(url: str, body: bytes, connections: int, seconds: float) -> Load:
    with tempfile.TemporaryDirectory() as folder:
        body_file, script = Path(folder) / "body", Path(folder) / "load.lua"
        body_file.write_bytes(body)
        script.write_text(_LUA.format(body=body_file))
        command = [
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{seconds:g}s",
            "--timeout",
            "30s",
            "-s",
            str(script),
            url,
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=False)
    found = re.search(r"@@(\{.*\})", done.stdout)
    if not found:
        raise RuntimeError(done.stdout + done.stderr)
    given = json.loads(found[1])
    return Load(
        given["requests"] / (given["us"] / 1e6), given["p50"] / 1e3, given["p99"] / 1e3, given["requests"],
        given["errors"],
    )  # fmt: skip


async def _own(url: str, body: bytes, connections: int, seconds: float) -> Load:
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    head = f"POST {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    request = head.encode() + body
    times: list[float] = []
    errors = 0
    end = time.perf_counter() + seconds

    async def one() -> None:
        nonlocal errors
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        while time.perf_counter() < end:
            begun = time.perf_counter()
            writer.write(request)
            answer = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = re.search(rb"content-length: (\d+)", answer)
            await reader.readexactly(int(length[1]) if length else 0)
            times.append(time.perf_counter() - begun)
            errors += not answer.split(b" ", 2)[1].startswith((b"2", b"3"))
        writer.close()

    begun = time.perf_counter()
    await asyncio.gather(*[one() for _ in range(connections)])
    took = time.perf_counter() - begun
    cuts = statistics.quantiles(times, n=100)
    return Load(len(times) / took, cuts[49] * 1e3, cuts[98] * 1e3, len(times), errors)

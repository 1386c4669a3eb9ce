"""A real Millrace of its own: data folder, free port, process; and a web service that workflows call."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = ROOT / "static" / ".vite" / "manifest.json"


@dataclass
class Server:
    url: str
    setup_token: str
    process: subprocess.Popen[str]
    log: list[str]


@contextmanager
def running(data: Path) -> Iterator[Server]:
    """`millrace up` on a free port until the block ends; its log is shown when it does not come up."""
    keep = {
        name: value for name, value in os.environ.items() if not name.startswith(("MILLRACE_", "DJANGO_"))
    }
    keep.pop("DATABASE_URL", None)
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "up", "--port", "0", "--data", str(data)],
        cwd=ROOT,
        env={**keep, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    log: list[str] = []
    threading.Thread(target=_collect, args=(process, log), daemon=True).start()
    try:
        url = _wait_for(log, process, r"running at (http://\S+)")
        token = _wait_for(log, process, r"/setup\?token=(\S+)")
        yield Server(url, token, process, log)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _collect(process: subprocess.Popen[str], log: list[str]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        log.append(line.rstrip("\n"))


def _wait_for(log: list[str], process: subprocess.Popen[str], pattern: str, seconds: float = 60) -> str:
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        for line in list(log):
            if found := re.search(pattern, line):
                return found.group(1)
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise AssertionError(f"millrace up said nothing like {pattern!r}:\n" + "\n".join(log[-40:]))


@dataclass
class Upstream:
    """`/ok` answers 200, `/fail` 400, `/slow` waits until `released` is set, `/after/300` 300 ms. Everything received is kept."""

    url: str
    released: threading.Event = field(default_factory=threading.Event)
    received: list[tuple[str, str, Any]] = field(default_factory=list)


@contextmanager
def upstream() -> Iterator[Upstream]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            text = self.rfile.read(length).decode()
            try:
                body: Any = json.loads(text)
            except ValueError:
                body = text
            service.received.append((self.command, self.path, body))
            if self.path.startswith("/slow"):
                service.released.wait(30)
            if found := re.fullmatch(r"/after/(\d+)", self.path):
                time.sleep(int(found[1]) / 1000)
            status = 400 if self.path.startswith("/fail") else 200
            answer = json.dumps({"path": self.path, "got": body, "reason": "The parcel service refused."})
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer.encode())

        do_GET = do_POST = do_PUT = _answer

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service = Upstream(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        service.released.set()
        server.shutdown()
        server.server_close()

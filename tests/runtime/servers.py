"""Real processes for the kill tests: a web process of the tests' own, workers, schedulers, and a server
that counts.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class CountingServer:
    """Counts calls by the key in their body; answers after `delay` seconds."""

    def __init__(self, delay: float = 0.0) -> None:
        self.calls: Counter[str] = Counter()
        self.keys: dict[str, set[str]] = {}
        self.lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Head and body in one packet: waiting for the other side's acknowledgement would cost 40 ms a call.
            disable_nagle_algorithm = True
            wbufsize = -1

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                key = json.loads(body)["key"]
                with outer.lock:
                    outer.calls[key] += 1
                    outer.keys.setdefault(key, set()).add(self.headers.get("Idempotency-Key", ""))
                time.sleep(delay)
                answer = json.dumps({"seen": key}).encode()
                # The caller may be dead by now; that is the point.
                with contextlib.suppress(OSError):
                    self.send_response(200)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(answer)))
                    self.end_headers()
                    self.wfile.write(answer)

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 256
            daemon_threads = True

            def handle_error(self, *_: Any) -> None:
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Program:
    """One process of ours, started in a session of its own and killed by its own id."""

    def __init__(
        self,
        name: str,
        command: list[str],
        environment: dict[str, str],
        folder: Path,
        user: str | None = None,
        port: int = 0,
    ) -> None:
        """`port`: where it answers HTTP, if it does."""
        self.port = port
        self.name, self._command, self._folder, self._user = name, command, folder, user
        self._environment = {**os.environ, **environment}
        self._process: subprocess.Popen[bytes] | None = None
        self.starts = 0

    def start(self) -> None:
        self.starts += 1
        log = (self._folder / f"{self.name}.log").open("ab")
        self._process = subprocess.Popen(
            self._command, cwd=ROOT, env=self._environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            start_new_session=True, user=self._user,
        )  # fmt: skip

    def replace_environment(self, environment: dict[str, str]) -> None:
        """For the next start."""
        self._environment = {**os.environ, **environment}

    def change_environment(self, changes: dict[str, str]) -> None:
        """For the next start."""
        self._environment |= changes

    def has(self, name: str) -> bool:
        return name in self._environment

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        return self._process.pid if self._process is not None else 0

    def kill(self) -> None:
        """`kill -9`."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self, timeout: float = 40) -> int | None:
        """SIGTERM, and wait; None when it had to be killed."""
        if self._process is None:
            return 0
        if self.running:
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def log(self) -> str:
        return (self._folder / f"{self.name}.log").read_text(errors="replace")[-4000:]


def manage(*arguments: str) -> list[str]:
    return [sys.executable, str(ROOT / "manage.py"), *arguments]


def web_for_tests(port: int) -> list[str]:
    return [sys.executable, "-m", "tests.runtime.web", str(port)]


async def post(port: int, path: str, body: Any, timeout: float = 30) -> tuple[int, bytes]:
    """One HTTP request by hand; raises OSError when the other side dies."""
    data = json.dumps(body).encode()
    async with asyncio.timeout(timeout):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            head = (
                f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
            )
            writer.write(f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data)
            answer = await reader.read()
        finally:
            writer.close()
    if not answer:
        raise ConnectionResetError("the server closed the connection without an answer")
    status, _, rest = answer.partition(b"\r\n\r\n")
    return int(status.split()[1]), rest


def wait_for_port(port: int, program: Program, timeout: float = 60) -> None:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if not program.running:
            raise AssertionError(f"{program.name} ended while starting:\n{program.log()}")
        time.sleep(0.05)
    raise AssertionError(f"{program.name} does not listen on port {port}:\n{program.log()}")


def set_up(environment: dict[str, str]) -> None:
    """The first account and organisation, by command."""
    _command(
        ["setup", "--email", "tests@example.org", "--tenant", "Tests"],
        environment,
        "a long password of tests\n",
    )


def publish(
    definition: dict[str, Any], environment: dict[str, str], folder: Path, name: str
) -> tuple[str, str]:
    """Import and publish by command: the workflow's id, and path and query of its signed callback URL."""
    file = folder / f"{name}.json"
    file.write_text(json.dumps({"definition": definition, "kind": "Stateful"}))
    found = json.loads(
        _command(["import", str(file), "--publish", "--json"], environment).strip().splitlines()[-1]
    )
    parts = urlsplit(found["callbacks"][0]["url"])
    return found["id"], f"{parts.path}?{parts.query}"


def _command(arguments: list[str], environment: dict[str, str], given: str = "") -> str:
    done = subprocess.run(
        manage(*arguments), cwd=ROOT, env={**os.environ, **environment}, input=given, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout

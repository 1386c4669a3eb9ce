"""Others on the same machine, with the same work: ten steps for a call, and a call that is only accepted.

Plain Celery is always there. n8n is measured where it is installed (`n8n.py` says how). The others are installed by `make bench PEERS=1` into a folder of their own
(`MILLRACE_BENCH_PEERS`, by default in the cache of this account): they are no dependency of ours.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.bench import load
from tests.bench.peers import n8n
from tests.bench.table import Table
from tests.runtime.servers import Program, free_port, wait_for_port
from tests.runtime.stores import REDIS, postgresql_database

HERE = Path(__file__).parent
INSTALL_SECONDS = 300
TEN = "webhook → 10 steps → response, concurrency 10"
ONE = "webhook → 10 steps → response, concurrency 1"
ACCEPT = "webhook → 202, concurrency 50"


def folder() -> Path:
    given = os.environ.get("MILLRACE_BENCH_PEERS")
    return Path(given) if given else Path.home() / ".cache" / "millrace-bench"


def measure(table: Table, body: bytes, rounds: int, seconds: float, *, install: bool) -> None:
    """Each peer in turn; one that is not there is said so and left out."""
    for name, work in (("Celery", _celery), ("DBOS", _dbos), ("Node-RED", _nodered), ("n8n", _n8n)):
        print(f"{name}:", flush=True)
        try:
            work(table, body, rounds, seconds, install)
        except NotHere as reason:
            print(f"  left out: {reason}", flush=True)
        except (AssertionError, OSError, RuntimeError, subprocess.SubprocessError) as error:
            print(f"  left out, it failed: {str(error)[-300:]}", flush=True)


class NotHere(Exception):
    """Why a peer cannot be measured."""


def _celery(table: Table, body: bytes, rounds: int, seconds: float, install: bool) -> None:
    """Tasks asked for from threads, without HTTP in front, results over Redis; nothing is persisted."""
    from tests.bench.peers import celery_app

    with tempfile.TemporaryDirectory() as place:
        command = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "tests.bench.peers.celery_app",
            "worker",
            "-c",
            "2",
            "-l",
            "ERROR",
        ]
        program = Program("celery", command, {"REDIS": REDIS}, Path(place))
        program.start()
        try:
            value = json.loads(body)
            celery_app.ten.delay(value).get(timeout=60)
            for column, call in (("Celery, one task", _one_task), ("Celery, a task a step", _ten_tasks)):
                for work, threads in ((TEN, 10), (ONE, 1)):
                    found = [_threads(lambda: call(value), threads, seconds) for _ in range(rounds)]  # noqa: B023
                    _say(table, work, column, found)
        finally:
            program.stop()


def _one_task(value: Any) -> None:
    from tests.bench.peers import celery_app

    celery_app.ten.delay(value).get(timeout=60)


def _ten_tasks(value: Any) -> None:
    from celery import chain

    from tests.bench.peers import celery_app

    chain(celery_app.step.s(value), *[celery_app.step.s() for _ in range(9)]).delay().get(timeout=60)


def _threads(call: Callable[[], None], threads: int, seconds: float) -> load.Load:
    times: list[float] = []
    end = time.perf_counter() + seconds

    def work() -> None:
        while time.perf_counter() < end:
            begun = time.perf_counter()
            call()
            times.append((time.perf_counter() - begun) * 1e3)

    begun = time.perf_counter()
    running = [threading.Thread(target=work) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    cuts = statistics.quantiles(times, n=100)
    return load.Load(len(times) / (time.perf_counter() - begun), cuts[49], cuts[98], len(times), 0)


def _dbos(table: Table, body: bytes, rounds: int, seconds: float, install: bool) -> None:
    """Ten durable steps in a FastAPI application, over PostgreSQL."""
    home = folder() / "dbos"
    python = home / "bin" / "python"
    if not python.exists():
        if not install:
            raise NotHere("not installed; `make bench PEERS=1` installs it")
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True, timeout=INSTALL_SECONDS)
        packages = ["dbos", "fastapi", "uvicorn", "psycopg[binary]"]
        subprocess.run(
            [str(python), "-m", "pip", "-q", "install", *packages], check=True, timeout=INSTALL_SECONDS
        )
    port = free_port()
    with postgresql_database() as url, tempfile.TemporaryDirectory() as place:
        command = [
            str(python),
            "-m",
            "uvicorn",
            "--app-dir",
            str(HERE),
            "--port",
            str(port),
            "--no-access-log",
            "--log-level",
            "error",
            "dbos_app:app",
        ]
        with _served(Program("dbos", command, {"DBOS_URL": url, "PYTHONPATH": ""}, Path(place)), port):
            _http(table, "DBOS", f"http://127.0.0.1:{port}", body, rounds, seconds)


def _nodered(table: Table, body: bytes, rounds: int, seconds: float, install: bool) -> None:
    """Ten function nodes; nothing is persisted."""
    home = folder() / "node-red"
    script = home / "node_modules" / "node-red" / "red.js"
    node = shutil.which("node")
    if node is None:
        raise NotHere("there is no node on this machine")
    if not script.exists():
        if not install:
            raise NotHere("not installed; `make bench PEERS=1` installs it")
        home.mkdir(parents=True, exist_ok=True)
        command = [
            "npm",
            "install",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
            "--prefix",
            str(home),
            "node-red",
        ]
        subprocess.run(command, check=True, timeout=INSTALL_SECONDS)
    port = free_port()
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "flows.json").write_text(json.dumps(_flows()))
        settings = {
            "flowFile": "flows.json",
            "uiHost": "127.0.0.1",
            "uiPort": port,
            "credentialSecret": "bench",
        }
        settings["telemetry"] = {"enabled": False}
        (Path(place) / "settings.js").write_text(f"module.exports = {json.dumps(settings)}")
        command = [node, str(script), "-u", place, "-s", str(Path(place) / "settings.js")]
        with _served(Program("node-red", command, {}, Path(place)), port):
            _http(table, "Node-RED", f"http://127.0.0.1:{port}", body, rounds, seconds)


def _n8n(table: Table, body: bytes, rounds: int, seconds: float, install: bool) -> None:
    """Ten Set nodes, every execution saved to SQLite."""
    found = n8n.program_in(folder())
    if isinstance(found, str):
        raise NotHere(found)
    with tempfile.TemporaryDirectory() as place, n8n.serving(*found, Path(place)) as origin:
        _http(table, "n8n", origin, body, rounds, seconds)


def _flows() -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = [{"id": "tab", "type": "tab", "label": "bench"}]
    for url, answer_first in (("/steps", False), ("/accept", True)):
        name = url.strip("/")
        first = [f"{name}1", f"{name}out"] if answer_first else [f"{name}1"]
        nodes.append(
            {"id": f"{name}in", "z": "tab", "type": "http in", "url": url, "method": "post", "wires": [first]}
        )
        status = "202" if answer_first else ""
        nodes.append(
            {
                "id": f"{name}out",
                "z": "tab",
                "type": "http response",
                "statusCode": status,
                "headers": {},
                "wires": [],
            }
        )
        for number in range(1, 11):
            following = f"{name}{number + 1}" if number < 10 else ("" if answer_first else f"{name}out")
            code = "msg.payload = {...msg.payload, n: msg.payload.n + 1}; return msg;"
            nodes.append(
                {"id": f"{name}{number}", "z": "tab", "type": "function", "func": code, "outputs": 1, "libs": [],
                 "wires": [[following] if following else []]}
            )  # fmt: skip
    return nodes


@contextlib.contextmanager
def _served(program: Program, port: int) -> Iterator[None]:
    program.start()
    try:
        wait_for_port(port, program)
        time.sleep(2)
        yield
    finally:
        program.stop(10)


def _http(table: Table, column: str, origin: str, body: bytes, rounds: int, seconds: float) -> None:
    load.post(f"{origin}/steps", body, 10, 2)
    for work, path, connections in ((TEN, "steps", 10), (ONE, "steps", 1), (ACCEPT, "accept", 50)):
        found = [load.post(f"{origin}/{path}", body, connections, seconds) for _ in range(rounds)]
        _say(table, work, column, found)


def _say(table: Table, work: str, column: str, found: list[load.Load]) -> None:
    rate, p50 = statistics.median(each.rate for each in found), statistics.median(each.p50 for each in found)
    errors = sum(each.errors for each in found)
    value = f"{rate:,.0f}/s" if work != ONE else f"p50 {p50:.1f} ms"
    table.rates[work, column] = rate
    table.put(work, column, value + (f" ({errors} errors)" if errors else ""))

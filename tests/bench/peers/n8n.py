"""n8n on SQLite as it comes: ten Set nodes between a webhook and its answer, every execution saved.

It is 1 GB and builds a library, so nothing here installs it:
`npm --prefix FOLDER/n8n install n8n`, and where this machine's Node is too old for it, a newer one as `FOLDER/node`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.runtime.servers import Program, free_port, wait_for_port

START_SECONDS = 180
STEPS, ACCEPT = "steps", "accept"


def program_in(folder: Path) -> tuple[str, Path] | str:
    """Node and n8n's own script, or why there is none."""
    script = folder / "n8n" / "node_modules" / "n8n" / "bin" / "n8n"
    if not script.exists():
        return f"not installed; npm --prefix {folder / 'n8n'} install n8n"
    own = folder / "node"
    node = str(own) if own.exists() else shutil.which("node")
    if node is None:
        return "there is no node on this machine"
    asked = subprocess.run([node, str(script), "--version"], capture_output=True, text=True, timeout=120)
    if asked.returncode != 0:
        said = (asked.stderr or asked.stdout).strip().splitlines()
        return f"it does not start with {node}: {said[-1] if said else 'no reason given'}"
    return node, script


@contextmanager
def serving(node: str, script: Path, place: Path) -> Iterator[str]:
    """The origin under which both workflows answer."""
    port = free_port()
    environment = {
        "PATH": f"{Path(node).parent}{os.pathsep}{os.environ['PATH']}",
        "N8N_USER_FOLDER": str(place), "N8N_PORT": str(port), "N8N_LISTEN_ADDRESS": "127.0.0.1",
        "N8N_RUNNERS_BROKER_PORT": str(free_port()), "N8N_ENCRYPTION_KEY": uuid.uuid4().hex,
        "N8N_LOG_LEVEL": "warn", "NODE_ENV": "production", "N8N_DIAGNOSTICS_ENABLED": "false",
        "N8N_VERSION_NOTIFICATIONS_ENABLED": "false", "N8N_TEMPLATES_ENABLED": "false",
        "N8N_PERSONALIZATION_ENABLED": "false",
    }  # fmt: skip

    def command(*words: str) -> None:
        done = subprocess.run(
            [node, str(script), *words], env={**os.environ, **environment}, capture_output=True, text=True,
            timeout=START_SECONDS,
        )  # fmt: skip
        if done.returncode != 0:
            raise RuntimeError(f"n8n {words[0]}: {(done.stderr or done.stdout)[-300:]}")

    file = place / "workflows.json"
    file.write_text(json.dumps([workflow(STEPS, answers=True), workflow(ACCEPT, answers=False)]))
    command("import:workflow", f"--input={file}")
    for name in (STEPS, ACCEPT):
        command("publish:workflow", f"--id={name}")
    program = Program("n8n", [node, str(script), "start"], environment, place)
    program.start()
    try:
        wait_for_port(port, program, START_SECONDS)
        origin = f"http://127.0.0.1:{port}/webhook"
        _wait_for_webhook(f"{origin}/{STEPS}")
        yield origin
    finally:
        program.stop(20)


def _wait_for_webhook(url: str) -> None:
    """The port answers before the webhooks are there."""
    end = time.monotonic() + START_SECONDS
    request = urllib.request.Request(url, b'{"n": 0}', {"Content-Type": "application/json"}, method="POST")
    while True:
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                found = json.loads(answer.read())
        except (urllib.error.URLError, ValueError, OSError) as error:
            if time.monotonic() > end:
                raise RuntimeError(f"{url} did not answer in time: {error}") from None
            time.sleep(0.5)
            continue
        if found.get("n") != 10:
            raise RuntimeError(f"{url} counted to {found.get('n')!r}, not to 10")
        return


def workflow(path: str, *, answers: bool) -> dict[str, Any]:
    """Ten nodes that count one up; with an answer at the end, or 202 at once."""
    options = (
        {} if answers else {"responseCode": {"values": {"responseCode": "customCode", "customCode": 202}}}
    )
    mode = "lastNode" if answers else "onReceived"
    hook = {"httpMethod": "POST", "path": path, "responseMode": mode, "options": options}
    body = "={{ JSON.stringify({...$json.body, n: $json.body.n + 1}) }}"
    nodes = [
        _node("Webhook", "webhook", 2.1, hook, 0) | {"webhookId": str(uuid.uuid4())},
        _node("S1", "set", 3.4, {"mode": "raw", "jsonOutput": body, "options": {}}, 1),
    ]
    for number in range(2, 11):
        count = {"id": str(uuid.uuid4()), "name": "n", "value": "={{ $json.n + 1 }}", "type": "number"}
        given = {"assignments": {"assignments": [count]}, "includeOtherFields": True, "options": {}}
        nodes.append(_node(f"S{number}", "set", 3.4, given, number))
    names = [node["name"] for node in nodes]
    links = {one: {"main": [[{"node": other, "type": "main", "index": 0}]]} for one, other in pairwise(names)}
    return {
        "id": path, "name": path, "active": False, "nodes": nodes, "connections": links,
        "settings": {"executionOrder": "v1"}, "versionId": str(uuid.uuid4()),
    }  # fmt: skip


def _node(name: str, kind: str, version: float, parameters: dict[str, Any], index: int) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()), "name": name, "type": f"n8n-nodes-base.{kind}", "typeVersion": version,
        "position": [200 * index, 0], "parameters": parameters,
    }  # fmt: skip

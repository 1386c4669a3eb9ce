"""Lighthouse over list, designer and run view of a server of its own: `make lighthouse` prints the scores, of
three visits to each page the middle one.

It is installed by npm into a temporary folder: nothing of ours needs it to build or to pass its tests.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.e2e import definitions
from tests.e2e.conftest import ARGUMENTS, CHROMIUM, OWNER
from tests.e2e.person import Person
from tests.e2e.serving import running, upstream

VERSION = "13.5.0"
CATEGORIES = ("performance", "accessibility", "best-practices")
LEAST = 95
VISITS = 3


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


def installed(folder: Path) -> Path:
    command = ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", f"lighthouse@{VERSION}"]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return folder / "node_modules" / "lighthouse" / "cli" / "index.js"


def scores(program: Path, address: str, port: int, folder: Path) -> tuple[dict[str, int], list[str]]:
    """Points by category, and the audits that cost some."""
    report = folder / "report.json"
    subprocess.run(
        [
            "node", str(program), address, "--quiet", "--preset=desktop", "--output=json",
            f"--output-path={report}", f"--only-categories={','.join(CATEGORIES)}",
            # The browser that is signed in, with its cookies: sockets do not carry extra headers.
            f"--port={port}",
            "--disable-storage-reset",
        ],
        check=True, env={**os.environ, "CHROME_PATH": CHROMIUM}, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    found = json.loads(report.read_text())
    points = {name: round(100 * (found["categories"][name]["score"] or 0)) for name in CATEGORIES}
    weighty = {
        one["id"] for name in CATEGORIES for one in found["categories"][name]["auditRefs"] if one["weight"]
    }
    costly = [
        f"{audit['id']} {audit.get('displayValue') or ''}".strip()
        for audit in found["audits"].values()
        if audit["id"] in weighty and audit["score"] is not None and audit["score"] < 0.9
    ]
    return points, costly


def main() -> int:
    worst = 100
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        program = installed(folder)
        with running(folder) as server, upstream() as service:
            port = free_port()
            context = playwright.chromium.launch_persistent_context(
                folder / "profile",
                executable_path=CHROMIUM,
                args=[*ARGUMENTS, f"--remote-debugging-port={port}"],
            )
            ana = Person(context.new_page(), server.url)
            ana.set_up(server.setup_token, OWNER)
            workflow = ana.workflow("Order intake", definitions.call(f"{service.url}/ok"))
            for order in range(20):
                ana.call(workflow, {"order": order})
            run = ana.newest_run(workflow, "Succeeded")["id"]
            print(f"{'':14}{''.join(f'{one:>16}' for one in CATEGORIES)}")
            for page, path in (
                ("list", "/workflows"),
                ("designer", f"/w/{workflow}/design"),
                ("run", f"/w/{workflow}/runs/{run}"),
            ):
                visits = [
                    scores(program, f"{server.url}/t/{ana.tenant}{path}", port, folder) for _ in range(VISITS)
                ]
                points, costly = sorted(visits, key=lambda visit: visit[0]["performance"])[VISITS // 2]
                print(f"{page:14}{''.join(f'{points[one]:>16}' for one in CATEGORIES)}", flush=True)
                for one in costly:
                    print(f"{'':14}{one}")
                worst = min(worst, *points.values())
            context.close()
    return 0 if worst >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())

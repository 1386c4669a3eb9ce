"""Makes the databases that `test_upgrade.py` upgrades: what one release left behind with work under way.

Run by hand with the tree of the release (its `tests` need this folder), once per release, and never again:

    python -m tests.runtime.upgrade.release FOLDER          # release-<version>.sqlite.sql.gz, and with a
    python -m tests.runtime.upgrade.release FOLDER URL      # PostgreSQL URL release-<version>.postgresql.sql.gz

Every waiting place of a run is in it once: a timer, a webhook's callback, a retry, the middle of a loop, an
effect in flight, an arrival that nobody has taken, and a recurrence that is due. What the outside has been
called for so far stands beside it in `release-<version>.json`.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "designer.settings")

import django

django.setup()

from runtime import RELEASE, services
from runtime.engine.events import Outcome
from runtime.executor import Call
from runtime.models import Run, Timer
from tests.runtime.stores import migrated, postgresql_database
from tests.runtime.worlds import (
    arrival,
    chain,
    compose,
    definition,
    http,
    make_tenant,
    make_version,
    process,
    read,
)

HOUR = {"type": "Wait", "inputs": {"interval": {"count": 1, "unit": "Hour"}}}


def call(key: str, **more: Any) -> dict[str, Any]:
    return http("http://upgrade", body={"key": key}, **more)


def workflows() -> dict[str, dict[str, Any]]:
    """By name; each ends with the call `<name>-after`."""
    retried = call("retry", retryPolicy={"type": "fixed", "count": 3, "interval": "PT1H"})
    subscribe = {
        "method": "POST",
        "uri": "http://upgrade",
        "body": {"key": "webhook", "url": "@{listCallbackUrl()}"},
    }
    third = {
        "type": "If", "expression": {"and": [{"equals": ["@item()", 3]}]}, "actions": {"Pause": HOUR},
        "runAfter": {"Each": ["Succeeded"]},
    }  # fmt: skip
    loop = {
        "type": "Foreach", "foreach": "@createArray(1, 2, 3, 4, 5)", "operationOptions": "Sequential",
        "actions": {"Each": {**call("loop-@{item()}"), "runAfter": {}}, "Third": third},
    }  # fmt: skip
    return {
        "timer": definition(chain(("Before", call("timer-before")), ("Hour", HOUR), ("After", call("timer-after")))),
        "webhook": definition(
            chain(("Hook", {"type": "HttpWebhook", "inputs": {"subscribe": subscribe}}), ("After", call("webhook-after")))
        ),
        "retry": definition(chain(("Again", retried), ("After", call("retry-after")))),
        "loop": definition(chain(("Loop", loop), ("After", call("loop-after")))),
        "flight": definition(chain(("Slow", call("flight")), ("After", call("flight-after")))),
        "queued": definition(chain(("Only", compose("@triggerBody()")), ("After", call("queued-after")))),
        "recurrence": definition(
            chain(("After", call("recurrence-after"))),
            {"type": "Recurrence", "recurrence": {"frequency": "Hour", "interval": 1}},
        ),
    }  # fmt: skip


class Outside:
    """Counts calls by key. The first `retry` fails, `flight` never answers."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()

    async def execute(self, call: Call) -> Outcome:
        given = call.inputs
        assert isinstance(given, dict)
        key = str((given.get("body") or given.get("subscribe", {}).get("body"))["key"])
        self.calls[key] += 1
        if key == "flight":
            await asyncio.sleep(3600)
        if key == "retry":
            return Outcome(
                "Failed", "ServiceUnavailable", outputs={"statusCode": 503, "headers": {}}, retryable=True
            )
        return Outcome("Succeeded", "OK", outputs={"statusCode": 200, "headers": {}, "body": {"seen": key}})


async def leave_work_behind() -> Counter[str]:
    """Start everything, and go away in the middle of it."""
    outside, tenant = Outside(), await read(lambda: make_tenant("upgrade"))
    versions = {
        name: await read(lambda name=name, text=text: make_version(text, tenant, name))
        for name, text in workflows().items()
    }
    running = process(executor=outside)
    host = (await running.__aenter__()).host
    for name in ("timer", "webhook", "retry", "loop", "flight"):
        await services.receive(arrival(versions[name], {"name": name}))
    await read(lambda: services.arm(versions["recurrence"]))
    wanted = {"timer-before": 1, "webhook": 1, "retry": 1, "loop-1": 1, "loop-2": 1, "loop-3": 1, "flight": 1,
              "recurrence-after": 1}  # fmt: skip
    for _ in range(200):
        held = await read(lambda: Run.objects.exclude(owner=None).count())
        hours = await read(lambda: Timer.objects.exclude(key="run").count())
        if outside.calls == wanted and held == 1 and hours == 4:
            break
        await asyncio.sleep(0.05)
    else:
        raise AssertionError(f"{outside.calls}, {held} held, {hours} timers")
    assert host is not None
    host.stopping = True  # it takes nothing any more, and dies without a word
    await asyncio.sleep(1.5)
    await read(lambda: services.start_run(arrival(versions["queued"], {"name": "queued"})))
    return outside.calls


@contextlib.contextmanager
def database(url: str) -> Iterator[str]:
    if url:
        os.environ["MILLRACE_TEST_POSTGRESQL"] = url
        with postgresql_database() as found:
            yield found
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/release.sqlite3"


def dump(url: str) -> str:
    if url.startswith("postgresql"):
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_dump"), reverse=True)
        command = [str(found[0]) if found else "pg_dump", "--inserts", "--no-owner", "--no-privileges", url]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return "\n".join(line for line in text.splitlines() if not line.startswith(("\\", "--")))
    import sqlite3

    with contextlib.closing(sqlite3.connect(urlsplit(url).path)) as source:
        return "\n".join(source.iterdump())


def main(folder: Path, url: str = "") -> None:
    kind = "postgresql" if url else "sqlite"
    with database(url) as found, tempfile.TemporaryDirectory() as place, migrated(found, Path(place)):

        async def leave() -> tuple[Counter[str], str]:
            calls = await leave_work_behind()
            return calls, await asyncio.to_thread(dump, found)

        calls, text = asyncio.run(leave())
    packed = gzip.compress(text.encode(), 9, mtime=0)
    (folder / f"release-{RELEASE}.{kind}.sql.gz").write_bytes(packed)
    (folder / f"release-{RELEASE}.json").write_text(json.dumps(dict(sorted(calls.items())), indent=2) + "\n")
    print(f"{kind}: {len(text)} bytes, {len(packed)} packed")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])

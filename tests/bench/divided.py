"""What dividing the tables costs the hot path: the same commits on a database as one table and divided.

    python -m tests.bench.divided

Two databases of its own on the test server; rounds alternate between them, so that what else the machine does
meets both. Each commit is what the writer does for 20 arrivals that become finished runs of one row, then a
claim finds what is ready.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
import uuid
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "designer.settings")
django.setup()

from uuid_utils.compat import uuid7

from runtime.store import batch, partitions, takes
from runtime.store.sessions import Session, open_session
from tests.runtime.stores import ended, make_inbox, make_intake, make_start, migrated, postgresql_database

ROUNDS, COMMITS, RUNS = 8, 60, 20


def commits(session: Session) -> float:
    worker = uuid.uuid4()
    began = time.perf_counter()
    for _ in range(COMMITS):
        now = datetime.now(UTC)
        rows = [make_inbox(id=uuid7(), owner=worker, attempts=1, record=b"r" * 300) for _ in range(RUNS)]
        starts = [
            make_start(row, worker, events=b"e" * 900, change=ended(), summary=b"s" * 100) for row in rows
        ]
        batch.put_inbox(session, rows)
        intakes = [make_intake(row, worker, [start]) for row, start in zip(rows, starts, strict=True)]
        batch.settle(session, intakes, now)
        batch.write(session, starts, now)
        session.commit()
    return (time.perf_counter() - began) / COMMITS / RUNS * 1e6


def claims(session: Session) -> float:
    began = time.perf_counter()
    for _ in range(100):
        takes.claim(session, uuid.uuid4(), 20, {}, datetime.now(UTC))
        takes.take_inbox(session, uuid.uuid4(), 20, {}, datetime.now(UTC))
        session.commit()
    return (time.perf_counter() - began) / 100 * 1e6


def main() -> None:
    names = ("one table", "18 ranges", "95 ranges")
    runs: dict[str, list[float]] = {name: [] for name in names}
    looks: dict[str, list[float]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as databases:
        sessions = {}
        for name, back in zip(names, (0, 12, 89), strict=True):
            with migrated(databases.enter_context(postgresql_database()), Path(folder)):
                sessions[name] = open_session(durable=True)
                if back:
                    divide(back)
        for _ in range(ROUNDS):
            for name in names:
                runs[name].append(commits(sessions[name]))
                looks[name].append(claims(sessions[name]))
        for session in sessions.values():
            session.close()
    for title, found in (("a run, µs", runs), ("an idle look for work, µs", looks)):
        said = [f"{name} {statistics.median(found[name]):6.0f}" for name in names]
        print(f"{title:28}{'   '.join(said)}")


def divide(back: int) -> None:
    """Into days, the first of them so many days ago."""
    own, now = open_session(), datetime.now(UTC)
    partitions.convert(own, timedelta(days=1), now - timedelta(days=back))
    for days in range(back, -1, -1):
        partitions.extend(own, now - timedelta(days=days))
    print(f"{len(partitions.parts(own))} ranges")
    own.close()


if __name__ == "__main__":
    main()

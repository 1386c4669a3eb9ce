"""Whether what this process needs is there: database, broker, live transport, hosts that carry and sweep.

Each check answers a Finding with a sentence; none raises, and none says an address or a password, because the
answer of `/readyz` may be read by strangers. `detail` is for whoever sits at the machine (`millrace doctor`).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.conf import settings

from runtime import process as processes
from runtime.queue import QUEUES
from runtime.store.heartbeat import DEAD_SECONDS
from runtime.store.sessions import Session, open_session

log = logging.getLogger(__name__)

BROKER_SECONDS = 2.0
# A sweep comes round each second; a host that needs longer than this has stalled.
STALE_SECONDS = 15.0
SKEW_SECONDS = 2.0
_UNSERVED = {
    "runs": "what arrives is kept, and no run begins or goes on",
    "polling": "triggers that ask or subscribe at other servers do nothing",
    "maintenance": "old runs and payloads that nobody uses are never removed",
}

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Finding:
    """`sentence` says what is, `advice` what to do about it."""

    name: str
    ok: bool
    sentence: str
    advice: str = ""
    detail: str = ""


def readiness() -> list[Finding]:
    """Everything a request may need. Blocking, a few seconds at most: call it in a thread."""
    database = check_database()
    found = [database, check_broker(), check_live()]
    if database.ok:
        found += [check_hosts(), check_sweeper()]
    return found


def check_database() -> Finding:
    try:
        _ask(lambda session: session.all("SELECT 1"))
    except Exception as error:
        return Finding(
            "database", False, "The database does not answer.",
            "Start it, and check DATABASE_URL.", _reason(error),
        )  # fmt: skip
    return Finding("database", True, "The database answers.")


def check_broker() -> Finding:
    """The queue carries hints only: without it runs go on, but wait up to a second for each step."""
    if settings.EMBEDDED:
        return Finding("broker", True, "The queue is inside this process.")
    from kombu import Connection

    try:
        with Connection(settings.BROKER_URL, connect_timeout=BROKER_SECONDS) as connection:
            connection.ensure_connection(max_retries=1, timeout=round(BROKER_SECONDS))
    except Exception as error:
        return Finding(
            "broker", False, "The broker does not answer: work is found each second instead of at once.",
            "Start it, and check BROKER_URL.", _reason(error),
        )  # fmt: skip
    return Finding("broker", True, "The broker answers.")


def check_live() -> Finding:
    if not settings.REDIS_URL:
        return Finding("live", True, "Live news stay inside this process.")
    import redis

    try:
        client = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=BROKER_SECONDS, socket_connect_timeout=BROKER_SECONDS
        )
        with client:
            client.ping()
    except Exception as error:
        return Finding(
            "live", False, "Redis does not answer: pages are not live, and answers come late.",
            "Start it, and check REDIS_URL.", _reason(error),
        )  # fmt: skip
    return Finding("live", True, "Redis answers.")


def check_hosts() -> Finding:
    """A process that carries runs has written its heartbeat lately, by the database's clock."""
    count = sum("runs" in peer.queues for peer in _peers())
    if count:
        processes_ = "1 process carries" if count == 1 else f"{count} processes carry"
        return Finding("hosts", True, f"{processes_} runs.")
    return Finding(
        "hosts", False, "No process carries runs: what arrives is kept and waits.",
        "Start `millrace worker` (or `millrace up` for everything in one process).",
    )  # fmt: skip


def check_sweeper() -> Finding:
    """Somebody fires due timers and finds runs without an owner."""
    process = processes.current()
    own = process.host.watch.sweep_age if process is not None and process.host is not None else None
    if (own is not None and own < STALE_SECONDS) or _living("swept_at >= {since}"):
        return Finding("sweeper", True, "Due timers and dead owners are looked for each second.")
    return Finding(
        "sweeper", False, "Nobody looks for due timers and dead owners: waits do not end.",
        "Start `millrace worker` or `millrace scheduler`; if one runs, restart it and report its log.",
    )  # fmt: skip


def check_queues() -> list[Finding]:
    """Kinds of work that nobody serves though somebody serves others: one was forgotten."""
    peers = _peers()
    if not peers:
        return []
    served = frozenset().union(*(peer.queues for peer in peers))
    found = [
        Finding(
            "queues", False, f"No worker serves '{queue}': {_UNSERVED[queue]}.",
            f"Start `millrace worker --queues {queue}`, or leave --queues out of one of the others.",
        )
        for queue in QUEUES
        if queue not in served
    ]  # fmt: skip
    return found or [Finding("queues", True, f"Every kind of work is served: {', '.join(QUEUES)}.")]


def check_clocks() -> list[Finding]:
    """Processes whose machine tells another time than the database did when they last told anything."""
    found, peers = [], _peers()
    for machine in sorted({peer.machine for peer in peers}):
        seconds = max((peer.skew for peer in peers if peer.machine == machine), key=abs)
        if abs(seconds) > SKEW_SECONDS:
            way = "ahead of" if seconds > 0 else "behind"
            found.append(
                Finding(
                    "clock", False,
                    f"The clock of {machine} is {abs(seconds):.1f} s {way} the database's.",
                    "Let both follow a time server: whoever looks first judges what is due by its own clock.",
                )
            )  # fmt: skip
    return found


def check_eviction() -> list[Finding]:
    """A Redis that throws keys away when it is full loses the names of queues: then hints are refused."""
    addresses = {
        url: name
        for name, url in (("live", settings.REDIS_URL), ("broker", settings.BROKER_URL))
        if url and url.startswith(("redis://", "rediss://"))
    }
    found = []
    for url, name in addresses.items():
        try:
            policy, most = _eviction(url)
        except Exception as error:
            # A managed Redis may refuse INFO; that it answers at all is said by the checks above.
            log.info("The memory policy of Redis could not be read: %s", _reason(error))
            continue
        variable = "BROKER_URL" if name == "broker" else "REDIS_URL"
        if policy == "noeviction" or not most:
            found.append(Finding(name, True, f"The Redis of {variable} keeps what it is given ({policy})."))
            continue
        found.append(
            Finding(
                name, False,
                f"The Redis of {variable} throws keys away when {most / (1 << 20):.0f} MB are full "
                f"(maxmemory-policy {policy}): queues and subscriptions among them.",
                "Set maxmemory-policy noeviction, or use a Redis of its own for Millrace.",
            )
        )  # fmt: skip
    return found


def _eviction(url: str) -> tuple[str, int]:
    """What it does when it is full, and at how many bytes that is (0: never)."""
    import redis

    with redis.Redis.from_url(
        url, socket_timeout=BROKER_SECONDS, socket_connect_timeout=BROKER_SECONDS
    ) as client:
        told = client.info("memory")
    return str(told.get("maxmemory_policy", "noeviction")), int(told.get("maxmemory", 0))


@dataclass(frozen=True, slots=True)
class _Peer:
    """A living process that has a host; `skew` is how far its clock is ahead of the database's."""

    machine: str
    queues: frozenset[str]
    skew: float


def _peers() -> list[_Peer]:
    def question(session: Session) -> list[_Peer]:
        rows = session.all(
            "SELECT machine, heartbeat_at, figures FROM runtime_worker WHERE kind <> 'scheduler' "
            f"AND stopped_at IS NULL AND heartbeat_at >= {session.clock(-DEAD_SECONDS)}"
        )
        return [_peer(row[0], session.time(row[1]), json.loads(row[2])) for row in rows]

    try:
        return _ask(question)
    except Exception:
        log.warning("The processes at work could not be counted", exc_info=True)
        return []


def _peer(machine: str, heard: datetime | None, figures: Mapping[str, Any]) -> _Peer:
    # A release before this one does not say what it serves, and nearly always served everything.
    queues, clock = figures.get("queues", QUEUES), figures.get("clock")
    skew = clock - heard.timestamp() if clock is not None and heard is not None else 0.0
    return _Peer(machine, frozenset(queues), skew)


def _living(condition: str) -> int:
    def question(session: Session) -> int:
        since = session.clock(-DEAD_SECONDS)
        rows = session.all(
            f"SELECT count(*) FROM runtime_worker WHERE stopped_at IS NULL AND heartbeat_at >= {since} "
            f"AND {condition.format(since=session.clock(-STALE_SECONDS))}"
        )
        return int(rows[0][0])

    try:
        return _ask(question)
    except Exception:
        log.warning("The processes at work could not be counted", exc_info=True)
        return 0


def _ask(question: Callable[[Session], Answer]) -> Answer:
    session = open_session()
    try:
        return question(session)
    finally:
        session.close()


def _reason(error: Exception) -> str:
    return (str(error).strip().partition("\n")[0] or type(error).__name__)[:300]

"""`/metrics`: what waits, read from the database, and what every process has told with its last heartbeat.

Any web process can answer for the whole installation, so one address is enough to scrape. Series of a process
carry `worker`; its counters start at nought with it, which Prometheus' `rate` knows how to read.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from runtime import RELEASE
from runtime import process as processes
from runtime.figures import Exposition
from runtime.store.heartbeat import DEAD_SECONDS
from runtime.store.sessions import Session, open_session

_FAMILIES = (
    ("millrace_up", "gauge", "1 for each process that is alive, with its release."),
    ("millrace_inbox_waiting", "gauge", "Arrivals that wait for a host, by tenant."),
    ("millrace_inbox_oldest_seconds", "gauge", "Age of the oldest waiting arrival, by tenant."),
    ("millrace_runs_ready", "gauge", "Runs that could go on and have no host, by tenant."),
    ("millrace_runs_ready_oldest_seconds", "gauge", "How long the oldest of these is ready, by tenant."),
    ("millrace_runs_unfinished", "gauge", "Runs that have not ended, by tenant and status."),
    ("millrace_runs_unowned_running", "gauge", "Runs of dead processes, which the sweeper hands over."),
    ("millrace_timers_waiting", "gauge", "Moments that runs and triggers wait for."),
    ("millrace_timers_late_seconds", "gauge", "How long the most overdue of them is overdue."),
    ("millrace_runs_started_total", "counter", "Runs started."),
    ("millrace_runs_ended_total", "counter", "Runs ended, by status."),
    ("millrace_runs_in_memory", "gauge", "Runs that a process holds."),
    ("millrace_effects_in_flight", "gauge", "Operations being carried out."),
    ("millrace_abandoned_threads", "gauge", "Threads of operations that went on past their time limit."),
    ("millrace_effect_seconds", "histogram", "Time of one try of an operation, by type of action."),
    ("millrace_turn_seconds", "histogram", "Time of one turn of the engine (many pure steps)."),
    ("millrace_commit_seconds", "histogram", "Time of one shared commit."),
    ("millrace_commit_rows", "histogram", "Requests that shared one commit."),
    ("millrace_commits_refused_total", "counter", "Requests that the database refused."),
    ("millrace_snapshots_unreadable_total", "counter", "Snapshots in whose place the journal was read."),
    ("millrace_writer_waiting", "gauge", "Requests that wait for the next commit."),
    ("millrace_tenant_runs_total", "counter", "Runs ended, by tenant."),
    ("millrace_tenant_engine_seconds_total", "counter", "Time in the engine, by tenant."),
    ("millrace_tenant_operations_total", "counter", "Tries of operations, by tenant."),
    ("millrace_tenant_operation_seconds_total", "counter", "Time of operations, by tenant."),
    ("millrace_sweeper_findings_total", "counter", "What the sweeper found, by kind."),
    ("millrace_removed_total", "counter", "What retention removed, by kind (payload_bytes: bytes)."),
    ("millrace_upkeep_age_seconds", "gauge", "Since the last round of retention and the payload sweeper."),
    ("millrace_sweep_age_seconds", "gauge", "Since the sweeping loops of a process last came round."),
)  # fmt: skip
_USE = ("runs", "engine_seconds", "operations", "operation_seconds")  # the order of `report.Use`
Slugs = Mapping[UUID | None, str]
# What a host counts and the sweeper is asked about: see `runtime.host.loop`.
_FINDINGS = ("buried", "adopted", "strays", "dropped", "broken", "clock_set_back")


def exposition() -> str:
    """The whole page. Blocking: call it in a thread."""
    page = Exposition()
    for family in _FAMILIES:
        page.declare(*family)
    session = open_session()
    try:
        slugs = {session.uuid(row[0]): row[1] for row in session.all("SELECT id, slug FROM tenants_tenant")}
        _waiting(page, session, slugs)
        for worker, figures in [*_told(session), *_own()]:
            _process(page, worker, figures)
            _use(page, worker, figures, slugs)
    finally:
        session.close()
    return page.text()


def _waiting(page: Exposition, session: Session, slugs: Slugs) -> None:
    now = session.now()

    def label(row: Any) -> dict[str, object]:
        return {"tenant": slugs.get(session.uuid(row[0]), "")}

    def age(moment: Any) -> float:
        at = session.time(moment)
        return max(0.0, (now - at) / timedelta(seconds=1)) if at else 0.0

    for row in session.all(
        "SELECT tenant_id, count(*), min(received_at) FROM runtime_inbox "
        "WHERE state = 'new' GROUP BY tenant_id"
    ):
        page.put("millrace_inbox_waiting", row[1], label(row))
        page.put("millrace_inbox_oldest_seconds", age(row[2]), label(row))
    for row in session.all(
        "SELECT tenant_id, count(*), min(ready_at) FROM runtime_run "
        "WHERE ready_at IS NOT NULL AND owner IS NULL GROUP BY tenant_id"
    ):
        page.put("millrace_runs_ready", row[1], label(row))
        page.put("millrace_runs_ready_oldest_seconds", age(row[2]), label(row))
    for row in session.all(
        "SELECT tenant_id, status, count(*) FROM runtime_run "
        "WHERE ended_at IS NULL GROUP BY tenant_id, status"
    ):
        page.put("millrace_runs_unfinished", row[2], {**label(row), "status": row[1]})
    orphans = session.all(
        "SELECT count(*) FROM runtime_run r LEFT JOIN runtime_worker w ON w.id = r.owner "
        "WHERE r.owner IS NOT NULL AND (w.id IS NULL OR w.stopped_at IS NOT NULL "
        f"OR w.heartbeat_at < {session.clock(-DEAD_SECONDS)})"
    )
    page.put("millrace_runs_unowned_running", orphans[0][0])
    timers = session.all("SELECT count(*), min(due_at) FROM runtime_timer")
    page.put("millrace_timers_waiting", timers[0][0])
    page.put("millrace_timers_late_seconds", age(timers[0][1]))
    for (finished,) in session.all("SELECT finished_at FROM runtime_chore WHERE finished_at IS NOT NULL"):
        page.put("millrace_upkeep_age_seconds", age(finished))


def _told(session: Session) -> Iterator[tuple[dict[str, object], dict[str, Any]]]:
    """What the other living processes said with their last heartbeat."""
    own = _host_id()
    now = session.now()
    for row in session.all(
        "SELECT id, kind, machine, pid, release, figures, swept_at FROM runtime_worker "
        f"WHERE stopped_at IS NULL AND heartbeat_at >= {session.clock(-DEAD_SECONDS)}"
    ):
        if str(session.uuid(row[0])) == own:
            continue
        swept = session.time(row[6])
        figures: dict[str, Any] = json.loads(row[5])
        figures["sweep_age"] = (now - swept) / timedelta(seconds=1) if swept else None
        yield {"worker": f"{row[2]}:{row[3]}", "kind": row[1], "release": row[4]}, figures


def _host_id() -> str:
    process = processes.current()
    return str(process.host.id) if process is not None and process.host is not None else ""


def _own() -> Iterator[tuple[dict[str, object], dict[str, Any]]]:
    process = processes.current()
    if process is None:
        return
    figures = process.report()
    figures["sweep_age"] = process.host.watch.sweep_age if process.host is not None else None
    yield {"worker": f"{platform.node()}:{os.getpid()}", "kind": process.kind, "release": RELEASE}, figures


def _use(page: Exposition, about: Mapping[str, object], figures: Mapping[str, Any], slugs: Slugs) -> None:
    for tenant, used in figures.get("use", {}).items():
        labels = {"worker": about["worker"], "tenant": slugs.get(UUID(tenant), tenant) if tenant else ""}
        for name, value in zip(_USE, used, strict=True):
            page.put(f"millrace_tenant_{name}_total", value, labels)


def _process(page: Exposition, about: Mapping[str, object], figures: Mapping[str, Any]) -> None:
    page.put("millrace_up", 1, about)
    worker = {"worker": about["worker"]}
    for figure, name in (
        ("runs", "millrace_runs_in_memory"),
        ("in_flight", "millrace_effects_in_flight"),
        ("abandoned", "millrace_abandoned_threads"),
        ("unwritten", "millrace_writer_waiting"),
        ("refused", "millrace_commits_refused_total"),
        ("unreadable_snapshots", "millrace_snapshots_unreadable_total"),
        ("sweep_age", "millrace_sweep_age_seconds"),
    ):
        if figures.get(figure) is not None:
            page.put(name, figures[figure], worker)
    for figure in ("turn_seconds", "commit_seconds", "commit_rows"):
        if figure in figures:
            page.histogram(f"millrace_{figure}", figures[figure], worker)
    for kind, held in figures.get("effect_seconds", {}).items():
        page.histogram("millrace_effect_seconds", held, {**worker, "type": kind})
    if "counts" in figures:
        page.put("millrace_runs_started_total", figures["counts"].get("started", 0), worker)
        for kind in _FINDINGS:
            page.put(
                "millrace_sweeper_findings_total", figures["counts"].get(kind, 0), {**worker, "kind": kind}
            )
    for kind, count in figures.get("removed", {}).items():
        page.put("millrace_removed_total", count, {**worker, "kind": kind})
    for status, count in figures.get("ended", {}).items():
        page.put("millrace_runs_ended_total", count, {**worker, "status": status})

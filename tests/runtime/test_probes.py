"""What watchers ask: is it alive, is it ready, how much waits."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from designer.api import probes
from runtime import health, services
from runtime.figures import Exposition, Histogram
from runtime.models import Inbox, Timer, Worker
from runtime.process import Process
from tests.runtime.worlds import (
    Recorder,
    arrival,
    chain,
    compose,
    definition,
    ended,
    http,
    make_tenant,
    make_version,
    process,
    read,
    respond,
    wait,
)

pytestmark = pytest.mark.usefixtures("database", "_unblocked")


@pytest.fixture
def _unblocked(django_db_blocker: Any) -> Any:
    with django_db_blocker.unblock():
        yield


@pytest.fixture(autouse=True)
def _asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "KEEP_SECONDS", 0)
    for kept in (probes._readiness, probes._metrics):
        kept._until, kept._asking = 0.0, None


async def get(
    path: str, headers: dict[str, str] | None = None, client: str = "127.0.0.1", method: str = "GET"
) -> tuple[int, str]:
    given = {"host": "127.0.0.1:8000", **(headers or {})}
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "client": (client, 1),
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
    }
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    assert probes.handles(path)
    await probes.application(scope, None, send)  # type: ignore[arg-type]
    return sent[0]["status"], sent[1]["body"].decode()


def value_of(page: str, series: str) -> float:
    found = re.search(rf"^{re.escape(series)} (\S+)$", page, re.MULTILINE)
    assert found, f"no {series} in:\n{page}"
    return float(found[1])


def total_of(page: str, name: str) -> float:
    return sum(float(value) for value in re.findall(rf"^{name}(?:\{{[^}}]*\}})? (\S+)$", page, re.MULTILINE))


async def until_swept(running: Process) -> None:
    async with asyncio.timeout(60):
        while running.host is None or running.host.watch.sweep_age is None:
            await asyncio.sleep(0.02)


async def test_alive_needs_nothing_but_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_ask", lambda question: pytest.fail("healthz must not ask the database"))
    assert await get("/healthz") == (200, '{"status": "alive"}')
    assert await get("/healthz", method="HEAD") == (200, "")
    assert (await get("/healthz", method="POST"))[0] == 405


async def test_ready_when_a_host_carries_and_sweeps() -> None:
    async with process() as running:
        await until_swept(running)
        status, body = await get("/readyz")
        told = json.loads(body)
        assert (status, told["status"]) == (200, "ready")
        assert set(told["checks"]) == {"database", "broker", "live", "hosts", "sweeper"}
        assert all(check["detail"].endswith(".") for check in told["checks"].values())


async def test_without_a_host_it_is_not_ready_and_says_what_to_do() -> None:
    async with process("web"):
        status, body = await get("/readyz")
    checks = json.loads(body)["checks"]
    assert status == 503
    assert checks["database"]["ok"]
    assert not checks["hosts"]["ok"]
    assert "millrace worker" in checks["hosts"]["detail"]
    assert not checks["sweeper"]["ok"]


async def test_a_scheduler_alone_sweeps_but_carries_nothing() -> None:
    async with process("scheduler") as running:
        await until_swept(running)
        checks = json.loads((await get("/readyz"))[1])["checks"]
    assert checks["sweeper"]["ok"]
    assert not checks["hosts"]["ok"]


async def test_a_host_that_has_stalled_is_found_out() -> None:
    async with process() as running:
        await until_swept(running)
        assert running.host is not None
        for name in ("timers", "looks"):
            running.host.watch._swept[name] -= 60
        running.host.watch.swept = lambda name: None  # type: ignore[method-assign]
        status, body = await get("/readyz")
    assert status == 503
    assert json.loads(body)["checks"]["hosts"]["ok"]
    assert not json.loads(body)["checks"]["sweeper"]["ok"]


async def test_a_database_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(**_: Any) -> Any:
        raise OSError("could not connect to secret-host as secret-user")

    async with process():
        monkeypatch.setattr(health, "open_session", away)
        status, body = await get("/readyz")
    assert status == 503
    assert not json.loads(body)["checks"]["database"]["ok"]
    assert "secret" not in body


async def test_a_broker_that_does_not_answer(settings: Any) -> None:
    settings.EMBEDDED, settings.BROKER_URL = False, "redis://:hidden@127.0.0.1:1/0"
    settings.REDIS_URL = "redis://:hidden@127.0.0.1:1/0"
    found = await asyncio.to_thread(lambda: [health.check_broker(), health.check_live()])
    assert [finding.ok for finding in found] == [False, False]
    assert all("hidden" not in finding.sentence for finding in found)


async def test_another_process_is_seen_by_its_heartbeat() -> None:
    async with process("scheduler"):

        def other(**more: Any) -> None:
            now = datetime.now(UTC)
            Worker.objects.all().delete()
            Worker.objects.create(
                kind="worker", machine="elsewhere", pid=1, release="1", **{"swept_at": now, **more}
            )

        await read(other)
        assert (await asyncio.to_thread(health.check_hosts)).ok
        old = datetime.now(UTC) - timedelta(seconds=40)
        await read(lambda: other(heartbeat_at=old))
        assert not (await asyncio.to_thread(health.check_hosts)).ok


async def test_metrics_of_a_run_with_an_effect() -> None:
    version = await read(
        lambda: make_version(
            definition(chain(("Call", http("http://x.invalid/")), ("Answer", respond(compose(1)["inputs"]))))
        )
    )
    async with process(executor=Recorder()) as running:
        receipts = [await services.receive(arrival(version)) for _ in range(3)]
        for receipt in receipts:
            await ended(receipt.run_id)
        await until_swept(running)
        status, page = await get("/metrics")
    assert status == 200
    assert total_of(page, "millrace_runs_started_total") == 3
    assert total_of(page, "millrace_runs_ended_total") == 3
    assert 'status="Succeeded"' in page
    assert total_of(page, "millrace_effect_seconds_count") == 3
    assert 'type="Http"' in page
    assert total_of(page, "millrace_commit_seconds_count") >= 2
    assert total_of(page, "millrace_commit_rows_sum") >= 6
    assert total_of(page, "millrace_turn_seconds_count") >= 6
    assert value_of(page, "millrace_timers_waiting") == 0
    assert total_of(page, "millrace_tenant_runs_total") == 3
    assert total_of(page, "millrace_tenant_operations_total") == 3
    assert total_of(page, "millrace_tenant_engine_seconds_total") > 0
    assert total_of(page, "millrace_tenant_operation_seconds_total") > 0
    for line in page.splitlines():
        assert re.fullmatch(r'# (HELP|TYPE) .+|[a-z_]+(\{([a-z]+="[^"]*",?)+\})? -?[0-9.e+-]+', line), line


async def test_metrics_of_what_waits() -> None:
    tenant = await read(make_tenant)
    version = await read(lambda: make_version(definition({"Wait": wait(3600)}), tenant))

    def old_arrival() -> None:
        Inbox.objects.create(
            tenant=tenant, workflow_id=version.workflow_id, version=version, trigger="manual", kind="callback",
            record=b"", received_at=datetime.now(UTC) - timedelta(seconds=90),
        )  # fmt: skip

    async with process() as running:
        receipt = await services.receive(arrival(version))
        async with asyncio.timeout(60):
            while (
                running.host is None
                or receipt.run_id in running.host.runs
                or not running.host.figures["started"]
            ):
                await asyncio.sleep(0.02)
    await read(old_arrival)
    async with process("web"):
        page = (await get("/metrics"))[1]
    assert value_of(page, f'millrace_inbox_waiting{{tenant="{tenant.slug}"}}') == 1
    assert 85 < value_of(page, f'millrace_inbox_oldest_seconds{{tenant="{tenant.slug}"}}') < 120
    assert value_of(page, "millrace_timers_waiting") == await read(Timer.objects.count) > 0
    assert value_of(page, f'millrace_runs_unfinished{{tenant="{tenant.slug}",status="Running"}}') == 1
    await read(lambda: Inbox.objects.filter(state="new").delete())


async def test_another_process_tells_its_figures_with_its_heartbeat() -> None:
    async with process("worker") as running:
        assert running.host is not None
        version = await read(lambda: make_version(definition({"A": compose(1)})))
        await ended((await services.receive(arrival(version))).run_id)
        async with asyncio.timeout(60):
            while '"started"' not in (
                await read(
                    lambda: Worker.objects.filter(pk=running.host.id).values_list("figures", flat=True).get()
                )  # type: ignore[union-attr]
            ):
                await asyncio.sleep(0.1)
        told = await read(lambda: Worker.objects.get(pk=running.host.id))  # type: ignore[union-attr]
        assert told.swept_at is not None
        assert json.loads(told.figures)["ended"] == {"Succeeded": 1}


@pytest.mark.parametrize(
    "headers, client, status",
    [
        ({}, "127.0.0.1", 200),
        ({}, "::1", 200),
        ({}, "10.0.0.7", 403),
        ({"x-forwarded-for": "203.0.113.9"}, "127.0.0.1", 403),
        ({"host": "rebound.example"}, "127.0.0.1", 403),
        ({"authorization": "Bearer right", "host": "millrace.example"}, "10.0.0.7", 200),
        ({"authorization": "Bearer wrong"}, "10.0.0.7", 403),
    ],
)
async def test_who_may_read_the_metrics(
    headers: dict[str, str], client: str, status: int, settings: Any
) -> None:
    settings.METRICS_TOKEN = "right"
    assert (await get("/metrics", headers, client))[0] == status


async def test_an_unset_token_opens_nothing(settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    assert (await get("/metrics", {"authorization": "Bearer "}, "10.0.0.7"))[0] == 403


def test_a_histogram_counts_what_is_at_most_each_bound() -> None:
    histogram = Histogram((1.0, 10.0))
    for value in (0.5, 1.0, 5.0, 50.0):
        histogram.observe(value)
    page = Exposition()
    page.declare("x", "histogram", "Things.")
    page.histogram("x", histogram.dump(), {"of": 'a "b"\\'})
    assert page.text().splitlines()[2:] == [
        'x_bucket{of="a \\"b\\"\\\\",le="1"} 2',
        'x_bucket{of="a \\"b\\"\\\\",le="10"} 3',
        'x_bucket{of="a \\"b\\"\\\\",le="+Inf"} 4',
        'x_sum{of="a \\"b\\"\\\\"} 56.5',
        'x_count{of="a \\"b\\"\\\\"} 4',
    ]


async def test_figures_that_cannot_be_read_are_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> str:
        raise ValueError("this figure is no number")

    monkeypatch.setattr(probes, "_metrics", probes._Kept(broken))
    status, page = await get("/metrics")
    assert status == 503
    assert "log of this process" in page
    assert "no number" not in page
    assert "this figure is no number" in caplog.text

"""Partitions on PostgreSQL: what is over goes by a drop, what goes on stays, and nobody waits for it."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command

from designer import doctor
from runtime import services
from runtime.models import Arrival, Inbox, JournalRow, Payload, PayloadUse, Run, Summary, Timer
from runtime.store import batch, partitions, retention
from runtime.store.partitions import TABLES, Dropping, Part
from runtime.store.retention import Rule
from runtime.store.sessions import PostgresSession, open_session
from runtime.store.upkeep import OwnHands, Upkeep
from tests.runtime import worlds
from tests.runtime.stores import make_inbox, make_start, migrated, postgresql_database
from tests.runtime.worlds import arrival, chain, compose, definition, http, make_version, wait

pytestmark = [pytest.mark.postgresql, pytest.mark.timeout(240)]
DAY = timedelta(days=1)
KEPT = Rule(timedelta(hours=1))
TENANT = uuid.UUID(int=5)


@pytest.fixture(scope="module")
def url(tmp_path_factory: Any, django_db_blocker: Any) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("partitions")
    with django_db_blocker.unblock(), postgresql_database() as url, migrated(url, folder):
        yield url


@pytest.fixture
def session(url: str) -> Iterator[Any]:
    session = open_session()
    yield session
    session.close()


@pytest.fixture
def hands(url: str) -> Iterator[OwnHands]:
    hands = OwnHands()
    yield hands
    hands.close()


def id_at(moment: datetime) -> uuid.UUID:
    return uuid.UUID(int=(int(moment.timestamp() * 1000) << 80) | uuid.uuid4().int >> 54)


def put_run(session: Any, moment: datetime, workflow: uuid.UUID, *, ended: datetime | None) -> uuid.UUID:
    """A run of then with everything that a run leaves."""
    row = make_inbox(id=id_at(moment), tenant=TENANT, workflow=workflow, received_at=moment, ready_at=moment)
    batch.put_inbox(session, [row])
    append = make_start(row, uuid.uuid4(), summary=b"s", release=True)
    batch.write(session, [append], moment)
    Inbox.objects.filter(pk=row.id).update(state="started", owner=None)
    Run.objects.filter(pk=row.id).update(
        ended_at=ended, status="Succeeded" if ended else "Running", owner=None
    )
    PayloadUse.objects.create(run_id=row.id, tenant_id=TENANT, hash=f"h-{row.id}")
    Payload.objects.create(tenant_id=TENANT, hash=f"h-{row.id}", size=1, kind="String", content=b"x",
                           touched_at=moment)  # fmt: skip
    return row.id


def rows_of(run: uuid.UUID) -> int:
    return sum(model.objects.filter(run_id=run).count() for model in (JournalRow, Summary, PayloadUse)) + sum(
        model.objects.filter(pk=run).count() for model in (Run, Inbox)
    )


def drop(
    hands: OwnHands, session: Any, workflow: uuid.UUID, rule: Rule = KEPT, ahead: timedelta = timedelta(0)
) -> list[Part]:
    dropping = Dropping(hands, session, datetime.now(UTC) + ahead)
    dropping.execute([retention.Kept(TENANT, workflow, rule)], Rule(None))
    return dropping.dropped


def _make_up(session: Any) -> None:
    """Every day of the last week has its range again."""
    length = int(DAY.total_seconds() * 1000)
    today = int(time.time() * 1000) // length * length
    for table in TABLES:
        had = {part.start for part in partitions.parts(session, table)}
        for days in range(-7, 5):
            start = today + days * length
            if start not in had:
                partitions._attach_new(session, table, Part(start, start + length))


@pytest.fixture
def divided(url: str, session: Any) -> Any:
    """Days, from a week ago on; what the tests before have left is gone."""
    if not partitions.is_partitioned(session):
        partitions.convert(session, DAY, datetime.now(UTC) - 9 * DAY)
    _make_up(session)
    for table in (*TABLES, "runtime_payload"):
        session.execute(f"DELETE FROM {table}")
    return session


def test_existing_tables_are_divided_while_runs_go_on(tmp_path: Path, django_db_blocker: Any) -> None:
    """Rows from before, names of indexes, and what is written while the tables are exchanged."""
    with django_db_blocker.unblock(), postgresql_database() as own, migrated(own, tmp_path):
        asyncio.run(_divided_beside_runs(own))


async def _divided_beside_runs(own: str) -> None:
    version = await worlds.read(lambda: make_version(definition(chain(("Call", http("http://x.example", body="@triggerBody()")),
                                                                      ("A", compose(1))))))  # fmt: skip
    names = "SELECT indexname FROM pg_indexes WHERE tablename = ANY(%s) ORDER BY 1"
    with psycopg.connect(own, autocommit=True) as looking:
        before = looking.execute(names, [list(TABLES)]).fetchall()
        stopped = asyncio.Event()
        runs: list[uuid.UUID] = []

        async def keep_running() -> None:
            while not stopped.is_set():
                receipt = await services.receive(arrival(version, "x" * 6000))
                runs.append(receipt.run_id)
                await worlds.ended(receipt.run_id)

        async with worlds.process():
            going = asyncio.create_task(keep_running())
            while len(runs) < 5:
                await asyncio.sleep(0.05)
            await worlds.read(lambda: call_command("partition", "--every", "6h"))
            had = len(runs)
            while len(runs) < had + 5:
                await asyncio.sleep(0.05)
            stopped.set()
            await going
        assert looking.execute(names, [list(TABLES)]).fetchall() == before
        kinds = looking.execute(
            "SELECT relkind FROM pg_class WHERE relname = ANY(%s)", [list(TABLES)]
        ).fetchall()
        assert {kind for (kind,) in kinds} == {"p"}
    found = await worlds.read(lambda: list(Run.objects.filter(pk__in=runs).values_list("status", flat=True)))
    assert found == ["Succeeded"] * len(runs)
    counts = [await worlds.read(lambda run=run: rows_of(run)) for run in runs]
    assert min(counts) >= 4
    # Again: nothing to do but longer ranges from now on.
    await worlds.read(lambda: call_command("partition", "--every", "1d"))


def test_what_is_over_goes_by_a_drop_and_an_unfinished_run_keeps_its_range(
    divided: Any, hands: OwnHands
) -> None:
    now, workflow = datetime.now(UTC), uuid.uuid4()
    gone = [put_run(divided, now - timedelta(days=days), workflow, ended=now - DAY) for days in (6, 6, 4)]
    beside = put_run(divided, now - 5 * DAY, workflow, ended=now - DAY)
    waiting = put_run(divided, now - 5 * DAY, workflow, ended=None)
    young = put_run(divided, now, workflow, ended=now + DAY)  # not over whatever hour of the day it is
    had = partitions.parts(divided)
    dropped = drop(hands, divided, workflow)
    assert {part.start for run in gone for part in had if part.range[0] <= run < part.range[1]} <= {
        part.start for part in dropped
    }
    assert [rows_of(run) for run in gone] == [0, 0, 0]
    assert [rows_of(run) for run in (beside, waiting, young)] == [5, 5, 5]
    left = {part.of(table) for table in TABLES for part in dropped}
    assert not divided.all("SELECT relname FROM pg_class WHERE relname = ANY(?)", (list(left),))
    # Their payloads have an hour from the drop on, like every payload that loses its last use.
    assert Payload.objects.filter(hash=f"h-{gone[0]}", touched_at__gt=now - timedelta(minutes=1)).exists()
    # The range goes once the run in it has ended and had its time.
    Run.objects.filter(pk=waiting).update(ended_at=datetime.now(UTC))
    assert drop(hands, divided, workflow) == []
    assert len(drop(hands, divided, workflow, ahead=timedelta(hours=2))) >= 1
    assert [rows_of(run) for run in (beside, waiting, young)] == [0, 0, 5]


@pytest.mark.parametrize("what", ["arrival", "parent", "other workflow", "newest", "for ever"])
def test_what_keeps_a_range(divided: Any, hands: OwnHands, what: str) -> None:
    now, workflow = datetime.now(UTC), uuid.uuid4()
    then = max(
        (part for part in partitions.parts(divided) if part.until < now - DAY), key=lambda part: part.end
    )
    moment = then.until - timedelta(hours=1)
    run = put_run(divided, moment, workflow, ended=now - DAY)
    rule = KEPT
    if what == "arrival":
        batch.put_inbox(divided, [make_inbox(id=id_at(moment), tenant=TENANT, workflow=workflow)])
    if what == "parent":
        parent = put_run(divided, now, workflow, ended=None)
        Run.objects.filter(pk=run).update(parent_run=parent)
    if what == "other workflow":
        put_run(divided, moment, uuid.uuid4(), ended=now - DAY)
    if what in ("newest", "for ever"):
        rule = Rule(None, 1 if what == "newest" else 0)
    drop(hands, divided, workflow, rule)
    assert rows_of(run) == 5
    if what == "newest":
        put_run(divided, now, workflow, ended=now)
        put_run(divided, now, workflow, ended=now)
        drop(hands, divided, workflow, rule)
        assert rows_of(run) == 0


def test_writers_do_not_wait_even_while_somebody_reads_for_long(
    divided: Any, hands: OwnHands, url: str
) -> None:
    """A reader that holds the tables for seconds makes the drop wait, and nobody behind it."""
    now, workflow = datetime.now(UTC), uuid.uuid4()
    old = [put_run(divided, now - 3 * DAY, workflow, ended=now - DAY) for _ in range(20)]
    stopped, waits = threading.Event(), []
    writer = open_session(durable=True)

    def write() -> None:
        while not stopped.is_set():
            row = make_inbox(id=id_at(datetime.now(UTC)), tenant=TENANT, workflow=uuid.uuid4())
            began = time.perf_counter()
            batch.put_inbox(writer, [row])
            batch.write(
                writer, [make_start(row, uuid.uuid4(), release=True, summary=b"s")], datetime.now(UTC)
            )
            writer.commit()
            waits.append(time.perf_counter() - began)

    dropped: list[Part] = []
    beside = open_session()
    with psycopg.connect(url) as reader:
        reader.execute("SELECT count(*) FROM runtime_inbox").fetchall()
        reader.execute("SELECT count(*) FROM runtime_run").fetchall()
        writing = threading.Thread(target=write)
        dropping = threading.Thread(target=lambda: dropped.extend(drop(hands, beside, workflow)))
        writing.start()
        dropping.start()
        detaching = "SELECT 1 FROM pg_stat_activity WHERE starts_with(query, 'ALTER TABLE') AND state = 'active' AND wait_event_type = 'Lock' AND datname = current_database()"
        deadline = time.monotonic() + 30
        while not divided.all(detaching) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert divided.all(detaching)
        had = len(waits)
        while len(waits) < had + 100 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert dropping.is_alive(), "the reader still holds what is detached"
        assert len(waits) >= had + 100, "writers wait behind the drop"
        reader.rollback()
    dropping.join(60)
    after = len(waits)
    while len(waits) < after + 50:
        time.sleep(0.01)
    stopped.set()
    writing.join()
    writer.close()
    beside.close()
    assert dropped
    assert [rows_of(run) for run in old] == [0] * 20
    waits.sort()
    print(
        f"{len(waits)} commits beside the drop: median {waits[len(waits) // 2] * 1000:.1f} ms, longest {waits[-1] * 1000:.1f} ms"
    )
    # Behind the drop the longest would be as long as the reader held it up; on a busy machine alone it may be a second.
    assert waits[-1] < 10.0


@pytest.mark.parametrize("stopped_after", range(1, 8))
def test_an_interrupted_drop_is_finished_by_the_next(
    divided: Any, hands: OwnHands, monkeypatch: Any, stopped_after: int
) -> None:
    now, workflow = datetime.now(UTC), uuid.uuid4()
    then = max(
        (part for part in partitions.parts(divided) if part.until < now - timedelta(hours=1)),
        key=lambda part: part.end,
    )
    run = put_run(divided, then.until - timedelta(minutes=5), workflow, ended=then.until)
    statements = 0
    execute = PostgresSession.execute

    def interrupted(own: Any, sql: str, given: Any = ()) -> int:
        nonlocal statements
        if "DETACH" in sql or "DROP" in sql:
            statements += 1
            if statements == stopped_after:
                raise KeyboardInterrupt
        return execute(own, sql, given)

    monkeypatch.setattr(PostgresSession, "execute", interrupted)
    rule = Rule(timedelta(seconds=1))
    with pytest.raises(KeyboardInterrupt):
        drop(hands, divided, workflow, rule)
    monkeypatch.undo()
    divided.execute("ROLLBACK")
    drop(hands, divided, workflow, rule)
    assert rows_of(run) == 0
    assert not divided.all(
        "SELECT 1 FROM pg_class WHERE relname = ANY(?)", ([then.of(table) for table in TABLES],)
    )


def test_a_run_that_comes_back_at_the_last_moment_keeps_its_range(
    divided: Any, hands: OwnHands, monkeypatch: Any
) -> None:
    now, workflow = datetime.now(UTC), uuid.uuid4()
    then = max(
        (part for part in partitions.parts(divided) if part.until < now - timedelta(hours=1)),
        key=lambda part: part.end,
    )
    run = put_run(divided, then.until - timedelta(minutes=5), workflow, ended=then.until)
    touch = Dropping._touch_payloads

    def late(self: Any, part: Part) -> None:
        touch(self, part)
        if part == then:
            Run.objects.filter(pk=run).update(ended_at=None)

    monkeypatch.setattr(Dropping, "_touch_payloads", late)
    assert then not in drop(hands, divided, workflow, Rule(timedelta(seconds=1)))
    assert rows_of(run) == 5
    assert then in partitions.parts(divided)


async def test_runs_of_a_divided_database_start_wait_and_end(divided: Any, url: str) -> None:
    version = await worlds.read(
        lambda: make_version(definition(chain(("Pause", wait(1)), ("Call", http("http://x.example")))))
    )
    async with worlds.process():
        receipts = [await services.receive(arrival(version, "x" * 6000)) for _ in range(5)]
        for receipt in receipts:
            assert (await worlds.ended(receipt.run_id)).status == "Succeeded"
    assert not await worlds.read(lambda: Timer.objects.exists() or Arrival.objects.exists())


def test_ranges_are_made_ahead_also_after_a_long_pause(divided: Any) -> None:
    now = datetime.now(UTC)
    later = now + 60 * DAY
    assert partitions.extend(divided, now) == 0
    assert partitions.extend(divided, later) >= len(TABLES)
    found = partitions.parts(divided)
    assert found[-1].until >= later + 4 * DAY
    assert all(one.end == other.start for one, other in itertools.pairwise(found))


def test_rows_of_a_divided_database_wait_for_their_range(divided: Any, hands: OwnHands) -> None:
    """What is over by the rule stays a range's length longer, so that it need not go row by row."""
    now, version = datetime.now(UTC), make_version(definition(chain(("A", compose(1)))))
    run = put_run(divided, now - timedelta(hours=3), version.workflow_id, ended=now - timedelta(hours=2))
    for ahead, left in ((timedelta(0), 5), (2 * DAY, 0)):
        upkeep = Upkeep(hands, now + ahead)
        upkeep.spare = partitions.spare(divided)
        upkeep.apply(retention.Kept(version.tenant_id, version.workflow_id, KEPT))
        assert rows_of(run) == left
    assert upkeep.spare == DAY


def test_sqlite_says_that_it_needs_none(tmp_path: Path, django_db_blocker: Any) -> None:
    with (
        django_db_blocker.unblock(),
        migrated(f"sqlite:///{tmp_path}/x.sqlite3", tmp_path),
        pytest.raises(CommandError, match="Only PostgreSQL"),
    ):
        call_command("partition")


def test_a_wrong_length_is_said(url: str) -> None:
    with pytest.raises(CommandError, match="no length for a range"):
        call_command("partition", "--every", "5 minutes")


def test_the_doctor_says_how_far_ranges_reach(divided: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (line,) = doctor._partitions()
    assert (line.name, line.state) == ("partitions", "ok")
    assert f"the last until {partitions.parts(divided)[-1].until:%Y-%m-%d}" in line.sentence
    for until, state in ((datetime.now(UTC) + DAY, "warning"), (datetime.now(UTC) - DAY, "trouble")):
        part = Part(0, int(until.timestamp() * 1000))
        monkeypatch.setattr(partitions, "parts", lambda session, part=part: [part])
        (line,) = doctor._partitions()
        assert line.state == state
        assert "millrace worker" in line.advice
    monkeypatch.setattr(partitions, "is_partitioned", lambda session: False)
    assert [line.state for line in doctor._partitions()] == ["ok"]

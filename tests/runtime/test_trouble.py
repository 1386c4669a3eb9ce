"""A database in trouble: full, read-only, gone in the middle of a commit; and machines whose clocks are off."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from runtime import services
from runtime.host.loop import Limits
from runtime.models import Inbox
from runtime.store import clock
from runtime.store.clock import DatabaseClock
from runtime.store.sessions import PostgresSession, SqliteSession, connection_lost
from tests.runtime.worlds import (
    Recorder,
    arrival,
    chain,
    compose,
    definition,
    ended,
    http,
    make_version,
    process,
    read,
    wait,
)

pytestmark = pytest.mark.usefixtures("database")
CALLED = definition(chain(("Call", http("http://x")), ("After", compose(1))))


def session_type(url: str) -> Any:
    return SqliteSession if url.startswith("sqlite") else PostgresSession


def trouble(url: str) -> list[Exception]:
    """As the two say it."""
    if url.startswith("sqlite"):
        said = (
            "database or disk is full",
            "attempt to write a readonly database",
            "disk I/O error",
            "unable to open database file",
        )
        return [sqlite3.OperationalError(text) for text in said]
    kinds = (
        psycopg.errors.ReadOnlySqlTransaction,
        psycopg.errors.DiskFull,
        psycopg.errors.AdminShutdown,
    )
    return [kind("trouble") for kind in kinds]


async def test_trouble_of_the_database_is_waited_out(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a call has answered is kept until it can be written: nothing is called again."""
    kind = session_type(database)
    commit, saying = kind.commit, list[Exception]()

    def troubled(session: Any) -> None:
        if saying:
            raise saying.pop()
        commit(session)

    monkeypatch.setattr(kind, "commit", troubled)
    version = await read(lambda: make_version(CALLED))

    def answer(call: Any) -> Any:
        saying.extend(trouble(database))
        return None

    recorder = Recorder(answer)
    async with process(executor=recorder) as running:
        receipt = await services.receive(arrival(version))
        found = await ended(receipt.run_id)
        assert not saying
        assert running.store.writer.figures.refused == 0
    assert (found.status, found.epoch, len(recorder.calls)) == ("Succeeded", 1, 1)


def test_what_the_statement_is_to_blame_for_is_not_tried_for_ever() -> None:
    for error in (
        psycopg.errors.ProgramLimitExceeded("index row size 3000 exceeds maximum"),
        psycopg.errors.NotNullViolation(""),
        sqlite3.OperationalError("too many SQL variables"),
        sqlite3.IntegrityError("NOT NULL constraint failed"),
    ):
        assert not connection_lost(error)


async def test_an_arrival_that_is_taken_by_a_commit_whose_answer_is_lost_is_begun(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = session_type(database)
    commit, lost = kind.commit, list[int]()
    version = await read(lambda: make_version(CALLED))

    def forgetful(session: Any) -> None:
        taking = not lost and session.all(
            "SELECT 1 FROM runtime_inbox WHERE state = 'new' AND owner IS NOT NULL"
        )
        commit(session)
        if taking:
            lost.append(1)
            raise (
                psycopg.OperationalError("the connection is closed")
                if kind is PostgresSession
                else (sqlite3.OperationalError("disk I/O error"))
            )

    async with process(limits=Limits(look_seconds=0.1)) as running:
        monkeypatch.setattr(kind, "commit", forgetful)
        run = await read(lambda: services.start_run(arrival(version)))
        assert (await ended(run)).status == "Succeeded"
        assert lost
        assert running.host.figures["mislaid"] == 1
        assert not running.host.reception.in_hand


async def test_an_arrival_whose_end_cannot_be_written_is_not_kept_for_ever(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither begun nor put off nor given back, by a fault that nobody has thought of."""
    version = await read(lambda: make_version(CALLED))
    async with process(limits=Limits(look_seconds=0.1)) as running:
        finish, refused = running.store.finish, list[int]()

        def broken(intake: Any) -> Any:
            if len(refused) < 2:
                refused.append(1)
                answer = asyncio.get_running_loop().create_future()
                answer.set_exception(RuntimeError("a fault that nobody has thought of"))
                return answer
            return finish(intake)

        monkeypatch.setattr(running.store, "finish", broken)
        receipt = await services.receive(arrival(version))
        assert (await ended(receipt.run_id)).status == "Succeeded"
        assert len(refused) == 2
    assert not await read(lambda: Inbox.objects.filter(workflow=version.workflow_id, state="new").exists())


@pytest.mark.parametrize("minutes", [-7, 7])
async def test_a_machine_whose_clock_is_off_neither_hurries_nor_delays(
    database: str, minutes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock of the one that receives, and then of the one that carries out."""
    if database.startswith("sqlite"):
        pytest.skip("one process, one clock")
    version = await read(lambda: make_version(definition(chain(("Wait", wait(2)), ("After", compose(1))))))

    def off(running: Any) -> None:
        clock_ = running.store.clock
        clock_._local = lambda: datetime.now(UTC) + timedelta(minutes=minutes)
        with psycopg.connect(database) as connection:
            clock_.learn(lambda: connection.execute("SELECT clock_timestamp()").fetchone()[0])

    begun = time.monotonic()
    async with process("web") as receiving:
        off(receiving)
        receipt = await services.receive(arrival(version))
    async with process("worker"):
        found = await ended(receipt.run_id)
    assert 1.5 < (found.ended_at - found.started_at).total_seconds() < 20
    async with process("worker") as carrying:
        off(carrying)
        receipt = await services.receive(arrival(version))
        found = await ended(receipt.run_id)
    assert abs(found.started_at - datetime.now(UTC)) < timedelta(seconds=30)
    assert 1.5 < (found.ended_at - found.started_at).total_seconds() < 20
    assert time.monotonic() - begun < 60


def test_a_clock_that_is_right_is_left_alone() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    found = DatabaseClock(lambda: now)
    found.learn(lambda: now + timedelta(seconds=0.9))
    assert found.behind == timedelta()
    found.learn(lambda: now - timedelta(minutes=5))
    assert abs(found.now() - (now - timedelta(minutes=5))) < timedelta(milliseconds=100)
    found.learn(lambda: now - timedelta(minutes=5, seconds=0.5))
    assert abs(found.now() - (now - timedelta(minutes=5))) < timedelta(milliseconds=100)
    now += timedelta(minutes=-5)  # somebody has set it
    found.learn(lambda: now)
    assert found.behind == timedelta()


def test_an_answer_that_took_long_teaches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter((0.0, 3.0))
    monkeypatch.setattr(clock.time, "monotonic", lambda: next(moments))
    found = DatabaseClock()
    found.learn(lambda: datetime.now(UTC) + timedelta(minutes=5))
    assert found.behind == timedelta()

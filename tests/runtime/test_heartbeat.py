"""Who is declared dead, and who is not: however slow the looks are, whatever the database and its clock do."""

from __future__ import annotations

import asyncio
import random
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from runtime.host import sweeper
from runtime.host.loop import Limits
from runtime.models import Run
from runtime.store import heartbeat, sessions, takes
from runtime.store.heartbeat import DEAD_SECONDS, HEARTBEAT_SECONDS, WITNESSES, Witness
from runtime.store.sessions import Session, SqliteSession, open_session
from tests.runtime.stores import migrated
from tests.runtime.test_sweeper import LONG_AGO, left_by
from tests.runtime.worlds import Recorder, ended, process, read

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


class ClockedSession(SqliteSession):
    """A database whose clock is the test's."""

    seconds = 0.0

    def clock(self, offset: float = 0) -> str:
        moment = at(self.seconds + offset).replace(tzinfo=None)
        return f"'{moment.isoformat(' ', 'microseconds')}'"


@pytest.fixture(scope="module")
def world(tmp_path_factory: Any, django_db_blocker: Any) -> str:
    folder: Path = tmp_path_factory.mktemp("world")
    path = folder / "world.sqlite3"
    with django_db_blocker.unblock(), migrated(f"sqlite:///{path}", folder):
        pass
    return str(path)


@pytest.fixture
def session(world: str) -> Iterator[ClockedSession]:
    opened = ClockedSession(world, durable=False)
    opened.execute("DELETE FROM runtime_worker")
    yield opened
    opened.close()


@dataclass(slots=True)
class Mate:
    """A worker as others see it."""

    session: ClockedSession
    id: uuid.UUID = field(default_factory=uuid.uuid4)
    witness: Witness = field(default_factory=Witness)
    beats_at: float = 0.0
    died_at: float | None = None

    def __post_init__(self) -> None:
        clock = self.session.clock()
        self.session.execute(
            "INSERT INTO runtime_worker (id, kind, machine, pid, release, started_at, heartbeat_at, figures) "
            f"VALUES (?, 'worker', 'm', 1, '0', {clock}, {clock}, '{{}}')",
            (self.id,),
        )
        self.witness.wrote(at(self.session.seconds))

    def beat(self) -> None:
        clock = self.session.clock()
        self.session.execute(f"UPDATE runtime_worker SET heartbeat_at = {clock} WHERE id = ?", (self.id,))
        self.witness.wrote(at(self.session.seconds))

    def bury(self) -> int:
        watched = self.witness.watched
        return takes.bury(self.session, DEAD_SECONDS, watched) if watched else 0

    @property
    def is_buried(self) -> bool:
        rows = self.session.all("SELECT stopped_at FROM runtime_worker WHERE id = ?", (self.id,))
        return rows[0][0] is not None


def pass_by(session: ClockedSession, seconds: float, *mates: Mate) -> None:
    """So much time, in which these are heard as they should be."""
    end = session.seconds + seconds
    while session.seconds + HEARTBEAT_SECONDS <= end:
        session.seconds += HEARTBEAT_SECONDS
        for mate in mates:
            mate.beat()
    session.seconds = end


def test_a_single_look_is_enough(session: ClockedSession) -> None:
    first, second = Mate(session), Mate(session)
    pass_by(session, 20, first, second)
    assert not first.bury()
    pass_by(session, 12, first)
    assert not first.bury(), "too early"
    pass_by(session, 4, first)
    assert first.bury() == 1
    assert second.is_buried


def test_nobody_is_dead_because_nobody_could_be_heard(session: ClockedSession) -> None:
    """The database was away: every heartbeat is old."""
    first, second = Mate(session), Mate(session)
    pass_by(session, 20, first, second)
    session.seconds += 1
    first.beat()
    first.witness.failed()
    session.seconds += 60
    first.beat()
    assert not first.bury()
    pass_by(session, 4, first)
    assert not first.bury(), "the other may still be connecting"
    second.beat()
    pass_by(session, 4, first)
    assert not first.bury()
    pass_by(session, 12, first)
    assert first.bury() == 1, "now it had its time"


def test_who_was_paused_hears_the_others_first(session: ClockedSession) -> None:
    first, second = Mate(session), Mate(session)
    pass_by(session, 20, first, second)
    session.seconds += 1
    first.beat()
    session.seconds += 3600  # the machine was asleep, with all that runs on it
    assert not first.bury()
    first.beat()
    assert not first.bury()
    pass_by(session, 4, first)
    assert not first.bury()
    second.beat()
    pass_by(session, 20, first, second)
    assert not first.bury()
    assert not second.is_buried


@pytest.mark.parametrize("step", [3600, 15, -15, -3600])
def test_nobody_is_dead_because_the_databases_clock_was_set(session: ClockedSession, step: float) -> None:
    first, second = Mate(session), Mate(session)
    pass_by(session, 20, first, second)
    session.seconds += step
    assert not first.bury()
    first.beat()
    assert not first.bury()
    second.beat()
    pass_by(session, 20, first, second)
    assert not first.bury()


def test_a_heartbeat_of_the_future_is_that_of_the_dead(session: ClockedSession) -> None:
    """It is from before the database's clock was set back."""
    first, second = Mate(session), Mate(session)
    pass_by(session, 20, first, second)
    session.seconds -= 3600
    pass_by(session, 4 * WITNESSES, first)
    assert first.bury() == 1
    assert second.is_buried


STARVED = 3.0  # a heartbeat may be late by
SELDOM = 10.0  # from one look to the next


@pytest.mark.parametrize("seed", range(20))
def test_on_a_starved_machine_the_dead_are_found_and_the_living_are_left_alone(
    session: ClockedSession, seed: int
) -> None:
    """Heartbeats are late, looks come seldom, the database goes away and all are paused, again and again."""
    chance = random.Random(seed)
    mates = [Mate(session) for _ in range(4)]
    for mate in mates:
        mate.beats_at = chance.uniform(0, HEARTBEAT_SECONDS)
    looks = {mate.id: chance.uniform(0, SELDOM) for mate in mates[:3]}
    away = [(start, start + chance.uniform(1, 60)) for start in (100, 250)]
    kill_at, calm_from = chance.uniform(330, 400), away[-1][1] + 10
    found_at = None
    while session.seconds < 600:
        session.seconds = min(min(mate.beats_at for mate in mates), min(looks.values()))
        now = session.seconds
        is_away = any(start <= now < end for start, end in away)
        for mate in mates:
            if mate is mates[-1] and now >= kill_at:
                mate.beats_at = float("inf")
            elif mate.beats_at <= now:
                mate.beats_at = now + HEARTBEAT_SECONDS + chance.uniform(0, STARVED)
                mate.witness.failed() if is_away else mate.beat()
            if looks.get(mate.id, float("inf")) <= now:
                looks[mate.id] = now + chance.uniform(1, SELDOM)
                if not is_away and mate.bury() and found_at is None:
                    found_at = now
        if 150 < now < 160:  # everybody is paused
            mates_late = chance.uniform(5, 60)
            for mate in mates:
                mate.beats_at += mates_late
            looks = {name: moment + mates_late for name, moment in looks.items()}
        assert not any(mate.is_buried for mate in mates[:3])
        assert now >= kill_at or not mates[-1].is_buried
    assert calm_from < kill_at
    assert found_at is not None
    late = WITNESSES * (HEARTBEAT_SECONDS + STARVED)
    assert found_at - kill_at <= late + SELDOM


@pytest.mark.usefixtures("database")
async def test_looks_that_come_seldom_find_the_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a starved machine every look may be long after the last."""
    run = await left_by({"heartbeat_at": LONG_AGO})
    passed = [0.0]

    class Slow:
        @staticmethod
        def monotonic() -> float:
            passed[0] += 20
            return passed[0]

    monkeypatch.setattr(sweeper, "time", Slow)
    async with process(executor=Recorder(), limits=Limits(look_seconds=3600)) as running:
        looking = sweeper.Sweeper(running.host)
        await looking.look_around()
        assert running.host.figures["buried"] == 0, "nobody can tell yet"
        heart = running.store.heart
        assert heart is not None
        await asyncio.to_thread(heart.stop)
        for seconds in (9, 5, 1):
            heart.witness.wrote(datetime.now(UTC) - timedelta(seconds=seconds))
        await looking.look_around()
        assert running.host.figures["buried"] == 1
        running.host.ring()
        found = await ended(run.pk)
    assert found.epoch > run.epoch


@pytest.mark.postgresql
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_a_worker_asleep_in_the_middle_of_a_commit_keeps_nobody_waiting(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds its locks for as long as its connection lives; the others go on with all else."""
    monkeypatch.setattr(heartbeat, "FIRST_BEAT_SECONDS", 0.1)
    monkeypatch.setattr(heartbeat, "HEARTBEAT_SECONDS", 0.1)
    monkeypatch.setattr(sessions, "IDLE_SECONDS", 3600)
    locked, free = await left_by({"heartbeat_at": LONG_AGO}), await left_by(None)
    await read(lambda: Run.objects.filter(pk=free.pk).update(owner=locked.owner))
    asleep = await asyncio.to_thread(open_session, durable=True)
    asleep.all("SELECT 1 FROM runtime_run WHERE id = ? FOR UPDATE", (locked.pk,))
    async with process(executor=Recorder()) as running:
        assert (await ended(free.pk)).status == "Succeeded"
        assert running.host.figures["buried"] == 1
        assert await read(lambda: Run.objects.get(pk=locked.pk).owner) == locked.owner
        asleep.rollback()
        assert (await ended(locked.pk)).status == "Succeeded"
    asleep.close()


@pytest.mark.postgresql
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_who_sleeps_in_the_middle_of_a_commit_loses_its_locks_and_writes_once_more(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "IDLE_SECONDS", 0.5)
    run = await left_by(None)
    tries, woken = [], threading.Event()
    change = "UPDATE runtime_run SET code = ? WHERE id = ?"

    def commit(session: Session) -> int:
        tries.append(session)
        session.execute(change, ("ours", run.pk))
        if len(tries) == 1:
            woken.wait(60)
        return session.execute(change, ("ours again", run.pk))

    def meanwhile() -> None:
        other = open_session(durable=True)
        other.execute(change, ("theirs", run.pk))
        other.commit()
        other.close()

    async with process() as running:
        running.host.stopping = True
        answer = running.store.writer.ask(commit)
        while not tries:
            await asyncio.sleep(0.01)
        await asyncio.to_thread(meanwhile)
        woken.set()
        assert await answer == 1
    assert len(tries) == 2

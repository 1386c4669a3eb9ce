"""What retention removes and what it must not: finished runs whole, nothing that is needed, beside
writers.
"""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command

from runtime import services
from runtime.models import Chore, Inbox, JournalRow, Payload, PayloadUse, Retention, Run, Summary, Worker
from runtime.store import retention
from runtime.store.retention import Kept, Rule, moment_id
from runtime.store.upkeep import OwnHands, Upkeep
from tests.runtime import worlds
from tests.runtime.worlds import arrival, chain, compose, definition, http, make_version, respond, wait

ALL = Rule(timedelta(0))
BIG = "x" * 10_000


@pytest.fixture
def hands(database: str) -> Iterator[OwnHands]:
    hands = OwnHands()
    yield hands
    hands.close()


def removed(hands: OwnHands, version: Any, rule: Rule = ALL, ahead: float = 1, **more: Any) -> dict[str, int]:
    upkeep = Upkeep(hands, datetime.now(UTC) + timedelta(seconds=ahead), **more)
    upkeep.apply(Kept(version.tenant_id, version.workflow_id, rule))
    return dict(upkeep.removed)


def left(version: Any) -> dict[str, int]:
    ids = list(Run.objects.filter(workflow_id=version.workflow_id).values_list("pk", flat=True))
    assert JournalRow.objects.filter(run_id__in=ids, seq=1).count() == len(ids)
    tenant = version.tenant_id
    return {
        "runs": len(ids),
        "journal": JournalRow.objects.filter(tenant_id=tenant).exclude(run_id__in=ids).count(),
        "summaries": Summary.objects.filter(tenant_id=tenant).exclude(run_id__in=ids).count(),
        "uses": PayloadUse.objects.filter(tenant_id=tenant).exclude(run_id__in=ids).count(),
    }


def lost_payloads(version: Any) -> list[str]:
    """Values that a run refers to and that are gone."""
    stored = set(Payload.objects.filter(tenant_id=version.tenant_id).values_list("hash", flat=True))
    uses = PayloadUse.objects.filter(tenant_id=version.tenant_id).values_list("hash", flat=True)
    return [used for used in uses if used not in stored]


def make(actions: dict[str, Any]) -> Any:
    return make_version(definition(actions))


async def run(version: Any, count: int = 1, body: Any = BIG) -> list[uuid.UUID]:
    receipts = [await services.receive(arrival(version, body)) for _ in range(count)]
    for receipt in receipts:
        await worlds.ended(receipt.run_id)
    return [receipt.run_id for receipt in receipts]


async def test_finished_runs_go_whole_and_payloads_an_hour_later(hands: OwnHands) -> None:
    version = await worlds.read(
        lambda: make(chain(("Call", http("http://x.example", body="@triggerBody()"))))
    )
    async with worlds.process():
        await run(version, 3)
    assert removed(hands, version, dry=True)["runs"] == 3
    assert (await worlds.read(lambda: left(version)))["runs"] == 3
    assert removed(hands, version) == {"runs": 3}
    assert await worlds.read(lambda: left(version)) == {"runs": 0, "journal": 0, "summaries": 0, "uses": 0}
    assert not await worlds.read(Inbox.objects.filter(workflow_id=version.workflow_id).exists)
    sweep = Upkeep(hands, datetime.now(UTC))
    sweep.sweep_payloads()
    assert not sweep.removed["payloads"]
    sweep = Upkeep(hands, datetime.now(UTC) + retention.ORPHAN_AGE + timedelta(minutes=1))
    sweep.sweep_payloads()
    assert sweep.removed["payloads"] >= 1
    assert not await worlds.read(Payload.objects.filter(tenant_id=version.tenant_id).exists)


async def test_runs_that_go_on_stay_with_what_they_wait_for(hands: OwnHands) -> None:
    waiting = await worlds.read(
        lambda: make(chain(("Pause", wait(3600)), ("Last", compose("@triggerBody()"))))
    )
    async with worlds.process():
        receipt = await services.receive(arrival(waiting, BIG))
        while not await worlds.read(Run.objects.filter(pk=receipt.run_id, owner=None).exists):
            await asyncio.sleep(0.02)
        child = await run(await worlds.read(lambda: make(chain(("A", compose(1))))), 1)
        # A finished child whose parent still has to take its answer.
        await worlds.read(lambda: Run.objects.filter(pk=child[0]).update(
            parent_run=receipt.run_id, workflow_id=waiting.workflow_id, tenant_id=waiting.tenant_id))  # fmt: skip
        assert removed(hands, waiting) == {"runs": 0}
        old = Upkeep(hands, datetime.now(UTC) + timedelta(days=1))
        old.sweep_payloads()
        assert await worlds.read(lambda: lost_payloads(waiting)) == []
        assert await worlds.read(Run.objects.filter(workflow_id=waiting.workflow_id).count) == 2
        await worlds.read(lambda: services.cancel(waiting.tenant_id, receipt.run_id, "", ""))
        await worlds.ended(receipt.run_id)
    assert removed(hands, waiting)["runs"] == 2


async def test_the_newest_are_kept_and_what_ended_just_now(hands: OwnHands) -> None:
    version = await worlds.read(lambda: make(chain(("A", compose(1)))))
    async with worlds.process():
        runs = await run(version, 5)
    assert removed(hands, version, Rule(None, 2)) == {}
    assert removed(hands, version, Rule(None, 2), ahead=3600) == {"runs": 3}
    found = await worlds.read(
        lambda: set(Run.objects.filter(workflow_id=version.workflow_id).values_list("pk", flat=True))
    )
    assert found == set(sorted(runs)[-2:])


async def test_a_long_journal_goes_a_slice_at_a_time(hands: OwnHands, monkeypatch: Any) -> None:
    monkeypatch.setattr(retention, "JOURNAL_SLICE", 10)
    version = await worlds.read(
        lambda: make(chain(*[(f"C{i}", http("http://x.example")) for i in range(40)]))
    )
    async with worlds.process():
        runs = await run(version, 1)
    assert await worlds.read(JournalRow.objects.filter(run_id=runs[0]).count) == 41
    most = 0
    change = hands.change

    def counted(work: Any) -> Any:
        nonlocal most
        before = JournalRow.objects.filter(run_id=runs[0]).count()
        result = change(work)
        most = max(most, before - JournalRow.objects.filter(run_id=runs[0]).count())
        return result

    monkeypatch.setattr(hands, "change", counted)
    assert await worlds.read(lambda: removed(hands, version)) == {"runs": 1}
    assert most <= 11
    assert (await worlds.read(lambda: left(version)))["journal"] == 0


async def test_arrivals_without_a_run_go_and_those_of_hosts_after_a_day(hands: OwnHands) -> None:
    version = await worlds.read(lambda: make(chain(("A", compose(1)))))

    def put(days: float, state: str, kind: str = "callback") -> uuid.UUID:
        at = datetime.now(UTC) - timedelta(days=days)
        return Inbox.objects.create(
            id=uuid.UUID(int=moment_id(at).int + uuid.uuid4().int % 2**60), tenant_id=version.tenant_id,
            workflow_id=version.workflow_id, version_id=version.pk, trigger="manual", kind=kind, state=state,
            record=b"r", received_at=at,
        ).pk  # fmt: skip

    def fill() -> list[uuid.UUID]:
        gone = [
            put(40, "filtered"),
            put(40, "split"),
            put(2, "filtered", "poll"),
            put(40, "rejected", "poll"),
        ]
        assert gone
        return [put(40, "new"), put(2, "filtered"), put(2, "rejected", "poll"), put(0.5, "filtered", "poll")]

    kept = await worlds.read(fill)
    assert removed(hands, version, Rule(timedelta(days=30))) == {"arrivals": 4}
    found = await worlds.read(
        lambda: set(Inbox.objects.filter(workflow_id=version.workflow_id).values_list("pk", flat=True))
    )
    assert found == set(kept)
    await worlds.read(Inbox.objects.filter(workflow_id=version.workflow_id).delete)


async def test_beside_writers_nothing_is_lost(hands: OwnHands, monkeypatch: Any) -> None:
    """Runs that all use one payload arrive while finished ones and unused payloads are removed as fast as
    can be.
    """
    monkeypatch.setattr(retention, "ORPHAN_AGE", timedelta(0))
    version = await worlds.read(
        lambda: make(chain(("Call", http("http://x.example", body="@triggerBody()")), ("Answer", respond())))
    )
    stop, gone = False, {"runs": 0, "payloads": 0}

    def remove() -> None:
        own = OwnHands()
        own.rest = lambda seconds: None  # type: ignore[method-assign]
        while not stop:
            upkeep = Upkeep(own, datetime.now(UTC))
            upkeep.apply(Kept(version.tenant_id, version.workflow_id, ALL))
            upkeep.sweep_payloads()
            for name in gone:
                gone[name] += upkeep.removed[name]
        own.close()

    async with worlds.process():
        removing = asyncio.create_task(asyncio.to_thread(remove))
        accepted, deadline = 0, asyncio.get_running_loop().time() + float(os.environ.get("SECONDS", "3"))
        while asyncio.get_running_loop().time() < deadline:
            await asyncio.gather(*[services.receive(arrival(version, BIG + str(n % 3))) for n in range(10)])
            accepted += 10
            assert await worlds.read(lambda: lost_payloads(version)) == []
        while await worlds.read(Inbox.objects.filter(workflow_id=version.workflow_id, state="new").exists):
            await asyncio.sleep(0.05)
        while await worlds.read(Run.objects.filter(workflow_id=version.workflow_id, ended_at=None).exists):
            await asyncio.sleep(0.05)
        stop = True
        await removing
    kept = await worlds.read(lambda: left(version))
    assert kept == {"runs": accepted - gone["runs"], "journal": 0, "summaries": 0, "uses": 0}
    assert gone["runs"] > 10
    assert await worlds.read(lambda: lost_payloads(version)) == []
    print(f"accepted {accepted}, removed {gone}")


async def test_one_process_does_it_for_all_by_the_rules(database: str) -> None:
    version = await worlds.read(lambda: make(chain(("A", compose(1)))))
    await worlds.read(lambda: Chore.objects.all().delete())
    await worlds.read(
        lambda: Retention.objects.create(tenant_id=version.tenant_id, workflow_id=version.workflow_id, days=1)
    )
    await worlds.read(lambda: Worker.objects.create(
        kind="worker", machine="m", pid=1, release="0", stopped_at=datetime.now(UTC) - timedelta(days=8)))  # fmt: skip
    async with worlds.process() as process:
        runs = await run(version, 2)
        old = datetime.now(UTC) - timedelta(days=2)
        await worlds.read(lambda: _age(runs, old))
        upkeep = process.upkeep
        assert await asyncio.to_thread(upkeep.round) is True
        assert upkeep.removed["runs"] == 2
        assert upkeep.removed["workers"] == 1
        assert await asyncio.to_thread(upkeep.round) is False
        assert process.report()["removed"]["runs"] == 2
    chore = await worlds.read(Chore.objects.get)
    assert chore.finished_at is not None
    assert not await worlds.read(Run.objects.filter(workflow_id=version.workflow_id).exists)


def _age(runs: list[uuid.UUID], at: datetime) -> None:
    """As if they had been started and ended then."""
    for number, run_id in enumerate(runs):
        older = uuid.UUID(int=moment_id(at).int + number + 1)
        JournalRow.objects.filter(run_id=run_id).update(run_id=older)
        Run.objects.filter(pk=run_id).update(id=older, ended_at=at)
        Inbox.objects.filter(pk=run_id).update(id=older)


async def test_the_command_counts_first_and_then_removes(
    database: str, tmp_path: Any, settings: Any, capsys: Any
) -> None:
    settings.DATA = tmp_path
    version = await worlds.read(lambda: make(chain(("A", compose(1)))))
    async with worlds.process():
        await run(version, 2)
    await asyncio.sleep(0.01)
    where = ("--tenant", version.tenant.slug, "--workflow", version.workflow.slug)
    await worlds.read(lambda: call_command("purge", *where, "--older-than", "0", "--dry-run"))
    assert "Would remove 2 runs" in capsys.readouterr().out
    await worlds.read(lambda: call_command("purge", *where, "--older-than", "1h"))
    assert "Removed 0 runs" in capsys.readouterr().out
    await worlds.read(lambda: call_command("purge", *where, "--older-than", "0"))
    assert "Removed 2 runs" in capsys.readouterr().out
    assert not await worlds.read(Run.objects.filter(workflow_id=version.workflow_id).exists)

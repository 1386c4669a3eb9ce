"""The host from arrival to end, over real databases."""

from __future__ import annotations

import asyncio
import secrets
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from runtime import services
from runtime.engine.events import Outcome
from runtime.host import active
from runtime.models import Arrival, Inbox, JournalRow, Run, Timer
from runtime.store import payloads
from runtime.store.records import ArrivalRow
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
    until,
    wait,
)

pytestmark = pytest.mark.usefixtures("database")


async def test_a_pure_run_costs_one_row_and_answers() -> None:
    steps = chain(*[(f"Step{i}", compose("@triggerBody()")) for i in range(10)], ("Answer", respond()))
    version = await read(lambda: make_version(definition(steps)))
    async with process():
        receipt = await services.receive(arrival(version, {"n": 1}, seconds=60))
        answer = await services.wait_for_response(receipt, 60)
        assert answer == services.Answered(200, {}, {"n": 1})
        run = await ended(receipt.run_id)
    assert run.status == "Succeeded"
    assert await read(lambda: JournalRow.objects.filter(run=run).count()) == 1
    inbox = await read(lambda: Inbox.objects.get(pk=receipt.run_id))
    assert (inbox.state, inbox.runs, bytes(inbox.record)) == ("started", 1, b"")


async def test_what_is_being_stored_begins_although_its_caller_has_gone() -> None:
    version = await read(lambda: make_version(definition(chain(("Step", compose(1))))))
    async with process() as running:
        caller = asyncio.create_task(services.receive(arrival(version)))
        await asyncio.sleep(0)  # it has asked the writer
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        await until(lambda: Run.objects.filter(status="Succeeded").count() == 1)
        assert running.host is not None
        assert not running.host.figures["mislaid"], "it was begun at once, and not found by the sweeper"


async def test_a_value_pushed_out_of_memory_before_its_row_is_durable_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(payloads, "CACHE_BYTES", 0)  # the newest alone stays
    monkeypatch.setattr(active, "SLICE_SECONDS", 0)  # a row for each reaction
    steps = chain(
        ("Call", http("http://x")), ("Big", compose("@concat(body('Call'), '!')")),
        ("Length", compose("@length(body('Call'))")),
    )  # fmt: skip
    version = await read(lambda: make_version(definition(steps)))
    async with process(executor=Recorder(lambda call: secrets.token_hex(50_000))) as running:
        receipts = [await services.receive(arrival(version)) for _ in range(5)]
        assert [(await ended(receipt.run_id)).status for receipt in receipts] == ["Succeeded"] * 5
        assert running.host is not None
        assert not running.host.figures["broken"], "none was given up and taken again"


async def test_n_effects_cost_n_plus_one_rows() -> None:
    version = await read(
        lambda: make_version(definition(chain(*[(f"Call{i}", http(f"http://x/{i}")) for i in range(3)])))
    )
    recorder = Recorder()
    async with process(executor=recorder):
        receipt = await services.receive(arrival(version))
        run = await ended(receipt.run_id)
    assert run.status == "Succeeded"
    assert [call.name for call in recorder.calls] == ["Call0", "Call1", "Call2"]
    assert await read(lambda: JournalRow.objects.filter(run=run).count()) == 4


async def test_a_waiting_run_is_a_timer_and_no_memory() -> None:
    version = await read(
        lambda: make_version(definition(chain(("Wait", wait(60)), ("After", compose("done")))))
    )
    async with process() as running:
        receipt = await services.receive(arrival(version))
        timers = Timer.objects.filter(run=receipt.run_id)
        await until(lambda: timers.count() == 2 and receipt.run_id not in running.host.runs)
        await read(lambda: timers.filter(key__startswith="timer").update(due_at=datetime.now(UTC)))
        run = await ended(receipt.run_id)
    assert run.status == "Succeeded"
    assert await read(lambda: Timer.objects.filter(run=run).count()) == 0
    assert await read(lambda: Arrival.objects.filter(run=run).count()) == 0


async def test_cancelling_a_waiting_run_and_one_in_an_effect() -> None:
    waiting = await read(lambda: make_version(definition(chain(("Wait", wait(60))))))
    calling = await read(lambda: make_version(definition(chain(("Call", http("http://x"))))))
    recorder = Recorder(lambda call: asyncio.sleep(30))
    async with process(executor=recorder):
        receipts = [await services.receive(arrival(version)) for version in (waiting, calling)]
        await until(lambda: Timer.objects.filter(run=receipts[0].run_id).exists() and recorder.calls)
        for receipt in receipts:
            await read(lambda: services.cancel(receipt.tenant_id, receipt.run_id, "me", "r1"))  # noqa: B023
        for receipt in receipts:
            assert (await ended(receipt.run_id)).status == "Cancelled"
        with pytest.raises(services.RunFinished):
            await read(lambda: services.cancel(receipt.tenant_id, receipt.run_id, "me", "r2"))


async def test_what_nobody_has_begun_yet_is_cancelled_by_its_id() -> None:
    version = await read(lambda: make_version(definition(chain(("One", compose(1))))))
    cancelled, other = [await read(lambda: services.start_run(arrival(version))) for _ in range(2)]
    polled = await read(lambda: services.start_run(arrival(version)))
    later = datetime.now(UTC) + timedelta(days=1)
    await read(lambda: Inbox.objects.filter(pk=polled).update(kind="poll", ready_at=later))
    await read(lambda: services.cancel(version.tenant_id, cancelled, "me", "r1"))
    with pytest.raises(services.RunFinished):
        await read(lambda: services.cancel(version.tenant_id, cancelled, "me", "r2"))
    for tenant, run in ((uuid.uuid4(), other), (version.tenant_id, polled)):
        with pytest.raises(services.RunNotFound):
            await read(lambda: services.cancel(tenant, run, "me", "r3"))  # noqa: B023
    async with process():
        assert (await ended(other)).status == "Succeeded"
    row = await read(lambda: Inbox.objects.get(pk=cancelled))
    assert (row.state, row.detail) == ("cancelled", "Cancelled by me while it waited.")
    assert not await read(lambda: Run.objects.filter(pk=cancelled).exists())


async def test_what_arrives_just_before_a_run_is_given_back_is_not_forgotten() -> None:
    """It is in the mailbox already and its moment is the one the release compares."""
    tenant = await read(make_tenant)
    child = chain(("Wait", wait(3600)), ("Answer", respond()))
    await read(lambda: make_version(definition(child), tenant, "Child"))
    call = {"type": "Workflow", "inputs": {"host": {"workflow": {"id": "Child"}}}}
    version = await read(lambda: make_version(definition(chain(("Call", call))), tenant))
    gave_back = []
    async with process() as running:
        host = running.host
        give_back = host._give_back

        async def late(run: Any) -> None:
            if not gave_back:
                gave_back.append(run.id)
                await host.store.put_arrival(ArrivalRow(uuid.uuid4(), run.tenant, run.id, "cancel", "", b""))
                await host.look(run)
            await give_back(run)

        host._give_back = late  # type: ignore[method-assign]
        receipt = await services.receive(arrival(version))
        assert (await ended(receipt.run_id)).status == "Cancelled"
    assert gave_back == [receipt.run_id]


async def test_a_caller_who_waits_too_long_gets_nothing_and_the_run_goes_on() -> None:
    version = await read(lambda: make_version(definition(chain(("Wait", wait(2)), ("Answer", respond())))))
    async with process():
        receipt = await services.receive(arrival(version, seconds=1))
        assert await services.wait_for_response(receipt, 0.5) == services.Expired()
        run = await ended(receipt.run_id)
    assert run.answered_seq is None


async def test_a_run_without_its_response_tells_the_caller() -> None:
    steps = chain(("Fail", http("http://x")), ("Answer", respond()))
    version = await read(lambda: make_version(definition(steps)))
    failing = Recorder(
        lambda call: Outcome("Failed", "BadRequest", outputs={"statusCode": 400, "headers": {}})
    )
    async with process(executor=failing):
        receipt = await services.receive(arrival(version, seconds=60))
        answer = await services.wait_for_response(receipt, 60)
    assert isinstance(answer, services.EndedWithout)
    assert answer.status == "Failed"


async def test_a_definition_that_cannot_run_is_rejected_visibly() -> None:
    broken = definition({"A": {"type": "Compose", "inputs": 1, "runAfter": {"Nobody": ["Succeeded"]}}})
    version = await read(lambda: make_version(broken))
    async with process():
        receipt = await services.receive(arrival(version, seconds=60))
        answer = await services.wait_for_response(receipt, 60)
    assert isinstance(answer, services.EndedWithout)
    inbox = await read(lambda: Inbox.objects.get(pk=receipt.run_id))
    assert inbox.state == "rejected"
    assert "Nobody" in inbox.detail


async def test_conditions_split_and_deduplication() -> None:
    trigger = {
        "type": "Request", "kind": "Http", "inputs": {},
        "conditions": [{"expression": "@greater(length(triggerBody()), 0)"}], "splitOn": "@triggerBody()",
    }  # fmt: skip
    version = await read(lambda: make_version(definition({"A": compose("@triggerBody()")}, trigger)))
    async with process():
        split = await services.receive(arrival(version, [1, 2, 3]))
        empty = await services.receive(arrival(version, []))
        twice = [await services.receive(arrival(version, [1], dedupe_key="k")) for _ in range(2)]
        await ended(split.run_id)
        await until(lambda: not Inbox.objects.filter(workflow=version.workflow_id, state="new").exists())
    states = await read(
        lambda: dict(Inbox.objects.filter(workflow=version.workflow_id).values_list("pk", "state"))
    )
    assert states[split.run_id] == "split"
    assert states[empty.run_id] == "filtered"
    assert sorted(states[receipt.run_id] for receipt in twice) == ["deduplicated", "split"]
    assert await read(lambda: Run.objects.filter(workflow=version.workflow_id).count()) == 4


async def test_a_child_answers_its_parent() -> None:
    tenant = await read(make_tenant)
    await read(
        lambda: make_version(
            definition(chain(("Answer", respond("@concat('hi ', triggerBody())")))), tenant, "Child"
        )
    )
    call = {"type": "Workflow", "inputs": {"host": {"workflow": {"id": "Child"}}, "body": "you"}}
    parent = await read(
        lambda: make_version(definition(chain(("Call", call), ("Answer", respond("@body('Call')")))), tenant)
    )
    async with process():
        receipt = await services.receive(arrival(parent, seconds=60))
        answer = await services.wait_for_response(receipt, 60)
    assert answer == services.Answered(200, {}, "hi you")


async def test_big_values_are_kept_apart_and_passed_on_unread() -> None:
    body = {"text": "x" * 100_000, "n": 7}
    steps = chain(
        ("Pass", compose("@triggerBody()")),
        ("Look", compose("@triggerBody()?['n']")),
        ("Call", http("http://x", body="@outputs('Pass')")),
        ("Answer", respond({"n": "@outputs('Look')", "all": "@outputs('Pass')"})),
    )
    version = await read(lambda: make_version(definition(steps)))
    recorder = Recorder(lambda call: call.inputs["body"])
    async with process(executor=recorder) as running:
        receipt = await services.receive(arrival(version, body, seconds=60))
        answer = await services.wait_for_response(receipt, 60)
        assert answer == services.Answered(200, {}, {"n": 7, "all": body})
        assert running.host.runs == {}
    assert recorder.calls[0].inputs["body"] == body
    rows = await read(lambda: list(JournalRow.objects.filter(run=receipt.run_id)))
    assert all(len(bytes(row.events)) < 5_000 for row in rows)


async def test_a_run_is_taken_over_with_its_effect_and_marked() -> None:
    version = await read(
        lambda: make_version(definition(chain(("Call", http("http://x")), ("After", compose(1)))))
    )
    stuck = Recorder(lambda call: asyncio.sleep(60))
    async with process(executor=stuck) as first:
        receipt = await services.receive(arrival(version))
        while not stuck.calls:
            await asyncio.sleep(0.02)
        first.host.stopping = True  # or it would take the run back itself
        await first.store.retire(first.host.id)  # what burying does to a dead owner
        second = Recorder()
        async with process(executor=second):
            run = await ended(receipt.run_id)
        assert [call.key for call in second.calls] == [stuck.calls[0].key]
    assert run.status == "Succeeded"
    detail = await read(lambda: services.action_detail(run.tenant_id, run.pk, "Call"))
    assert [attempt["interrupted"] for attempt in detail["tries"]] == [True]


async def test_snapshot_and_changes_agree() -> None:
    loop = {
        "type": "Foreach", "foreach": "@range(0, 5)",
        "actions": {"Inner": http("http://x")},
    }  # fmt: skip
    version = await read(lambda: make_version(definition(chain(("Loop", loop), ("After", compose(1))))))
    async with process():
        receipt = await services.receive(arrival(version))
        run = await ended(receipt.run_id)
    whole = await read(lambda: services.run_snapshot(run.tenant_id, run.pk))
    actions: dict[str, Any] = {}
    for change in await read(lambda: services.run_changes(run.tenant_id, run.pk, 0)):
        for item in change["actions"]:
            if not item["repetition"]:
                actions[item["action"]] = {
                    name: value for name, value in item.items() if name not in ("action", "repetition", "seq")
                }
    assert actions == whole["actions"]
    assert whole["actions"]["Inner"]["repetitions"]["succeeded"] == 5
    page = await read(lambda: services.repetitions(run.tenant_id, run.pk, "Inner", limit=2))
    assert [item["repetition"] for item in page["items"]] == ["0", "1"]
    assert page["nextCursor"] == "2"

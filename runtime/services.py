"""The only door from the application to the runtime: start, answer, cancel, repeat, arm, and read runs.

The asynchronous functions belong on the loop of a started process (`runtime.process`). The synchronous
ones use the caller's Django connection and transaction and work in any process.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Literal, cast
from uuid import UUID

from django.db import models, transaction
from django.db.models import Count, Sum
from uuid_utils.compat import uuid7

from connectors.models import Connection
from runtime import catalog, tracing
from runtime import process as processes
from runtime.engine.reruns import NotRepeatable
from runtime.feed import Feed
from runtime.host.crowding import crowd, run_limit_of, set_run_limit, waiting_rows
from runtime.host.held import Held, as_run, cancel_held, held_rows, held_run
from runtime.host.history import (
    RunNotFound,
    action_detail,
    callback_tenant,
    child_run,
    content,
    find_run,
    first_id_at,
    plan_for,
    repetitions,
    rows_after,
    run_changes,
    run_columns,
    run_snapshot,
    run_trigger,
    run_waits,
)
from runtime.host.inbox import (
    ArrivalGone,
    ArrivalNotFound,
    InboxPage,
    inbox_item,
    inbox_list,
    inbox_rows,
    redrive_outputs,
)
from runtime.host.listing import RunFilters, RunPage, run_list
from runtime.host.plans import parameters_of, secured_members, slots_of, waiting_limit
from runtime.host.preview import Preview, Viewpoint, Withheld
from runtime.host.reruns import Outlook, Rerun, prepare_rerun
from runtime.host.reruns import outlook as rerun_outlook
from runtime.host.searching import Inside
from runtime.host.upkeep import retention_of, set_retention
from runtime.host.waiting import Answered, CallerAnswer, EndedWithout, Expired
from runtime.language import validate as language
from runtime.language.definition import Trigger, read
from runtime.language.document import DocumentError, parse
from runtime.language.validate import Problem
from runtime.language.validate.problems import Severity
from runtime.language.values import Json, Ref, refs_in
from runtime.models import Arrival, Inbox, Payload, PayloadUse, Run
from runtime.sealing import is_sealed, open_values, seal_values
from runtime.store import codec, places
from runtime.store.records import ArrivalRow, InboxRow, PayloadRow, Slots
from runtime.store.streams import Spool, Way
from runtime.triggers import states
from runtime.triggers.forecast import forecast

__all__ = [
    "Answered",
    "ArrivalGone",
    "ArrivalNotFound",
    "CallerAnswer",
    "EndedWithout",
    "Expired",
    "Held",
    "InboxPage",
    "Inside",
    "NotRepeatable",
    "Outlook",
    "Overloaded",
    "Preview",
    "Receipt",
    "Rerun",
    "RunFilters",
    "RunFinished",
    "RunNotFound",
    "RunPage",
    "Slots",
    "Spool",
    "TooManyWaiting",
    "TriggerArrival",
    "Viewpoint",
    "Withheld",
    "action_detail",
    "arm",
    "as_run",
    "big_value",
    "body_value",
    "callback",
    "callback_tenant",
    "cancel",
    "child_run",
    "content",
    "crowd",
    "disarm",
    "feed",
    "find_run",
    "first_id_at",
    "forecast",
    "held_rows",
    "held_run",
    "inbox_item",
    "inbox_list",
    "inbox_rows",
    "is_sealed",
    "is_secured",
    "open_values",
    "parameters_of",
    "receive",
    "redrive",
    "repetitions",
    "rerun",
    "rerun_outlook",
    "resubmit",
    "retention_of",
    "run_changes",
    "run_columns",
    "run_limit_of",
    "run_list",
    "run_snapshot",
    "run_trigger",
    "run_waits",
    "seal_values",
    "set_retention",
    "set_run_limit",
    "slots_of",
    "start_run",
    "validate",
    "wait_for_response",
    "waiting_limit",
    "waiting_rows",
]

Kind = Literal["callback", "webhook", "schedule", "poll", "manual", "resubmit", "child"]
# More requests than this waiting for their commit means that the database cannot keep up.
MOST_UNWRITTEN = 20_000
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class TriggerArrival:
    """What reached a trigger. `outputs` is the trigger's `outputs` object (reference 5.5: headers,
    queries, body).
    """

    tenant_id: UUID
    workflow_id: UUID
    version_id: UUID
    trigger: str
    outputs: Json
    client_tracking_id: str | None = None
    answer_by: datetime | None = None  # a caller waits for the Response until then; None: 202, nobody waits
    dedupe_key: str | None = None
    actor: str = ""
    request_id: str = ""
    kind: Kind = "callback"
    secured: bool = False  # the author secured the trigger's outputs: they are sealed from the start
    slots: Slots | None = None  # the trigger's concurrency limit, and how many callers may wait for it
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Receipt:
    """The arrival is durable. `run_id` is the run it will become (the first of several after splitOn)."""

    run_id: UUID
    tenant_id: UUID
    workflow_id: UUID
    received_at: datetime


class RunFinished(Exception):
    """The run has already ended, so it cannot be cancelled."""

    def __init__(self) -> None:
        super().__init__(type(self).__doc__)


class Overloaded(Exception):
    """Too many calls wait for the database. Try again in a few seconds."""

    def __init__(self) -> None:
        super().__init__(type(self).__doc__)


class TooManyWaiting(Exception):
    """As many calls of this trigger wait for a free run as its settings allow. Try again later."""

    def __init__(self) -> None:
        super().__init__(type(self).__doc__)


# -- what arrives


async def receive(arrival: TriggerArrival) -> Receipt:
    """Store the arrival durably; when this returns it will end visibly, whatever dies (architecture: inbox
    first).

    Raises Overloaded, TooManyWaiting, NotStarted.
    """
    process = processes.require()
    if process.store.writer.waiting > MOST_UNWRITTEN:
        raise Overloaded
    now = process.store.clock.now()
    row = _inbox_row(arrival, uuid7(), now)
    row.payloads = _kept_apart(process, arrival.tenant_id, row, arrival.outputs, arrival.secured)
    host = process.host
    limited = arrival.slots is not None
    row.owner = host.reception.reserve(row.tenant) if host is not None and not limited else None
    row.attempts = 1 if row.owner else 0
    if arrival.answer_by is not None:
        process.waiting.expect(row.id)
    # Whoever waits here may go away meanwhile; the row is stored all the same, and has to be begun. What the
    # writer has promised needs no shield, which would be two turns of the loop more.
    try:
        storing = _store(process, arrival, row)
        storing.add_done_callback(lambda done: _stored(process, row, done))
        await (asyncio.shield(storing) if isinstance(storing, asyncio.Task) else storing)
    except BaseException:
        process.waiting.forget(row.id)
        raise
    if tracing.active is not None:
        about = {"tenant": str(row.tenant), "workflow.id": str(row.workflow), "trigger": row.trigger}
        tracing.active.arrived(row.id, about, now, process.store.clock.now())
    return Receipt(row.id, row.tenant, row.workflow, now)


def _store(process: processes.Process, arrival: TriggerArrival, row: InboxRow) -> asyncio.Future[None]:
    if arrival.slots is None:
        return process.store.put_arrived(row)
    return asyncio.ensure_future(_store_within(process, row, arrival.slots, arrival.waiting))


async def _store_within(process: processes.Process, row: InboxRow, slots: Slots, waiting: int) -> None:
    if not await process.store.put_within(row, slots, waiting):
        raise TooManyWaiting


def _stored(process: processes.Process, row: InboxRow, done: asyncio.Future[None]) -> None:
    host = process.host
    failed = done.cancelled() or done.exception() is not None
    if row.owner and host is not None:
        if failed:
            host.reception.withdraw(row.tenant)
        else:
            host.reception.offer(row)
    elif not failed:
        process.hint(runs=False)


def _inbox_row(arrival: TriggerArrival, row_id: UUID, now: datetime) -> InboxRow:
    return InboxRow(
        id=row_id, tenant=arrival.tenant_id, workflow=arrival.workflow_id, version=arrival.version_id,
        trigger=arrival.trigger, kind=arrival.kind, record=b"", received_at=now, ready_at=now,
        client_tracking_id=_clean(arrival.client_tracking_id, 128),
        dedupe_key=_clean(arrival.dedupe_key, 200),
        answer_by=arrival.answer_by, actor=_clean(arrival.actor, 254),
        request_id=_clean(arrival.request_id, 64),
    )  # fmt: skip


def _kept_apart(
    process: processes.Process, tenant: UUID, row: InboxRow, outputs: Json, secured: bool
) -> list[PayloadRow]:
    """Pack the record; what is above 4 KB goes into payloads."""
    record: Json = {} if outputs is None else {"outputs": outputs}
    refs: set[Ref] = set()
    plain = codec.pack_plain(record, refs)
    rows: list[PayloadRow] = []
    if len(plain) > codec.INLINE_LIMIT:
        apart = process.payloads.keep_apart(tenant, secured)
        plain = codec.pack_plain({name: apart.shrink(value) for name, value in record.items()})
        rows = apart.rows
    for ref in refs:
        pending = process.payloads.pending(tenant, ref)
        if pending is not None:
            rows.append(pending)
    row.record = codec.wrap(plain, processes.seals(tenant)[0]) if secured else codec.frame(plain)
    return rows


def _clean(text: str | None, most: int) -> str:
    return _CONTROL.sub(" ", text or "")[:most]


def body_value(tenant_id: UUID, text: bytes) -> Json:
    """A JSON body as a value: read at once when small, checked and kept apart unread when big. Raises
    ValueError.

    For the outputs of the very next `receive` of this tenant.
    """
    return processes.require().payloads.from_text(tenant_id, text)


async def big_value(tenant_id: UUID, spool: Spool, way: Way, content_type: str | None) -> Json:
    """A body that was put aside, as a value that is never held: for the very next `receive` of this tenant.

    None where it cannot be had that way and `spool.read()` has to do. Raises PlaceFailed.
    """
    process = processes.require()
    kept = await process.store.keep_body(tenant_id, spool, way, content_type)
    if kept is None:
        return None
    value, row = kept
    process.payloads.expect(tenant_id, row)
    return value


async def wait_for_response(receipt: Receipt, timeout: float) -> CallerAnswer:
    """Wait for the answer of a run received with `answer_by`. Call it at once after `receive`, in the same
    process.
    """
    process = processes.require()
    hosted = process.host is not None and receipt.run_id in process.host.runs
    return await process.waiting.wait(receipt.tenant_id, receipt.run_id, timeout, hosted=hosted)


async def callback(run_id: UUID, token: str, outputs: Json, *, request_id: str = "") -> bool:
    """Deliver a call to a run's one-shot callback address. False: no such address, or used before."""
    process = processes.require()
    row = ArrivalRow(
        uuid7(), UUID(int=0), run_id, "callback", "", codec.pack_value(outputs), "", _clean(request_id, 64)
    )
    taken = await process.store.take_callback(run_id, token, row)
    if taken:
        process.feed.wake([run_id])
        process.hint()
    return taken


def feed() -> Feed:
    """The feed of this process: `async for rings in feed().follow("run:<id>")`."""
    return processes.require().feed


# -- inside the caller's transaction


def start_run(arrival: TriggerArrival, *, source_run: UUID | None = None) -> UUID:
    """Like `receive`, from synchronous code, inside the caller's database transaction: commits or vanishes
    with it.
    """
    now = processes.now()
    row = _inbox_row(arrival, uuid7(), now)
    record: Json = {} if arrival.outputs is None else {"outputs": arrival.outputs}
    seal = processes.seals(row.tenant)[0] if arrival.secured else None
    with transaction.atomic():
        Inbox.objects.create(
            id=row.id, tenant_id=row.tenant, workflow_id=row.workflow, version_id=row.version,
            trigger=row.trigger,
            kind=row.kind, record=codec.pack_value(record, seal), client_tracking_id=row.client_tracking_id,
            dedupe_key=row.dedupe_key, answer_by=row.answer_by, source_run=source_run, actor=row.actor,
            request_id=row.request_id, received_at=now, ready_at=now,
        )  # fmt: skip
        # Values of the run that is repeated stay alive for this one.
        for ref in refs_in(arrival.outputs):
            PayloadUse.objects.get_or_create(run_id=row.id, hash=ref.hash, defaults={"tenant_id": row.tenant})
            Payload.objects.filter(tenant_id=row.tenant, hash=ref.hash).update(touched_at=now)
        transaction.on_commit(processes.ring_hosts)
    return row.id


def now() -> datetime:
    """What time it is for the runtime: by the database's clock where this machine's is off."""
    return processes.now()


def is_promised(tenant_id: UUID, run_id: UUID) -> bool:
    """Whether an arrival waits that could still become this run."""
    return Inbox.objects.filter(tenant_id=tenant_id, pk=run_id, state="new").exists()


def wait_until_begun(tenant_id: UUID, run_id: UUID, seconds: float = 1.5) -> bool:
    """Waits until a host has begun the run that `start_run` promised: whoever looks at once then finds it.

    False at once when no arrival waits that could still become this run, or a limit holds it.
    """
    deadline = time.monotonic() + seconds
    while not Run.objects.filter(tenant_id=tenant_id, pk=run_id).exists():
        promised = Inbox.objects.filter(tenant_id=tenant_id, pk=run_id, state="new")
        held = promised.values_list("waits_for", flat=True).first()
        if time.monotonic() > deadline or held is None or held:
            # It may have begun between the two questions.
            return Run.objects.filter(tenant_id=tenant_id, pk=run_id).exists()
        time.sleep(0.02)
    return True


def cancel(tenant_id: UUID, run_id: UUID, actor: str, request_id: str) -> None:
    """Ask the run's owner to cancel it; one that has not begun yet starts nothing. Raises RunNotFound,
    RunFinished.
    """
    with transaction.atomic():
        if not Run.objects.filter(tenant_id=tenant_id, pk=run_id).exists() and _cancel_held(
            tenant_id, run_id, _clean(actor, 254)
        ):
            return
        find_run(tenant_id, run_id)
        now = processes.now()
        waiting = Run.objects.filter(pk=run_id, tenant_id=tenant_id, ended_at=None)
        # Always a later moment than any before: a release that compares it cannot miss this arrival.
        if not waiting.update(ready_at=models.Value(now)):
            raise RunFinished
        Arrival.objects.get_or_create(
            run_id=run_id,
            kind="cancel",
            key="",
            defaults={
                "tenant_id": tenant_id,
                "actor": _clean(actor, 254),
                "request_id": _clean(request_id, 64),
            },
        )
        transaction.on_commit(partial(_wake, run_id))


def _cancel_held(tenant_id: UUID, run_id: UUID, actor: str) -> bool:
    try:
        caller = cancel_held(tenant_id, run_id, actor)
    except Run.DoesNotExist:
        if held_run(tenant_id, run_id) is not None:
            raise RunFinished from None  # cancelled before
        return False
    if caller is not None:
        # Later than any moment before, see `cancel`.
        Run.objects.filter(pk=caller, tenant_id=tenant_id, ended_at=None).update(ready_at=processes.now())
        transaction.on_commit(partial(_wake, caller))
    return True


def _wake(run_id: UUID) -> None:
    process = processes.current()
    if process is not None:
        process.wake_from_thread(run_id)
    processes.ring_hosts()


def resubmit(
    tenant_id: UUID, run_id: UUID, actor: str, request_id: str, *, has_body: bool = False, body: Json = None
) -> UUID:
    """A new run of the workflow's published version (else of the run's own) with the same trigger outputs
    (reference 10.5), or with another body among them. Raises RunNotFound."""
    run = find_run(tenant_id, run_id)
    rows = rows_after(run, 0)
    started = next((event for _, events in rows[:1] for event in events), None)
    outputs = getattr(started, "record", {}).get("outputs")
    if has_body:
        outputs = _with_body(outputs, body)
    version_id = run.workflow.published_id or run.version_id
    return start_run(
        TriggerArrival(
            tenant_id, run.workflow_id, version_id, run.trigger, outputs,
            run.client_tracking_id,
            actor=actor, request_id=request_id, kind="resubmit", secured=_was_secured(run),
        ),
        source_run=run_id,
    )  # fmt: skip


def _with_body(outputs: Json, body: Json) -> Json:
    return {**(outputs if isinstance(outputs, dict) else {}), "body": body}


def rerun(wanted: Rerun) -> UUID:
    """A new run that takes over what happened before an action and executes from there (runtime/README).

    Raises RunNotFound, NotRepeatable.
    """
    with transaction.atomic():
        run = prepare_rerun(wanted, processes.seals(wanted.tenant_id)[0])
        transaction.on_commit(processes.ring_hosts)
    return run.pk


def _was_secured(run: Run) -> bool:
    plan = plan_for(run)
    return plan is not None and plan.secured_trigger


def is_secured(trigger: Trigger) -> bool:
    """Whether what reaches the trigger is sealed (reference 9.8)."""
    return "outputs" in secured_members(trigger)


def redrive(
    tenant_id: UUID,
    arrival_id: UUID,
    actor: str,
    request_id: str,
    *,
    has_body: bool = False,
    body: Json = None,
) -> UUID:
    """Send an arrival through again, to the workflow's published version (else to the one it came to), with
    another body if one is given. What arrived is kept as it came.

    The id of the new arrival, and of the run it becomes. Raises ArrivalNotFound, ArrivalGone.
    """
    row, outputs, secured = redrive_outputs(tenant_id, arrival_id)
    if has_body:
        outputs = _with_body(outputs, body)
    return start_run(
        TriggerArrival(
            tenant_id, row.workflow_id, row.workflow.published_id or row.version_id, row.trigger, outputs,
            row.client_tracking_id,
            actor=actor, request_id=request_id, kind="resubmit", secured=secured,
        )
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class PayloadsKept:
    """The big values of a tenant, and the bytes of their JSON text. `store` is where new ones go."""

    number: int
    bytes: int
    store: str


def payloads_kept(tenant_id: UUID) -> PayloadsKept:
    found = Payload.objects.filter(tenant_id=tenant_id).aggregate(number=Count("hash"), bytes=Sum("size"))
    return PayloadsKept(found["number"], found["bytes"] or 0, places.configured().name)


def arm(version: Any, callback_url: Callable[[str], str] | None = None) -> None:
    """Arm the triggers of a `workflows.Version`; inside the caller's transaction; idempotent.

    `callback_url` gives the public signed address of a trigger, for those that subscribe somewhere. Raises
    RecurrenceError for a recurrence that cannot be followed.
    """
    with transaction.atomic():
        states.arm(version, callback_url, processes.seals(version.tenant_id)[0])
        transaction.on_commit(processes.ring_hosts)


def disarm(workflow: Any) -> None:
    """Disarm every trigger of a `workflows.Workflow`; inside the caller's transaction."""
    with transaction.atomic():
        states.disarm(workflow.pk)
        transaction.on_commit(processes.ring_hosts)


def validate(
    text: str,
    tenant_id: UUID | None = None,
    parameters: Mapping[str, Json] | None = None,
    connections: Mapping[str, Json] | None = None,
) -> list[Problem]:
    """Every Problem of a definition text; with a tenant also those of its connections and the catalogue.

    `parameters` and `connections` are what is supplied beside the text, e.g. by an import.
    """
    if tenant_id is None:
        return list(language.validate(text, parameters=parameters, connections=connections))
    rows = Connection.objects.filter(tenant_id=tenant_id).values_list("name", "connector")
    own: dict[str, str] = dict(rows)
    supplied = {**(connections or {}), **{name: {} for name in own}}
    found = list(language.validate(text, parameters=parameters or {}, connections=supplied))
    try:
        definition = read(parse(text).plain())
    except DocumentError:
        return found
    connectors = {name.lower(): connector for name, connector in own.items()}
    # The language knows only that a connection is missing; the catalogue says which connector's it must be.
    findings = catalog.check(definition, connectors)
    told = {finding.pointer for finding in findings}
    kept = [item for item in found if item.code != "MissingConnection" or item.pointer not in told]
    return kept + [
        Problem(cast(Severity, item.severity), item.code, item.pointer, item.message) for item in findings
    ]

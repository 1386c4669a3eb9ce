"""Reading runs for people: lists, snapshots and values, folded from the journal through Django's
connection.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist

from connectors import secrets
from connectors.models import Connection
from runtime.engine.events import Event, address
from runtime.engine.plan import Plan, PlanError
from runtime.engine.scope import execution_key
from runtime.engine.snapshots import SCHEMA
from runtime.engine.state import RunState, fold
from runtime.host import projection
from runtime.host.children import child_id
from runtime.host.plans import plan_of, secured_members
from runtime.host.snapshots import unpacked
from runtime.language.values import Json, loads
from runtime.models import (
    Callback,
    ConnectionCall,
    Hold,
    JournalRow,
    Payload,
    PayloadUse,
    Run,
    Snapshot,
    Summary,
)
from runtime.store import codec, places
from runtime.store.records import VersionText

log = logging.getLogger(__name__)

_KEPT_STATES = 32
_KEPT_EVENTS = 50_000
# Runs whose Response went to no caller of ours: no column says in which row it is.
_ANSWER_IN_JOURNAL = {"child", "rerun"}
_KEPT_PLANS = 64
_SHOWN = 100


class RunNotFound(Exception):
    """There is no such run in this tenant."""

    def __init__(self) -> None:
        super().__init__(type(self).__doc__)


def callback_tenant(run_id: UUID, token: str) -> UUID | None:
    """Whose run waits at this one-shot address; None where none does."""
    found: UUID | None = (
        Callback.objects.filter(run_id=run_id, token=token).values_list("tenant_id", flat=True).first()
    )
    return found


def find_run(tenant_id: UUID, run_id: UUID) -> Run:
    try:
        return Run.objects.get(pk=run_id, tenant_id=tenant_id)
    except ObjectDoesNotExist:
        raise RunNotFound from None


def child_run(tenant_id: UUID, run_id: UUID, name: str, repetition: Sequence[int]) -> Run | None:
    """The run that an action of the run started, once it has begun: its id follows from who asked for it."""
    wanted = child_id(run_id, address(name, tuple(repetition)))
    return Run.objects.filter(pk=wanted, tenant_id=tenant_id).first()


def first_id_at(moment: datetime) -> UUID:
    """The smallest UUIDv7 of that millisecond: ids sort by time, so a range of time is one of the index."""
    milliseconds = int(moment.timestamp() * 1000)
    return UUID(int=(milliseconds << 80) | (0x7 << 76) | (0x2 << 62))


def run_columns(tenant_id: UUID, runs: Sequence[Run]) -> dict[UUID, dict[str, dict[str, Any]]]:
    """The state of every action of each of the runs, as `run_snapshot` gives it, in few queries.

    Finished runs come from their summaries, those of one row from that row; what still runs is folded.
    """
    finished = [run.pk for run in runs if run.ended_at is not None]
    rows = Summary.objects.filter(tenant_id=tenant_id, run_id__in=finished).values_list("run_id", "data")
    columns = {run_id: projection.snapshot_from(bytes(data)) for run_id, data in rows}
    for run in runs:
        if run.pk not in columns:
            columns[run.pk] = _states.read(run, lambda folded: projection.snapshot_actions(folded.state))
    return columns


@dataclass(slots=True)
class _Folded:
    state: RunState = field(default_factory=RunState.empty)
    seq: int = 0
    events: int = 0


class _States:
    """States of the runs that somebody looks at, so that following one reads only its new rows."""

    def __init__(self) -> None:
        self._kept: OrderedDict[UUID, _Folded] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, run: Run, use: Callable[[_Folded], Any], since: int | None = None) -> Any:
        """`use` the state up to the last row; with `since`, the events after that row are in `_Fresh`."""
        with self._lock:
            folded = self._kept.pop(run.pk, None) or _begun(run)
            for row in rows_after(run, folded.seq):
                fold(row[1], folded.state)
                folded.seq = row[0]
                folded.events += len(row[1])
            self._kept[run.pk] = folded
            while len(self._kept) > 1 and self._too_much():
                self._kept.popitem(last=False)
            return use(folded)

    def _too_much(self) -> bool:
        """Loops of 100,000 turns weigh what thousands of usual runs do: of such one is kept, the last."""
        return len(self._kept) > _KEPT_STATES or sum(one.events for one in self._kept.values()) > _KEPT_EVENTS


def _begun(run: Run) -> _Folded:
    """From the run's snapshot, where there is one that can be read."""
    row = Snapshot.objects.filter(run_id=run.pk, schema=SCHEMA).values_list("seq", "data", "events").first()
    if row is None:
        return _Folded()
    try:
        return _Folded(unpacked(bytes(row[1]), unseal_of(run)), row[0], row[2])
    except Exception:
        log.warning("The snapshot of run %s cannot be read; its journal is folded instead", run.pk)
        return _Folded()


def unseal_of(run: Run) -> codec.Seal:
    tenant = run.tenant_id
    return lambda data: secrets.open_(tenant, data, purpose="payload")


_states = _States()


def rows_after(run: Run, seq: int) -> list[tuple[int, list[Event]]]:
    rows = JournalRow.objects.filter(run_id=run.pk, seq__gt=seq).order_by("seq").values_list("seq", "events")
    unseal = unseal_of(run)
    return [(number, codec.unpack_events(bytes(events), unseal)) for number, events in rows]


def run_snapshot(tenant_id: UUID, run_id: UUID) -> dict[str, Any]:
    """`{"run": Run, "seq": n, "actions": {name: entry}, "response": {...}|None}`. Raises RunNotFound."""
    run = find_run(tenant_id, run_id)
    if run.ended_at is not None and run.answered_seq is None and run.origin not in _ANSWER_IN_JOURNAL:
        summary = Summary.objects.filter(run_id=run.pk).first()
        if summary is not None:
            return {
                "run": run,
                "seq": summary.seq,
                "actions": projection.snapshot_from(bytes(summary.data)),
                "response": None,
            }

    held = holds(run) if run.ended_at is None else {}

    def use(folded: _Folded) -> dict[str, Any]:
        given = folded.state.response
        response = given and {"status": given.status, "headers": dict(given.headers), "body": given.body}
        actions = projection.snapshot_actions(folded.state)
        for place, hold in held.items():
            if place in actions:  # of loops, each repetition says for itself
                actions[place] = {**actions[place], "waits": hold}
        return {"run": run, "seq": folded.seq, "actions": actions, "response": response, "waits": held}

    found: dict[str, Any] = _states.read(run, use)
    return found


def run_changes(tenant_id: UUID, run_id: UUID, since_seq: int) -> list[dict[str, Any]]:
    """What changed after row `since_seq`, as one change with the number of the last row; empty when
    nothing did.

    `{"seq", "actions": [{"action", "repetition", "status", "code", "startedAt", "endedAt", "tries",
    "seq"}], "run"?}`: whole entries, the last word on each. snapshot(n) + changes = snapshot(m). Raises
    RunNotFound.
    """
    run = find_run(tenant_id, run_id)
    fresh = [event for _, events in rows_after(run, since_seq) for event in events]
    if not fresh:
        return []
    return [_states.read(run, lambda folded: projection.changes(folded.state, fresh, folded.seq))]


def run_trigger(tenant_id: UUID, run_id: UUID) -> dict[str, Any]:
    """The trigger's record of a run (reference 4.7.1). Raises RunNotFound."""
    run = find_run(tenant_id, run_id)
    plan = plan_for(run)
    record: dict[str, Json] = _states.read(
        run, lambda folded: dict(folded.state.run.record) if folded.state.run else {"name": run.trigger}
    )
    trigger = plan.definition.triggers.get(run.trigger) if plan is not None else None
    secured = secured_members(trigger) & {"inputs", "outputs"} if trigger is not None else frozenset()
    for name in secured:
        record.pop(name, None)
    if secured:
        record["secured"] = sorted(secured)
    return record


def action_detail(tenant_id: UUID, run_id: UUID, name: str, repetition: Sequence[int] = ()) -> dict[str, Any]:
    """`{"name", "repetition", "status", "inputs", "outputs", "error", "tries", …}`. Raises RunNotFound."""
    run = find_run(tenant_id, run_id)
    plan = plan_for(run)
    found: dict[str, Any] | None = _states.read(
        run, lambda folded: projection.detail(folded.state, plan, name, tuple(repetition))
    )
    if found is None:
        raise RunNotFound
    found["trackingId"] = execution_key(str(run.pk), found["name"], tuple(repetition))
    if run.ended_at is None:
        place = address(found["name"], tuple(repetition))
        found = {**found, "waits": holds(run).get(place)}
    return found


def holds(run: Run) -> dict[str, dict[str, Any]]:
    """Why actions that could go on do not yet: `{address: {"reason", "since", "until"}}`."""
    rows = Hold.objects.filter(run_id=run.pk, tenant_id=run.tenant_id)
    text = projection.time_text
    found = {
        row.action: {"reason": row.reason, "since": text(row.since), "until": text(row.until)} for row in rows
    }
    return {**found, **_in_line(run)}


def _in_line(run: Run) -> dict[str, dict[str, Any]]:
    """Actions that wait for a connection with a limit, and how many are before them."""
    calls = list(ConnectionCall.objects.filter(run=run.pk, tenant_id=run.tenant_id, begun_at=None)[:_SHOWN])
    if not calls:
        return {}
    limited = Connection.objects.filter(
        tenant_id=run.tenant_id, pk__in={call.connection for call in calls}
    ).in_bulk()
    return {call.action: _line(call, limited.get(call.connection)) for call in calls}


def _line(call: ConnectionCall, connection: Connection | None) -> dict[str, Any]:
    name = f"'{connection.name}'" if connection is not None else "that is gone"
    limits = []
    if connection is not None and connection.most_at_once is not None:
        limits.append(f"{connection.most_at_once} at a time")
    if connection is not None and connection.most_per_minute is not None:
        limits.append(f"{connection.most_per_minute} a minute")
    said = f" ({', '.join(limits)})" if limits else ""
    before = ConnectionCall.objects.filter(
        tenant_id=call.tenant_id, connection=call.connection, begun_at=None, pk__lt=call.pk
    )
    ahead = before.count()
    return {
        "reason": f"It waits for a slot of the connection {name}{said}, {ahead or 'nobody'} ahead.",
        "since": projection.time_text(call.since),
        "until": projection.time_text(call.not_before),
    }


def run_waits(tenant_id: UUID, run_id: UUID) -> dict[str, dict[str, Any]]:
    """See `holds`; nothing for a run that has ended or is not there."""
    run = Run.objects.filter(pk=run_id, tenant_id=tenant_id, ended_at=None).first()
    return holds(run) if run is not None else {}


def repetitions(
    tenant_id: UUID,
    run_id: UUID,
    name: str,
    parent: Sequence[int] = (),
    status: str | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> dict[str, Any]:
    """`{"items": [{"repetition": "3-0", "status", "startedAt", …}], "nextCursor"}`. Raises RunNotFound."""
    run = find_run(tenant_id, run_id)
    after = int(cursor) if cursor and cursor.isdecimal() and len(cursor) < 10 else 0
    items, following = _states.read(
        run, lambda folded: projection.repetitions(folded.state, name, parent, status, after, limit)
    )
    return {"items": items, "nextCursor": str(following) if following is not None else None}


def content(tenant_id: UUID, run_id: UUID, content_hash: str) -> Json:
    """A payload that this run uses, as its value. Raises RunNotFound; also for one that is secured."""
    if not PayloadUse.objects.filter(run_id=run_id, hash=content_hash, tenant_id=tenant_id).exists():
        raise RunNotFound
    stored = stored_content(tenant_id, content_hash)
    if stored is None:
        raise RunNotFound
    plain = codec.unwrap(stored)
    return loads(plain[1:]) if plain[:1] == b"J" else codec.unpack_plain(plain[1:])


def stored_content(tenant_id: UUID, content_hash: str) -> bytes | None:
    """A content that is not where its row said may just have been moved, so the row is read once more."""
    for _ in range(2):
        row = Payload.objects.filter(tenant_id=tenant_id, hash=content_hash, sealed=False).first()
        if row is None or not row.place:
            return bytes(row.content) if row else None
        try:
            return b"".join(places.configured().read(row.place))
        except FileNotFoundError:
            continue
    return None


_plans: OrderedDict[UUID, Plan] = OrderedDict()
_plans_lock = threading.Lock()


def plan_for(run: Run) -> Plan | None:
    """The plan of the run's version, for what must be withheld; None when it does not compile."""
    with _plans_lock:
        found = _plans.get(run.version_id)
    if found is not None:
        return found
    version = run.version
    text = VersionText(
        version.pk, run.tenant_id, run.workflow_id, "", "", version.number, version.text, version.parameters
    )
    try:
        plan = plan_of(text).plan
    except (PlanError, ValueError):
        return None
    with _plans_lock:
        _plans[run.version_id] = plan
        while len(_plans) > _KEPT_PLANS:
            _plans.popitem(last=False)
    return plan

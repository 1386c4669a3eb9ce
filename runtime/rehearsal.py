"""Runs in memory, for `millrace run` and for tests: the real host and the real operations, without a
database.

The outside world is made of mocks: every HTTP request is answered from a list, and one that nothing
answers fails as a host that cannot be reached. Time may be skipped: where a run only waits, the clock
moves to the next moment at which something is due.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit
from uuid import UUID

from msgspec.structs import replace
from uuid_utils.compat import uuid7

from connectors.sdk import Connector, ConnectorError, HttpAnswer, HttpRequest
from runtime.engine.events import ActionStarted, Event, Outcome, ResponseGiven
from runtime.engine.plan import PlanError, ResponseMode
from runtime.engine.state import RunState, fold
from runtime.executor import Call, OperationExecutor
from runtime.host.loop import Host
from runtime.host.plans import Planned, Plans, plan_of
from runtime.language.definition import Definition, Trigger, trigger_type
from runtime.language.values import Json, Needed, dumps, loads
from runtime.store import codec
from runtime.store.memory import MemoryStore
from runtime.store.payloads import Payloads
from runtime.store.records import ArrivalRow, InboxRow, VersionText
from runtime.triggers.request import Refused, Request, admit

TENANT = UUID(int=1)
WORKFLOW = UUID(int=2)
VERSION = UUID(int=3)

# Turns of the loop after which nothing in memory can still be under way.
_QUIET_TURNS = 40
_CALLER_PATIENCE = timedelta(seconds=235)  # reference 13: inbound request, Standard


class CannotRun(Exception):
    """There is nothing to run; the message is the sentence for the person who asked."""


@dataclass(frozen=True, slots=True)
class Mock:
    """One answer. `on_calls` are the calls (from 1, counted per mock) it is for; empty: all."""

    method: str
    url: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    on_calls: frozenset[int] = frozenset()

    @classmethod
    def read(cls, value: Mapping[str, Json]) -> Mock:
        """From `{"method", "url", "respond": {"status", "headers", "body" | "bodyText"}, "onCalls"}`."""
        respond = value.get("respond")
        respond = respond if isinstance(respond, dict) else {}
        headers = {str(name): str(text) for name, text in (respond.get("headers") or {}).items()}
        named = {name.lower() for name in headers}
        body = b""
        if "bodyText" in respond:
            body = str(respond["bodyText"]).encode()
            if body and "content-type" not in named:
                headers["Content-Type"] = "text/plain; charset=utf-8"
        elif "body" in respond:
            body = dumps(respond["body"]).encode()
            if "content-type" not in named:
                headers["Content-Type"] = "application/json; charset=utf-8"
        calls = value.get("onCalls")
        return cls(
            str(value.get("method") or "").upper(),
            str(value.get("url") or ""),
            int(respond.get("status") or 200),
            headers,
            body,
            frozenset(calls) if isinstance(calls, list) else frozenset(),
        )

    def is_for(self, method: str, url: str) -> bool:
        if self.method and self.method != method:
            return False
        wanted, given = _plain_url(self.url), _plain_url(url)
        return wanted == given or ("?" not in self.url and wanted == given.partition("?")[0])


def _plain_url(url: str) -> str:
    """Spelling that does not matter taken out: escapes, letter case of the host, an empty path."""
    parts = urlsplit(url.strip())
    return unquote(
        urlunsplit((parts.scheme.lower(), parts.netloc.lower(), parts.path or "/", parts.query, ""))
    )


class MockedNetwork:
    """The only way out of a rehearsal. `requests` tells what was asked for, in order."""

    def __init__(
        self,
        mocks: Sequence[Mock],
        connect: Callable[[str, int, float], Awaitable[Any]] | None = None,
    ) -> None:
        self._mocks = mocks
        self._connect = connect
        self._calls = [0] * len(mocks)
        self.requests: list[dict[str, Json]] = []

    async def send(self, request: HttpRequest) -> HttpAnswer:
        if request.purpose != "operation":
            # Signing in is no part of what a rehearsal shows.
            token = dumps({"access_token": "rehearsal", "token_type": "Bearer", "expires_in": "3600"})
            return HttpAnswer(200, (("Content-Type", "application/json"),), token.encode())
        self.requests.append(_shown(request))
        chosen: Mock | None = None
        for index, mock in enumerate(self._mocks):
            if mock.is_for(request.method, request.url):
                self._calls[index] += 1
                if chosen is None and (not mock.on_calls or self._calls[index] in mock.on_calls):
                    chosen = mock
        if chosen is None:
            host = urlsplit(request.url).hostname or request.url
            raise ConnectorError(
                f"The provided host name '{host}' could not be resolved. "
                f"(No mock answers {request.method} {request.url}.)",
                code="UnresolvableHostName",
                retryable=True,
            )
        return HttpAnswer(chosen.status, tuple(chosen.headers.items()), chosen.body)

    async def connect(self, host: str, port: int, timeout: float) -> Any:
        if self._connect is not None:
            return await self._connect(host, port, timeout)
        raise ConnectorError(
            f"No connection to {host}:{port}: a rehearsal has no network.",
            code="UnresolvableHostName",
            retryable=True,
        )


def _shown(request: HttpRequest) -> dict[str, Json]:
    headers: dict[str, Json] = dict(request.headers)
    kind = next((value for name, value in request.headers if name.lower() == "content-type"), "")
    shown: dict[str, Json] = {"method": request.method, "url": request.url, "headers": headers}
    if request.body:
        text = request.body.decode("utf-8", "replace")
        try:
            shown["body"] = loads(text) if "json" in kind else text
        except ValueError:
            shown["body"] = text
    return shown


class RehearsalClock:
    """Real time from `start`, or, when `fast`, time that moves only when it is told to."""

    def __init__(self, start: datetime | None, *, fast: bool) -> None:
        self._fast = fast
        self._now = start or datetime.now(UTC)
        self._offset = self._now - datetime.now(UTC)
        self._waiters: list[asyncio.Future[None]] = []

    def now(self) -> datetime:
        return self._now if self._fast else datetime.now(UTC) + self._offset

    def move_to(self, moment: datetime) -> None:
        """Let everybody who waits look at the clock again."""
        self._now = max(self._now, moment)
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def wait(self, bell: asyncio.Event, until: datetime) -> None:
        if not self._fast:
            seconds = (until - self.now()) / timedelta(seconds=1)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(bell.wait(), max(seconds, 0))
            return
        moved = asyncio.get_running_loop().create_future()
        self._waiters.append(moved)
        rung = asyncio.ensure_future(bell.wait())
        try:
            await asyncio.wait({moved, rung}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            rung.cancel()


@dataclass(frozen=True, slots=True)
class _Given:
    """Connections that came with the rehearsal."""

    by_name: Mapping[str, Mapping[str, Json]]

    async def parameters(self, tenant_id: str, name: str, connector: Connector) -> Mapping[str, Json]:
        if name not in self.by_name:
            raise ConnectorError(f"The rehearsal has no connection '{name}'.", code="ConnectionNotFound")
        return self.by_name[name]


class _StatedRetries:
    """Operations as they are, tried again only where the definition states a retry policy of its own.

    A mock stands for what an endpoint answers in the end; the default policy would only ask it five times.
    """

    def __init__(self, inner: OperationExecutor) -> None:
        self._inner = inner

    async def execute(self, call: Call) -> Outcome:
        outcome = await self._inner.execute(call)
        policy = call.inputs.get("retryPolicy") if isinstance(call.inputs, dict) else None
        kind = str(policy.get("type", "default")).lower() if isinstance(policy, dict) else "default"
        if kind == "default" and outcome.status != "Succeeded":
            return replace(outcome, retryable=False)
        return outcome


@dataclass(slots=True)
class Rehearsed:
    """What came of a rehearsal. `state` is None where no run started; then `refused` may say why."""

    planned: Planned
    trigger: Trigger
    requests: list[dict[str, Json]]
    state: RunState | None = None
    history: list[Event] = field(default_factory=list)
    runs: int = 0
    response: ResponseGiven | None = None
    refused: Refused | None = None
    detail: str = ""

    @property
    def waits(self) -> dict[str, timedelta]:
        """How long each Wait action waited, by its last execution."""
        return {
            event.name: event.due - event.at
            for event in self.history
            if isinstance(event, ActionStarted) and event.wait == "timer" and event.due is not None
        }


@dataclass(slots=True)
class Rehearsal:
    """One run to be tried. `call` is the HTTP call of a Request trigger, `outputs` those of another one."""

    definition: Json
    kind: str = "Stateful"
    parameters: Mapping[str, Json] = field(default_factory=dict)
    settings: Mapping[str, Json] = field(default_factory=dict)
    mocks: Sequence[Mock] = ()
    trigger_type: str | None = None
    trigger_name: str | None = None
    call: Request | None = None
    outputs: Json = None
    fast: bool = True
    now: datetime | None = None
    connections: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    """Clear parameters of connections, by the name the definition uses."""
    folder: Path | None = None
    """Where the Storage connector keeps files; None: a folder that is gone afterwards."""
    callbacks: Mapping[str, Json] = field(default_factory=dict)
    """By the name of an HttpWebhook action: the outputs with which its address is called, once it waits."""
    connect: Callable[[str, int, float], Awaitable[Any]] | None = None
    """Opens plain connections (to a mail server of the test, say); None: there is no network."""

    async def perform(self) -> Rehearsed:
        """Run it to its end, or to where it waits for something that never comes. Raises CannotRun."""
        clock = RehearsalClock(self.now, fast=self.fast)
        store = MemoryStore(clock.now)
        text = VersionText(
            VERSION, TENANT, WORKFLOW, "rehearsal", "local", 1,
            dumps({"definition": self.definition, "kind": self.kind or "Stateful"}),
            dumps(dict(self.parameters)),
        )  # fmt: skip
        try:
            planned = plan_of(text, self.settings)
        except PlanError as error:
            raise CannotRun(str(error)) from error
        network = MockedNetwork(self.mocks, self.connect)
        done = Rehearsed(planned, self._trigger(planned.definition), network.requests)
        try:
            outputs = admit(done.trigger, self.call) if self.call is not None else self.outputs
        except Refused as refused:
            done.refused = refused
            return done
        plans = Plans(store, self.settings)
        plans.add(planned)
        payloads = Payloads(store)
        with tempfile.TemporaryDirectory() as folder:
            files = self.folder or Path(folder)
            executor = OperationExecutor(
                network=lambda tenant: network,
                connections=_Given(self.connections) if self.connections else None,
                folders=lambda tenant: files,
            )
            host = Host(
                store, _StatedRetries(executor), clock=clock, plans=plans, payloads=payloads,
                callback_base="https://localhost",
            )  # fmt: skip
            await host.start()
            try:
                row = self._row(planned, done.trigger, payloads, outputs, clock.now())
                await store.put_inbox([row])
                host.ring()
                await self._until_over(host, store, clock, row.id)
                await self._collect(done, store, payloads, row.id)
            finally:
                await host.stop(0)
                await executor.close()
        return done

    def _trigger(self, definition: Definition) -> Trigger:
        wanted = "Request" if self.call is not None else trigger_type(self.trigger_type or "") or None
        for name, trigger in definition.triggers.items():
            if self.trigger_name in (None, name) and wanted in (None, trigger.type):
                return trigger
        if self.call is None and self.trigger_name is None and len(definition.triggers) == 1:
            return next(iter(definition.triggers.values()))
        found = ", ".join(f"'{name}' ({trigger.type})" for name, trigger in definition.triggers.items())
        raise CannotRun(
            f"The definition has no trigger {f'of type {wanted}' if wanted else 'to start a run with'}. "
            f"It has {found or 'no triggers at all'}."
        )

    def _row(
        self, planned: Planned, trigger: Trigger, payloads: Payloads, outputs: Json, now: datetime
    ) -> InboxRow:
        apart = payloads.keep_apart(TENANT)
        record: dict[str, Json] = {} if outputs is None else {"outputs": apart.shrink(outputs)}
        is_called = self.call is not None and planned.plan.response is not ResponseMode.NONE
        # Skipped waits take no time of the caller's.
        patience = timedelta(days=90) if self.fast else _CALLER_PATIENCE
        return InboxRow(
            uuid7(), TENANT, WORKFLOW, VERSION, trigger.name,
            "webhook" if self.call is not None else "manual",
            codec.pack_value(record), now, now,
            answer_by=now + patience if is_called else None,
            client_tracking_id=(self.call.header("x-ms-client-tracking-id") or "") if self.call else "",
            payloads=apart.rows,
        )  # fmt: skip

    async def _until_over(self, host: Host, store: MemoryStore, clock: RehearsalClock, inbox: UUID) -> None:
        quiet = 0
        while True:
            runs = list(store.runs.values())
            taken = store.inbox[inbox].state != "new"
            if taken and all(run.ended_at is not None for run in runs) and not host.is_busy:
                return
            await asyncio.sleep(0 if quiet < _QUIET_TURNS else 0.002)
            quiet += 1
            if quiet < _QUIET_TURNS:
                continue
            if any(run.outstanding or run.unwritten or run.more or run.mailbox for run in host.runs.values()):
                continue
            if await self._call_back(host, store):
                quiet = 0
                continue
            due = [
                moment
                for run in runs
                if run.ended_at is None
                for key, moment in run.timers.items()
                if key not in ("expired", "run")
            ]
            if not due:
                if quiet > 3 * _QUIET_TURNS:
                    return  # only something from outside could go on from here
                continue
            if self.fast:
                clock.move_to(min(due))
                quiet = 0

    async def _call_back(self, host: Host, store: MemoryStore) -> bool:
        """Call one address that a run waits on and that has an answer. False: there is none."""
        for run_id, run in store.runs.items():
            for token, place in list(run.callbacks.items()):
                name = place.partition("@")[0]
                if name in self.callbacks:
                    outputs = codec.pack_value(self.callbacks[name])
                    row = ArrivalRow(uuid7(), UUID(int=0), run_id, "callback", "", outputs, "", "")
                    await store.take_callback(run_id, token, row)
                    host.ring()
                    return True
        return False

    async def _collect(self, done: Rehearsed, store: MemoryStore, payloads: Payloads, inbox: UUID) -> None:
        entry = store.inbox[inbox]
        done.detail = entry.detail
        done.runs = len(store.runs)
        run = store.runs.get(inbox) or next(iter(store.runs.values()), None)
        if run is None:
            if entry.state in ("rejected", "quarantined"):
                done.refused = Refused(400, "TriggerFailed", entry.detail)
            return
        for row in run.journal:
            done.history += codec.unpack_events(row.events)
        done.state = fold(done.history, RunState.empty())
        await _fill(done.state, payloads)
        if done.state.response is not None:
            done.response = replace(
                done.state.response, body=await payloads.resolve(TENANT, done.state.response.body)
            )


async def _fill(state: RunState, payloads: Payloads) -> None:
    """Put every value that was kept apart back into its place."""
    for records in state.records.values():
        for record in records.values():
            record.inputs = await payloads.resolve(TENANT, record.inputs)
            record.outputs = await payloads.resolve(TENANT, record.outputs)
    for variable in state.variables.values():
        try:
            value = variable.read(lambda ref: payloads.load(TENANT, ref))
        except Needed as needed:
            await payloads.fetch(TENANT, needed.refs)
            value = variable.read(lambda ref: payloads.load(TENANT, ref))
        variable.assign(await payloads.resolve(TENANT, value))
    if state.outputs is not None:
        state.outputs = await payloads.resolve(TENANT, state.outputs)

"""One operation, carried out: find it, open its connection, check its inputs, call it, say what came of it.

The engine says *what* (`runtime.engine.commands.Execute`), the host says *for whom*; together: a `Call`.
Whatever happens, the answer is an `Outcome` with a sentence in it. Nothing here logs inputs or outputs.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from connectors.sdk import (
    Answer,
    Caller,
    Chunking,
    Connector,
    ConnectorError,
    Context,
    Form,
    FormError,
    Network,
    Polled,
)
from connectors.sdk.context import Keep, SafeLogger, secrets_of
from runtime.engine.codes import whole_number
from runtime.engine.durations import parse_duration
from runtime.engine.events import Outcome, Repetition
from runtime.language.values import Json, dumps, loads
from runtime.redaction import without_values
from runtime.shares import Shares
from runtime.targets import Target, find_target

log = logging.getLogger(__name__)
THREADS = 32
THREADS_PER_CONNECTOR = 8


@dataclass(frozen=True, slots=True)
class Call:
    """One try of one operation.

    `type`, `inputs`, `key`, `timeout` (seconds), `purpose`, `operation_options`, `runtime_configuration` as
    in the Execute command; every Ref in `inputs` must have been loaded. `workflow` has id, name and version.
    """

    tenant_id: str
    workflow: Mapping[str, Json]
    run_id: str
    name: str
    type: str
    inputs: Json
    key: str
    kind: str = ""
    repetition: Repetition = ()
    attempt: int = 1
    timeout: float | None = None
    purpose: str = "operation"
    secured: bool = False
    operation_options: frozenset[str] = frozenset()
    runtime_configuration: Mapping[str, Json] = field(default_factory=dict)
    client_tracking_id: str = ""
    state: Json = None
    """Of a connector's polling trigger (purpose `trigger`): what it gave back the last time."""
    keep: Keep | None = None
    """Takes big bodies that need not be read, see `Context.kept`; its values hold Refs."""


class Executor(Protocol):
    async def execute(self, call: Call) -> Outcome: ...


class Connections(Protocol):
    """Where the parameters of a tenant's connections come from."""

    async def parameters(self, tenant_id: str, name: str, connector: Connector) -> Mapping[str, Json]:
        """The clear parameters. ConnectorError (code ConnectionNotFound) when there is no such connection."""


class NoConnections:
    """For runs without a database: there are none."""

    async def parameters(self, tenant_id: str, name: str, connector: Connector) -> Mapping[str, Json]:
        raise ConnectorError(
            f"There is no connection '{name}' here. Give the action a mock, or run the workflow on a server.",
            code="ConnectionNotFound",
        )


@dataclass(frozen=True, slots=True)
class Effect:
    """What repeating an operation does (architecture: effects)."""

    kind: str
    at_most_once: bool = False


def effect_of(action_type: str, inputs: Json) -> Effect:
    """The declared effect; an operation nobody knows cannot have one, so it fails without harm."""
    try:
        target = find_target(action_type, inputs, "operation")
    except ConnectorError:
        return Effect("none")
    operation = target.operation
    if target.is_http and str(target.parameters.get("method", "")).upper() in ("GET", "HEAD", "OPTIONS"):
        return Effect("read")
    return Effect(operation.effect, operation.at_most_once)


class OperationExecutor:
    """Executes operations of the registry. One per process; `close` it on the loop it ran on."""

    def __init__(
        self,
        *,
        network: Callable[[str], Network],
        connections: Connections | None = None,
        folders: Callable[[str], Path],
        quota: int | None = None,
    ) -> None:
        """`network` and `folders` give a tenant its way out and its files; both by tenant id.

        `quota` is how many bytes of files a tenant may keep.
        """
        self._quota = quota
        self._network = network
        self._folders = folders
        self._connections = connections or NoConnections()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="operation")
        self._places: dict[str, Shares] = {}  # threads of one connector
        self._all_places = Shares(THREADS)
        self.abandoned = 0
        """Threads that went on past their time limit; the host counts them (architecture: stopping)."""
        self.on_abandoned: Callable[[int], None] | None = None

    async def execute(self, call: Call) -> Outcome:
        """Carry out the call. Raises nothing but CancelledError."""
        started = time.monotonic()
        try:
            async with asyncio.timeout(call.timeout) as limit:
                return await self._execute(call, started)
        except TimeoutError as error:
            if not limit.expired():
                return _failure(ConnectorError(str(error), code="GatewayTimeout", retryable=True), call)
            message = (
                f"'{call.name}' did not end within {call.timeout:g} seconds."
                if call.timeout
                else "Timed out."
            )
            return Outcome(
                "TimedOut", "ActionTimedOut", error=_error("ActionTimedOut", message), retryable=False
            )
        except ConnectorError as error:
            return _failure(error, call)
        except Exception as error:
            # The text of an unexpected exception may hold anything, a password too: only its type is told.
            log.error("%s failed unexpectedly in run %s: %s", call.type, call.run_id, _where(error))
            kind = type(error).__name__
            message = f"'{call.name}' failed unexpectedly ({kind}). This is a fault of the connector."
            return Outcome("Failed", "InternalServerError", error=_error("InternalServerError", message))

    async def close(self) -> None:
        """Let go of the threads; those still busy end with their work."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _execute(self, call: Call, started: float) -> Outcome:
        target = find_target(call.type, call.inputs, call.purpose, call.kind)
        context = await self._context(call, target, started)
        try:
            return await self._called(call, target, context)
        except ConnectorError as error:
            # What a server says may repeat what it was given.
            error.message = context.logger.clean(error.message)
            raise

    async def _called(self, call: Call, target: Target, context: Context[Any]) -> Outcome:
        given: tuple[Any, ...] = (context, _parse_inputs(target, call))
        if target.operation.kind == "trigger":
            given = (*given, call.state)
        if target.operation.is_async:
            result = await target.operation(*given)
        else:
            result = await self._in_thread(call.tenant_id, target, given)
        return _outcome(target, result)

    async def _context(self, call: Call, target: Target, started: float) -> Context[Any]:
        connection = None
        if target.connector.connection is not None and target.operation.needs_connection:
            connection = await self._connection(call, target)
        return Context(
            connection=connection,
            network=self._network(call.tenant_id),
            folder=self._folders(call.tenant_id),
            key=call.key,
            attempt=call.attempt,
            deadline=started + call.timeout if call.timeout is not None else None,
            request_timeout=_request_timeout(call.runtime_configuration),
            minimum_items=_minimum_items(call.runtime_configuration),
            chunking=_chunking(call.runtime_configuration),
            quota=self._quota,
            options=frozenset(option.lower() for option in call.operation_options),
            caller=_caller(call),
            logger=SafeLogger(
                logging.getLogger(f"connectors.{target.connector.id}"),
                secrets_of(connection) if connection else (),
            ),
            dumps=dumps,
            loads=loads,
            keep=call.keep,
        )

    async def _connection(self, call: Call, target: Target) -> Form:
        form = target.connector.connection
        if form is None or not target.connection_name:
            raise ConnectorError(
                f"'{call.name}' names no connection. Choose a connection to {target.connector.title} for it.",
                code="ConnectionNotFound",
            )
        name = target.connection_name
        parameters = await self._connections.parameters(call.tenant_id, name, target.connector)
        try:
            return form.parse(parameters)
        except FormError as error:
            raise ConnectorError(
                f"The connection '{name}' is incomplete: {error.message} Open it under Connections.",
                code="ConnectionInvalid",
            ) from None

    async def _in_thread(self, tenant: str, target: Target, given: tuple[Any, ...]) -> Any:
        give_back = await self._take_thread(tenant, target.connector.id)
        loop = asyncio.get_running_loop()
        work = functools.partial(contextvars.copy_context().run, target.operation, *given)
        try:
            running = self._threads.submit(work)
        except BaseException:
            give_back()
            raise
        # The place is taken until the thread has really ended, also when nobody waits for it any more.
        running.add_done_callback(lambda _: _on_loop(loop, give_back))
        try:
            return await asyncio.wrap_future(running)
        except asyncio.CancelledError:
            if not running.cancel() and not running.done():
                self.abandoned += 1
                if self.on_abandoned is not None:
                    self.on_abandoned(self.abandoned)
                running.add_done_callback(lambda _: _on_loop(loop, self._came_back))
            raise

    async def _take_thread(self, tenant: str, connector: str) -> Callable[[], None]:
        """A thread of the connector's and of all; gives what gives both back."""
        own = self._places.setdefault(connector, Shares(THREADS_PER_CONNECTOR))
        await own.take(tenant)
        try:
            await self._all_places.take(tenant)
        except BaseException:
            own.give(tenant)
            raise

        def give_back() -> None:
            self._all_places.give(tenant)
            own.give(tenant)

        return give_back

    def _came_back(self) -> None:
        self.abandoned -= 1


def _on_loop(loop: asyncio.AbstractEventLoop, do: Callable[[], None]) -> None:
    """From a thread that may outlive the loop."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(do)


def _parse_inputs(target: Target, call: Call) -> Form:
    try:
        return target.operation.inputs.parse(target.parameters)
    except FormError as error:
        raise ConnectorError(
            f"The inputs of '{call.name}' do not fit '{target.operation.title}': {error.message}",
            code="BadRequest",
        ) from None


def _outcome(target: Target, result: Any) -> Outcome:
    if isinstance(result, Polled):
        items = [item.dump() if isinstance(item, Form) else item for item in result.items]
        return Outcome("Succeeded", "OK", outputs={"items": items, "state": result.state})
    answer = result if isinstance(result, Answer) else Answer(result)
    value = answer.value.dump() if isinstance(answer.value, Form) else answer.value
    if not target.operation.whole_outputs:
        value = target.wrap(value)
    return Outcome(
        "Failed" if answer.failed else "Succeeded",
        answer.code,
        outputs=value,
        retryable=answer.retryable if answer.failed else None,
        retry_after=answer.retry_after,
    )


def _failure(error: ConnectorError, call: Call) -> Outcome:
    message = error.message or f"'{call.name}' failed."
    return Outcome(
        "Failed",
        error.code,
        outputs=error.outputs,
        error=_error(error.code, without_values(message, call.inputs) if call.secured else message),
        retryable=error.retryable,
        retry_after=error.retry_after,
    )


def _error(code: str, message: str) -> dict[str, Json]:
    return {"code": code, "message": message}


def _request_timeout(configuration: Mapping[str, Json]) -> float | None:
    """`requestOptions.timeout` in seconds (reference 8.8)."""
    options = configuration.get("requestOptions")
    duration = parse_duration(options.get("timeout")) if isinstance(options, dict) else None
    return duration.total_seconds() if duration is not None and duration.total_seconds() > 0 else None


def _minimum_items(configuration: Mapping[str, Json]) -> int | None:
    """`paginationPolicy.minimumItemCount` (reference 8.5)."""
    policy = configuration.get("paginationPolicy")
    count = whole_number(policy.get("minimumItemCount")) if isinstance(policy, dict) else None
    return min(count, 100_000) if count is not None and count > 0 else None


def _chunking(configuration: Mapping[str, Json]) -> Chunking | None:
    """`contentTransfer` (reference 8.6)."""
    transfer = configuration.get("contentTransfer")
    if not isinstance(transfer, dict) or str(transfer.get("transferMode") or "").lower() != "chunked":
        return None
    return Chunking(_positive(transfer.get("uploadChunkSize")), _positive(transfer.get("downloadChunkSize")))


def _positive(value: Json) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _caller(call: Call) -> Caller:
    workflow = call.workflow
    return Caller(
        workflow_id=str(workflow.get("id") or ""),
        workflow_name=str(workflow.get("name") or ""),
        workflow_version=str(workflow.get("version") or ""),
        run_id=call.run_id,
        action=call.name,
        client_tracking_id=call.client_tracking_id or call.run_id,
    )


def _where(error: BaseException) -> str:
    """Type and place of an exception, without its text."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}{place}"

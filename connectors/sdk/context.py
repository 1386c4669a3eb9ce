"""What an operation is given beside its inputs: connection, network, the tenant's folder, deadline.

A connector opens no socket and no file of its own: `context.network` checks every address before it connects
(architecture §6), `context.folder` is the only place on disk it may touch.
"""

from __future__ import annotations

import json
import logging
import socket
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Literal, Protocol, TypeVar

from connectors.sdk.content import Json, compact
from connectors.sdk.shapes import Secret

ConnectionT = TypeVar("ConnectionT")


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A client certificate and its key, both PEM."""

    certificate: bytes
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request as it goes onto the wire. `timeout`: seconds; `max_bytes` bounds the decoded answer.

    `purpose` is `token` for a sign-in on behalf of the operation, `identity` where the machine itself is to
    be asked for a token (a managed identity).
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    timeout: float | None = None
    max_bytes: int = 104_857_600
    decompress: bool = True
    certificate: ClientCertificate | None = None
    purpose: Literal["operation", "token", "identity"] = "operation"


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came back, whatever its status. Header names are as received, repeated ones stay repeated."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The first header of this name, ignoring case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True)
class Chunking:
    """The author allows chunked transfer (reference 8.6); sizes in bytes, None where nothing was said."""

    upload: int | None = None
    download: int | None = None


class Network(Protocol):
    """The only way out. Tests and `millrace run` put their own answers here."""

    async def send(self, request: HttpRequest) -> HttpAnswer:
        """Send once, follow no redirect. ConnectorError when no answer came (code as in reference 6.2)."""

    async def connect(self, host: str, port: int, timeout: float) -> socket.socket:
        """A connected, non-blocking TCP socket to a checked address."""


BIG_BODY = 1 << 20
Keep = Callable[[bytes, str | None], Awaitable[Json]]


@dataclass(frozen=True, slots=True)
class Caller:
    """Which run and action call: for the x-ms-workflow headers (reference 6.2) and for log lines."""

    workflow_id: str = ""
    workflow_name: str = ""
    workflow_version: str = ""
    run_id: str = ""
    action: str = ""
    client_tracking_id: str = ""


class SafeLogger(logging.LoggerAdapter[logging.Logger]):
    """A logger that writes `…` where a secret of the connection would stand."""

    def __init__(self, logger: logging.Logger, secrets: Iterable[str] = ()) -> None:
        super().__init__(logger, {})
        self._secrets = sorted({text for text in secrets if len(text) >= 4}, key=len, reverse=True)

    def process(self, msg: Any, kwargs: MutableMapping[str, Any]) -> tuple[Any, MutableMapping[str, Any]]:
        return self.clean(str(msg)), kwargs

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        if self.isEnabledFor(level):
            text = str(msg) % args if args else str(msg)
            kwargs.pop("exc_info", None)  # a traceback could show the secret
            self.logger.log(level, "%s", self.clean(text), **kwargs)

    def clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "…")
        return text


@dataclass(frozen=True)
class Context(Generic[ConnectionT]):
    """Given to every operation. `deadline` is in `time.monotonic()` seconds, None without a limit.

    `request_timeout` is what the author set for one request (`requestOptions.timeout`), in seconds;
    `minimum_items` how many items to collect over several pages (`paginationPolicy`), None for a single page;
    `chunking` is set where large bodies may go in parts (`contentTransfer`); `quota` is how many bytes the
    folder may hold, None without a limit;
    `options` are the action's operationOptions in lower case. `key` is the same for every try of one action
    execution: pass it on wherever the other side understands idempotency keys. `dumps` writes JSON exactly as
    the workflow language does. `keep` takes big bodies off an operation's hands, see `kept`.
    """

    connection: ConnectionT
    network: Network
    folder: Path
    key: str = ""
    attempt: int = 1
    deadline: float | None = None
    options: frozenset[str] = frozenset()
    request_timeout: float | None = None
    minimum_items: int | None = None
    chunking: Chunking | None = None
    quota: int | None = None
    caller: Caller = Caller()
    logger: SafeLogger = field(default_factory=lambda: SafeLogger(logging.getLogger("connectors")))
    dumps: Callable[[Json], str] = compact
    loads: Callable[[str], Json] = json.loads
    keep: Keep | None = None

    async def kept(self, body: bytes, content_type: str | None) -> Json:
        """The value of a big body, stored without being read; None where it has to be read as usual."""
        if self.keep is None or len(body) < BIG_BODY:
            return None
        return await self.keep(body, content_type)

    def remaining(self, at_most: float) -> float:
        """Seconds until the deadline, no more than `at_most`."""
        if self.deadline is None:
            return at_most
        return max(0.0, min(at_most, self.deadline - time.monotonic()))


def secrets_of(value: Any) -> list[str]:
    """Every Secret inside a form, list or dict: what a logger must hide."""
    if isinstance(value, Secret):
        return [str(value)]
    if isinstance(value, dict):
        return [text for member in value.values() for text in secrets_of(member)]
    if isinstance(value, (list, tuple)):
        return [text for item in value for text in secrets_of(item)]
    return secrets_of(vars(value)) if hasattr(type(value), "members") else []

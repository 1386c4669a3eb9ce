"""For tests of connectors: a context without a server around it, and a network that follows a script."""

from __future__ import annotations

import shutil
import socket
import tempfile
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

from connectors.sdk.context import Context, HttpAnswer, HttpRequest
from connectors.sdk.errors import ConnectorError


class DirectNetwork:
    """Connects to loopback servers of a test without any check; knows TCP only."""

    async def send(self, request: HttpRequest) -> HttpAnswer:
        raise ConnectorError("DirectNetwork opens sockets only; use ScriptedNetwork or a real one for HTTP.")

    async def connect(self, host: str, port: int, timeout: float) -> socket.socket:
        opened = socket.create_connection((host, port), timeout=timeout)
        opened.setblocking(False)
        return opened


class ScriptedNetwork(DirectNetwork):
    """Answers every request with `answer(request)` and keeps what was sent in `requests`."""

    def __init__(self, answer: Callable[[HttpRequest], HttpAnswer]) -> None:
        self.answer = answer
        self.requests: list[HttpRequest] = []

    async def send(self, request: HttpRequest) -> HttpAnswer:
        self.requests.append(request)
        return self.answer(request)


def context(connection: Any = None, **members: Any) -> Context[Any]:
    """A context for one call in a test: its `folder` goes with it, `network` has no answers."""
    members.setdefault("network", DirectNetwork())
    if "folder" in members:
        return Context(connection=connection, **members)
    folder = tempfile.mkdtemp(prefix="connector-")
    made: Context[Any] = Context(connection=connection, folder=Path(folder), **members)
    # With its context, at the latest when the interpreter ends.
    weakref.finalize(made, shutil.rmtree, folder, ignore_errors=True)
    return made

"""One uvicorn server on our own loop: `millrace up` with the host beside it, `millrace web` without."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator
from typing import Protocol

import uvicorn
from django.conf import settings
from django.core.management import CommandError

GRACE_SECONDS = 5
_SOCKET_FRAME_LIMIT = 64 * 1024


class Beside(Protocol):
    """What runs in the same process as the server, on the same loop."""

    async def stop(self) -> None: ...


Start = Callable[[], Awaitable[Beside]]


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, banner: str) -> None:
        super().__init__(config)
        self._banner = banner

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        sys.stdout.write(self._banner)
        sys.stdout.flush()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are ours: what runs beside the server has to stop after it, in order."""
        yield


def bind(host: str, port: int) -> socket.socket:
    """Taken before anything slow happens, so that a taken port is told at once. Raises CommandError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        if error.errno in {errno.EACCES, errno.EPERM}:
            reason = f"Port {port} needs more rights. Choose one above 1023 with --port."
        elif isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            reason = f"{host} is no address of this machine. Choose another with --host."
        else:
            reason = f"Port {port} on {host} is taken, maybe by another Millrace. Choose another with --port."
        raise CommandError(reason) from error
    listener.setblocking(False)
    return listener


def serve(listener: socket.socket, start: Start, banner: str) -> None:
    """Returns when the process has been told to stop and has stopped cleanly."""
    runner = asyncio.Runner(loop_factory=_loop_factory())
    with runner:
        runner.run(_serve(listener, start, banner))


def _loop_factory() -> type[asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.Loop


async def _serve(listener: socket.socket, start: Start, banner: str) -> None:
    from designer.asgi import application

    config = uvicorn.Config(
        application,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        ws_max_size=_SOCKET_FRAME_LIMIT,
        timeout_graceful_shutdown=GRACE_SECONDS,
        proxy_headers=bool(settings.PUBLIC_URL),
    )
    server = _Server(config, banner)
    _stop_on_signal(server)
    beside = await start()
    try:
        await server.serve(sockets=[listener])
    finally:
        await beside.stop()


def _stop_on_signal(server: uvicorn.Server) -> None:
    """The first signal stops in order; a second one leaves at once, which the journal is made for."""

    def stop() -> None:
        if server.should_exit:
            os._exit(130)
        sys.stderr.write("\nStopping. Press Ctrl+C again to leave at once.\n")
        server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)

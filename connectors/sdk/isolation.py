"""Work in processes of its own, which can do nothing but compute.

    work = Isolated("connectors.builtin.xml.inside", seconds=30)
    value, data = work.call("transform", {"options": []}, {"content": b"<a/>"}, seconds=10)

calls `transform(arguments, blobs) -> (value, data)` of that module in a child that has given up descriptors
(no file, no socket can be opened), memory and time beyond limits, and further processes. A child serves one
call and ends, so nothing of a tenant is left for the next. It is forked from a process that has imported the
module and knows of no call, which takes a tenth of the time that starting an interpreter does.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from connectors.sdk.content import Json
from connectors.sdk.errors import ConnectorError

_NURSERY = Path(__file__).with_name("nursery.py")
_CHILD = Path(__file__).with_name("isolated.py")
ANSWER_LIMIT = 104_857_600  # reference 13: a single output
# What is read of a child at all: whoever had broken out of an interpreter could write without an end.
_READ_LIMIT = 2 * ANSWER_LIMIT
_LENGTH_DIGITS = 12


class Nursery:
    """Children for one kind of work, forked from a process that the first call starts: see `nursery`.

    `ask` may be called from any thread. The process ends by itself when this one does.
    """

    def __init__(self, work: Path, *arguments: str) -> None:
        self._command = [sys.executable, "-I", "-S", "-B", str(_NURSERY), str(work), *arguments]
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, request: bytes, seconds: float) -> bytes:
        """A new child's answer, empty when it died. Raises TimeoutError; OSError where none can start."""
        deadline = time.monotonic() + seconds
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                self._hand_over(theirs, seconds)
            try:
                ours.settimeout(seconds)
                ours.sendall(b"%d\n%b" % (len(request), request))
                return _received(ours, deadline)
            except (BrokenPipeError, ConnectionResetError):
                return b""

    def close(self) -> None:
        """End the process, and with it whoever still works."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        control, process = self._control, self._process
        self._control = self._process = None
        if control is not None:
            control.close()
        if process is not None:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _hand_over(self, connection: socket.socket, seconds: float) -> None:
        said = max(1, round(seconds * 1000)).to_bytes(4, "big")
        with self._lock:
            if self._process is not None and self._process.poll() is not None:
                self._close()
            try:
                self._send(said, connection)
            except (BrokenPipeError, ConnectionResetError):  # it dies just now
                self._close()
                self._send(said, connection)

    def _send(self, said: bytes, connection: socket.socket) -> None:
        if self._control is None:
            self._start()
        assert self._control is not None
        socket.send_fds(self._control, [said], [connection.fileno()])

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            # The environment is empty: no key and no path of ours reaches the child.
            self._process = subprocess.Popen(  # noqa: S603 - our own files, no shell
                self._command,
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={},
                cwd="/",
                close_fds=True,
                start_new_session=True,
            )
        self._control = ours


def _received(connection: socket.socket, deadline: float) -> bytes:
    """What comes after its length; empty where the other side ended before, or wrote what it must not."""
    held = bytearray()
    wanted: int | None = None
    while wanted is None or len(held) < wanted:
        connection.settimeout(max(deadline - time.monotonic(), 0.001))
        part = connection.recv(1 << 18)
        if not part:
            return b""
        held += part
        if wanted is None:
            length, line_end, _ = held[: _LENGTH_DIGITS + 1].partition(b"\n")
            if line_end and length.isdigit() and int(length) <= _READ_LIMIT:
                wanted = int(length)
                del held[: len(length) + 1]
            elif line_end or len(held) > _LENGTH_DIGITS:
                return b""
    return bytes(held[:wanted])


class Isolated:
    """Calls functions of one module of a connector in isolation. One per connector, made on first use."""

    def __init__(self, module: str, *, seconds: int, megabytes: int = 1024) -> None:
        self.seconds = seconds
        known = [str(_CHILD.parents[2]), *sys.path]
        paths = json.dumps(list(dict.fromkeys(path for path in known if path and Path(path).is_dir())))
        limits = json.dumps({"seconds": seconds, "bytes": megabytes * 1024 * 1024})
        self._nursery = Nursery(_CHILD, paths, module, limits)

    def call(
        self, function: str, arguments: Json, blobs: Mapping[str, bytes], *, seconds: float, what: str
    ) -> tuple[Json, bytes]:
        """The function's answer. `what` names the work in the sentence when a limit ends it ("The map")."""
        sizes = [[name, len(data)] for name, data in blobs.items()]
        head = json.dumps({"function": function, "arguments": arguments, "blobs": sizes})
        request = b"".join((head.encode("utf-8", "surrogatepass"), b"\n", *blobs.values()))
        return self._read(self._talk(request, min(seconds, self.seconds), what), what)

    def close(self) -> None:
        self._nursery.close()

    def _talk(self, request: bytes, seconds: float, what: str) -> bytes:
        try:
            output = self._nursery.ask(request, max(seconds, 0.1))
        except TimeoutError as error:
            raise _too_much(f"{what} did not end within {seconds:g} seconds.") from error
        except OSError as error:
            raise ConnectorError(f"{what} could not be started.", code="InternalServerError") from error
        if not output:
            raise _too_much(f"{what} used more memory or time than it may.")
        return output

    def _read(self, output: bytes, what: str) -> tuple[Json, bytes]:
        head, _, data = output.partition(b"\n")
        answer = json.loads(head)
        if "error" in answer:
            raise ConnectorError(answer["error"], code=answer["code"])
        if len(data) > ANSWER_LIMIT:
            raise _too_much(f"{what} gave more than {ANSWER_LIMIT:,} bytes.")
        return answer["value"], data


def _too_much(sentence: str) -> ConnectorError:
    return ConnectorError(sentence, code="LimitExceeded")

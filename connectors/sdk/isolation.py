"""Work in processes of its own, which can do nothing but compute.

    work = Isolated("connectors.builtin.xml.inside", seconds=30)
    value, data = work.call("transform", {"options": []}, {"content": b"<a/>"}, seconds=10)

calls `transform(arguments, blobs) -> (value, data)` of that module in a child that has given up descriptors
(no file, no socket can be opened), memory and time beyond limits, and further processes. A child serves one
call and ends, so nothing of a tenant is left for the next.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path

from connectors.sdk.content import Json
from connectors.sdk.errors import ConnectorError

_CHILD = Path(__file__).with_name("isolated.py")
ANSWER_LIMIT = 104_857_600  # reference 13: a single output


class Pool:
    """Keeps `size` processes of a command ready, so that nobody waits for an interpreter to start.

    A process is used once; the next is started when one is taken. One that waits ends by itself when this
    process does, because its standard input closes.
    """

    def __init__(self, command: Sequence[str], size: int) -> None:
        self._command = list(command)
        self._size = size
        self._ready: deque[subprocess.Popen[bytes]] = deque()
        self._lock = threading.Lock()

    def take(self) -> subprocess.Popen[bytes]:
        """A process that has not done anything; the caller ends it."""
        with self._lock:
            taken = None
            while self._ready and taken is None:
                candidate = self._ready.popleft()
                taken = candidate if candidate.poll() is None else None
            missing = self._size - len(self._ready)
            self._ready.extend(self._start() for _ in range(missing))
        return taken or self._start()

    def close(self) -> None:
        """End the processes that wait."""
        with self._lock:
            waiting = list(self._ready)
            self._ready.clear()
        for process in waiting:
            process.kill()
            process.communicate()

    def _start(self) -> subprocess.Popen[bytes]:
        # The environment is empty: no key and no path of ours reaches the child.
        return subprocess.Popen(  # noqa: S603 - our own files, no shell
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
            close_fds=True,
            start_new_session=True,
        )


def framed(request: bytes) -> bytes:
    """The request as a child reads it: its length on a line of its own, then its bytes.

    A child must not wait for the end of the input: a process forked from this one while the child was waiting
    holds the other end of its pipe too, and the end would come only when that process is gone.
    """
    return b"%d\n%b" % (len(request), request)


class Isolated:
    """Calls functions of one module of a connector in isolation. One per connector, made on first use."""

    def __init__(self, module: str, *, seconds: int, megabytes: int = 1024, warm: int = 1) -> None:
        self.seconds = seconds
        known = [str(_CHILD.parents[2]), *sys.path]
        paths = json.dumps(list(dict.fromkeys(path for path in known if path and Path(path).is_dir())))
        limits = json.dumps({"seconds": seconds, "bytes": megabytes * 1024 * 1024})
        self._pool = Pool([sys.executable, "-I", "-S", "-B", str(_CHILD), paths, module, limits], warm)

    def call(
        self, function: str, arguments: Json, blobs: Mapping[str, bytes], *, seconds: float, what: str
    ) -> tuple[Json, bytes]:
        """The function's answer. `what` names the work in the sentence when a limit ends it ("The map")."""
        sizes = [[name, len(data)] for name, data in blobs.items()]
        head = json.dumps({"function": function, "arguments": arguments, "blobs": sizes})
        request = b"".join((head.encode("utf-8", "surrogatepass"), b"\n", *blobs.values()))
        return self._read(self._talk(request, min(seconds, self.seconds), what), what)

    def close(self) -> None:
        self._pool.close()

    def _talk(self, request: bytes, seconds: float, what: str) -> bytes:
        process = self._pool.take()
        try:
            output, _ = process.communicate(framed(request), timeout=max(seconds, 0.1))
        except subprocess.TimeoutExpired as error:
            raise _too_much(f"{what} did not end within {seconds:g} seconds.") from error
        except OSError as error:
            raise ConnectorError(f"{what} could not be started.", code="InternalServerError") from error
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()
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

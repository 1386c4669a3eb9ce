"""The process that children are forked from: `python nursery.py <file of the work> <arguments…>`.

The file has three functions: `prepare(arguments)` imports what the work needs, `give_up_rights()` leaves the
process what a pure computation needs, `serve(request) -> answer` is the work. A child is forked for each
call: it starts with everything imported and with nothing of a call before it, because this process never
reads a request. It gives up its rights before it reads one, and ends with its answer.

Each call comes over the socket that is our standard input: milliseconds, and a socket that the child reads
its request from and writes its answer to. Both come after their length, on a line of its own: the end of a
stream comes late where another fork holds it too. Children past their time are killed here, where their
number is still theirs. When the other side closes, nobody is left.
"""

from __future__ import annotations

import gc
import os
import runpy
import select
import signal
import socket
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

LOOK_SECONDS = 1.0  # for children that have ended


def child(work: dict[str, Any], connection: int) -> NoReturn:
    code = 1
    try:
        os.dup2(connection, 0)
        os.close(connection)
        work["give_up_rights"]()
        length = int(sys.stdin.buffer.readline() or 0)
        answer = work["serve"](sys.stdin.buffer.read(length))
        left = memoryview(b"%d\n%b" % (len(answer), answer))
        while left:
            left = left[os.write(0, left) :]
        code = 0
    finally:
        os._exit(code)


def look(children: dict[int, float], now: float) -> None:
    """Forget children that have ended, and end those past their time."""
    for pid, until in list(children.items()):
        if now >= until:
            os.kill(pid, signal.SIGKILL)
        if os.waitpid(pid, 0 if now >= until else os.WNOHANG)[0]:
            del children[pid]


def main() -> None:
    work = runpy.run_path(sys.argv[1])
    work["prepare"](sys.argv[2:])
    gc.freeze()
    control = socket.socket(fileno=0)
    children: dict[int, float] = {}
    while True:
        left = min(children.values(), default=0.0) - time.monotonic()
        wait = min(max(left, 0.0), LOOK_SECONDS) if children else None
        ready, _, _ = select.select([control], [], [], wait)
        look(children, time.monotonic())
        if not ready:
            continue
        said, connections, _, _ = socket.recv_fds(control, 4, 1)
        if not connections:
            look(children, float("inf"))
            return
        try:
            pid = os.fork()
        except OSError:  # the caller sees that the connection closes
            pid = -1
        if pid == 0:
            child(work, connections[0])
        os.close(connections[0])
        if pid > 0:
            children[pid] = time.monotonic() + int.from_bytes(said, "big") / 1000


if __name__ == "__main__":
    main()

"""Work in child processes: what must not keep a child from answering."""

from __future__ import annotations

import os
import signal
import sys

import pytest

from connectors.sdk.isolation import Pool, framed

ECHO = (
    "import sys; read = sys.stdin.buffer; "
    "sys.stdout.buffer.write(read.read(int(read.readline() or 0))[::-1]); sys.stdout.flush()"
)


@pytest.mark.skipif(sys.platform == "win32", reason="a fork is what holds the pipe")
def test_a_forked_process_that_holds_the_pipe_does_not_keep_a_waiting_child_from_answering() -> None:
    pool = Pool([sys.executable, "-I", "-S", "-c", ECHO], 1)
    first = pool.take()
    holder = os.fork()
    if holder == 0:
        signal.pause()
        os._exit(0)
    try:
        for process in (first, pool.take()):
            output, _ = process.communicate(framed(b"abc"), timeout=10)
            assert output == b"cba"
    finally:
        os.kill(holder, signal.SIGKILL)
        os.waitpid(holder, 0)
        pool.close()


def test_a_request_says_its_length_first() -> None:
    assert framed(b"") == b"0\n"
    assert framed("ü\n".encode()) == b"3\n\xc3\xbc\n"

"""Work in child processes: what one call leaves for the next, and what must not keep a child from answering."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.sdk.isolation import Nursery

WORK = """
import os, signal, time
seen = []
def prepare(arguments): pass
def give_up_rights(): pass
def serve(request):
    seen.append(request)
    if request == b"die": os.kill(os.getpid(), signal.SIGKILL)
    if request == b"parent": return b"%d" % os.getppid()
    if request == b"surroundings":
        # Python itself may have added LC_CTYPE; the last descriptor is that of the folder being listed.
        names = set(os.environ) - {"LC_CTYPE"}
        return repr((names, os.getcwd(), sorted(os.listdir("/proc/self/fd"))[:-1])).encode()
    if request == b"sleep": time.sleep(60)
    if request.startswith(b"write "): os.write(0, request[6:])
    return b"%d:" % len(seen) + request[::-1]
"""


@pytest.fixture
def nursery(tmp_path: Path) -> Iterator[Nursery]:
    work = tmp_path / "work.py"
    work.write_text(WORK)
    made = Nursery(work)
    yield made
    made.close()


def test_each_call_has_a_child_that_knows_of_no_other(nursery: Nursery) -> None:
    big = b"ab\n" * 1_000_000
    assert [nursery.ask(given, 10) for given in (b"abc", b"", big)] == [b"1:cba", b"1:", b"1:" + big[::-1]]


def test_a_child_has_no_environment_and_no_descriptor_of_another_call(nursery: Nursery) -> None:
    assert nursery.ask(b"surroundings", 10) == repr((set(), "/", ["0", "1", "2"])).encode()


def test_a_child_that_dies_answers_nothing(nursery: Nursery) -> None:
    assert nursery.ask(b"die", 10) == b""
    assert nursery.ask(b"abc", 10) == b"1:cba"


@pytest.mark.parametrize("written", [b"9" * 40, b"-5\n", b"999999999999\n", b"\n", b"x\nabc"])
def test_a_child_that_writes_what_is_no_answer_answers_nothing(nursery: Nursery, written: bytes) -> None:
    assert nursery.ask(b"write " + written, 10) == b""


def test_a_child_past_its_time_is_ended(nursery: Nursery) -> None:
    parent = nursery.ask(b"parent", 10).decode()
    with pytest.raises(TimeoutError):
        nursery.ask(b"sleep", 0.2)
    for _ in range(200):
        listed = subprocess.run(["ps", "-o", "pid=", "--ppid", parent], capture_output=True, check=False)
        if not listed.stdout.split():
            return
        time.sleep(0.02)
    raise AssertionError("it still sleeps")


def test_a_nursery_that_died_is_replaced(nursery: Nursery) -> None:
    parent = int(nursery.ask(b"parent", 10))
    os.kill(parent, signal.SIGKILL)
    for _ in range(100):
        if (found := nursery.ask(b"parent", 10)) not in (b"", b"%d" % parent):
            return
        time.sleep(0.02)
    raise AssertionError(found)


def test_a_forked_process_that_holds_the_sockets_does_not_keep_a_child_from_answering(
    nursery: Nursery,
) -> None:
    nursery.ask(b"", 10)
    holder = os.fork()
    if holder == 0:
        signal.pause()
        os._exit(0)
    try:
        assert nursery.ask(b"abc", 10) == b"1:cba"
    finally:
        os.kill(holder, signal.SIGKILL)
        os.waitpid(holder, 0)

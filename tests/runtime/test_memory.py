"""What a big run needed goes back to the system, and nobody waits for that."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from runtime.memory import CALM, CALM_AFTER, IDLE, IDLE_AFTER, LOOK_SECONDS, Tidying


class Machine:
    """A process whose processor time a test sets."""

    def __init__(self) -> None:
        self.used, self.times = 100.0, 0
        self.tidying = Tidying(lambda: self.used, self.tidy)

    def tidy(self) -> None:
        self.times += 1

    def look(self, share: float = 0.0) -> int:
        """How often it was tidied so far, after five seconds of so much of a core."""
        self.used += share * LOOK_SECONDS
        self.tidying.look()
        return self.times


def test_after_work_it_is_tidied_once_when_it_is_idle() -> None:
    machine = Machine()
    assert machine.look() == 0
    assert machine.look(share=1.0) == 0
    assert machine.look(share=IDLE / 2) == 1
    assert machine.look() == 1


def test_an_idle_process_is_left_alone_for_minutes() -> None:
    machine = Machine()
    looks = int(IDLE_AFTER / (0.005 * LOOK_SECONDS)) - 1
    assert [machine.look(share=0.005) for _ in range(looks)] == [0] * looks


def test_one_that_always_has_something_to_do_is_tidied_now_and_then() -> None:
    machine = Machine()
    share = (IDLE + CALM) / 2
    looks = int(CALM_AFTER / (share * LOOK_SECONDS)) + 1
    assert [machine.look(share) for _ in range(looks)] == [0] * (looks - 1) + [1]
    assert [machine.look(share=CALM) for _ in range(100)] == [1] * 100


# Cycles that nobody collects, and tuples of the interpreter's free lists between them.
_GROW = """
import gc, os
from runtime import memory
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
gc.disable()
before = resident()
for _ in range(200_000):
    cycle = [str(_) * 20]
    cycle.append(cycle)
grown = resident()
memory.tidy()
print(before, grown, resident())
"""


@pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="this system does not say how much memory a process has"
)
def test_memory_goes_back_to_the_system() -> None:
    done = subprocess.run([sys.executable, "-c", _GROW], capture_output=True, text=True, check=True)
    before, grown, after = map(int, done.stdout.split())
    assert grown - before > 30 * 2**20
    assert after - before < (grown - before) / 3

"""Hundreds of small worlds; a failing one is named by its seed: `MILLRACE_SEED=n pytest tests/runtime/simulation`.

`MILLRACE_CHAOS_LONG=1` tries 20,000 of them.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import msgspec
import pytest

from runtime.host.effects import Effects
from runtime.host.loop import Host, SystemClock
from runtime.store.memory import MemoryStore
from tests.runtime.simulation.world import World

SHORT, LONG = 1_000, 20_000
SECONDS = 50.0  # of the short form: a slow machine tries fewer seeds, and says how many


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Hosts that are killed complain."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def seeds() -> list[int]:
    given = os.environ.get("MILLRACE_SEED", "")
    if given:
        return [int(given)]
    return list(range(LONG if os.environ.get("MILLRACE_CHAOS_LONG") else SHORT))


@pytest.mark.timeout(0)
def test_whatever_happens_nothing_is_lost_doubled_or_stuck() -> None:
    begun = time.monotonic()
    tried = 0
    for seed in seeds():
        world = World(seed)
        try:
            world.perform()
        except Exception as error:
            story = "\n".join(world.story[-60:])
            pytest.fail(f"MILLRACE_SEED={seed} breaks a promise: {error!r}\n{story}", pytrace=True)
        tried += 1
        if not os.environ.get("MILLRACE_CHAOS_LONG") and time.monotonic() - begun > SECONDS:
            break
    print(f"{tried} seeds in {time.monotonic() - begun:.0f} s")
    assert tried >= 10 or len(seeds()) == 1


def test_a_seed_tells_the_same_story_twice() -> None:
    for seed in (3, 7, 11):
        first, second = World(seed).perform(), World(seed).perform()
        assert first.story == second.story
        assert len(first.story) > 3


# -- a simulation that cannot fail proves nothing: faults it must find


def _any_epoch(self: MemoryStore, append: Any, given: Any = MemoryStore._write) -> Any:
    run = self.runs.get(append.run)
    append.epoch = run.epoch if run is not None else append.epoch
    return given(self, append)


def _unmarked(self: Effects, *arguments: Any, given: Any = Effects._answer) -> Any:
    return msgspec.structs.replace(given(self, *arguments), interrupted=False)


def _hasty(self: Host, run: Any, now: Any, given: Any = Host.turn) -> Any:
    append, commands = given(self, run, now)
    self._effects.perform(run, commands)
    return append, []


async def _deaf(self: SystemClock, bell: Any, until: Any) -> None:
    await bell.wait()


async def _careless(
    self: MemoryStore, run: Any, epoch: int, seen: Any, given: Any = MemoryStore.release
) -> bool:
    return bool(await given(self, run, epoch, self.runs[run].ready_at))


def _careless_write(self: MemoryStore, append: Any, given: Any = MemoryStore._write) -> Any:
    if append.release and append.run in self.runs:
        append.seen_ready_at = self.runs[append.run].ready_at
    return given(self, append)


FAULTS: dict[str, list[tuple[type, str, Callable[..., Any]]]] = {
    "rows of an owner that was replaced are written": [(MemoryStore, "_write", _any_epoch)],
    "a repeated effect is not marked": [(Effects, "_answer", _unmarked)],
    "effects are carried out before their row is committed": [(Host, "turn", _hasty)],
    "nobody looks without being rung": [(SystemClock, "wait", _deaf)],
    "a run is released although something arrived": [
        (MemoryStore, "release", _careless),
        (MemoryStore, "_write", _careless_write),
    ],
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_simulation_notices(fault: str) -> None:
    patches = [patch.object(*change) for change in FAULTS[fault]]
    for change in patches:
        change.start()
    try:
        with patch("tests.runtime.simulation.world.LONGEST", 600.0):
            for seed in range(400):
                try:
                    World(seed).perform()
                except Exception:
                    return
    finally:
        for change in patches:
            change.stop()
    pytest.fail(f"400 worlds in which {fault} kept every promise.")

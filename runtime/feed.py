"""The doorbell: who waits for news of a run, in this process and in others.

A ring says that something was committed, never what; whoever hears it reads. A ring may be lost, so
everybody who follows also looks every second.

Between processes one message goes out per commit, with all its (tenant, workflow, run, seq).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID, uuid4

import msgspec

from runtime.wire import ARRIVALS, ROWS, Wire

LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Ring:
    """Row `seq` of the run is committed; `answered` and `ended` say what it holds besides.

    `seq` 0 with the id of an arrival: it has ended and started no run.
    """

    tenant: UUID
    workflow: UUID
    run: UUID
    seq: int
    answered: bool = False
    ended: bool = False


class _Message(msgspec.Struct, array_like=True):
    """`sender` is the process, whose own bells come back to it as well."""

    sender: bytes
    rings: list[tuple[bytes, bytes, bytes, int, bool, bool]]
    arrivals: list[bytes]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Message).decode


class Listener(Protocol):
    def __call__(self, ring: Ring) -> None: ...


@dataclass(slots=True, eq=False)
class _Follower:
    rings: asyncio.Event = field(default_factory=asyncio.Event)
    heard: dict[UUID, Ring] = field(default_factory=dict)


class Feed:
    """Rings of this process, and of the others where a wire reaches them."""

    def __init__(self, wire: Wire | None = None) -> None:
        self._wire = wire
        self._id = uuid4().bytes
        self._followers: dict[str, set[_Follower]] = {}
        self._listeners: list[Listener] = []
        self._woken: list[Callable[[list[UUID]], None]] = []
        self._outgoing: list[Ring] = []
        self._arrivals: list[UUID] = []
        self._flushing = False

    async def open(self) -> None:
        if self._wire is not None:
            await self._wire.open(self._hear)

    async def close(self) -> None:
        if self._wire is not None:
            await self._wire.close()

    # -- ringing

    def ring(self, rings: Iterable[Ring]) -> None:
        """News of this process: told here at once, elsewhere in one message per turn of the loop."""
        for ring in rings:
            self._tell(ring)
            if self._wire is not None:
                self._outgoing.append(ring)
        self._later()

    def wake(self, runs: Iterable[UUID]) -> None:
        """Something arrived for these runs: whoever owns them should look."""
        found = list(runs)
        for listener in self._woken:
            listener(found)
        if self._wire is not None:
            self._arrivals += found
            self._later()

    def on_ring(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def on_wake(self, listener: Callable[[list[UUID]], None]) -> None:
        self._woken.append(listener)

    # -- following

    async def follow(self, topic: str) -> AsyncIterator[list[Ring]]:
        """Rings of `run:<id>`, `workflow:<id>`, `tenant:<id>` or `inbox:<tenant>` (what became of arrivals),
        and an empty list every second without any.

        Several rings of one run that come together are told as the last of them.
        """
        follower = _Follower()
        self._followers.setdefault(topic, set()).add(follower)
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await follower.rings.wait()
                follower.rings.clear()
                heard, follower.heard = list(follower.heard.values()), {}
                yield heard
        finally:
            followers = self._followers[topic]
            followers.discard(follower)
            if not followers:
                del self._followers[topic]

    # -- inside

    def _tell(self, ring: Ring) -> None:
        for listener in self._listeners:
            listener(ring)
        if not self._followers:
            return
        topics = [f"inbox:{ring.tenant}"] if ring.seq <= 1 else []
        if ring.seq:
            topics += [f"run:{ring.run}", f"workflow:{ring.workflow}", f"tenant:{ring.tenant}"]
        for topic in topics:
            for follower in self._followers.get(topic, ()):
                follower.heard[ring.run] = ring
                follower.rings.set()

    def _later(self) -> None:
        if (self._outgoing or self._arrivals) and not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._send)

    def _send(self) -> None:
        self._flushing = False
        rings, self._outgoing = self._outgoing, []
        arrivals, self._arrivals = self._arrivals, []
        if self._wire is None:
            return
        if rings:
            packed = [
                (r.tenant.bytes, r.workflow.bytes, r.run.bytes, r.seq, r.answered, r.ended) for r in rings
            ]
            self._wire.tell(ROWS, _encode(_Message(self._id, packed, [])))
        if arrivals:
            self._wire.tell(ARRIVALS, _encode(_Message(self._id, [], [run.bytes for run in arrivals])))

    def _hear(self, data: bytes) -> None:
        try:
            message = _decode(data)
        except msgspec.MsgspecError:  # of another release
            return
        if message.sender == self._id:
            return
        for tenant, workflow, run, seq, answered, ended in message.rings:
            self._tell(Ring(UUID(bytes=tenant), UUID(bytes=workflow), UUID(bytes=run), seq, answered, ended))
        woken = [UUID(bytes=run) for run in message.arrivals]
        if woken:
            for listener in self._woken:
                listener(woken)

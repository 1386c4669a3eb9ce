"""Rate limits as other sides tell them: who answers 429 (or 503 with Retry-After) is left alone for as long
as it asks, and then called more and more at a time again.

A pace belongs to a connection of a tenant, or to a host that is called without one. It is known to one
process only and forgotten when all is well again; whether the action that was refused is tried again is its
retry policy's business.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from connectors.sdk import ConnectorError
from runtime.engine.commands import Execute
from runtime.engine.events import Outcome
from runtime.targets import Target, find_target

# Who says no and not for how long: twice as long each time.
FIRST_REST, LONGEST_REST = 1.0, 60.0
LONGEST_ASKED = 3600.0
# So many at a time without a refusal: there is no limit that matters.
RECOVERED = 32

Key = tuple[str, str]  # tenant, what is called in words


@dataclass(slots=True)
class _Pace:
    closed_until: float
    until: datetime
    most: int = 1  # at a time
    in_flight: int = 0
    refusals: int = 0
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)


class Paces:
    """Of one process. `enter` before a call, `leave` after it."""

    def __init__(self, time: Callable[[], float] | None = None) -> None:
        self._time = time or (lambda: asyncio.get_running_loop().time())
        self._paces: dict[Key, _Pace] = {}

    def __bool__(self) -> bool:
        """Whether anybody is paced: without that a call need not even be looked at."""
        return bool(self._paces)

    def reason(self, key: Key) -> tuple[str, datetime | None] | None:
        """Why a call would wait now, and until when if that is known."""
        pace = self._paces.get(key)
        if pace is None:
            return None
        if self._time() < pace.closed_until:
            asked = f"{key[1]} asked for a pause (too many requests)."
            return f"{asked} Calls of it go on at {pace.until:%H:%M:%S} UTC.", pace.until
        if pace.in_flight >= pace.most:
            few = f"{pace.most} at a time" if pace.most > 1 else "one at a time"
            return f"{key[1]} refused calls as too many; until it keeps up it is called {few}.", None
        return None

    async def enter(self, key: Key) -> bool:
        """Wait for one's turn. Whether `leave` has to be told that a turn is over."""
        while (pace := self._paces.get(key)) is not None:
            rest = pace.closed_until - self._time()
            if rest <= 0 and pace.in_flight < pace.most:
                pace.in_flight += 1
                return True
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            pace.waiting.append(turn)
            try:
                # A second at most where nobody knows how long: whose turn it was may have been cancelled.
                await asyncio.wait((turn,), timeout=rest if rest > 0 else 1.0)
            finally:
                if turn in pace.waiting:
                    pace.waiting.remove(turn)
        return False

    def leave(self, key: Key, entered: bool, outcome: Outcome | None) -> None:
        """A call has come back; None: it was cancelled."""
        pace = self._paces.get(key)
        if pace is not None and entered:
            pace.in_flight = max(0, pace.in_flight - 1)
        if outcome is not None and refused(outcome):
            self._refuse(key, outcome.retry_after)
        elif pace is not None and outcome is not None:
            pace.refusals = 0
            pace.most += 1
            if pace.most >= RECOVERED:
                del self._paces[key]
                pace.most = len(pace.waiting) + pace.in_flight
        if pace is not None:
            self._wake(pace)

    # -- inside

    def _refuse(self, key: Key, asked: float | None) -> None:
        now = self._time()
        pace = self._paces.setdefault(key, _Pace(now, datetime.now(UTC)))
        pace.refusals += 1
        rest = min(FIRST_REST * 2.0 ** min(pace.refusals - 1, 10), LONGEST_REST)
        if asked is not None and asked > 0:
            rest = min(asked, LONGEST_ASKED)
        pace.most = 1
        if now + rest > pace.closed_until:
            pace.closed_until = now + rest
            pace.until = datetime.now(UTC) + timedelta(seconds=rest)

    def _wake(self, pace: _Pace) -> None:
        for _ in range(max(0, pace.most - pace.in_flight)):
            if not pace.waiting:
                return
            turn = pace.waiting.popleft()
            if not turn.done():
                turn.set_result(None)


def refused(outcome: Outcome) -> bool:
    """429, or 503 that says when to come again (reference 8.1)."""
    if outcome.status == "Succeeded":
        return False
    status = outcome.outputs.get("statusCode") if isinstance(outcome.outputs, dict) else None
    asked = status == 503 and bool(outcome.retry_after)
    return asked or status == 429 or outcome.code == "TooManyRequests"


def target_of(command: Execute) -> Target | None:
    """What a command calls; None where nobody can say."""
    try:
        return find_target(command.type, command.inputs, command.purpose, command.kind)
    except ConnectorError:
        return None


def key_of(tenant: str, command: Execute) -> Key | None:
    target = target_of(command)
    if target is None:
        return None
    if target.connection_name:
        return tenant, f"The connection '{target.connection_name}'"
    host = urlsplit(str(target.parameters.get("uri") or "")).netloc.rpartition("@")[2]
    return (tenant, host) if host else None

"""Callers of this process that wait for a Response."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from runtime.engine.commands import Respond
from runtime.engine.events import ResponseGiven
from runtime.feed import LOOK_SECONDS, Ring
from runtime.language.values import Json, loads
from runtime.store import codec
from runtime.store.payloads import Payloads
from runtime.store.records import RunEnd, Store


@dataclass(frozen=True, slots=True)
class Answered:
    """The Response action's answer (reference 6.8). `body` is a WDL value; when it is JSON that was passed
    on untouched, `text` is its text and `body` None.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Json = None
    text: bytes | bytearray | None = None


@dataclass(frozen=True, slots=True)
class Expired:
    """The limit passed first: 504; the run goes on."""


@dataclass(frozen=True, slots=True)
class EndedWithout:
    """The run ended, or never started (`status` is then the inbox state), without reaching its Response:
    502.
    """

    run_id: UUID
    status: str
    code: str = ""
    message: str = ""


CallerAnswer = Answered | Expired | EndedWithout
_LOOK = object()


class Waiting:
    """One future per waiting caller. A host of this process answers directly; other hosts ring, and we
    look.
    """

    def __init__(self, store: Store, payloads: Payloads) -> None:
        self._store = store
        self._payloads = payloads
        self._futures: dict[UUID, asyncio.Future[Any]] = {}

    def expect(self, run: UUID) -> None:
        self._futures[run] = asyncio.get_running_loop().create_future()

    def forget(self, run: UUID) -> None:
        self._futures.pop(run, None)

    # -- told by the host of this process, or by the feed

    def answer(self, tenant: UUID, run: UUID, response: Respond) -> None:
        self._tell(run, response)

    def ended(self, run: UUID, status: str, code: str, message: str) -> None:
        self._tell(run, EndedWithout(run, status, code, message))

    def heard(self, ring: Ring) -> None:
        if ring.answered or ring.ended:
            self._tell(ring.run, _LOOK)

    def _tell(self, run: UUID, news: Any) -> None:
        future = self._futures.get(run)
        if future is not None and not future.done():
            future.set_result(news)

    # -- waiting

    async def wait(self, tenant: UUID, run: UUID, timeout: float, *, hosted: bool) -> CallerAnswer:
        """`hosted`: the run is carried by this process, so that nobody else needs to be asked."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        if run not in self._futures:
            self.expect(run)
        try:
            while True:
                future = self._futures[run]
                left = deadline - loop.time()
                if left <= 0:
                    return await self._look(tenant, run) or Expired()
                look = left if hosted else min(left, LOOK_SECONDS)
                # `wait` and not `wait_for`: no task, no cancellation, and it costs half as much.
                await asyncio.wait((future,), timeout=look)
                news = future.result() if future.done() else _LOOK
                if isinstance(news, Respond):
                    return await self._answered(tenant, news.status, news.headers, news.body)
                if isinstance(news, EndedWithout):
                    return news
                if future.done():
                    self.expect(run)
                found = await self._look(tenant, run)
                if found is not None:
                    return found
        finally:
            self.forget(run)

    async def _look(self, tenant: UUID, run: UUID) -> CallerAnswer | None:
        """What the store knows; None while the answer is still to come."""
        end = await self._store.end_of(run)
        if end is None:
            return None
        if end.answer is not None:
            given = self._response(tenant, end.answer)
            if given is not None:
                return await self._answered(tenant, given.status, given.headers, given.body)
        if end.ended:
            error = loads(end.error) if end.error else {}
            return EndedWithout(run, end.status, end.code, str(error.get("message", "")))
        return _not_started(run, end)

    def _response(self, tenant: UUID, row: bytes) -> ResponseGiven | None:
        for event in codec.unpack_events(row, self._payloads.unseal(tenant)):
            if isinstance(event, ResponseGiven):
                return event
        return None

    async def _answered(self, tenant: UUID, status: int, headers: Mapping[str, str], body: Json) -> Answered:
        text = await self._payloads.text_of(tenant, body)
        if text is not None:
            return Answered(status, headers, None, text)
        return Answered(status, headers, await self._payloads.resolve(tenant, body))


def _not_started(run: UUID, end: RunEnd) -> EndedWithout | None:
    if end.state in ("new", "started", "split"):
        return None
    return EndedWithout(run, end.state, "", end.detail)

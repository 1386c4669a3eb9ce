"""Previews over the socket: `eval` asks for values of templates, `cancel` says that nobody waits any more.

The query, the permission, the answer and the refusals are those of the HTTP route. What a socket adds: one
connection asks one question after the other, and a question that the next key replaced is never computed.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from functools import partial
from time import monotonic
from typing import Any

from designer.api import errors
from designer.api.expressions import Evaluations, viewpoint
from designer.live import topics
from designer.live.topics import Access
from designer.readers import Readers
from designer.tenants import walls
from designer.tenants.actors import Actor
from designer.tenants.errors import NotFound, SignInRequired
from designer.workflows import expressions, services

log = logging.getLogger(__name__)

WAITING_LIMIT = 40
QUESTIONS_PER_SECOND = 20
SECONDS = 5.0
"""Less than a page waits before it asks over HTTP."""
ID_LENGTH = 64
VERB = "workflow.edit"

_TOO_FAST = errors.Row(429, "TooManyPreviews", "Too many previews")
_TOO_SLOW = errors.Row(503, "PreviewTooSlow", "The preview takes too long")
_FAILED = errors.Row(500, "InternalError", "Something went wrong on the server")

readers = Readers("previews", 4)
"""Threads of their own: what a slow expression keeps busy is no live update's."""

Tell = Callable[[dict[str, Any]], Awaitable[None]]


class Previews:
    """The questions of one socket. `look_up` finds out anew who holds it, as every request does."""

    def __init__(self, look_up: Callable[[], Access | None], tell: Tell) -> None:
        self._look_up, self._tell = look_up, tell
        self._waiting: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._asked: deque[float] = deque()
        self._now: str | None = None
        self._task: asyncio.Task[None] | None = None

    async def ask(self, frame: dict[str, Any]) -> None:
        name = frame.get("id")
        if not isinstance(name, str) or not 0 < len(name) <= ID_LENGTH:
            detail = f"A question has an id: a text of at most {ID_LENGTH} characters."
            await self._tell(
                {"type": "error", "topic": frame.get("topic"), "code": "FrameInvalid", "detail": detail}
            )
        elif self._too_many():
            detail = (
                f"A page asks for at most {QUESTIONS_PER_SECOND} previews a second. The next key asks again."
            )
            await self._answer(name, {"problem": errors.problem(_TOO_FAST, detail, name)})
        else:
            self._waiting[name] = frame
            if self._task is None:
                self._task = asyncio.create_task(self._work())

    def cancel(self, name: Any) -> None:
        """Forgotten if it has not begun; otherwise its answer is not sent."""
        self._waiting.pop(name, None)
        if name == self._now:
            self._now = None

    def end(self) -> None:
        self._waiting.clear()
        self._now = None
        if self._task is not None:
            self._task.cancel()

    def _too_many(self) -> bool:
        now = monotonic()
        while self._asked and self._asked[0] < now - 1:
            self._asked.popleft()
        if len(self._asked) >= QUESTIONS_PER_SECOND or len(self._waiting) >= WAITING_LIMIT:
            return True
        self._asked.append(now)
        return False

    async def _work(self) -> None:
        try:
            while self._waiting:
                self._now, frame = self._waiting.popitem(last=False)
                await self._take(self._now, frame)
        finally:
            self._task = None

    async def _take(self, name: str, frame: dict[str, Any]) -> None:
        computing = asyncio.ensure_future(readers.read(partial(_evaluated, self._look_up, frame, name)))
        done, _ = await asyncio.wait([computing], timeout=SECONDS)
        if not done:
            detail = (
                f"The value was not there after {SECONDS:g} seconds. A smaller expression may be quicker."
            )
            await self._answer(name, {"problem": errors.problem(_TOO_SLOW, detail, name)})
            # A thread cannot be stopped: the next question waits for it, so one page takes one thread.
            await asyncio.wait([computing])
        elif name == self._now:
            await self._answer(name, computing.result())

    async def _answer(self, name: str, answer: dict[str, Any]) -> None:
        await self._tell({"type": "evaluated", "id": name, **answer})


def _evaluated(look_up: Callable[[], Access | None], frame: dict[str, Any], name: str) -> dict[str, Any]:
    """In a thread: the answer's items, or the problem document that the HTTP route would give."""
    try:
        access = look_up()
        if access is None:
            raise SignInRequired
        with walls.within(access.tenant.pk):
            return {"items": _items(access, frame, name)}
    except Exception as error:
        found = errors.problem_for(error, name)
        if found is None:
            log.exception("A preview failed.")
            detail = "The value could not be computed; the server's log has the details."
            found = errors.problem(_FAILED, detail, name)
        return {"problem": found}


def _items(access: Access, frame: dict[str, Any], name: str) -> list[dict[str, Any]]:
    Actor(access.user, access.tenant, access.role, name, access.user.email).require(VERB)
    topic = topics.parse(frame["topic"])
    if topic is None or topic.kind != "draft" or topic.object_id is None:
        raise NotFound("workflow")
    workflow = services.find(access.tenant, topic.object_id)
    asked = Evaluations(data=frame)
    asked.is_valid(raise_exception=True)
    desk = expressions.Desk(workflow, viewpoint(asked.validated_data))
    return desk.evaluate_all(asked.validated_data["templates"])

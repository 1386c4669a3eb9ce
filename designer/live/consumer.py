"""One websocket per tab: subscriptions in, events out. An event carries a `seq` that only grows on its topic.

Client: {type:"sub",topic,since?} {type:"unsub",topic} {type:"presence",topic,data}
        {type:"eval",id,topic,templates,run?,action?,repetition?,sample?} {type:"cancel",id,topic}
Server: {type:"subscribed",topic,seq} {type:"event",topic,seq,data} {type:"resync",topic}
        {type:"error",topic,code,detail} {type:"evaluated",id,items} {type:"evaluated",id,problem}
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import uuid
from collections import Counter, deque
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.http.request import split_domain_port, validate_host

from designer.live import bell, followers, topics
from designer.live.followers import Follower
from designer.live.previews import Previews
from designer.readers import Readers
from designer.tenants import doors
from designer.tenants.models import ApiToken, User
from runtime.language.values import dumps, loads

log = logging.getLogger(__name__)

FRAME_LIMIT = 64 * 1024
FRAMES_PER_SECOND = 50
TOPIC_LIMIT = 100
MOST_SINCE = 2**53  # what a browser counts to; infinity is a number too
PLACE_LENGTH = 200  # of an action's name or a field's path, in what presence tells
RECHECK_EVERY = 60.0
SUBPROTOCOL = "app.v1"
# Private range of RFC 6455: 4000 + the HTTP status that says the same.
SIGNED_OUT, NO_ACCESS, BAD_FRAME, TOO_FAST = 4401, 4404, 4400, 4429

# Of one person at one process: many tabs, and programs that forget to close what they open.
MOST_SOCKETS = 50

readers = Readers("live", 4)
_open: Counter[uuid.UUID] = Counter()


class LiveConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Permissions are checked when a topic is asked for, every minute, and when role, session or
    token change.
    """

    async def connect(self) -> None:
        self.connection_id = uuid.uuid4().hex
        self.following: dict[str, Follower] = {}
        self.frames: deque[float] = deque()
        self.checking: asyncio.Task[None] | None = None
        self.access: topics.Access | None = None
        self.counted = False
        self.previews = Previews(self._look_up, self._tell)
        if not origin_fits(self.scope):
            log.warning("A socket from another origin was refused.")
            await self.close(code=NO_ACCESS)
            return
        offered = SUBPROTOCOL if SUBPROTOCOL in self.scope.get("subprotocols", []) else None
        await self.accept(offered)
        bell.attach()
        self.access = await readers.read(self._look_up)
        if self.access is None:
            await self.close(code=NO_ACCESS if isinstance(self.scope.get("user"), User) else SIGNED_OUT)
            return
        _open[self.access.user.pk] += 1
        self.counted = True
        if _open[self.access.user.pk] > MOST_SOCKETS:
            await self.close(code=TOO_FAST)
            return
        await self.channel_layer.group_add(f"u.{self.access.user.pk}", self.channel_name)
        self.checking = asyncio.create_task(self._recheck_now_and_then())

    def _look_up(self) -> topics.Access | None:
        """In a thread. The session's row is looked at too: signing out elsewhere deletes it."""
        slug = self.scope["url_route"]["kwargs"]["tenant"]
        secret = _bearer(self.scope)
        if secret is not None:
            token: ApiToken | None = doors.token_by_secret(secret)
            return topics.access_of(token.user_id, slug, token) if token else None
        session = self.scope.get("session")
        user = self.scope.get("user")
        if not isinstance(user, User) or not session or not session.exists(session.session_key):
            return None
        return topics.access_of(user.pk, slug, None)

    async def disconnect(self, code: int) -> None:
        if self.checking:
            self.checking.cancel()
        self.previews.end()
        for name in list(self.following):
            await self._unfollow(name)
        if self.access is not None:
            self._leave(self.access.user.pk)
            await self.channel_layer.group_discard(f"u.{self.access.user.pk}", self.channel_name)
        raise StopConsumer

    def _leave(self, person: uuid.UUID) -> None:
        if not self.counted:
            return
        self.counted = False
        _open[person] -= 1
        if not _open[person]:
            del _open[person]

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if text_data is None or len(text_data) > FRAME_LIMIT:
            await self._refuse(None, "FrameTooLarge", "A frame is text of at most 64 KB.")
            await self.close(code=BAD_FRAME)
            return
        if self._too_fast():
            await self.close(code=TOO_FAST)
            return
        try:
            frame = loads(text_data)
        except (ValueError, RecursionError):
            frame = None
        if not isinstance(frame, dict) or not isinstance(frame.get("topic"), str):
            await self._refuse(
                None, "FrameInvalid", 'A frame is a JSON object such as {"type":"sub","topic":…}.'
            )
            return
        if self.access is None:
            return
        if frame.get("type") == "sub":
            since = frame.get("since")
            if not isinstance(since, (int, float)) or not 0 <= since < MOST_SINCE:
                since = None
            await self._follow(frame["topic"], None if since is None else int(since))
        elif frame.get("type") == "unsub":
            await self._unfollow(frame["topic"])
        elif frame.get("type") == "presence" and frame["topic"] in self.following:
            await self._present(frame["topic"], frame.get("data"))
        elif frame.get("type") == "eval":
            await self.previews.ask(frame)
        elif frame.get("type") == "cancel":
            self.previews.cancel(frame.get("id"))
        else:
            await self._refuse(frame["topic"], "FrameInvalid", "This frame's type is unknown here.")

    def _too_fast(self) -> bool:
        now = time.monotonic()
        self.frames.append(now)
        while self.frames and self.frames[0] < now - 1:
            self.frames.popleft()
        return len(self.frames) > FRAMES_PER_SECOND

    async def _follow(self, name: str, since: int | None) -> None:
        topic, access = topics.parse(name), self.access
        assert access is not None
        if topic is None:
            await self._refuse(name, "TopicUnknown", "There is no such topic.")
            return
        if len(self.following) >= TOPIC_LIMIT and name not in self.following:
            await self._refuse(name, "TooManyTopics", f"One socket follows at most {TOPIC_LIMIT} topics.")
            return
        if not await readers.read(partial(access.may_follow, topic)):
            await self._refuse(name, "TopicRefused", "There is no such object here, or you may not see it.")
            return
        await self._unfollow(name)
        follower = followers.make(topic, access.tenant, self._tell, readers)
        self.following[name] = follower
        if topic.kind in {"draft", "news"}:
            await self.channel_layer.group_add(bell.group_of(access.tenant.pk, name), self.channel_name)
        follower.begin(since)

    async def _unfollow(self, name: str) -> None:
        follower = self.following.pop(name, None)
        if follower is None or self.access is None:
            return
        follower.end()
        if follower.topic.kind in {"draft", "news"}:
            group = bell.group_of(self.access.tenant.pk, name)
            await self.channel_layer.group_discard(group, self.channel_name)
            await self._present(name, None)

    async def _present(self, name: str, data: Any) -> None:
        """Where this person is in the draft, told to the others who have it open; None when leaving."""
        assert self.access is not None
        user = self.access.user
        event = {
            "kind": "presence",
            "connection": self.connection_id,
            "user": {"id": str(user.pk), "name": user.shown_name},
            "state": _place(data) if isinstance(data, dict) else None,
        }
        group = bell.group_of(self.access.tenant.pk, name)
        await self.channel_layer.group_send(group, {"type": "topic.event", "topic": name, "data": event})

    async def topic_event(self, message: dict[str, Any]) -> None:
        """From the channel layer."""
        follower = self.following.get(message["topic"])
        if follower is not None and message["data"].get("connection") != self.connection_id:
            await follower.hear(message["data"])

    async def permission_recheck(self, message: dict[str, Any]) -> None:
        await self._recheck()

    async def _recheck_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(RECHECK_EVERY)
            await self._recheck()

    async def _recheck(self) -> None:
        access = await readers.read(self._look_up)
        if access is None:
            await self.close(code=SIGNED_OUT)
            return
        self.access = access
        for name, follower in list(self.following.items()):
            topic = follower.topic
            if not await readers.read(partial(access.may_follow, topic)):
                await self._unfollow(name)
                await self._refuse(name, "TopicRefused", "You may not see this any more.")

    async def _refuse(self, topic: str | None, code: str, detail: str) -> None:
        await self._tell({"type": "error", "topic": topic, "code": code, "detail": detail})

    async def _tell(self, frame: dict[str, Any]) -> None:
        # The tab may be gone while an answer for it was on its way: servers say so with an OSError (ASGI), or
        # with a RuntimeError once the close has been sent.
        with contextlib.suppress(RuntimeError, OSError):
            await self.send(text_data=dumps(frame))


def _place(data: dict[str, Any]) -> dict[str, str]:
    """Where somebody is, and nothing else: what one person sends reaches everybody's browser."""
    return {
        name: text[:PLACE_LENGTH]
        for name in ("node", "field", "view")
        if isinstance(text := data.get(name), str) and text
    }


def origin_fits(scope: dict[str, Any]) -> bool:
    """A page may open a socket only to where it came from; programs with a token have no origin."""
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    origin = headers.get(b"origin")
    if origin is None:
        return _bearer(scope) is not None
    # The host's name is checked too: under a foreign name that resolves to us, origin and host would agree.
    host = split_domain_port(headers.get(b"host", "").lower())[0]
    if not validate_host(host, settings.ALLOWED_HOSTS):
        return False
    allowed = {headers.get(b"host", ""), urlsplit(settings.PUBLIC_URL).netloc} - {""}
    return urlsplit(origin).netloc in allowed


def _bearer(scope: dict[str, Any]) -> str | None:
    for name, value in scope["headers"]:
        if name == b"authorization" and value[:7].lower() == b"bearer ":
            return str(value[7:].decode("latin-1").strip())
    return None

"""Sockets: who may open one, who may follow what, and events without gaps or doubles."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator

from designer.asgi import application
from designer.live import consumer, followers
from designer.tenants import services as tenants
from designer.workflows import drafts, problems, services
from designer.workflows.models import Workflow
from runtime import process
from runtime import services as runtime
from runtime.feed import Feed, Ring
from runtime.models import Inbox
from tests.designer.conftest import FoundProblem, Person
from tests.designer.test_drafts import edit

pytestmark = pytest.mark.django_db(transaction=True)


class WebsocketCommunicator(ApplicationCommunicator):
    """The few calls of a browser's socket. (The one that Channels has needs another server installed.)"""

    def __init__(self, path: str, headers: list[tuple[bytes, bytes]]) -> None:
        scope = {
            "type": "websocket",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": headers,
            "subprotocols": ["app.v1"],
        }
        super().__init__(application, scope)

    async def connect(self) -> tuple[bool, str | None]:
        await self.send_input({"type": "websocket.connect"})
        message = await self.receive_output(60)
        return message["type"] == "websocket.accept", message.get("subprotocol")

    async def send_text(self, text: str) -> None:
        await self.send_input({"type": "websocket.receive", "text": text})

    async def disconnect(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(3)


class Socket:
    """One tab."""

    def __init__(self, communicator: WebsocketCommunicator) -> None:
        self.communicator = communicator

    async def send(self, **frame: Any) -> None:
        await self.communicator.send_text(json.dumps(frame))

    async def receive(self, timeout: float = 60) -> dict[str, Any]:
        message = await self.communicator.receive_output(timeout)
        assert message["type"] == "websocket.send", message
        frame: dict[str, Any] = json.loads(message["text"])
        return frame

    async def follow(self, topic: str, since: float | None = None) -> dict[str, Any]:
        await self.send(type="sub", topic=topic, **({} if since is None else {"since": since}))
        return await self.receive()

    async def silent(self) -> bool:
        return await self.communicator.receive_nothing(0.3, 0.02)

    async def closed_with(self) -> int:
        message = await self.communicator.receive_output(60)
        assert message["type"] == "websocket.close", message
        code: int = message["code"]
        return code


def communicator(
    person: Person | None, slug: str = "acme", origin: str | None = "http://testserver", **headers: str
) -> WebsocketCommunicator:
    given = {"host": "testserver", **headers}
    if origin is not None:
        given["origin"] = origin
    if person is not None:
        given["cookie"] = f"millrace_session={person.client.cookies['millrace_session'].value}"
    pairs = [(name.encode(), value.encode()) for name, value in given.items()]
    return WebsocketCommunicator(f"/ws/t/{slug}/", pairs)


@asynccontextmanager
async def opened(person: Person | None, **options: Any) -> AsyncIterator[Socket]:
    made = communicator(person, **options)
    connected, subprotocol = await made.connect()
    assert connected
    assert subprotocol == "app.v1"
    try:
        yield Socket(made)
    finally:
        await made.disconnect()


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch) -> Feed:
    feed = Feed()
    monkeypatch.setattr(process, "require", lambda: SimpleNamespace(feed=feed))
    return feed


class TestOpening:
    async def test_another_origin_is_refused(self, alice: Person):
        for origin in ("http://evil.example", "http://testserver.evil.example", "null", None):
            connected, _ = await communicator(alice, origin=origin).connect()
            assert not connected, origin

    async def test_a_name_we_do_not_go_by_is_refused(self, alice: Person):
        made = communicator(alice, origin="http://rebound.example", host="rebound.example")
        connected, _ = await made.connect()
        assert not connected

    async def test_signed_out_is_closed(self, acme):
        async with opened(None) as socket:
            assert await socket.closed_with() == consumer.SIGNED_OUT

    async def test_a_stranger_is_closed_like_at_a_tenant_that_is_not_there(self, acme, charlie: Person):
        for slug in ("acme", "no-such"):
            async with opened(charlie, slug=slug) as socket:
                assert await socket.closed_with() == consumer.NO_ACCESS

    async def test_a_token_opens_one_without_origin(self, alice: Person, feed: Feed):
        _, secret = await sync_to_async(tenants.create_token)(
            alice.actor, name="CI", role="viewer", expires_at=None
        )
        async with opened(None, origin=None, authorization=f"Bearer {secret}") as socket:
            assert (await socket.follow("tenant:runs"))["type"] == "subscribed"

    async def test_an_address_that_is_no_socket_is_closed(self):
        made = WebsocketCommunicator("/ws/elsewhere", [])
        connected, _ = await made.connect()
        assert not connected


class TestFollowing:
    @pytest.mark.parametrize("topic", ["", "run:x", "workflow:1:runs", "tenant:secrets", "run:" + "-" * 36])
    async def test_unknown_topics(self, topic: str, alice: Person):
        async with opened(alice) as socket:
            frame = await socket.follow(topic)
            assert (frame["type"], frame["code"]) == ("error", "TopicUnknown")

    async def test_another_tenants_workflow(self, workflow: Workflow, charlie: Person):
        async with opened(charlie, slug="globex") as socket:
            for what in ("draft", "runs"):
                frame = await socket.follow(f"workflow:{workflow.pk}:{what}")
                assert frame["code"] == "TopicRefused"

    async def test_a_run_that_is_not_there(self, alice: Person, feed: Feed):
        async with opened(alice) as socket:
            assert (await socket.follow(f"run:{uuid.uuid4()}"))["code"] == "TopicRefused"

    async def test_frames_that_make_no_sense(self, alice: Person):
        async with opened(alice) as socket:
            for text in (
                "{",
                "[]",
                '{"type":"sub"}',
                '{"type":"sub","topic":7}',
                '{"type":"dance","topic":"x"}',
            ):
                await socket.communicator.send_text(text)
                assert (await socket.receive())["code"] == "FrameInvalid"

    async def test_a_frame_too_large_closes(self, alice: Person):
        async with opened(alice) as socket:
            await socket.send(type="sub", topic="x" * consumer.FRAME_LIMIT)
            assert (await socket.receive())["code"] == "FrameTooLarge"
            assert await socket.closed_with() == consumer.BAD_FRAME

    async def test_too_many_frames_close(self, alice: Person):
        async with opened(alice) as socket:
            for _ in range(consumer.FRAMES_PER_SECOND + 1):
                await socket.send(type="unsub", topic="x")
            assert await socket.closed_with() == consumer.TOO_FAST

    async def test_too_many_sockets_of_one_person(self, alice: Person, bob: Person, monkeypatch):
        monkeypatch.setattr(consumer, "MOST_SOCKETS", 2)
        async with opened(alice), opened(bob):
            async with opened(alice), opened(alice) as third:
                assert await third.closed_with() == consumer.TOO_FAST
            async with opened(alice) as again:
                await again.send(type="unsub", topic="x")
                assert await again.silent(), "there is room again"
        assert not consumer._open

    async def test_too_many_topics(self, alice: Person, feed: Feed, monkeypatch):
        monkeypatch.setattr(consumer, "TOPIC_LIMIT", 1)
        async with opened(alice) as socket:
            await socket.follow("tenant:runs")
            assert (await socket.follow("tenant:workflows"))["code"] == "TooManyTopics"

    async def test_losing_the_membership_closes(self, alice: Person, bob: Person):
        async with opened(bob) as socket:
            await socket.follow("tenant:workflows")
            member = await alice.tenant.members.aget(user=bob.user)
            await sync_to_async(tenants.remove_member)(alice.actor, member)
            assert await socket.closed_with() == consumer.SIGNED_OUT

    async def test_signing_out_elsewhere_closes(self, bob: Person):
        async with opened(bob) as socket:
            await socket.follow("tenant:workflows")
            await sync_to_async(bob.client.delete)("/api/v1/session")
            assert await socket.closed_with() == consumer.SIGNED_OUT


Apply = Callable[..., Any]


@pytest.fixture
def apply(alice: Person, bob: Person, workflow: Workflow) -> Apply:
    @sync_to_async
    def send(base: int, text: str = '"x"', person: Person = bob) -> Any:
        return drafts.apply_edits(person.actor, workflow, edit_id=f"e{base}", base=base, edits=[edit(text)])

    return send


class TestDraft:
    @pytest.fixture
    def topic(self, workflow: Workflow) -> str:
        return f"workflow:{workflow.pk}:draft"

    async def edits(self, socket: Socket, count: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while len(found) < count:
            frame = await socket.receive()
            if frame["data"]["kind"] == "edits":
                found.append(frame)
        return found

    async def test_an_edit_reaches_the_others(self, alice, topic: str, apply: Apply, validator):
        async with opened(alice) as socket:
            assert await socket.follow(topic, 1) == {"type": "subscribed", "topic": topic, "seq": 1}
            stored = await apply(1, '"live"')
            (frame,) = await self.edits(socket, 1)
            assert frame["seq"] == 2
            data = frame["data"]
            assert (data["revision"], data["sha256"], data["author"]) == (2, stored.sha256, "Bob")
            assert data["edits"] == [edit('"live"')]

    async def test_what_was_missed_comes_first_and_in_order(self, alice, topic: str, apply: Apply, validator):
        for base in range(1, 4):
            await apply(base)
        async with opened(alice) as socket:
            await socket.follow(topic, 2)
            await apply(4)
            assert [frame["seq"] for frame in await self.edits(socket, 3)] == [3, 4, 5]

    async def test_without_since_it_starts_now(self, alice, topic: str, apply: Apply, validator):
        await apply(1)
        async with opened(alice) as socket:
            assert (await socket.follow(topic))["seq"] == 2
            assert await socket.silent()

    @pytest.mark.parametrize("since", [float("1e999"), -1, 1e300])
    async def test_a_since_that_cannot_be_is_none(
        self, alice, topic: str, apply: Apply, validator, since: float
    ):
        await apply(1)
        async with opened(alice) as socket:
            number = "1e999" if since == float("inf") else json.dumps(since)
            await socket.communicator.send_text(f'{{"type": "sub", "topic": "{topic}", "since": {number}}}')
            assert (await socket.receive())["seq"] == 2
            assert await socket.silent()

    async def test_events_out_of_order_leave_no_gap_and_no_double(self, alice, topic: str, apply, validator):
        async with opened(alice) as socket:
            await socket.follow(topic, 1)
            workflow_id = uuid.UUID(topic.split(":")[1])
            follower = followers.DraftFollower(
                followers.Topic(topic, "draft", workflow_id),
                alice.tenant,
                collect := Collected(),
                consumer.readers,
            )
            follower.begin(1)
            await collect.wait(1)
            first, second = await apply(1), await apply(2)
            for stored in (second, first, second):
                await follower.hear({"kind": "edits", **drafts.wire_edit(stored)})
            follower.end()
            assert [frame["seq"] for frame in collect.frames[1:]] == [2, 3]

    async def test_problems_come_once_for_a_burst(
        self, alice, topic: str, apply: Apply, validator: list[FoundProblem], monkeypatch
    ):
        validator.append(FoundProblem("error", "X", "/actions/Compose", "It is wrong."))
        assert problems.COALESCE <= 0.3, "what people are promised"
        monkeypatch.setattr(problems, "COALESCE", 3.0)  # a burst here may take longer than that
        pushed: list[float] = []
        push = problems.push
        monkeypatch.setattr(problems, "push", lambda *ids: (pushed.append(asyncio.run(clock())), push(*ids)))
        async with opened(alice) as socket:
            await socket.follow(topic, 1)
            for base in range(1, 5):
                await apply(base)
            frame = await socket.receive()
            while frame["data"]["kind"] != "problems":
                frame = await socket.receive()
            assert frame["data"]["items"][0]["pointer"] == "/definition/actions/Compose"
            assert frame["data"]["revision"] == 5
            assert 5 < frame["seq"] < 6
            assert len(pushed) == 1

    async def test_presence_is_told_to_the_others_only(self, alice, bob, topic: str):
        async with opened(alice) as hers, opened(bob) as his:
            await hers.follow(topic, 1)
            await his.follow(topic, 1)
            await hers.send(type="presence", topic=topic, data={"node": "Compose"})
            told = (await his.receive())["data"]
            assert told["user"]["name"] == "Alice"
            assert told["state"] == {"node": "Compose"}
            assert await hers.silent()
            await hers.send(type="unsub", topic=topic)
            assert (await his.receive())["data"]["state"] is None

    async def test_presence_stays_in_the_tenant_and_carries_a_place_only(
        self, alice, bob, charlie, topic: str
    ):
        async with opened(alice) as hers, opened(bob) as his, opened(charlie, slug="globex") as strangers:
            await hers.follow(topic, 1)
            await his.follow(topic, 1)
            assert (await strangers.follow(topic, 1))["code"] == "TopicRefused"
            await strangers.send(type="presence", topic=topic, data={"node": "Compose"})
            assert (await strangers.receive())["type"] == "error"
            await hers.send(type="presence", topic=topic, data={"node": "x" * 9000, "view": 7, "page": "<b>"})
            assert (await his.receive())["data"]["state"] == {"node": "x" * 200}
            assert await strangers.silent()

    async def test_publishing_is_told(self, alice, bob, topic: str, workflow: Workflow, armed, validator):
        from designer.workflows import publishing

        async with opened(bob) as socket:
            await socket.follow(topic, 1)
            await sync_to_async(publishing.publish)(alice.actor, workflow)
            assert (await socket.receive())["data"] == {
                "kind": "published",
                "version": 1,
                "by": "alice@acme.example",
            }

    async def test_a_refused_edit_is_told_to_nobody(self, alice, topic: str, apply: Apply):
        async with opened(alice) as socket:
            await socket.follow(topic, 1)
            with pytest.raises(drafts.PatchRefused):
                await apply(1, "{")
            assert await socket.silent()


async def clock() -> float:
    return asyncio.get_running_loop().time()


class Collected:
    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []

    async def __call__(self, frame: dict[str, Any]) -> None:
        self.frames.append(frame)

    async def wait(self, count: int) -> None:
        for _ in range(200):
            if len(self.frames) >= count:
                return
            await asyncio.sleep(0.01)
        raise AssertionError(f"{count} frames were expected: {self.frames}")


@dataclass
class FakeRun:
    """A journal: rows of changes that `run_changes` reads."""

    tenant: uuid.UUID
    id: uuid.UUID
    rows: list[dict[str, Any]]
    begun: bool = True

    def changes(self, tenant_id: uuid.UUID, run_id: uuid.UUID, since: int) -> list[dict[str, Any]]:
        if (tenant_id, run_id) != (self.tenant, self.id) or not self.begun:
            raise runtime.RunNotFound
        return [row for row in self.rows if row["seq"] > since]

    def commit(self, feed: Feed | None, action: str, status: str, run: dict[str, Any] | None = None) -> None:
        seq = len(self.rows) + 1
        item = {"action": action, "repetition": "", "status": status, "seq": seq}
        self.rows.append({"seq": seq, "actions": [item], **({"run": run} if run else {})})
        if feed is not None:
            feed.ring([Ring(self.tenant, uuid.uuid4(), self.id, seq)])


def promise(run: FakeRun) -> Inbox:
    """The arrival that will become the run."""
    now = datetime.now(UTC)
    nobody = uuid.uuid4()
    return Inbox.objects.create(
        id=run.id, tenant_id=run.tenant, workflow_id=nobody, version_id=nobody, trigger="manual",
        kind="callback", record=b"", received_at=now, ready_at=now,
    )  # fmt: skip


class TestRun:
    @pytest.fixture
    def run(self, alice: Person, monkeypatch: pytest.MonkeyPatch) -> FakeRun:
        run = FakeRun(alice.tenant.pk, uuid.uuid4(), [])
        monkeypatch.setattr(runtime, "run_changes", run.changes)
        return run

    async def test_snapshot_and_changes_meet(self, alice: Person, feed: Feed, run: FakeRun):
        run.commit(None, "A", "Running")
        run.commit(None, "A", "Succeeded")
        async with opened(alice) as socket:
            assert (await socket.follow(f"run:{run.id}", 1))["seq"] == 1
            frame = await socket.receive()
            assert frame["seq"] == 2
            assert frame["data"]["actions"] == [
                {"action": "A", "repetition": "", "status": "Succeeded", "seq": 2}
            ]

    async def test_what_happens_together_is_one_event(self, alice: Person, feed: Feed, run: FakeRun):
        async with opened(alice) as socket:
            await socket.follow(f"run:{run.id}", 0)
            await asyncio.sleep(0.05)
            run.commit(feed, "A", "Running")
            run.commit(feed, "A", "Succeeded")
            run.commit(feed, "B", "Running", {"status": "Running"})
            frame = await socket.receive()
            assert frame["seq"] == 3
            statuses = {item["action"]: item["status"] for item in frame["data"]["actions"]}
            assert statuses == {"A": "Succeeded", "B": "Running"}
            assert frame["data"]["run"] == {"status": "Running"}
            assert await socket.silent()

    async def test_a_lost_bell_is_made_up_for(self, alice: Person, feed: Feed, run: FakeRun):
        async with opened(alice) as socket:
            await socket.follow(f"run:{run.id}", 0)
            run.commit(None, "A", "Succeeded")
            assert (await socket.receive())["seq"] == 1

    async def test_why_something_waits_is_told_while_the_page_is_open(
        self, alice: Person, feed: Feed, run: FakeRun, monkeypatch: pytest.MonkeyPatch
    ):
        waits: dict[str, Any] = {}
        monkeypatch.setattr(
            runtime, "run_waits", lambda tenant, found: dict(waits) if found == run.id else {}
        )
        run.commit(None, "A", "Running")
        async with opened(alice) as socket:
            await socket.follow(f"run:{run.id}", 1)
            assert await socket.silent()
            for ahead in ("2 ahead", "1 ahead"):
                waits["A"] = {"reason": ahead, "since": "2026-01-01T00:00:00Z", "until": None}
                frame = await socket.receive()
                assert (frame["seq"], frame["data"]) == (1, {"waits": waits})
            waits.clear()
            assert (await socket.receive())["data"] == {"waits": {}}
            run.commit(feed, "A", "Succeeded", {"status": "Succeeded", "endedAt": "2026-01-01T00:00:01Z"})
            assert (await socket.receive())["seq"] == 2

    async def test_a_promised_run_is_waited_for(
        self, alice: Person, charlie: Person, feed: Feed, run: FakeRun
    ):
        run.begun = False
        await sync_to_async(promise)(run)
        async with opened(alice) as socket, opened(charlie, slug="globex") as strangers:
            assert await socket.follow(f"run:{run.id}") == {
                "type": "subscribed", "topic": f"run:{run.id}", "seq": 0,
            }  # fmt: skip
            assert (await strangers.follow(f"run:{run.id}"))["code"] == "TopicRefused"
            assert await socket.silent()
            run.begun = True
            run.commit(feed, "A", "Running", {"status": "Running"})
            frame = await socket.receive()
            assert (frame["seq"], frame["data"]["run"]) == (1, {"status": "Running"})

    async def test_a_promise_that_came_to_another_end_is_told(self, alice: Person, feed: Feed, run: FakeRun):
        run.begun = False
        arrival = await sync_to_async(promise)(run)
        async with opened(alice) as socket:
            assert (await socket.follow(f"run:{run.id}"))["type"] == "subscribed"
            await sync_to_async(Inbox.objects.filter(pk=arrival.pk).update)(state="filtered")
            told = await socket.receive(10)
            assert (told["type"], told["code"]) == ("error", "TopicRefused")
            assert "inbox" in told["detail"]

    async def test_another_tenants_run_is_refused(self, charlie: Person, feed: Feed, run: FakeRun):
        async with opened(charlie, slug="globex") as socket:
            assert (await socket.follow(f"run:{run.id}", 0))["code"] == "TopicRefused"

    async def test_nothing_comes_after_unsubscribing(self, alice: Person, feed: Feed, run: FakeRun):
        async with opened(alice) as socket:
            await socket.follow(f"run:{run.id}", 0)
            await socket.send(type="unsub", topic=f"run:{run.id}")
            await asyncio.sleep(0.05)
            run.commit(feed, "A", "Succeeded")
            assert await socket.silent()


async def test_workflows_of_the_tenant_are_told(alice: Person, bob: Person):
    async with opened(bob) as socket:
        assert (await socket.follow("tenant:workflows"))["type"] == "subscribed"
        made = await sync_to_async(services.create)(alice.actor, "New one")
        frame = await socket.receive()
        assert frame["data"] == {"kind": "created", "id": str(made.pk)}
        assert json.dumps(frame)


def test_merged_changes_keep_the_last_word():
    changes = [
        {"seq": 1, "actions": [{"action": "A", "repetition": "0", "status": "Running"}], "loops": {"L": 1}},
        {"seq": 2, "actions": [{"action": "A", "repetition": "0", "status": "Failed"}], "run": {"a": 1}},
        {"seq": 3, "actions": [{"action": "A", "repetition": "1", "status": "Running"}], "run": {"b": 2}},
    ]
    assert followers.merged(changes) == {
        "actions": [
            {"action": "A", "repetition": "0", "status": "Failed"},
            {"action": "A", "repetition": "1", "status": "Running"},
        ],
        "loops": {"L": 1},
        "run": {"a": 1, "b": 2},
    }


async def test_a_client_that_goes_away_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    """Servers say so with an OSError (ASGI); the follower ends with the socket, and nobody is told of a
    failure.
    """

    class Gone(OSError):
        """As uvicorn's ClientDisconnected."""

    socket = consumer.LiveConsumer()

    async def send(text_data: str) -> None:
        raise Gone

    socket.send = send
    await socket._tell({"type": "event"})
    assert caplog.records == []

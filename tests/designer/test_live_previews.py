"""Previews over the socket: the same answers, permissions and refusals as over HTTP, and limits of their own."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from designer.live import previews
from designer.tenants import services as tenants
from designer.tenants.models import Member
from designer.workflows import expressions
from designer.workflows.models import Workflow
from tests.designer.conftest import Person
from tests.designer.test_live import Socket, opened

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def topic(workflow: Workflow) -> str:
    return f"workflow:{workflow.pk}:draft"


async def ask(socket: Socket, topic: str, name: str = "1", **body: Any) -> dict[str, Any]:
    await socket.send(type="eval", id=name, topic=topic, **body)
    frame = await socket.receive()
    assert (frame["type"], frame["id"]) == ("evaluated", name)
    return frame


async def test_the_answer_is_the_one_over_http(alice: Person, workflow: Workflow, topic: str):
    body = {
        "templates": ["Dear @{triggerBody()['name']}", "@triggerBody()", "@nope()", "@range(0, 20000)"],
        "sample": {"name": "Ana", "n": 12345678901234567890},
    }
    path = f"workflows/{workflow.pk}/expressions/evaluate-all"
    over_http = await sync_to_async(alice.post)(path, body)
    async with opened(alice) as socket:
        frame = await ask(socket, topic, **body)
    assert frame["items"] == over_http.json()["items"]
    assert frame["items"][0]["value"] == "Dear Ana"


@pytest.mark.parametrize(
    "body",
    [{}, {"templates": ["x"] * 201}, {"templates": ["x"], "repetition": "1-x"}, {"templates": ["x"], "run": "7"},
     {"templates": ["x"], "run": str(uuid.uuid4())}],
)  # fmt: skip
async def test_the_refusals_are_those_over_http(alice: Person, workflow: Workflow, topic: str, body: Any):
    path = f"workflows/{workflow.pk}/expressions/evaluate-all"
    over_http = (await sync_to_async(alice.post)(path, body)).json()
    async with opened(alice) as socket:
        problem = (await ask(socket, topic, **body))["problem"]
    assert {**problem, "requestId": ""} == {**over_http, "requestId": ""}


async def test_who_may_ask(alice: Person, viewer: Person, charlie: Person, topic: str):
    async with opened(viewer) as socket:
        assert (await ask(socket, topic, templates=["x"]))["problem"]["code"] == "PermissionRefused"
    async with opened(charlie, slug="globex") as socket:
        assert (await ask(socket, topic, templates=["x"]))["problem"]["code"] == "NotFound"
    async with opened(alice) as socket:
        for other in ("tenant:runs", "workflow:x:draft", topic.replace("draft", "runs")):
            assert (await ask(socket, other, templates=["x"]))["problem"]["code"] == "NotFound"


async def test_permission_is_looked_up_with_every_question(
    alice: Person, bob: Person, topic: str, monkeypatch: pytest.MonkeyPatch
):
    async with opened(bob) as socket:
        assert "items" in await ask(socket, topic, templates=["x"])
        member: Member = await alice.tenant.members.aget(user=bob.user)
        # The socket is not told: what is asked next finds out by itself.
        monkeypatch.setattr("designer.live.bell.recheck", lambda user_id: None)
        await sync_to_async(tenants.change_role)(alice.actor, member, "viewer")
        assert (await ask(socket, topic, templates=["x"]))["problem"]["code"] == "PermissionRefused"


async def test_a_session_that_ended_asks_nothing(bob: Person, topic: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("designer.live.bell.recheck", lambda user_id: None)
    async with opened(bob) as socket:
        assert "items" in await ask(socket, topic, templates=["x"])  # its session has been looked up
        await sync_to_async(bob.client.delete)("/api/v1/session")
        assert (await ask(socket, topic, templates=["x"]))["problem"]["code"] == "SignInRequired"


@pytest.mark.parametrize("name", [None, 7, "", "x" * 65])
async def test_a_question_has_an_id(alice: Person, topic: str, name: Any):
    async with opened(alice) as socket:
        await socket.send(type="eval", id=name, topic=topic, templates=["x"])
        assert (await socket.receive())["code"] == "FrameInvalid"


class Slow:
    """Evaluating waits until it is let go; what was evaluated is remembered."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: list[str] = []
        self.begun, self.go = threading.Event(), threading.Event()
        monkeypatch.setattr(expressions.Desk, "evaluate_all", self._evaluate)

    def _evaluate(self, templates: list[str]) -> list[dict[str, Any]]:
        self.seen += templates
        self.begun.set()
        assert self.go.wait(10)
        return [{"value": each} for each in templates]


async def test_what_nobody_waits_for_is_not_computed(alice: Person, topic: str, monkeypatch):
    slow = Slow(monkeypatch)
    async with opened(alice) as socket:
        for name in "abc":
            await socket.send(type="eval", id=name, topic=topic, templates=[name])
        await sync_to_async(slow.begun.wait)(10)
        for name in "ab":
            await socket.send(type="cancel", id=name, topic=topic)
        # Frames are taken in order: once this one is answered, the two before it were heard.
        await socket.send(type="dance", topic=topic)
        assert (await socket.receive())["code"] == "FrameInvalid"
        slow.go.set()
        frame = await socket.receive()
        assert (frame["id"], frame["items"]) == ("c", [{"value": "c"}])
        assert slow.seen == ["a", "c"]


async def test_one_that_takes_too_long_says_so_and_the_next_waits_for_it(alice, topic: str, monkeypatch):
    slow = Slow(monkeypatch)
    monkeypatch.setattr(previews, "SECONDS", 0.05)
    async with opened(alice) as socket:
        await socket.send(type="eval", id="a", topic=topic, templates=["a"])
        await socket.send(type="eval", id="b", topic=topic, templates=["b"])
        assert (await socket.receive())["problem"]["code"] == "PreviewTooSlow"
        await sync_to_async(slow.begun.wait)(10)
        assert slow.seen == ["a"]
        monkeypatch.setattr(previews, "SECONDS", 5)
        slow.go.set()
        assert (await socket.receive())["items"] == [{"value": "b"}]


async def test_too_many_a_second_are_refused_and_the_socket_stays(alice: Person, topic: str, monkeypatch):
    monkeypatch.setattr(previews, "QUESTIONS_PER_SECOND", 2)
    clock = [0.0]
    monkeypatch.setattr(previews, "monotonic", lambda: clock[0])
    async with opened(alice) as socket:
        found = [await ask(socket, topic, str(n), templates=["x"]) for n in range(3)]
        assert ["items" in each for each in found] == [True, True, False]
        assert found[2]["problem"]["code"] == "TooManyPreviews"
        clock[0] = 1.5
        assert "items" in await ask(socket, topic, templates=["x"])


async def test_a_defect_is_a_sentence(alice: Person, topic: str, monkeypatch):
    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(expressions.Desk, "evaluate_all", broken)
    async with opened(alice) as socket:
        problem = (await ask(socket, topic, templates=["x"]))["problem"]
        assert (problem["status"], problem["code"]) == (500, "InternalError")
        assert "log" in problem["detail"]

"""Running again from a step: what came before is taken over and not done twice, what comes after is done anew."""

from __future__ import annotations

import hashlib
import json
import threading
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from designer.workflows.models import Version
from runtime import services
from runtime.models import Run
from runtime.process import Process
from tests.runtime import worlds
from tests.runtime.worlds import arrival, chain, compose, definition, http, make_version

pytestmark = pytest.mark.usefixtures("database")


class Shop:
    """An independent witness: counts every request by path, and refuses what it is told to."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.counts: Counter[str] = Counter()
        self.bodies: dict[str, Any] = {}
        self.keys: list[str] = []
        self.refused: set[str] = set()
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                with shop.lock:
                    shop.counts[self.path] += 1
                shop.keys.append(self.headers.get("Idempotency-Key") or "")
                shop.bodies[self.path] = json.loads(body) if body else None
                wrong = isinstance(shop.bodies[self.path], dict) and shop.bodies[self.path].get("bad")
                answer = json.dumps({"path": self.path, "count": shop.counts[self.path]}).encode()
                self.send_response(400 if self.path in shop.refused or wrong else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def shop() -> Iterator[Shop]:
    made = Shop()
    yield made
    made.server.shutdown()
    made.server.server_close()


async def first(version: Any, body: Any = None) -> Run:
    receipt = await services.receive(arrival(version, body))
    return await worlds.ended(receipt.run_id)


async def again(version: Any, run: Run, action: str, **more: Any) -> Run:
    wanted = services.Rerun(version.tenant_id, run.pk, action, actor="ana@example.com", **more)
    made = await worlds.read(lambda: services.rerun(wanted))
    return await worlds.ended(made)


async def outputs(version: Any, run: Run, action: str) -> Any:
    detail = await worlds.read(lambda: services.action_detail(version.tenant_id, run.pk, action, ()))
    return detail["outputs"]


async def statuses(version: Any, run: Run) -> dict[str, str]:
    found = await worlds.read(lambda: services.run_snapshot(version.tenant_id, run.pk))
    return {name: entry["status"] for name, entry in found["actions"].items()}


@asynccontextmanager
async def embedded() -> AsyncIterator[None]:
    """A process with its own executor: calls really leave."""
    running = Process("embedded")
    await running.start()
    try:
        yield
    finally:
        await running.stop(grace=0.5)


ORDER = "@triggerBody()"


async def test_what_came_before_is_not_done_again(shop: Shop) -> None:
    shop.refused = {"/book"}
    version = await worlds.read(
        lambda: make_version(
            definition(
                chain(
                    ("Reserve", http(f"{shop.url}/reserve", body=ORDER)),
                    (
                        "Count",
                        {
                            "type": "InitializeVariable",
                            "inputs": {"variables": [{"name": "n", "type": "integer", "value": 41}]},
                        },
                    ),
                    ("More", {"type": "IncrementVariable", "inputs": {"name": "n", "value": 1}}),
                    (
                        "Book",
                        http(
                            f"{shop.url}/book",
                            body={"n": "@variables('n')", "by": "@body('Reserve')['path']"},
                        ),
                    ),
                    ("Tell", http(f"{shop.url}/tell", body="@body('Book')")),
                )
            )
        )
    )
    async with embedded():
        failed = await first(version, {"order": 7})
        assert failed.status == "Failed"
        assert shop.counts == {"/reserve": 1, "/book": 1}
        shop.refused = set()
        done = await again(version, failed, "Book")
        assert done.status == "Succeeded"
        assert shop.counts == {"/reserve": 1, "/book": 2, "/tell": 1}
        assert shop.bodies["/book"] == {"n": 42, "by": "/reserve"}
        assert (done.source_run, done.origin, done.actor) == (failed.pk, "rerun", "ana@example.com")
        assert set((await statuses(version, done)).values()) == {"Succeeded"}
        assert await outputs(version, done, "Reserve") == await outputs(version, failed, "Reserve")
        # A new run is a new effect: the key of the try before would make the service ignore it.
        assert len(set(shop.keys)) == len(shop.keys)


async def test_inputs_given_by_hand_take_the_place_of_the_definitions(shop: Shop) -> None:
    version = await worlds.read(
        lambda: make_version(
            definition(
                chain(
                    ("Reserve", http(f"{shop.url}/reserve")),
                    ("Book", http(f"{shop.url}/book", body=ORDER)),
                    ("Tell", http(f"{shop.url}/tell", body={"sent": "@actions('Book').inputs.body"})),
                )
            )
        )
    )
    async with embedded():
        failed = await first(version, {"bad": True})
        assert failed.status == "Failed"
        given = {"method": "POST", "uri": f"{shop.url}/book", "body": {"bad": False, "note": "@{corrected}"}}
        done = await again(version, failed, "Book", has_inputs=True, inputs=given)
        assert done.status == "Succeeded"
        # As given, to the letter: nothing in it is an expression.
        assert shop.bodies["/book"] == {"bad": False, "note": "@{corrected}"}
        assert shop.bodies["/tell"] == {"sent": {"bad": False, "note": "@{corrected}"}}
        assert shop.counts["/reserve"] == 1
        once_more = await again(version, done, "Tell")
        assert once_more.status == "Succeeded"
        assert shop.counts == {"/reserve": 1, "/book": 2, "/tell": 2}


async def test_inside_a_scope_beside_a_parallel_branch_after_a_loop(shop: Shop) -> None:
    shop.refused = {"/inner"}
    loop = {
        "type": "Foreach",
        "foreach": [1, 2, 3],
        "actions": {"Each": http(f"{shop.url}/each")},
        "runAfter": {},
    }
    scope = {
        "type": "Scope",
        "limit": {"timeout": "PT10M"},
        "actions": chain(
            ("Before", http(f"{shop.url}/before")),
            ("Inner", http(f"{shop.url}/inner")),
            ("Last", http(f"{shop.url}/last")),
        ),
        "runAfter": {"Loop": ["Succeeded"]},
    }
    actions = {
        "Loop": loop,
        "Scope": scope,
        "Beside": {**http(f"{shop.url}/beside"), "runAfter": {"Loop": ["Succeeded"]}},
        "Repair": {**compose("x"), "runAfter": {"Scope": ["Failed"]}},
        "Join": {**http(f"{shop.url}/join"), "runAfter": {"Scope": ["Succeeded"], "Beside": ["Succeeded"]}},
    }
    version = await worlds.read(lambda: make_version(definition(actions)))

    async with embedded():
        failed = await first(version)
        assert (await statuses(version, failed))["Repair"] == "Succeeded"
        shop.refused = set()
        done = await again(version, failed, "inner")  # names ignore case
        assert done.status == "Succeeded"
        assert shop.counts == {
            "/each": 3, "/before": 1, "/inner": 2, "/last": 1, "/beside": 1, "/join": 1,
        }  # fmt: skip
        found = await statuses(version, done)
        assert (found["Repair"], found["Scope"], found["Loop"]) == ("Skipped", "Succeeded", "Succeeded")
        whole = await again(version, done, "Loop")
        assert whole.status == "Succeeded"
        assert (shop.counts["/each"], shop.counts["/join"]) == (6, 2)


async def test_a_cancelled_run_goes_on_where_it_was(shop: Shop) -> None:
    actions = chain(
        ("Paid", http(f"{shop.url}/paid")), ("Pause", worlds.wait(3600)), ("Ship", http(f"{shop.url}/ship"))
    )
    actions["Beside"] = {**http(f"{shop.url}/beside"), "runAfter": {}}
    version = await worlds.read(lambda: make_version(definition(actions)))

    async with embedded():
        receipt = await services.receive(arrival(version))

        def pauses(run: uuid.UUID) -> bool:
            actions = services.run_snapshot(version.tenant_id, run)["actions"]
            return actions.get("Pause", {}).get("status") == "Waiting"

        started = Run.objects.filter(pk=receipt.run_id)
        await worlds.until(lambda: shop.counts.total() == 2 and started.exists() and pauses(receipt.run_id))
        await worlds.read(lambda: services.cancel(version.tenant_id, receipt.run_id, "ana", "r"))
        cancelled = await worlds.ended(receipt.run_id)
        assert cancelled.status == "Cancelled"
        with pytest.raises(services.NotRepeatable, match="did not run"):
            await again(version, cancelled, "Ship")
        wanted = services.Rerun(version.tenant_id, cancelled.pk, "Pause")
        made = await worlds.read(lambda: services.rerun(wanted))
        await worlds.until(lambda: pauses(made))
        assert shop.counts == {"/paid": 1, "/beside": 1}
        with pytest.raises(services.NotRepeatable, match="still going"):
            await worlds.read(lambda: services.rerun(services.Rerun(version.tenant_id, made, "Pause")))


def newer(version: Any, actions: dict[str, Any]) -> Any:
    """The next version of the same workflow."""
    text = json.dumps({"definition": definition(actions), "kind": "Stateful"}, indent=2)
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    return Version.objects.create(
        tenant_id=version.tenant_id, workflow_id=version.workflow_id, number=version.number + 1,
        kind="published", text=text, sha256=sha256,
    )  # fmt: skip


def each_order(shop: Shop, **more: Any) -> dict[str, Any]:
    """Every order of the body is checked, booked and told; a bad one is refused when it is booked."""
    steps = chain(
        ("Check", http(f"{shop.url}/check", body="@items('Orders')?['n']")),
        ("Book", http(f"{shop.url}/book", body="@items('Orders')")),
        ("Tell", http(f"{shop.url}/tell", body="@body('Book')")),
    )
    orders = {"type": "Foreach", "foreach": ORDER, "actions": steps, "runAfter": {}}
    return {"Orders": orders, "Report": {**http(f"{shop.url}/report"), "runAfter": {"Orders": ["Succeeded"]}}}


async def test_one_turn_of_a_loop_with_corrected_inputs_the_others_are_not_done_again(shop: Shop) -> None:
    version = await worlds.read(lambda: make_version(definition(each_order(shop))))
    orders = [{"n": number, "bad": number == 3} for number in range(6)]
    async with embedded():
        failed = await first(version, orders)
        assert failed.status == "Failed"
        assert shop.counts == {"/check": 6, "/book": 6, "/tell": 5}
        wanted = services.Rerun(version.tenant_id, failed.pk, "Book", repetition=(3,))
        foreseen = await worlds.read(lambda: services.rerun_outlook(wanted))
        assert (foreseen.again, foreseen.taken, foreseen.notes) == (("Book",), 3, ())
        given = {"method": "POST", "uri": f"{shop.url}/book", "body": {"n": 3, "bad": False}}
        done = await again(version, failed, "Book", repetition=(3,), has_inputs=True, inputs=given)
        assert done.status == "Succeeded"
        assert shop.counts == {"/check": 6, "/book": 7, "/tell": 6, "/report": 1}
        assert len(set(shop.keys)) == len(shop.keys)
        found = await worlds.read(lambda: services.run_snapshot(version.tenant_id, done.pk))
        assert found["actions"]["Orders"]["repetitions"]["succeeded"] == 6
        # From the first step of a turn, of the run that was itself begun again.
        whole = await again(version, done, "Check", repetition=(0,))
        assert whole.status == "Succeeded"
        assert shop.counts == {"/check": 7, "/book": 8, "/tell": 7, "/report": 2}


async def test_on_a_newer_version_only_what_is_new_and_what_follows_is_done(shop: Shop) -> None:
    shop.refused = {"/book"}
    steps = [
        ("Reserve", http(f"{shop.url}/reserve", body=ORDER)),
        ("Old", http(f"{shop.url}/old")),
        ("Book", http(f"{shop.url}/book", body="@body('Reserve')")),
        ("Tell", http(f"{shop.url}/tell")),
    ]
    version = await worlds.read(lambda: make_version(definition(chain(*steps))))
    repaired = [
        steps[0],
        ("Price", http(f"{shop.url}/price")),
        ("Book", http(f"{shop.url}/book-2", body={"of": "@body('Reserve')['path']"})),
        steps[3],
    ]
    async with embedded():
        failed = await first(version, {"order": 7})
        assert shop.counts == {"/reserve": 1, "/old": 1, "/book": 1}
        second = await worlds.read(lambda: newer(version, chain(*repaired)))
        wanted = services.Rerun(version.tenant_id, failed.pk, "Book", version_id=second.pk)
        foreseen = await worlds.read(lambda: services.rerun_outlook(wanted))
        assert foreseen.taken == 1
        words = " ".join(foreseen.notes)
        assert "New in the chosen version: “Price”" in words
        assert "Not in the chosen version: “Old”" in words
        assert "Changed" not in words, "what happens again follows the new text"
        assert shop.counts == {"/reserve": 1, "/old": 1, "/book": 1}, "looking ahead must do nothing"
        done = await again(version, failed, "Book", version_id=second.pk)
        assert done.status == "Succeeded"
        assert shop.counts == {"/reserve": 1, "/old": 1, "/book": 1, "/price": 1, "/book-2": 1, "/tell": 1}
        assert shop.bodies["/book-2"] == {"of": "/reserve"}
        assert done.version_id == second.pk
        assert set(await statuses(version, done)) == {"Reserve", "Price", "Book", "Tell"}
        other = await worlds.read(lambda: make_version(definition(chain(*steps))))
        with pytest.raises(services.NotRepeatable, match="none of this workflow"):
            await again(version, failed, "Book", version_id=other.pk)


async def test_what_cannot_be_repeated_is_said(shop: Shop) -> None:
    secured = {
        **http(f"{shop.url}/secret"),
        "runtimeConfiguration": {"secureData": {"properties": ["inputs"]}},
        "runAfter": {},
    }
    actions = {
        "Note": {**compose("x"), "runAfter": {}},
        "Secret": secured,
        "Loop": {"type": "Foreach", "foreach": [1], "actions": {"Each": compose(1)}, "runAfter": {}},
        "Never": {**compose("x"), "runAfter": {"Note": ["Failed"]}},
    }
    version = await worlds.read(lambda: make_version(definition(actions)))
    other = await worlds.read(worlds.make_tenant)

    async with embedded():
        run = await first(version)
        for action, more, words in (
            ("Nowhere", {}, "no action"),
            ("Each", {}, "inside the loop “Loop”"),
            ("Never", {}, "did not run"),
            ("Note", {"has_inputs": True, "inputs": 1}, "computed by the workflow"),
            ("Secret", {"has_inputs": True, "inputs": {}}, "secured"),
        ):
            with pytest.raises(services.NotRepeatable, match=words):
                await again(version, run, action, **more)
        with pytest.raises(services.RunNotFound):
            await worlds.read(lambda: services.rerun(services.Rerun(other.pk, run.pk, "Note")))
        with pytest.raises(services.RunNotFound):
            await worlds.read(lambda: services.rerun(services.Rerun(version.tenant_id, uuid.uuid4(), "Note")))
        again_secret = await again(version, run, "Secret")
        assert again_secret.status == "Succeeded"

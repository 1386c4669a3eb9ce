"""Finding runs by what they are, how long they took and what is inside: within limits, and nothing secured."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from connectors import secrets
from designer.workflows import publishing
from designer.workflows.models import Version, Workflow
from runtime import services as runtime
from runtime.engine.events import ActionEnded, Event, RunStarted
from runtime.host import listing, searching
from runtime.language.values import Json, Ref
from runtime.models import JournalRow, Payload, PayloadUse, Run, Summary
from runtime.store import codec
from tests.designer.conftest import Person, problem_of

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECURED = {"secureData": {"properties": ["inputs", "outputs"]}}
DEFINITION = json.dumps(
    {
        "$schema": "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#",
        "contentVersion": "1.0.0.0",
        "triggers": {"manual": {"type": "Request", "kind": "Http"}},
        "actions": {
            "Note": {"type": "Compose", "inputs": "@triggerBody()", "runAfter": {}},
            "Hidden": {
                "type": "Compose", "inputs": "x", "runAfter": {}, "runtimeConfiguration": SECURED,
            },
        },
    }
)  # fmt: skip
Made = Callable[..., Run]


@pytest.fixture
def orders(alice: Person, make_workflow: Callable[[Person, str, str], Workflow]) -> Workflow:
    workflow = make_workflow(alice, "Orders to search", DEFINITION)
    publishing.publish(alice.actor, workflow)
    workflow.refresh_from_db()
    return workflow


@pytest.fixture
def made(orders: Workflow) -> Made:
    numbers = iter(range(1, 1000))

    def make(
        minutes: int = 0,
        *,
        brought: Json = None,
        note: Json = None,
        hidden: Json = None,
        statuses: dict[str, Any] | None = None,
        seconds: float = 1,
        **columns: Any,
    ) -> Run:
        at = NOON + timedelta(minutes=minutes)
        given: dict[str, Any] = {
            "status": "Succeeded", "trigger": "manual", "origin": "callback", "started_at": at,
            "ended_at": at + timedelta(seconds=seconds), "version": orders.published,
            "id": uuid.UUID(int=runtime.first_id_at(at).int + next(numbers)),
        }  # fmt: skip
        run = Run.objects.create(tenant=orders.tenant, workflow=orders, **{**given, **columns})
        events: list[Event] = [
            RunStarted(str(run.pk), {}, "manual", {"outputs": {"body": brought}}, at=at),
            ActionEnded(at, "Note", (), "Succeeded", inputs=note, outputs=note),
            ActionEnded(at, "Hidden", (), "Succeeded", inputs=hidden, outputs=hidden),
        ]
        row = codec.pack_events(events, lambda data: secrets.seal(run.tenant_id, data, purpose="payload"))
        JournalRow.objects.create(
            run=run, seq=1, tenant=run.tenant, epoch=1, at=at, release="test", events=row
        )
        Summary.objects.create(run=run, tenant=run.tenant, seq=1, data=codec.pack_value(statuses or {}))
        return run

    return make


def page(person: Person, query: str) -> dict[str, Any]:
    answer = person.get(f"runs?{query}")
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = json.loads(answer.content)
    return found


def found(person: Person, query: str) -> list[str]:
    return [item["id"] for item in page(person, query)["items"]]


def test_by_version_and_by_draft(alice: Person, made: Made, orders: Workflow) -> None:
    assert orders.published
    old = made(0)
    draft = Version.objects.create(
        tenant=orders.tenant, workflow=orders, kind="draft", text=DEFINITION, sha256="d"
    )
    tried = made(1, version=draft)
    Version.objects.filter(pk=orders.published.pk).update(created_at=NOON - timedelta(days=1))
    assert found(alice, f"workflow={orders.pk}&version=1") == [str(old.pk)]
    assert found(alice, "mode=draft") == [str(tried.pk)]
    assert found(alice, "mode=published") == [str(old.pk)]
    Version.objects.filter(pk=orders.published.pk).update(created_at=NOON + timedelta(minutes=1))
    assert found(alice, f"workflow={orders.pk}&version=1") == [], "nothing ran before it was published"
    for wrong in (f"workflow={orders.pk}&version=9", "version=1", f"workflow={orders.pk}&version=x"):
        assert "version" in problem_of(alice.get(f"runs?{wrong}"), 400, "FieldsInvalid")["fieldErrors"]
    problem_of(alice.get("runs?mode=test"), 400, "FieldsInvalid")


def test_by_how_long_it_took(alice: Person, made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "now", lambda: NOON + timedelta(minutes=30))
    quick, slow = made(0, seconds=0.25), made(1, seconds=90)
    stuck = made(2, status="Running", ended_at=None)
    fresh = made(29, status="Running", ended_at=None)
    assert found(alice, "longer=59") == [str(fresh.pk), str(stuck.pk), str(slow.pk)]
    assert found(alice, "longer=120") == [str(stuck.pk)]
    assert found(alice, "shorter=0.5") == [str(quick.pk)]
    assert found(alice, "longer=0.3&shorter=100") == [str(slow.pk)]
    for wrong in ("longer=soon", "shorter=-1", "longer=0", "longer=1e3", "longer=9999999999999"):
        problem_of(alice.get(f"runs?{wrong}"), 400, "FieldsInvalid")


def test_by_what_became_of_an_action(alice: Person, made: Made) -> None:
    turns = {"total": 3, "succeeded": 2, "failed": 1, "running": 0, "skipped": 0, "cancelled": 0}
    failed = made(0, statuses={"Send_mail": {"status": "Failed"}, "Note": {"status": "Succeeded"}})
    looped = made(1, statuses={"Send_mail": {"status": "Running", "repetitions": turns}})
    made(2, statuses={"Send_mail": {"status": "Succeeded"}, "Note": {"status": "Failed"}})
    made(3)
    assert found(alice, "action=send mail&actionStatus=Failed") == [str(looped.pk), str(failed.pk)]
    assert len(found(alice, "action=mail")) == 3
    assert len(found(alice, "actionStatus=Failed")) == 3
    assert page(alice, "actionStatus=Failed")["looked"] == {
        "runs": 4, "backTo": "2026-11-20T12:00:00.000Z", "stopped": None, "partly": 0,
    }  # fmt: skip
    problem_of(alice.get("runs?actionStatus=Broken"), 400, "FieldsInvalid")


def test_by_text_in_inputs_and_outputs(alice: Person, charlie: Person, made: Made, orders: Workflow) -> None:
    first = made(0, brought={"order": "A-4711", "lines": [{"name": "Größe"}]}, note={"total": 1200.5})
    second = made(1, brought={"order": 815}, note="Sent to ANN@example.org")
    for text, run in (
        ("a-4711", first), ("GRÖSSE", first), ("1200.5", first), ("815", second), ("ann@EXAMPLE", second),
    ):  # fmt: skip
        assert found(alice, f"text={text}") == [str(run.pk)], text
    assert found(alice, "text=order") == [], "names of members are not what one looks for"
    assert found(alice, f"text=815&workflow={orders.pk}&until=2026-11-20T12:01:00Z") == []
    assert found(alice, "text=4711&status=Failed") == []
    assert found(charlie, "text=815") == []
    columns = json.loads(alice.get(f"runs/grid?workflow={orders.pk}&text=815").content)
    assert [item["id"] for item in columns["items"]] == [str(second.pk)]
    problem_of(alice.get(f"runs?text={'x' * 201}"), 400, "FieldsInvalid")


def test_nothing_secured_is_searched(alice: Person, made: Made, orders: Workflow) -> None:
    made(brought="open sesame", hidden="the secret word")
    assert found(alice, "text=secret word") == []
    assert len(found(alice, "text=sesame")) == 1
    published = orders.published
    assert published
    definition = json.loads(DEFINITION)
    definition["triggers"]["manual"]["runtimeConfiguration"] = SECURED
    closed = Version.objects.create(
        tenant=orders.tenant,
        workflow=orders,
        number=2,
        kind="published",
        text=json.dumps(definition),
        sha256="2",
    )
    made(1, brought="another sesame", note="a note of it", version=closed)
    assert len(found(alice, "text=sesame")) == 1, "the trigger's outputs are secured in this version"
    assert found(alice, "text=note of it") == [], "and what is made of them"
    broken = Version.objects.create(
        tenant=orders.tenant, workflow=orders, number=3, kind="published", text="{", sha256="3"
    )
    made(2, brought="a third sesame", version=broken)
    answer = page(alice, "text=third")
    assert answer["items"] == [], "nobody can say what of it is secured"
    assert answer["looked"]["partly"] == 1


def apart(run: Run, text: str, *, sealed: bool = False) -> None:
    plain = b"J" + text.encode()
    Payload.objects.create(
        tenant=run.tenant,
        hash=f"hash-{run.pk}"[:64],
        size=len(text),
        kind="Object",
        sealed=sealed,
        content=codec.wrap(plain),
    )
    PayloadUse.objects.create(run=run, hash=f"hash-{run.pk}"[:64], tenant=run.tenant)


def test_big_values_are_searched_where_a_person_would_see_them(
    alice: Person, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = json.dumps({"name": "Ängström", "part": {"code": "needle"}, "more": "x" * 5000})

    def holding(minutes: int, place: str, pointer: str = "", *, sealed: bool = False) -> Run:
        run_id = uuid.UUID(int=runtime.first_id_at(NOON + timedelta(minutes=minutes)).int + 7)
        ref = Ref(f"hash-{run_id}"[:64], len(text), "Object", pointer)
        run = made(minutes, id=run_id, **{place: {"body": ref}})
        apart(run, text, sealed=sealed)
        return run

    seen, part = holding(0, "note"), holding(1, "brought", "/part")
    holding(2, "hidden")
    holding(3, "note", sealed=True)
    assert found(alice, "text=needle") == [str(part.pk), str(seen.pk)]
    assert found(alice, "text=ängström") == [str(seen.pk)], "the part that was passed on has no such text"
    monkeypatch.setattr(searching, "VALUE_BYTES", 100)
    answer = page(alice, "text=needle")
    assert (answer["items"], answer["looked"]["partly"]) == ([], 2 + 1), "of each run it says so"


def test_it_stops_at_a_limit_says_so_and_goes_on_from_there(
    alice: Person, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = made(0, note="needle")
    for minute in range(1, 6):
        made(minute, note="hay" * 100)
    for name, value, stopped in (
        ("MOST_RUNS", 2, "runs"),
        ("MOST_BYTES", 500, "bytes"),
        ("MOST_SECONDS", 0, "time"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(searching, name, value)
            first = page(alice, "text=needle")
            assert (first["items"], first["looked"]["stopped"]) == ([], stopped)
            assert first["looked"]["runs"] < 6
            assert first["nextCursor"]
        rest = page(alice, f"text=needle&cursor={first['nextCursor']}")
        assert [item["id"] for item in rest["items"]] == [str(wanted.pk)]
        assert rest["looked"]["runs"] == 6 - first["looked"]["runs"], "each run is looked at once"
        assert rest["nextCursor"] is None
    with monkeypatch.context() as patch:
        patch.setattr(searching, "RUN_BYTES", 500)
        assert page(alice, "text=needle")["looked"]["partly"] == 5
    with monkeypatch.context() as patch:
        patch.setattr(listing, "SEARCHED", 4)
        first = page(alice, "text=needle")
        assert (first["looked"]["runs"], first["looked"]["stopped"]) == (4, "runs")
        assert found(alice, f"text=needle&cursor={first['nextCursor']}") == [str(wanted.pk)]


def test_a_full_page_goes_on_behind_its_last_run(alice: Person, made: Made) -> None:
    runs = [str(made(minute, note="needle").pk) for minute in range(5)][::-1]
    first = page(alice, "text=needle&limit=2")
    assert [item["id"] for item in first["items"]] == runs[:2]
    assert found(alice, f"text=needle&limit=3&cursor={first['nextCursor']}") == runs[2:]


def test_others_wait_for_their_turn_and_are_told(
    alice: Person, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(note="needle")
    monkeypatch.setattr(searching, "_WAIT", 0.01)
    with searching._turns, searching._turns:
        answer = page(alice, f"text=needle&cursor={uuid.UUID(int=2**128 - 1)}")
    assert (answer["looked"]["stopped"], answer["nextCursor"]) == ("busy", str(uuid.UUID(int=2**128 - 1)))
    assert len(found(alice, "text=needle")) == 1


def test_only_who_asks_for_what_is_inside_makes_it_read(alice: Person, made: Made, orders: Workflow) -> None:
    made(note="needle")
    plain = f"runs?workflow={orders.pk}&mode=published&longer=0.1&shorter=9&search=x&status=Succeeded"
    for route, words in (
        (plain, ("runtime_payload", "runtime_journalrow", "runtime_summary")),
        ("runs?action=Note", ("runtime_payload", "runtime_journalrow")),
    ):
        with CaptureQueriesContext(connection) as seen:
            assert alice.get(route).status_code == 200
        for query in seen.captured_queries:
            assert not any(word in query["sql"] for word in words), query["sql"]

"""Finding runs and acting on many of them: filters, the grid, and what each person may."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from designer.tenants.models import AuditEntry
from designer.workflows import publishing
from designer.workflows.models import Workflow
from runtime import services as runtime
from runtime.host import listing, projection
from runtime.host.children import child_id
from runtime.models import Run, Summary
from runtime.store import codec
from tests.designer.conftest import Person, problem_of

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
Made = Callable[..., Run]


@pytest.fixture
def made(workflow: Workflow, alice: Person) -> Made:
    publishing.publish(alice.actor, workflow)
    workflow.refresh_from_db()
    numbers = iter(range(1, 1000))

    def make(minutes: int = 0, actions: dict[str, Any] | None = None, **columns: Any) -> Run:
        at = NOON + timedelta(minutes=minutes)
        given: dict[str, Any] = {
            "status": "Succeeded", "trigger": "manual", "origin": "callback", "started_at": at, "ended_at": at,
            "id": uuid.UUID(int=runtime.first_id_at(at).int + next(numbers)),
        }  # fmt: skip
        run = Run.objects.create(
            tenant=workflow.tenant, workflow=workflow, version=workflow.published, **{**given, **columns},
        )  # fmt: skip
        data = codec.pack_value(actions or {})
        Summary.objects.create(run=run, tenant=workflow.tenant, seq=2, data=data)
        return run

    return make


def found(person: Person, query: str) -> list[str]:
    answer = person.get(f"runs?{query}")
    assert answer.status_code == 200, answer.content
    return [item["id"] for item in json.loads(answer.content)["items"]]


def test_a_run_is_found_by_what_one_knows_of_it(alice: Person, made: Made) -> None:
    order = made(client_tracking_id="order-4711")
    failed = made(
        status="Failed", code="ActionFailed", first_failed_action="Send_mail",
        error=json.dumps({"code": "SmtpRefused", "message": "The mailbox is full."}),
    )  # fmt: skip
    for text, run in (
        ("4711", order), ("ORDER-", order), (str(order.pk), order), ("send mail", failed), ("SmtpRefused", failed),
        ("mailbox is FULL", failed), ("actionfailed", failed),
    ):  # fmt: skip
        assert found(alice, f"search={text}") == [str(run.pk)], text
    assert found(alice, "search=nobody") == []
    assert found(alice, "search=order&status=Failed") == []


def test_a_search_goes_on_where_it_stopped_looking(
    alice: Person, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "SEARCHED", 3)
    old = made(0, client_tracking_id="wanted")
    for minute in range(1, 6):
        made(minute)
    first = json.loads(alice.get("runs?search=wanted").content)
    assert first["items"] == []
    assert first["nextCursor"]
    second = json.loads(alice.get(f"runs?search=wanted&cursor={first['nextCursor']}").content)
    assert [item["id"] for item in second["items"]] == [str(old.pk)]
    assert json.loads(alice.get(f"runs?search={old.pk}").content)["items"], "an id is looked up, however old"


def test_runs_of_a_span_of_time(alice: Person, made: Made) -> None:
    runs = [made(minutes) for minutes in (0, 10, 20)]
    assert found(alice, "since=2026-11-20T12:10:00Z") == [str(runs[2].pk), str(runs[1].pk)]
    assert found(alice, "since=2026-11-20T12:05:00Z&until=2026-11-20T12:20:00Z") == [str(runs[1].pk)]
    for wrong in ("yesterday", "2026-11-20T12:00:00", "2026-13-40T00:00:00Z", "0001-01-01T00:00:00Z"):
        assert "since" in problem_of(alice.get(f"runs?since={wrong}"), 400, "FieldsInvalid")["fieldErrors"]
    problem_of(alice.get(f"runs?search={'x' * 201}"), 400, "FieldsInvalid")
    problem_of(alice.get("runs?status=Broken"), 400, "FieldsInvalid")


def entry(status: str, milliseconds: int, **more: Any) -> dict[str, Any]:
    ended = NOON + timedelta(milliseconds=milliseconds)
    times = {"startedAt": projection.time_text(NOON), "endedAt": projection.time_text(ended)}
    return {"status": status, "code": "OK", "tries": 1, **times, **more}


def test_the_grid_has_a_cell_for_each_action_of_each_run(alice: Person, charlie: Person, made: Made) -> None:
    counts = {"total": 9, "succeeded": 8, "failed": 1, "running": 0, "skipped": 0, "cancelled": 0}
    run = made(actions={"Look_up": entry("Succeeded", 250), "Each": entry("Failed", 900, repetitions=counts)})
    running = made(1, status="Running", ended_at=None)
    items = json.loads(alice.get(f"runs/grid?workflow={run.workflow_id}").content)["items"]
    assert [item["id"] for item in items] == [str(running.pk), str(run.pk)]
    assert items[0]["actions"] == {}
    assert items[1]["actions"] == {
        "Look_up": {"status": "Succeeded", "code": "OK", "durationMs": 250.0},
        "Each": {"status": "Failed", "code": "OK", "durationMs": 900.0, "repetitions": counts},
    }
    assert json.loads(charlie.get(f"runs/grid?workflow={run.workflow_id}").content)["items"] == []
    problem_of(alice.get("runs/grid?limit=101"), 400, "FieldsInvalid")


def test_a_run_and_the_one_it_called_lead_to_each_other(
    alice: Person, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {"status": "Succeeded", "startedAt": None, "endedAt": None}
    monkeypatch.setattr(runtime, "action_detail", lambda tenant, run, name, turn: {"name": name, **said})
    caller = made()
    called = made(id=child_id(caller.pk, "Book"), status="Failed", parent_run=caller.pk, parent_action="Book")
    workflow = {"id": str(called.workflow_id), "name": called.workflow.name}
    inside = json.loads(alice.get(f"runs/{caller.pk}/actions/Book").content)["childRun"]
    assert inside == {"id": str(called.pk), "workflow": workflow, "status": "Failed"}
    assert json.loads(alice.get(f"runs/{caller.pk}/actions/Note").content)["childRun"] is None
    outside = json.loads(alice.get(f"runs/{called.pk}").content)["calledBy"]
    assert outside == {"id": str(caller.pk), "workflow": workflow, "status": "Succeeded"}
    Summary.objects.filter(run=caller).delete()
    caller.delete()
    assert json.loads(alice.get(f"runs/{called.pk}").content)["calledBy"] is None, "it is removed by now"


def test_many_are_cancelled_and_resubmitted_and_each_says_what_became_of_it(
    alice: Person, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, over = made(status="Waiting", ended_at=None), made()
    asked: list[tuple[str, uuid.UUID]] = []

    def cancel(tenant_id: uuid.UUID, run_id: uuid.UUID, *_: str) -> None:
        if run_id == over.pk:
            raise runtime.RunFinished
        asked.append(("cancel", run_id))

    new = uuid.uuid4()
    monkeypatch.setattr(runtime, "cancel", cancel)
    monkeypatch.setattr(runtime, "resubmit", lambda tenant, run, *_: asked.append(("again", run)) or new)
    body = {"runs": [str(waiting.pk), str(over.pk), str(waiting.pk)]}
    outcomes = json.loads(alice.post("runs/cancel", body).content)["items"]
    assert [(one["run"], one["problem"]) for one in outcomes] == [
        (str(waiting.pk), None), (str(over.pk), "The run has already ended, so it cannot be cancelled."),
    ]  # fmt: skip
    again = json.loads(alice.post("runs/resubmit", {"runs": [str(over.pk)]}).content)["items"]
    assert again == [{"run": str(over.pk), "newRun": str(new), "problem": None}]
    assert asked == [("cancel", waiting.pk), ("again", over.pk)]
    trail = AuditEntry.objects.filter(action__in=["run.cancel", "run.resubmit"]).count()
    assert trail == 2, "one line for each run something was done with"


def test_a_run_names_the_request_that_started_it(alice: Person, made: Made) -> None:
    assert json.loads(alice.get(f"runs/{made(request_id='req-1').pk}").content)["requestId"] == "req-1"
    assert json.loads(alice.get(f"runs/{made().pk}").content)["requestId"] is None


def test_who_may_not_act_on_one_may_not_act_on_many(viewer: Person, charlie: Person, made: Made) -> None:
    body = {"runs": [str(made().pk)]}
    problem_of(viewer.post("runs/cancel", body), 403, "PermissionRefused")
    problem_of(viewer.post("runs/resubmit", body), 403, "PermissionRefused")
    for route in ("runs/cancel", "runs/resubmit"):
        (outcome,) = json.loads(charlie.post(route, body).content)["items"]
        assert outcome["newRun"] is None
        assert outcome["problem"] == "There is no such run in this tenant."


def test_how_many_at_once(alice: Person) -> None:
    many = {"runs": [str(uuid.uuid4()) for _ in range(201)]}
    problem_of(alice.post("runs/resubmit", many), 400, "FieldsInvalid")
    problem_of(alice.post("runs/resubmit", {"runs": []}), 400, "FieldsInvalid")
    problem_of(alice.post("runs/resubmit", {"runs": ["x"]}), 400, "FieldsInvalid")


def test_a_repeated_run_may_have_other_data(
    alice: Person, viewer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []
    run, new = uuid.uuid4(), uuid.uuid4()
    monkeypatch.setattr(runtime, "resubmit", lambda *_, **given: asked.append(given) or new)
    monkeypatch.setattr(runtime, "held_run", lambda *_: None)
    monkeypatch.setattr(runtime, "wait_until_begun", lambda *_: None)
    for given in ({"body": {"order": 9}}, {"body": None}, None):
        answer = alice.post(f"runs/{run}/resubmit", given)
        assert answer.status_code == 202, answer.content
    assert asked == [{"has_body": True, "body": {"order": 9}}, {"has_body": True, "body": None}, {}]
    kept = [entry.after.get("changed") for entry in AuditEntry.objects.filter(action="run.resubmit")]
    assert (kept.count("body"), kept.count(None)) == (2, 1)
    problem_of(viewer.post(f"runs/{run}/resubmit", {"body": 1}), 403, "PermissionRefused")

"""Runs that a limit holds: set, shown as Waiting in list, page and figures, cancelled, and begun in the end."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from designer.tenants.models import AuditEntry
from designer.workflows import publishing
from designer.workflows.models import Workflow
from runtime import services as runtime
from runtime.models import Arrival, Inbox, Run, RunLimit
from runtime.store import codec
from tests.designer.conftest import Person, problem_of
from tests.designer.test_retention import put

REASON = "Waits until fewer than 2 runs of this workflow are active."


@pytest.fixture
def published(workflow: Workflow, alice: Person) -> Workflow:
    publishing.publish(alice.actor, workflow)
    workflow.refresh_from_db()
    return workflow


def held(workflow: Workflow, minutes: int = 0, **columns: Any) -> Inbox:
    at = datetime.now(UTC) - timedelta(minutes=minutes)
    given: dict[str, Any] = {
        "state": "new", "waits_for": "workflow", "detail": REASON, "trigger": "manual", "kind": "callback",
        "record": codec.pack_value({"outputs": {"body": {"n": minutes}}}), "received_at": at,
        "ready_at": at + timedelta(hours=1),
    }  # fmt: skip
    return Inbox.objects.create(
        id=uuid.UUID(int=runtime.first_id_at(at).int + 1), tenant=workflow.tenant, workflow=workflow,
        version=workflow.published, **{**given, **columns},
    )  # fmt: skip


def run_at(workflow: Workflow, minutes: int, **columns: Any) -> Run:
    at = datetime.now(UTC) - timedelta(minutes=minutes)
    return Run.objects.create(
        id=uuid.UUID(int=runtime.first_id_at(at).int + 1), tenant=workflow.tenant, workflow=workflow,
        version=workflow.published, trigger="manual", origin="callback", started_at=at,
        **{"status": "Running", **columns},
    )  # fmt: skip


def read(person: Person, route: str) -> Any:
    answer = person.get(route)
    assert answer.status_code == 200, answer.content
    return json.loads(answer.content)


def test_a_limit_is_set_by_who_may_and_recorded(
    alice: Person, bob: Person, charlie: Person, published: Workflow
) -> None:
    route = f"workflows/{published.pk}/limits"
    run_at(published, 1)
    held(published)
    assert read(bob, route) == {"runsAtOnce": None, "inherited": None, "active": 1, "waiting": 1}
    assert put(alice, route, {"runsAtOnce": 2}).status_code == 200
    assert put(alice, "settings", {"runsAtOnce": 50}).status_code == 200
    assert read(bob, route) == {"runsAtOnce": 2, "inherited": 50, "active": 1, "waiting": 1}
    assert read(alice, "settings")["runsAtOnce"] == 50
    entry = AuditEntry.objects.get(action="workflow.limit")
    assert (entry.object_kind, entry.before, entry.after) == (
        "workflow", {"runsAtOnce": None}, {"runsAtOnce": 2},
    )  # fmt: skip
    problem_of(put(bob, route, {"runsAtOnce": 1}), 403, "PermissionRefused")
    problem_of(charlie.get(route), 404, "NotFound")
    problem_of(put(charlie, route, {"runsAtOnce": 1}), 404, "NotFound")
    for wrong in (0, -1, 10_001):
        document = problem_of(put(alice, route, {"runsAtOnce": wrong}), 400, "FieldsInvalid")
        assert "1 to 10,000" in document["fieldErrors"]["runsAtOnce"][0]
        problem_of(put(alice, "settings", {"runsAtOnce": wrong}), 400, "FieldsInvalid")
    put(alice, route, {"runsAtOnce": None})
    put(alice, "settings", {"runsAtOnce": None})
    assert not RunLimit.objects.exists()


def test_who_waits_stands_in_the_list_among_the_runs(
    alice: Person, charlie: Person, published: Workflow
) -> None:
    rows = [run_at(published, 40, ended_at=datetime.now(UTC), status="Succeeded"), held(published, 30)]
    rows += [run_at(published, 20), held(published, 10, client_tracking_id="order-4711")]
    held(published, 5, waits_for="", ready_at=datetime.now(UTC))  # only on its way to a host
    newest = [str(row.pk) for row in reversed(rows)]
    items = read(alice, "runs")["items"]
    assert [item["id"] for item in items] == newest
    assert [item["status"] for item in items] == ["Waiting", "Running", "Waiting", "Succeeded"]
    assert [item["waitsFor"] for item in items] == [REASON, None, REASON, None]
    assert [item["id"] for item in read(alice, "runs?status=Waiting")["items"]] == [newest[0], newest[2]]
    assert [item["id"] for item in read(alice, "runs?status=Running")["items"]] == [newest[1]]
    assert [item["id"] for item in read(alice, "runs?search=4711")["items"]] == [newest[0]]
    assert [item["id"] for item in read(alice, f"runs?search={newest[2]}")["items"]] == [newest[2]]
    assert [item["id"] for item in read(alice, f"runs?workflow={published.pk}")["items"]] == newest
    assert [item["id"] for item in read(alice, "runs/grid")["items"]] == newest
    pages, cursor = [], ""
    while True:
        page = read(alice, f"runs?limit=1{cursor}")
        pages += [item["id"] for item in page["items"]]
        if page["nextCursor"] is None:
            break
        cursor = f"&cursor={page['nextCursor']}"
    assert pages == newest
    assert read(charlie, "runs")["items"] == []
    health = read(alice, f"workflows/{published.pk}")["health"]
    assert sum(hour["running"] for hour in health) == 3


def test_its_page_says_for_what_it_waits_and_how_many_are_ahead(
    alice: Person, charlie: Person, published: Workflow
) -> None:
    held(published, 30)
    held(published, 20, waits_for="tenant")
    row = held(published, 10)
    page = read(alice, f"runs/{row.pk}")
    assert (page["status"], page["waitsFor"], page["ahead"], page["seq"]) == ("Waiting", REASON, 1, 0)
    assert (page["actions"], page["text"]) == ({}, published.published.text)  # type: ignore[union-attr]
    assert read(alice, f"runs/{row.pk}/trigger")["outputs"] == {"body": {"n": 10}}
    problem_of(charlie.get(f"runs/{row.pk}"), 404, "RunNotFound")
    row.state, row.record = "started", b""
    row.save()
    Run.objects.create(
        id=row.pk, tenant=row.tenant, workflow=published, version=published.published, status="Running",
        trigger="manual", origin="callback",
    )  # fmt: skip
    page = read(alice, f"runs/{row.pk}")
    assert (page["status"], page["waitsFor"], page["ahead"]) == ("Running", None, None)


def test_what_no_host_has_taken_yet_can_be_cancelled_too(
    alice: Person, charlie: Person, published: Workflow
) -> None:
    row = held(published, waits_for="", detail="")
    route = f"runs/{row.pk}/cancel"
    problem_of(charlie.post(route), 404, "RunNotFound")
    assert alice.post(route).status_code == 202
    assert read(alice, f"runs/{row.pk}")["status"] == "Cancelled"
    assert read(alice, f"inbox/{row.pk}")["outcome"] == "cancelled"
    problem_of(alice.post(route), 409, "RunFinished")


def test_who_waits_can_be_cancelled_and_starts_nothing(
    alice: Person, viewer: Person, charlie: Person, published: Workflow
) -> None:
    caller = run_at(published, 5)
    row = held(published, parent_run=caller.pk, parent_action="Call_it", owner=uuid.uuid4())
    route = f"runs/{row.pk}/cancel"
    problem_of(viewer.post(route), 403, "PermissionRefused")
    problem_of(charlie.post(route), 404, "RunNotFound")
    assert alice.post(route).status_code == 202
    row.refresh_from_db()
    assert (row.state, row.owner) == ("cancelled", None)
    assert row.detail == "Cancelled by alice@acme.example while it waited."
    assert AuditEntry.objects.filter(action="run.cancel", object_id=str(row.pk)).exists()
    # Who called it learns that it never began.
    told = Arrival.objects.get(run_id=caller.pk, kind="child")
    assert "Cancelled by alice" in str(codec.unpack_value(bytes(told.payload)))
    caller.refresh_from_db()
    assert caller.ready_at is not None
    assert read(alice, "runs?status=Waiting")["items"] == []
    page = read(alice, f"runs/{row.pk}")
    assert (page["status"], page["waitsFor"]) == ("Cancelled", row.detail)
    problem_of(alice.post(route), 409, "RunFinished")


def test_what_was_cancelled_is_sent_again_and_what_waits_is_not(alice: Person, published: Workflow) -> None:
    row = held(published)
    detail = problem_of(alice.post(f"runs/{row.pk}/resubmit"), 409, "ArrivalGone")["detail"]
    assert "waits for its turn" in detail
    alice.post(f"runs/{row.pk}/cancel")
    new = json.loads(alice.post(f"runs/{row.pk}/resubmit").content)["runId"]
    again = Inbox.objects.get(pk=new)
    assert codec.unpack_value(bytes(again.record)) == codec.unpack_value(
        bytes(Inbox.objects.get(pk=row.pk).record)
    )

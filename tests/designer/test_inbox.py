"""The inbox: every end of an arrival is visible, secrets are not, and an arrival can be sent through again."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from designer.tenants.models import AuditEntry, Tenant
from designer.workflows import publishing
from designer.workflows.models import Workflow
from runtime.models import Inbox, PayloadUse
from runtime.store import codec
from tests.designer.conftest import Person, make_person, problem_of

OUTPUTS = {
    "headers": {"Authorization": "Bearer abc", "X-Api-Key": "k", "X-Shop-Token": "t", "Content-Type": "a/b"},
    "queries": {"sig": "s", "page": "2"},
    "body": {"n": 1},
}


@pytest.fixture
def published(workflow: Workflow, alice: Person) -> Workflow:
    publishing.publish(alice.actor, workflow)
    workflow.refresh_from_db()
    return workflow


def arrive(workflow: Workflow, **given: Any) -> Inbox:
    record = codec.pack_value({"outputs": OUTPUTS})
    return Inbox.objects.create(
        **{
            "tenant": workflow.tenant, "workflow": workflow, "version": workflow.published, "trigger": "manual",
            "kind": "callback", "record": record, "state": "filtered", "detail": "A condition said no.", **given,
        }
    )  # fmt: skip


def test_newest_first_with_why_each_ended(alice: Person, published: Workflow) -> None:
    for state, _ in Inbox.STATES:
        arrive(published, state=state, detail=f"why {state}")
    page = json.loads(alice.get("inbox").content)
    assert [item["outcome"] for item in page["items"]] == [state for state, _ in reversed(Inbox.STATES)]
    assert [item["detail"] for item in page["items"]] == [f"why {item['outcome']}" for item in page["items"]]
    assert page["items"][0]["workflow"] == {"id": str(published.pk), "name": "Orders"}


def test_what_hosts_leave_for_themselves_is_shown_only_when_it_failed(
    alice: Person, published: Workflow
) -> None:
    arrive(published, kind="poll", state="filtered")
    arrive(published, kind="poll", state="new")
    failed = arrive(published, kind="poll", state="rejected")
    items = json.loads(alice.get("inbox").content)["items"]
    assert [item["id"] for item in items] == [str(failed.pk)]


def test_pages_and_filters(alice: Person, published: Workflow, make_workflow: Any) -> None:
    rows = [arrive(published, state="rejected" if index % 2 else "started") for index in range(5)]
    first = json.loads(alice.get("inbox?limit=3").content)
    second = json.loads(alice.get(f"inbox?limit=3&cursor={first['nextCursor']}").content)
    assert [item["id"] for item in first["items"] + second["items"]] == [str(row.pk) for row in rows[::-1]]
    assert second["nextCursor"] is None
    found = json.loads(alice.get("inbox?outcome=rejected,quarantined").content)["items"]
    assert len(found) == 2
    other = make_workflow(alice, "Other")
    assert json.loads(alice.get(f"inbox?workflow={other.pk}").content)["items"] == []
    problem_of(alice.get("inbox?outcome=lost"), 400, "FieldsInvalid")
    problem_of(alice.get("inbox?cursor=x"), 400, "FieldsInvalid")


def test_one_arrival_without_its_secrets(alice: Person, published: Workflow) -> None:
    row = arrive(published)
    found = json.loads(alice.get(f"inbox/{row.pk}").content)
    assert found["outputs"]["headers"] == {
        "Authorization": "*sanitized*", "X-Api-Key": "*sanitized*", "X-Shop-Token": "*sanitized*",
        "Content-Type": "a/b",
    }  # fmt: skip
    assert found["outputs"]["queries"] == {"sig": "*sanitized*", "page": "2"}
    assert found["outputs"]["body"] == {"n": 1}
    assert found["runIds"] == []
    assert not found["secured"]


def test_strangers_see_nothing(charlie: Person, alice: Person, published: Workflow) -> None:
    row = arrive(published)
    assert json.loads(charlie.get("inbox").content)["items"] == []
    problem_of(charlie.get(f"inbox/{row.pk}"), 404, "NotFound")
    problem_of(charlie.post(f"inbox/{row.pk}/redrive"), 404, "NotFound")
    assert charlie.client.get(alice.path("inbox")).status_code == 404


def test_sent_through_again_to_the_published_version(alice: Person, published: Workflow) -> None:
    row = arrive(published, state="rejected", client_tracking_id="order-7")
    response = alice.post(f"inbox/{row.pk}/redrive")
    assert response.status_code == 202
    new = Inbox.objects.get(pk=json.loads(response.content)["runId"])
    assert (new.state, new.kind, new.version_id) == ("new", "resubmit", published.published_id)
    assert new.client_tracking_id == "order-7"
    # The secrets that people do not see go through: the workflow may need them.
    assert codec.unpack_value(bytes(new.record)) == {"outputs": OUTPUTS}
    entry = AuditEntry.objects.get(action="inbox.redrive")
    assert (entry.object_id, entry.after) == (str(row.pk), {"run": str(new.pk)})
    assert PayloadUse.objects.count() == 0


def test_sent_through_again_with_a_corrected_body(
    alice: Person, bob: Person, acme: Tenant, charlie: Person, published: Workflow
) -> None:
    operator = make_person("operator@acme.example", acme, "operator")
    row = arrive(published, state="rejected")
    before = bytes(Inbox.objects.get(pk=row.pk).record)
    route, given = f"inbox/{row.pk}/redrive", {"body": {"n": 2, "price": 1.10, "none": None}}
    problem_of(operator.post(route, given), 403, "PermissionRefused")
    problem_of(charlie.post(route, given), 404, "NotFound")
    assert Inbox.objects.count() == 1
    response = bob.post(route, given)
    assert response.status_code == 202
    new = Inbox.objects.get(pk=json.loads(response.content)["runId"])
    assert codec.unpack_value(bytes(new.record)) == {"outputs": {**OUTPUTS, **given}}
    entry = AuditEntry.objects.get(action="inbox.redrive")
    assert (entry.object_id, entry.after) == (str(row.pk), {"run": str(new.pk), "changed": "body"})
    # What arrived stays as it came, and can be sent again as such.
    kept = Inbox.objects.get(pk=row.pk)
    assert (kept.state, bytes(kept.record)) == ("rejected", before)
    # An empty body is one too; no body at all means what arrived.
    empty = Inbox.objects.get(pk=json.loads(alice.post(route, {"body": None}).content)["runId"])
    assert codec.unpack_value(bytes(empty.record)) == {"outputs": {**OUTPUTS, "body": None}}
    same = Inbox.objects.get(pk=json.loads(operator.post(route, {}).content)["runId"])
    assert bytes(same.record) == before


@pytest.mark.parametrize("given", [{"state": "new"}, {"state": "split"}, {"kind": "poll"}, {"record": b""}])
def test_what_cannot_be_sent_again_says_why(
    alice: Person, published: Workflow, given: dict[str, Any]
) -> None:
    row = arrive(published, **given)
    problem_of(alice.post(f"inbox/{row.pk}/redrive"), 409, "ArrivalGone")
    assert Inbox.objects.count() == 1
    assert not AuditEntry.objects.filter(action="inbox.redrive").exists()


def test_viewers_look_and_do_not_touch(viewer: Person, alice: Person, published: Workflow) -> None:
    row = arrive(published)
    assert viewer.get(f"inbox/{row.pk}").status_code == 200
    assert viewer.post(f"inbox/{row.pk}/redrive").status_code == 403
    problem_of(alice.get(f"inbox/{uuid.uuid4()}"), 404, "NotFound")

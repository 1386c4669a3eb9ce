"""The audit trail as people read it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from designer.tenants.models import AuditEntry
from designer.workflows.models import Workflow
from tests.designer.conftest import Person, problem_of

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def wrote(person: Person, **given: Any) -> AuditEntry:
    return AuditEntry.objects.create(
        **{
            "tenant": person.tenant, "actor": person.user, "actor_name": person.user.email, "request_id": "r",
            "action": "workflow.rename", "object_kind": "workflow", "object_id": "w", "at": NOON, **given,
        }
    )  # fmt: skip


def listed(person: Person, query: str = "") -> dict[str, Any]:
    page: dict[str, Any] = json.loads(person.get(f"audit?{query}").content)
    return page


def test_what_was_done_is_there_newest_first(alice: Person, workflow: Workflow) -> None:
    assert alice.patch(f"workflows/{workflow.pk}", {"name": "Renamed"}).status_code == 200
    newest = listed(alice)["items"][0]
    assert (newest["action"], newest["kind"], newest["objectId"]) == (
        "workflow.rename",
        "workflow",
        str(workflow.pk),
    )
    assert newest["actor"] == alice.user.email
    assert newest["after"]["name"] == "Renamed"


def test_filters(alice: Person, bob: Person) -> None:
    hers = wrote(alice, object_id="one")
    his = wrote(bob, object_kind="run", at=NOON + timedelta(minutes=1))
    ids = [str(his.pk), str(hers.pk)]
    assert [item["id"] for item in listed(alice)["items"]][:2] == ids
    assert [item["id"] for item in listed(alice, "kind=run")["items"]] == ids[:1]
    assert [item["id"] for item in listed(alice, "person=ALICE")["items"]] == ids[1:]
    assert [item["id"] for item in listed(alice, "object=one")["items"]] == ids[1:]
    assert [item["id"] for item in listed(alice, "before=2026-11-20T12:00:30Z")["items"]] == ids[1:]
    assert listed(alice)["kinds"] == ["run", "workflow"]


def test_pages_hold_everything_once_also_what_came_at_one_moment(alice: Person) -> None:
    wanted = {str(wrote(alice).pk) for _ in range(5)}
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        page = listed(alice, f"limit=2{cursor}")
        seen += [item["id"] for item in page["items"]]
        cursor = f"&cursor={page['nextCursor']}" if page["nextCursor"] else None
    assert len(seen) == 5
    assert set(seen) == wanted


@pytest.mark.parametrize(
    "query", ["cursor=x", "before=yesterday", "limit=x", "cursor=0199aa00-0000-7000-8000-000000000001"]
)
def test_nonsense_is_refused_in_words(alice: Person, query: str) -> None:
    problem_of(alice.get(f"audit?{query}"), 400, "FieldsInvalid")


def test_it_is_for_administrators_and_of_one_organisation(
    alice: Person, bob: Person, charlie: Person
) -> None:
    wrote(alice)
    detail = problem_of(bob.get("audit"), 403, "PermissionRefused")["detail"]
    assert "read the audit trail" in detail
    assert listed(charlie)["items"] == []
    problem_of(charlie.client.get(alice.path("audit")), 404, "TenantNotFound")

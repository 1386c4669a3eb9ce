"""The settings of an organisation, over the API: what holds, who may, what is recorded, and the limit at work."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.services import tenant_folder
from designer.tenants.models import AuditEntry, Tenant
from designer.workflows.models import Workflow
from runtime.models import Payload
from tests.designer.conftest import Person, make_person, problem_of
from tests.designer.test_retention import put


def limit_of(person: Person) -> Any:
    return json.loads(person.get("settings").content)["bodyLimit"]


def test_the_limit_of_bodies_is_the_installations_or_less(alice: Person, settings: Any) -> None:
    settings.CALLBACK_BODY_LIMIT = 100_000
    assert limit_of(alice) == {"own": None, "inherited": 100_000, "effective": 100_000}
    assert put(alice, "settings", {"bodyLimit": 5_000}).status_code == 200
    assert limit_of(alice) == {"own": 5_000, "inherited": 100_000, "effective": 5_000}
    entry = AuditEntry.objects.get(action="settings.change")
    assert (entry.actor_name, entry.before, entry.after) == (
        "alice@acme.example", {"bodyLimit": None}, {"bodyLimit": 5_000},
    )  # fmt: skip
    for wrong in (100_001, 1_000, -1, "much"):
        document = problem_of(put(alice, "settings", {"bodyLimit": wrong}), 400, "FieldsInvalid")
        assert "bodyLimit" in document["fieldErrors"]
    problem_of(put(alice, "settings", {}), 400, "FieldsInvalid")
    settings.CALLBACK_BODY_LIMIT = 4_000  # the installation's limit goes before what was said earlier
    assert limit_of(alice)["effective"] == 4_000
    assert put(alice, "settings", {"bodyLimit": None}).status_code == 200
    assert limit_of(alice)["own"] is None


def test_owners_and_administrators_see_and_change_them_and_nobody_else(
    alice: Person, bob: Person, viewer: Person, charlie: Person, acme: Tenant
) -> None:
    admin = make_person("adam@acme.example", acme, "admin")
    assert admin.get("settings").status_code == 200
    assert put(admin, "settings", {"bodyLimit": 9_000}).status_code == 200
    assert put(admin, "retention", {"days": 5, "runs": 0}).status_code == 200
    for person in (bob, viewer):
        detail = problem_of(person.get("settings"), 403, "PermissionRefused")["detail"]
        assert "admin" in detail
        problem_of(put(person, "settings", {"bodyLimit": 2_000}), 403, "PermissionRefused")
    stranger = charlie.client.get("/api/v1/t/acme/settings")
    problem_of(stranger, 404, "TenantNotFound")
    assert limit_of(charlie)["own"] is None
    acme.refresh_from_db()
    assert acme.body_limit == 9_000


def test_what_is_kept_is_counted_for_this_organisation_alone(
    alice: Person, charlie: Person, settings: Any
) -> None:
    settings.FILES_QUOTA = 1_000_000
    for number in range(3):
        Payload.objects.create(
            tenant=alice.tenant, hash=f"h{number}", size=5_000, kind="String", content=b"x"
        )
    folder = tenant_folder(alice.tenant.pk)
    folder.mkdir(parents=True)
    (folder / "map.xslt").write_bytes(b"x" * 9_000)
    found = json.loads(alice.get("settings").content)["storage"]
    assert found == {
        "payloads": 3, "payloadBytes": 15_000, "payloadStore": "the database", "fileBytes": 9_000,
        "fileQuota": 1_000_000,
    }  # fmt: skip
    others = json.loads(charlie.get("settings").content)["storage"]
    assert (others["payloads"], others["payloadBytes"], others["fileBytes"]) == (0, 0, 0)


@pytest.mark.parametrize("body", [{"days": 30, "runs": 0}, {"days": None, "runs": None}])
def test_a_workflow_may_keep_its_runs_longer(alice: Person, workflow: Workflow, body: Any) -> None:
    put(alice, "retention", {"days": 10, "runs": 0})
    found = json.loads(put(alice, f"workflows/{workflow.pk}/retention", body).content)
    assert found["effective"]["days"] == (30 if body["days"] else 10)

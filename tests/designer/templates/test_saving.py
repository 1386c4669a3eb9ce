"""Templates of an organisation's own: what is kept, what is asked for, and that no secret is among it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from designer.tenants.models import AuditEntry
from designer.workflows import services
from designer.workflows.models import Workflow
from tests.designer.conftest import Person, problem_of

pytestmark = pytest.mark.django_db

KEY, TOKEN, PASSWORD = "k-4711-very-secret", "sv-2022-signature", "correct horse battery"


def draft() -> str:
    mail = {
        "type": "ServiceProvider",
        "inputs": {
            "parameters": {"to": "@parameters('recipient')", "subject": "New order"},
            "serviceProviderConfiguration": {
                "connectionName": "office", "operationId": "sendMail", "serviceProviderId": "/serviceProviders/email",
            },
        },
        "runAfter": {"Call": ["Succeeded"]},
    }  # fmt: skip
    call = {
        "type": "Http",
        "inputs": {
            "method": "POST",
            "uri": f"https://example.com/hook?a=1&sig={TOKEN}&b=2",
            "headers": {"x-api-key": KEY, "Accept": "text/plain"},
            "authentication": {"type": "Basic", "username": "ana", "password": PASSWORD},
        },
        "runAfter": {},
    }
    definition = {
        "contentVersion": "1.0.0.0",
        "parameters": {
            "recipient": {"type": "String", "defaultValue": "ana@example.com", "metadata": {"description": "Who is told."}},
            "limit": {"type": "Int", "defaultValue": 7},
            "pin": {"type": "SecureString", "defaultValue": "9999-secret"},
        },
        "triggers": {"manual": {"type": "Request", "kind": "Http", "inputs": {}}},
        "actions": {"Call": call, "Mail": mail},
    }  # fmt: skip
    return json.dumps({"definition": definition, "kind": "Stateful"}, indent=2)


@pytest.fixture
def orders(alice: Person) -> Workflow:
    return services.create(alice.actor, "Orders", text=draft())


def saved(person: Person, workflow: Workflow, **more: Any) -> dict[str, Any]:
    body = {"workflow": str(workflow.pk), "title": "Order intake", "summary": "Tells somebody.", **more}
    response = person.post("templates", body)
    assert response.status_code == 201, response.content
    return response.json()


def test_what_it_would_hold(alice: Person, orders: Workflow):
    made = alice.get(f"workflows/{orders.pk}/template").json()
    assert [(need["connector"], need["connection"]) for need in made["needs"]] == [("email", "office")]
    asked = {one["name"]: one for one in made["parameters"]}
    assert asked["recipient"]["description"] == "Who is told."
    assert (asked["limit"]["mustAsk"], asked["pin"]["mustAsk"]) == (False, True)
    assert {one["parameter"] for one in made["secrets"]} == {
        "pin", "Call_x_api_key", "Call_password", "Call_sig",
    }  # fmt: skip


def test_nothing_that_is_kept_or_answered_holds_a_secret(alice: Person, orders: Workflow):
    before = orders.draft_text
    item = saved(alice, orders)
    detail = alice.get(f"templates/{item['id']}")
    everything = detail.content.decode() + alice.get(f"workflows/{orders.pk}/template").content.decode()
    row = alice.tenant.templates.get()
    everything += row.text + json.dumps([row.needs, row.parameters])
    for secret in (KEY, TOKEN, PASSWORD, "9999-secret"):
        assert secret in before
        assert secret not in everything
    definition = json.loads(detail.json()["text"])["definition"]
    call = definition["actions"]["Call"]["inputs"]
    assert call["uri"] == "https://example.com/hook?a=1&sig=@{parameters('Call_sig')}&b=2"
    assert call["headers"] == {"x-api-key": "@parameters('Call_x_api_key')", "Accept": "text/plain"}
    assert definition["parameters"]["Call_sig"] == {"type": "SecureString"}
    orders.refresh_from_db()
    assert orders.draft_text == before


def test_it_stands_in_the_gallery_and_is_used(alice: Person, orders: Workflow):
    item = saved(alice, orders, parameters=[{"name": "recipient", "title": "Whom to tell"}])
    listed = alice.get("templates").json()
    assert [one["title"] for one in listed if one["own"]] == ["Order intake"]
    assert len(listed) > 10
    detail = alice.get(f"templates/{item['id']}").json()
    assert detail["parameters"][0]["name"] == "recipient"
    assert "limit" not in [one["name"] for one in detail["parameters"]]
    given = {"recipient": "bob@example.com", "Call_x_api_key": "new"}
    made = alice.post(
        "workflows",
        {"name": "Made", "template": item["id"], "parameters": given, "chosen": {"office": "mailbox"}},
    )
    assert made.status_code == 201, made.content
    text = alice.tenant.workflows.get(pk=made.json()["id"]).draft_text
    definition = json.loads(text)["definition"]
    assert definition["parameters"]["recipient"]["defaultValue"] == "bob@example.com"
    assert definition["parameters"]["limit"]["defaultValue"] == 7
    named = definition["actions"]["Mail"]["inputs"]["serviceProviderConfiguration"]["connectionName"]
    assert named == "mailbox"


def test_it_is_renamed_and_deleted_by_editors_only(
    alice: Person, bob: Person, viewer: Person, orders: Workflow
):
    route = f"templates/{saved(bob, orders)['id']}"
    renamed = bob.patch(route, {"title": "Intake", "summary": "", "category": "Sales"})
    assert (renamed.json()["title"], renamed.json()["category"]) == ("Intake", "Sales")
    problem_of(bob.patch(route, {"title": "  ", "summary": "", "category": ""}), 400, "FieldsInvalid")
    problem_of(viewer.delete(route), 403, "PermissionRefused")
    assert viewer.get(route).status_code == 200
    assert bob.delete(route).status_code == 204
    problem_of(alice.get(route), 404, "NotFound")
    actions = (
        AuditEntry.objects.filter(object_kind="template").order_by("at").values_list("action", flat=True)
    )
    assert list(actions) == ["template.create", "template.change", "template.delete"]


def test_another_organisation_sees_none_of_it(alice: Person, charlie: Person, orders: Workflow):
    route = f"templates/{saved(alice, orders)['id']}"
    problem_of(charlie.get(route), 404, "NotFound")
    problem_of(charlie.delete(route), 404, "NotFound")
    problem_of(charlie.post("workflows", {"name": "X", "template": route.split("/")[1]}), 404, "NotFound")
    assert not any(one["own"] for one in charlie.get("templates").json())


def test_a_shipped_one_is_not_changed(alice: Person):
    problem_of(alice.delete("templates/order-intake"), 404, "NotFound")
    problem_of(alice.patch("templates/order-intake", {"title": "Mine"}), 404, "NotFound")

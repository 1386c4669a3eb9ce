"""Values of parameters: set beside the text, published with it, and sealed where the parameter is secure."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from designer.tenants.models import AuditEntry
from designer.workflows import publishing, services
from designer.workflows.models import Version, Workflow
from runtime.host.plans import plan_of
from runtime.language.definition import read
from runtime.store.records import VersionText
from runtime.triggers.forecast import forecast
from tests.designer.conftest import Person, problem_of

pytestmark = pytest.mark.django_db

PIN = "4711-very-secret"


def text_of(**parameters: Any) -> str:
    definition = {
        "contentVersion": "1.0.0.0",
        "parameters": parameters,
        "triggers": {"manual": {"type": "Request", "kind": "Http", "inputs": {}}},
        "actions": {"Say": {"type": "Compose", "inputs": "@parameters('greeting')", "runAfter": {}}},
    }
    return json.dumps({"definition": definition, "kind": "Stateful"}, indent=2)


TEXT = text_of(
    greeting={"type": "String", "defaultValue": "Hello"},
    count={"type": "Int", "defaultValue": 1},
    pin={"type": "SecureString"},
)


@pytest.fixture
def greeter(alice: Person) -> Workflow:
    return services.create(alice.actor, "Greeter", text=TEXT)


def value_in(version: Version, name: str) -> Any:
    text = VersionText(
        UUID(int=1), version.tenant_id, UUID(int=1), "", "", 1, version.text, version.parameters
    )
    return plan_of(text).plan.parameters.value(name)


def test_a_value_stands_in_the_place_of_the_default_from_the_next_version_on(
    alice: Person, greeter: Workflow
):
    first = publishing.publish(alice.actor, greeter)
    route = f"workflows/{greeter.pk}/values"
    assert alice.get(route).json() == {"items": [], "published": True}
    answer = alice.patch(route, {"values": {"greeting": "Good day", "pin": PIN}})
    assert answer.status_code == 200, answer.content
    assert answer.json()["published"] is False
    assert alice.get(f"workflows/{greeter.pk}").json()["hasUnpublishedChanges"] is True
    second = publishing.publish(alice.actor, services.find(alice.tenant, greeter.pk))
    assert (value_in(first, "greeting"), value_in(second, "greeting")) == ("Hello", "Good day")
    assert alice.get(route).json()["published"] is True
    assert alice.get(f"workflows/{greeter.pk}").json()["hasUnpublishedChanges"] is False

    alice.patch(route, {"removed": ["greeting"]})
    third = publishing.publish(alice.actor, services.find(alice.tenant, greeter.pk))
    assert value_in(third, "greeting") == "Hello"
    assert value_in(third, "pin") == PIN


def test_a_secret_is_sealed_and_nobody_is_shown_it(alice: Person, greeter: Workflow):
    route = f"workflows/{greeter.pk}/values"
    shown = alice.patch(route, {"values": {"pin": PIN}})
    assert shown.json()["items"] == [{"name": "pin", "secret": True, "value": None}]
    version = publishing.publish(alice.actor, services.find(alice.tenant, greeter.pk))
    greeter.refresh_from_db()
    entries = json.dumps(list(AuditEntry.objects.values("before", "after")))
    for kept in (greeter.parameters, version.parameters, shown.content.decode(), entries):
        assert PIN not in kept
    assert "pin" in greeter.parameters
    assert value_in(version, "pin") == PIN

    # Whoever may edit could declare it as plain text: then there is no value any more.
    version.text = text_of(greeting={"type": "String"}, pin={"type": "String", "defaultValue": "none"})
    assert value_in(version, "pin") == "none"
    version.tenant_id = UUID(int=7)
    version.text = TEXT
    with pytest.raises(KeyError):
        value_in(version, "pin")


def test_what_a_value_has_to_be(alice: Person, viewer: Person, greeter: Workflow):
    route = f"workflows/{greeter.pk}/values"
    wrong = problem_of(alice.patch(route, {"values": {"count": "many"}}), 400, "FieldsInvalid")
    assert "Int" in wrong["detail"]
    unknown = problem_of(alice.patch(route, {"values": {"nobody": 1}}), 400, "FieldsInvalid")
    assert "declares no parameter" in unknown["detail"]
    setting = {"values": {"count": "@appsetting('COUNT')"}}
    assert alice.patch(route, setting).status_code == 200
    problem_of(viewer.patch(route, {"values": {"count": 2}}), 403, "PermissionRefused")
    assert viewer.get(route).json()["items"][0]["value"] == "@appsetting('COUNT')"


def test_a_renamed_parameter_keeps_its_value(alice: Person, greeter: Workflow):
    route = f"workflows/{greeter.pk}/values"
    alice.patch(route, {"values": {"pin": PIN}})
    greeter.refresh_from_db()
    greeter.draft_text = TEXT.replace('"pin"', '"code"')
    greeter.save()
    assert alice.patch(route, {"renamed": {"pin": "code"}}).json()["items"][0]["name"] == "code"
    version = publishing.publish(alice.actor, services.find(alice.tenant, greeter.pk))
    assert value_in(version, "code") == PIN


def rename(person: Person, workflow: Workflow, base: int, old: str, new: str) -> None:
    splice = {"op": "rename", "at": f"/definition/parameters/{old}", "name": new}
    edit = {"name": "restore", "arguments": {}, "patch": [splice]}
    body = {"id": f"{old}-{new}-{base}", "base": base, "edits": [edit]}
    answer = person.post(f"workflows/{workflow.pk}/draft/edits", body)
    assert answer.status_code == 200, answer.content


def test_a_value_follows_its_declaration_to_another_name_and_back(alice: Person, greeter: Workflow):
    route = f"workflows/{greeter.pk}/values"
    alice.patch(route, {"values": {"pin": PIN, "count": 3}})
    rename(alice, greeter, 1, "pin", "code")
    shown = {item["name"]: item["value"] for item in alice.get(route).json()["items"]}
    assert shown == {"code": None, "count": 3}
    assert value_in(publishing.publish(alice.actor, services.find(alice.tenant, greeter.pk)), "code") == PIN
    rename(alice, greeter, 2, "code", "pin")
    rename(alice, greeter, 3, "pin", "Pin")
    assert [item["name"] for item in alice.get(route).json()["items"]] == ["Pin", "count"]
    assert value_in(publishing.publish(alice.actor, services.find(alice.tenant, greeter.pk)), "pin") == PIN


def test_a_value_left_by_a_declaration_that_is_gone_gives_way(alice: Person, greeter: Workflow):
    route = f"workflows/{greeter.pk}/values"
    alice.patch(route, {"values": {"count": 3, "greeting": "Good day"}})
    gone = {"op": "remove", "at": "/definition/parameters/greeting"}
    edits = [{"name": "setParameter", "arguments": {}, "patch": [gone]}]
    alice.post(f"workflows/{greeter.pk}/draft/edits", {"id": "gone", "base": 1, "edits": edits})
    rename(alice, greeter, 2, "count", "greeting")
    assert [(item["name"], item["value"]) for item in alice.get(route).json()["items"]] == [("greeting", 3)]


def test_a_draft_that_runs_has_the_values_of_now(alice: Person, greeter: Workflow):
    before = publishing.kept_draft(alice.actor, greeter)
    alice.patch(f"workflows/{greeter.pk}/values", {"values": {"greeting": "Good day"}})
    now = publishing.kept_draft(alice.actor, services.find(alice.tenant, greeter.pk))
    assert before.pk != now.pk
    assert value_in(now, "greeting") == "Good day"
    assert publishing.kept_draft(alice.actor, services.find(alice.tenant, greeter.pk)).pk == now.pk


def test_a_secret_given_to_a_template_stays_out_of_the_text(alice: Person, greeter: Workflow):
    body = {"workflow": str(greeter.pk), "title": "Greets", "summary": ""}
    template = alice.post("templates", body).json()["id"]
    made = alice.post("workflows", {"name": "Mine", "template": template, "parameters": {"pin": PIN}})
    assert made.status_code == 201, made.content
    workflow = alice.tenant.workflows.get(pk=made.json()["id"])
    assert PIN not in workflow.draft_text
    assert PIN not in workflow.parameters
    assert value_in(publishing.publish(alice.actor, workflow), "pin") == PIN


def test_a_secret_that_an_import_brings_is_sealed(alice: Person):
    workflow = services.create(
        alice.actor, "Imported", text=TEXT, values=json.dumps({"pin": PIN, "count": 3})
    )
    assert PIN not in workflow.parameters
    assert json.loads(workflow.parameters)["count"] == 3


# ------------------------------------------------------------------ schedules

NOW = datetime(2026, 3, 27, 12, tzinfo=UTC)
DAILY = {
    "frequency": "Day",
    "interval": 1,
    "timeZone": "@parameters('zone')",
    "schedule": {"hours": [8], "minutes": [0]},
}


def test_the_forecast_is_what_the_engine_will_do():
    definition = read({"parameters": {"zone": {"type": "String", "defaultValue": "UTC"}}})
    told = forecast(definition, DAILY, {"zone": "W. Europe Standard Time"}, 3, NOW)
    assert told.zone == "Europe/Berlin"
    # Summer time begins on 29 March: eight o'clock is an hour earlier from then on.
    assert [moment.isoformat()[8:16] for moment in told.times] == ["28T07:00", "29T06:00", "30T06:00"]
    assert not told.counted
    assert forecast(definition, {"frequency": "Hour", "interval": 2}, {}, 2, NOW).counted
    assert "Day" in forecast(definition, {"frequency": "Often"}, {}, 2, NOW).error


def test_the_designer_asks_for_it(alice: Person, greeter: Workflow):
    route = f"workflows/{greeter.pk}/schedule"
    shown = alice.post(route, {"recurrence": {"frequency": "Day", "interval": 1}, "count": 10}).json()
    assert (len(shown["times"]), shown["zone"], shown["error"]) == (10, "UTC", "")
    assert "no time zone" in alice.post(route, {"recurrence": {**DAILY, "timeZone": "Moon"}}).json()["error"]

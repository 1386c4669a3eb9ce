"""What texts name outside themselves: the list filtered by connector and owner."""

from __future__ import annotations

import json
import uuid

import pytest

from designer.workflows import services, uses
from designer.workflows.models import Workflow
from tests.designer.conftest import REQUEST_DEFINITION, Person
from tests.designer.test_problem_documents import problem_of
from tests.designer.test_tags import names

HTTP = {"type": "Http", "inputs": {"method": "GET", "uri": "https://example.org"}, "runAfter": {}}
MAIL = {
    "type": "ServiceProvider",
    "inputs": {
        "serviceProviderConfiguration": {
            "connectionName": "post",
            "operationId": "sendEmail",
            "serviceProviderId": "/serviceProviders/email",
        },
        "parameters": {},
    },
    "runAfter": {},
}
SENTINEL = {
    "type": "ApiConnection",
    "inputs": {
        "host": {"connection": {"name": "@parameters('$connections')['azuresentinel-1']['connectionId']"}},
        "method": "post",
        "path": "/Incidents",
    },
    "runAfter": {},
}


def calling(identity: object) -> dict[str, object]:
    return {"type": "Workflow", "inputs": {"host": {"workflow": {"id": identity}}}, "runAfter": {}}


def text(**actions: object) -> str:
    definition = json.loads(REQUEST_DEFINITION)
    definition["definition"]["actions"] = actions
    return json.dumps(definition)


def edited(person: Person, workflow: Workflow, *patch: dict[str, object]) -> None:
    revision = person.get(f"workflows/{workflow.pk}/draft").json()["revision"]
    edits = [{"name": "edit", "arguments": {}, "patch": list(patch)}]
    body = {"id": str(uuid.uuid4()), "base": revision, "edits": edits}
    answer = person.post(f"workflows/{workflow.pk}/draft/edits", body)
    assert answer.status_code == 200, answer.content


def published(person: Person, workflow: Workflow) -> None:
    revision = person.get(f"workflows/{workflow.pk}/draft").json()["revision"]
    answer = person.post(f"workflows/{workflow.pk}/publish", {"revision": revision})
    assert answer.status_code == 201, answer.content


def choices(person: Person) -> list[tuple[str, str | None, int]]:
    items = person.get("workflow-choices").json()["connectors"]
    return [(item["id"], item["title"], item["workflows"]) for item in items]


def test_the_list_is_narrowed_by_what_a_draft_uses(alice: Person, bob: Person, charlie: Person):
    inner = {"type": "Scope", "actions": {"Mail": MAIL}, "runAfter": {}}
    services.create(alice.actor, "Nested", text=text(Around=inner))
    services.create(alice.actor, "Several", text=text(Get=HTTP, Mail=MAIL, Again=HTTP, Ask=SENTINEL))
    services.create(alice.actor, "Nothing", text=text())
    assert choices(bob) == [("azuresentinel", None, 1), ("email", "Email", 2), ("http", "HTTP", 1)]
    assert names(bob, "connector=email") == ["Nested", "Several"]
    assert names(bob, "connector=HTTP") == ["Several"]
    assert names(bob, "connector=azuresentinel&search=seve") == ["Several"]
    assert names(bob, "connector=smtp") == []
    assert (choices(charlie), names(charlie, "connector=email")) == ([], [])


def test_edits_and_publishing_are_followed(alice: Person, validator, armed):
    workflow = services.create(alice.actor, "Changing", text=text(Get=HTTP))
    published(alice, workflow)
    edited(alice, workflow, {"op": "set", "at": "/definition/actions/Get", "text": json.dumps(MAIL)})
    # The published version goes on using HTTP.
    assert names(alice, "connector=http") == names(alice, "connector=email") == ["Changing"]
    assert choices(alice) == [("email", "Email", 1), ("http", "HTTP", 1)]
    published(alice, workflow)
    assert choices(alice) == [("email", "Email", 1)]
    at = "/definition/actions/Get/inputs/serviceProviderConfiguration/serviceProviderId"
    edited(alice, workflow, {"op": "set", "at": at, "text": '"/serviceProviders/storage"'})
    assert names(alice, "connector=storage") == ["Changing"]
    edited(alice, workflow, {"op": "remove", "at": "/definition/actions/Get"})
    assert names(alice, "connector=storage") == []


def test_deleted_ones_are_not_counted(alice: Person):
    workflow = services.create(alice.actor, "Going", text=text(Get=HTTP))
    alice.delete(f"workflows/{workflow.pk}")
    assert alice.get("workflow-choices").json() == {"owners": [], "connectors": []}


def test_the_list_is_narrowed_by_who_made_it(alice: Person, bob: Person, charlie: Person, workflow: Workflow):
    services.create(bob.actor, "Of Bob", text=REQUEST_DEFINITION)
    owners = {item["name"]: item for item in alice.get("workflow-choices").json()["owners"]}
    assert {name: item["workflows"] for name, item in owners.items()} == {"Alice": 1, "Bob": 1}
    assert names(alice, f"owner={owners['Bob']['id']}") == ["Of Bob"]
    assert names(alice, f"owner={uuid.uuid4()}") == []
    assert names(charlie, f"owner={owners['Bob']['id']}") == []
    problem_of(alice.get("workflows?owner=Bob"), 400, "FieldsInvalid")


@pytest.mark.parametrize(
    "identity,name",
    [
        ("Orders", "orders"),
        ("/subscriptions/s/resourceGroups/r/providers/Microsoft.Logic/workflows/Orders", "orders"),
        ("@parameters('child')", None),
        ({"not": "a text"}, None),
        ("", None),
    ],
)
def test_the_workflow_that_an_action_calls(identity: object, name: str | None):
    expected = {} if name is None else {("workflow", name): ["Call"]}
    assert uses.named_in(text(Call=calling(identity))) == expected


def test_any_text_whatever_can_be_kept(alice: Person):
    odd = '{"definition": {"actions": {"N\\u0000\\ud800": {"type": "Workflow", "inputs": {"host": {"workflow": {"id": "\\ud800\\u0000x"}}}}}}}'
    workflow = services.create(alice.actor, "Odd", text=odd)
    assert list(workflow.uses.values_list("name", flat=True)) == ["?x"]
    assert uses.named_in("[1]") == uses.named_in("{") == {}


@pytest.mark.parametrize(
    "at,changes",
    [
        ("/definition/actions/Get/inputs/body", False),
        ("/definition/actions/Get/inputs/uri", False),
        ("/definition/actions/Scope/actions/Get/inputs/parameters/to", False),
        ("/definition/actions/Get/inputs/host/workflow/id", True),
        ("/definition/actions/Get/inputs/serviceProviderConfiguration/serviceProviderId", True),
        ("/definition/actions/Get/inputs", True),
        ("/definition/actions/Get", True),
        ("/definition/actions/inputs/type", True),
        ("/definition", True),
        ("", True),
    ],
)
def test_only_what_an_edit_can_change_is_read_again(at: str, changes: bool):
    assert uses.may_change([{"patch": [{"op": "set", "at": at, "text": "1"}]}]) is changes

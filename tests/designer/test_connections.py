from __future__ import annotations

import json

import pytest

from connectors.models import Connection
from connectors.services import tenant_folder
from designer.tenants.models import AuditEntry
from designer.workflows import services
from tests.designer.conftest import Person, problem_of

SERVER = {
    "host": "mail.example",
    "port": 25,
    "encryption": "None",
    "username": "u",
    "password": "hunter2",
    "from": "shop@mail.example",
}


@pytest.fixture
def made(alice: Person) -> dict[str, object]:
    answer = alice.post("connections", {"name": "mail", "connector": "email", "parameters": SERVER})
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_a_secret_goes_in_and_never_comes_out(alice: Person, made):
    assert "hunter2" not in json.dumps(made)
    assert made["secretsSet"] == ["password"]
    for route in (f"connections/{made['id']}", "connections"):
        assert "hunter2" not in alice.get(route).content.decode()
    entry = AuditEntry.objects.get(action="connection.create")
    assert "hunter2" not in json.dumps([entry.before, entry.after])
    assert b"hunter2" not in bytes(Connection.objects.get().sealed_parameters)


def test_a_secret_left_out_is_kept(alice: Person, made):
    answer = alice.patch(
        f"connections/{made['id']}", {"parameters": {**SERVER, "password": None, "from": "b@x.test"}}
    )
    assert answer.status_code == 200, answer.content
    parameters = Connection.objects.get().open_parameters()
    assert (parameters["from"], parameters["password"]) == ("b@x.test", "hunter2")


def test_a_secret_is_asked_for_again_where_it_would_go_elsewhere(alice: Person, made):
    body = {"parameters": {**SERVER, "password": None, "host": "evil.example"}}
    refused = problem_of(alice.patch(f"connections/{made['id']}", body), 400, "FieldsInvalid")
    assert list(refused["fieldErrors"]) == ["parameters.password"]
    assert Connection.objects.get().open_parameters()["host"] == "mail.example"


def test_what_is_wrong_is_named_by_field(alice: Person):
    body = {"name": "mail", "connector": "email", "parameters": {"port": "x"}}
    fields = problem_of(alice.post("connections", body), 400, "FieldsInvalid")["fieldErrors"]
    assert "parameters.port" in fields
    unknown = {"name": "m", "connector": "telegraph", "parameters": {}}
    assert "connector" in problem_of(alice.post("connections", unknown), 400, "FieldsInvalid")["fieldErrors"]


def test_a_name_is_taken_once_per_tenant(alice: Person, charlie: Person, made):
    body = {"name": "MAIL", "connector": "email", "parameters": SERVER}
    assert "name" in problem_of(alice.post("connections", body), 400, "FieldsInvalid")["fieldErrors"]
    assert charlie.post("connections", body).status_code == 201


def test_the_list_counts_who_uses_it(alice: Person, made):
    for number in (1, 2):
        body = {"name": f"Shop {number}", "template": "order-intake"}
        assert alice.post("workflows", body).status_code == 201
    alice.patch(f"connections/{made['id']}", {"name": "Email"})
    (item,) = alice.get("connections").json()["items"]
    assert (item["name"], item["usedBy"]) == ("Email", 2)


def test_it_can_be_deleted(alice: Person, bob: Person, viewer: Person, made):
    problem_of(viewer.delete(f"connections/{made['id']}"), 403, "PermissionRefused")
    assert bob.delete(f"connections/{made['id']}").status_code == 204
    problem_of(alice.get(f"connections/{made['id']}"), 404, "NotFound")


def test_a_test_says_in_a_sentence_what_happened(alice: Person):
    body = {"name": "files", "connector": "storage", "parameters": {}}
    made = alice.post("connections", body).json()
    answer = alice.post(f"connections/{made['id']}/test").json()
    assert answer["ok"] is True, answer
    assert answer["message"].endswith(".")
    assert alice.get(f"connections/{made['id']}").json()["state"] == "ok"


@pytest.mark.parametrize("route", ["connectors", "operations", "functions"])
def test_the_catalogue_has_the_shape_the_description_promises(route: str, alice: Person):
    from designer.api import connections, operations

    shapes = {
        "connectors": connections.ConnectorItem,
        "operations": operations.OperationItem,
        "functions": operations.FunctionItem,
    }
    items = alice.get(route).json()
    assert items
    for item in items:
        assert set(shapes[route]().fields) <= set(item), item


def test_every_operation_has_a_manifest_of_the_promised_shape(alice: Person):
    from designer.api.operations import OperationManifest

    wanted = set(OperationManifest().fields)
    for item in alice.get("operations").json():
        answer = alice.get(f"operations/{item['id']}")
        assert answer.status_code == 200, item["id"]
        assert wanted <= set(answer.json()), item["id"]
    problem_of(alice.get("operations/http/none"), 404, "NotFound")


def test_the_template_names_operations_that_exist(alice: Person):
    workflow = services.create(alice.actor, "Shop", template="order-intake")
    answer = alice.get(f"workflows/{workflow.pk}/draft").json()
    assert {"email/sendEmail", "storage/writeFile"} <= set(answer["manifests"])
    errors = [item for item in answer["problems"] if item["severity"] == "error"]
    assert [item for item in errors if "connection" not in item["message"].lower()] == []


@pytest.mark.django_db(transaction=True)  # the connector is asked from a thread of its own
def test_a_tree_shows_the_own_files_alone(alice: Person, charlie: Person):
    route = "operations/storage/readFile/tree"
    for person in (alice, charlie):
        person.post("connections", {"name": "files", "connector": "storage", "parameters": {}})
    folder = tenant_folder(str(alice.tenant.pk))
    (folder / "orders").mkdir(parents=True)
    (folder / "orders" / "one.json").write_text("{}")
    asked = {"field": "path", "connection": "files"}
    top = alice.post(route, asked).json()
    assert top == {"items": [{"value": "orders", "title": "orders", "isParent": True}], "more": False}
    inside = alice.post(route, {**asked, "folder": "orders"}).json()["items"]
    assert [item["value"] for item in inside] == ["orders/one.json"]
    assert alice.post(route, {**asked, "search": "ONE"}).json()["items"] == inside
    assert charlie.post(route, asked).json()["items"] == []
    refused = alice.post(route, {**asked, "folder": "../.."})
    assert 400 <= refused.status_code < 500, refused.content
    assert alice.post(route, {"field": "content", "connection": "files"}).status_code == 404

"""The catalogue: what may be named, what it needs, and what is wrong with how it is used."""

from __future__ import annotations

import json

import jsonschema
import pytest
from lxml import etree

from runtime import catalog
from runtime.language import definition as wdl

INDEX = catalog.index()
every_entry = pytest.mark.parametrize("entry", INDEX, ids=lambda entry: entry["id"])


def test_ids_are_unique_in_any_case():
    ids = [entry["id"].lower() for entry in INDEX]
    assert len(set(ids)) == len(ids)
    assert {
        "request/request",
        "schedule/recurrence",
        "http/sendrequest",
        "email/sendemail",
        "control/if",
    } <= set(ids)


@every_entry
def test_every_entry_has_a_manifest_that_can_be_inserted(entry):
    manifest = catalog.manifest(*entry["id"].split("/"))
    assert {name: manifest[name] for name in entry} == entry
    etree.fromstring(entry["icon"].encode())
    jsonschema.Draft202012Validator.check_schema(manifest["inputs"])
    jsonschema.Draft202012Validator.check_schema(manifest["outputs"])
    inserted = json.loads(manifest["template"])
    assert inserted["type"] == entry["wdlType"]
    assert ("runAfter" in inserted) is (entry["kind"] != "trigger")
    assert all(member.get("x-path") for member in manifest["inputs"]["properties"].values())
    assert entry["title"]
    assert entry["description"]
    assert (manifest["connection"] is not None) is entry["needsConnection"]


@every_entry
def test_what_is_inserted_is_recognised_again(entry):
    inserted = json.loads(catalog.manifest(*entry["id"].split("/"))["template"])
    found = catalog.operation_id(
        inserted["type"], inserted.get("kind", ""), inserted.get("inputs"), trigger=entry["kind"] == "trigger"
    )
    assert found == entry["id"]


@every_entry
def test_the_form_and_the_text_to_insert_agree(entry):
    """A member that is filled in when inserted is one the form knows."""
    manifest = catalog.manifest(*entry["id"].split("/"))
    if entry["wdlType"] != "ServiceProvider":
        return
    paths = {member["x-path"] for member in manifest["inputs"]["properties"].values()}
    for name in json.loads(manifest["template"])["inputs"]["parameters"]:
        assert f"inputs.parameters.{name}" in paths


def test_unknown_operations_have_none():
    assert catalog.manifest("nobody", "nothing") is None
    assert catalog.operation_id("Nothing", "", {}) is None
    assert catalog.operation_id("ServiceProvider", "", {}) is None


def test_the_manifests_of_a_text():
    text = json.dumps({"definition": {
        "triggers": {"manual": {"type": "Request"}},
        "actions": {"A": {"type": "Scope", "actions": {"B": {"type": "http"}, "C": {"type": "Odd"}}}},
    }})  # fmt: skip
    assert set(catalog.manifests_for(text)) == {"request/request", "control/scope", "http/sendRequest"}
    assert catalog.manifests_for("{oops") == {}


def test_functions_are_listed():
    names = {function["name"] for function in catalog.functions()}
    assert {"concat", "addDays", "xpath"} & names
    assert all(function["signature"] and function["summary"] for function in catalog.functions())


def test_connectors_tell_their_connection_form():
    found = {connector["id"]: connector for connector in catalog.connectors()}
    assert found["http"]["connectionForm"] is None
    assert found["email"]["connectionForm"]["properties"]["password"]["writeOnly"] is True


def findings(parameters, connections=None, connection="mail", operation="sendEmail", connector="email"):
    configuration = {"connectionName": connection, "operationId": operation,
                     "serviceProviderId": f"/serviceProviders/{connector}"}  # fmt: skip
    inputs = {"parameters": parameters, "serviceProviderConfiguration": configuration}
    definition = wdl.read({"actions": {"M": {"type": "ServiceProvider", "inputs": inputs}}})
    return [(one.severity, one.code, one.pointer) for one in catalog.check(definition, connections)]


def test_a_good_action_has_no_findings():
    assert findings({"to": "a@x.test", "subject": "s"}, {"mail": "email"}) == []


def test_missing_and_wrong_inputs_are_found_but_expressions_are_left_alone():
    place = "/actions/M/inputs/parameters"
    assert findings({"subject": "s", "importance": "Huge"}) == [
        ("error", "InvalidInputs", f"{place}/to"),
        ("error", "InvalidInputs", f"{place}/importance"),
    ]
    assert findings({"to": "@triggerBody()", "subject": "s", "importance": "@{variables('i')}"}) == []
    assert findings("@variables('all')") == []
    assert (
        findings({"to": "a", "subject": "s", "attachments": [{"name": "x", "content": "@body('f')"}]}) == []
    )
    assert len(findings({"to": "a", "subject": "s", "importance": "@@x"})) == 1, "@@ is a literal"


def test_connections_are_checked_where_they_are_known():
    good = {"to": "a", "subject": "s"}
    assert findings(good, {"mail": "storage"})[0][1] == "ConnectionNotFound"
    assert findings(good, {})[0][1] == "ConnectionNotFound"
    assert findings(good, {}, connection="")[0][1] == "ConnectionMissing"


def test_operations_of_elsewhere_are_a_warning():
    place = "/actions/M/inputs/serviceProviderConfiguration"
    assert findings({}, connector="serviceBus") == [("warning", "OperationNotAvailable", place)]


def test_what_one_of_ours_does_in_the_place_of_azures_needs_only_its_connection():
    theirs = {"connector": "smtp", "parameters": {"to": "a", "subject": "s", "body": "b"}}
    place = "/actions/M/inputs/serviceProviderConfiguration"
    assert findings(**theirs) == findings(**theirs, connections={"mail": "email"}) == []
    missing = ("error", "ConnectionNotFound", f"{place}/connectionName")
    assert findings(**theirs, connections={"mail": "storage"}) == [missing]
    blob = {"connector": "AzureBlob", "operation": "uploadBlob", "parameters": {}}
    assert findings(**blob, connections={"mail": "storage"}) == []
    assert findings(**blob | {"operation": "copyBlob"})[0][1] == "OperationNotAvailable"

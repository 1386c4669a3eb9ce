"""What an import says of connector operations, and what becomes of a project's maps and schemas."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from typing import Any

import pytest

from connectors.services import tenant_folder
from designer.workflows.counterparts import report_here
from runtime.language.importing import read_bytes
from runtime.targets import find_target

pytestmark = pytest.mark.django_db

MANUAL = {"manual": {"type": "Request", "kind": "Http", "inputs": {}}}


def managed(method: str, path: str, key: str, body: Any = None) -> dict[str, Any]:
    name = f"@parameters('$connections')['{key}']['connectionId']"
    inputs = {"host": {"connection": {"name": name}}, "method": method, "path": path}
    return {"type": "ApiConnection", "inputs": inputs if body is None else {**inputs, "body": body}}


def provided(provider: str, operation: str, **parameters: Any) -> dict[str, Any]:
    configuration = {
        "connectionName": "files",
        "operationId": operation,
        "serviceProviderId": f"/serviceProviders/{provider}",
    }
    return {
        "type": "ServiceProvider",
        "inputs": {"parameters": parameters, "serviceProviderConfiguration": configuration},
    }


def definition(actions: dict[str, Any], **members: Any) -> dict[str, Any]:
    schema = "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#"
    return {"$schema": schema, "triggers": MANUAL, "actions": actions, **members}


def judged(actions: dict[str, Any], **members: Any) -> dict[str, tuple[str, str]]:
    [found] = read_bytes("flow.json", json.dumps(definition(actions, **members)).encode())
    return {finding.name: (finding.state, finding.reason) for finding in report_here(found).findings}


def test_managed_operations_that_one_of_ours_does_need_only_a_connection() -> None:
    found = judged({"Mail": managed("post", "/v2/Mail", "office365", {"To": "a@b.example"})})
    assert found["Mail"] == (
        "needsConnection",
        "Runs as 'Send an email' of Email: make a connection of Email named 'office365'.",
    )


def test_managed_operations_without_counterpart_are_named() -> None:
    state, reason = judged({"Log": managed("post", "/api/logs", "azureloganalytics")})["Log"]
    assert state == "needsMapping"
    assert "'POST /api/logs' of the managed connector 'azureloganalytics' has no counterpart here" in reason


def test_what_only_azure_calls_cannot_run() -> None:
    trigger = {"mail": {**managed("get", "/v2/Mail/OnNewEmail", "office365"), "recurrence": {}}}
    state, reason = judged({}, triggers=trigger)["mail"]
    assert state == "cannotRun"
    assert "'office365' calls only Azure" in reason


def test_the_connection_is_found_inside_a_longer_expression() -> None:
    action = managed("post", "/Mail", "x")
    action["inputs"]["host"]["connection"]["name"] = (
        "@json(decodeBase64(triggerOutputs().headers['X-MS-APIM-Tokens']))['$connections']['shared_outlook']"
        "['connectionId']"
    )
    assert "named 'shared_outlook'" in judged({"Mail": action})["Mail"][1]


@pytest.mark.parametrize(
    "provider, operation, given, ours, parameters",
    [
        (
            "FileSystem", "createFile", {"filePath": "/a/b.txt", "body": "x"},
            "writeFile", {"path": "a/b.txt", "content": "x", "overwrite": True},
        ),
        (
            "AzureBlob", "uploadBlob",
            {"containerName": "c", "blobName": "d/e", "content": "y", "overrideIfExists": "false"},
            "writeFile", {"path": "c/d/e", "content": "y", "overwrite": False},
        ),
        ("Sftp", "getFileContent", {"filePath": "in/x"}, "readFile", {"path": "in/x"}),
        ("Ftp", "deleteFtpFile", {"filePath": "in/x"}, "deleteFile", {"path": "in/x"}),
    ],
)  # fmt: skip
def test_built_in_connectors_of_azure_become_ours(
    provider: str, operation: str, given: dict[str, Any], ours: str, parameters: dict[str, Any]
) -> None:
    action = provided(provider, operation, **given)
    target = find_target("ServiceProvider", action["inputs"], "action")
    assert (target.connector.id, target.operation.id) == ("storage", ours)
    assert target.parameters == parameters
    assert target.connection_name == "files"
    state, reason = judged({"Step": action})["Step"]
    assert (state, reason.endswith("make a connection of Storage named 'files'.")) == (
        "needsConnection",
        True,
    )


def test_built_in_connectors_without_counterpart_are_named() -> None:
    state, reason = judged({"Send": provided("serviceBus", "sendMessage")})["Send"]
    assert state == "needsMapping"
    assert reason == "The connector 'serviceBus' is not installed here."


def archive(files: dict[str, str]) -> str:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as writer:
        for name, text in files.items():
            writer.writestr(name, text)
    return base64.b64encode(held.getvalue()).decode()


def test_a_project_brings_its_maps_and_schemas(alice: Any, settings: Any, tmp_path: Any) -> None:
    settings.DATA = tmp_path
    flow = json.dumps({"definition": definition({}), "kind": "Stateful"})
    content = archive(
        {
            "app/order/workflow.json": flow,
            "app/Artifacts/Maps/order.xslt": "<x/>",
            "app/Artifacts/Schemas/order.xsd": "<y/>",
            "app/Artifacts/Maps/list.json": "{}",
        }
    )
    body = {"filename": "app.zip", "content": content, "encoding": "base64"}
    [first] = alice.post("workflows/import", body).json()["workflows"]
    assert "Artifacts/Maps/order.xslt is now among the tenant's files." in first["report"]
    kept = tenant_folder(alice.tenant.pk) / "Artifacts"
    assert (kept / "Maps" / "order.xslt").read_text() == "<x/>"
    assert (kept / "Schemas" / "order.xsd").read_text() == "<y/>"

    (kept / "Maps" / "order.xslt").write_text("<other/>")
    [again] = alice.post("workflows/import", body).json()["workflows"]
    assert any("other content, which stays" in sentence for sentence in again["report"])
    assert "Artifacts/Schemas/order.xsd is in the tenant's files already." in again["report"]
    assert (kept / "Maps" / "order.xslt").read_text() == "<other/>"

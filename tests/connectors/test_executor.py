"""One operation carried out: which one is meant, its connection, its inputs, its time limit, its outcome."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

import pytest

from connectors import registry
from connectors.egress import unresolvable
from connectors.sdk import (
    Connector,
    ConnectorError,
    Field,
    Form,
    HttpAnswer,
    Secret,
    action,
)
from connectors.sdk.testing import ScriptedNetwork
from runtime.engine.credentials import SANITIZED
from runtime.executor import Call, OperationExecutor, effect_of
from runtime.targets import without_secrets

TENANT = "0190b3a0-0000-7000-8000-000000000001"


class Connections:
    """Connections in memory: name → (connector, parameters)."""

    def __init__(self, **known):
        self.known = known

    async def parameters(self, tenant_id, name, connector):
        found = self.known.get(name)
        if found is None or found[0] != connector.id:
            raise ConnectorError(
                f"There is no {connector.title} connection '{name}'.", code="ConnectionNotFound"
            )
        return found[1]


def ok(request):
    return HttpAnswer(200, (("Content-Type", "application/json"),), b'{"ok":true}')


@pytest.fixture
async def run(tmp_path):
    network = ScriptedNetwork(ok)
    executor = OperationExecutor(
        network=lambda tenant: network,
        folders=lambda tenant: tmp_path / tenant,
        connections=Connections(
            files=("storage", {}), azureblob=("storage", {}), slow=("slow", {"key": "hidden-key"})
        ),
    )

    async def perform(action_type, inputs, **more):
        workflow = {"id": "wf", "name": "Orders", "version": "3"}
        call = Call(TENANT, workflow, "run-1", "Do it", action_type, inputs, "key-1", **more)
        return await executor.execute(call)

    perform.network = network
    perform.executor = executor
    yield perform
    await executor.close()


def provider(connector, operation, parameters, connection="files"):
    configuration = {
        "connectionName": connection,
        "operationId": operation,
        "serviceProviderId": f"/serviceProviders/{connector}",
    }
    return {"parameters": parameters, "serviceProviderConfiguration": configuration}


async def test_http_gives_status_headers_and_body(run):
    outcome = await run("Http", {"method": "POST", "uri": "https://x.example/a", "body": {"n": 1}})
    assert outcome.status == "Succeeded"
    assert outcome.code == "OK"
    assert outcome.outputs["body"] == {"ok": True}
    sent = dict(run.network.requests[0].headers)
    assert sent["Idempotency-Key"] == "key-1"
    assert sent["x-ms-workflow-name"] == "Orders"
    assert sent["x-ms-workflow-operation-name"] == "Do it"


async def test_a_failed_request_has_outputs_and_no_error(run):
    run.network.answer = lambda request: HttpAnswer(503, (("Retry-After", "3"),), b"")
    outcome = await run("http", {"method": "GET", "uri": "https://x.example"})
    assert outcome.status == "Failed"
    assert outcome.code == "ServiceUnavailable"
    assert outcome.outputs["statusCode"] == 503
    assert outcome.error is None
    assert outcome.retryable is True
    assert outcome.retry_after == 3.0


async def test_no_answer_is_an_error_without_outputs(run):
    def nowhere(request):
        raise unresolvable("x.example")

    run.network.answer = nowhere
    outcome = await run("Http", {"method": "GET", "uri": "https://x.example"})
    assert outcome.code == "UnresolvableHostName"
    assert outcome.outputs is None
    assert outcome.error == {
        "code": "UnresolvableHostName",
        "message": "The provided host name 'x.example' could not be resolved.",
    }


async def test_a_poll_is_a_plain_request_whatever_the_type(run):
    outcome = await run("ApiConnection", {"method": "GET", "uri": "https://x.example/status"}, purpose="poll")
    assert outcome.status == "Succeeded"


async def test_missing_inputs_are_named(run):
    outcome = await run("Http", {"method": "GET"})
    assert outcome.status == "Failed"
    assert outcome.code == "BadRequest"
    assert (
        outcome.error["message"]
        == "The inputs of 'Do it' do not fit 'Send an HTTP request': URI is required."
    )


async def test_a_service_provider_action_runs_ours(run):
    written = await run(
        "ServiceProvider", provider("storage", "writeFile", {"path": "a.json", "content": {"n": 1}})
    )
    assert written.status == "Succeeded"
    read = await run("ServiceProvider", provider("STORAGE", "readfile", {"path": "a.json"}))
    assert read.outputs["body"]["content"] == {"n": 1}
    missing = await run("ServiceProvider", provider("storage", "readFile", {"path": "b"}))
    assert (missing.code, missing.retryable) == ("NotFound", False)


async def test_tenants_have_folders_of_their_own(run, tmp_path):
    await run("ServiceProvider", provider("storage", "writeFile", {"path": "a", "content": "x"}))
    assert (tmp_path / TENANT / "a").read_text() == "x"


@pytest.mark.parametrize(
    "inputs,code,part",
    [
        (provider("nobody", "x", {}), "OperationNotAvailable", "'nobody' is not installed"),
        (provider("storage", "x", {}), "OperationNotAvailable", "no operation 'x'"),
        (provider("storage", "listPaths", {}), "OperationNotAvailable", "no operation"),
        (provider("storage", "readFile", {"path": "a"}, ""), "ConnectionNotFound", "names no connection"),
        (provider("storage", "readFile", {"path": "a"}, "gone"), "ConnectionNotFound", "'gone'"),
        ("text", "BadRequest", "no inputs"),
    ],
)
async def test_what_cannot_be_done_is_told(run, inputs, code, part):
    outcome = await run("ServiceProvider", inputs)
    assert outcome.status == "Failed"
    assert outcome.code == code
    assert part in outcome.error["message"]


async def test_functions_and_api_management_are_addresses(run):
    function = "/subscriptions/s/resourceGroups/r/providers/Microsoft.Web/sites/Site1/functions/F"
    await run("Function", {"function": {"id": function}, "body": {"a": 1}, "queries": {"q": 2}})
    api = "/subscriptions/s/resourceGroups/r/providers/Microsoft.ApiManagement/service/Svc/apis/pets"
    await run("ApiManagement", {
        "api": {"id": api}, "method": "get", "subscriptionKey": "k",
        "pathTemplate": {"template": "/pets/{id}", "parameters": {"id": "a/b"}},
    })  # fmt: skip
    first, second = run.network.requests
    assert (first.method, first.url) == ("POST", "https://site1.azurewebsites.net/api/F?q=2")
    assert (second.method, second.url) == ("GET", "https://svc.azure-api.net/pets/pets/a%2Fb")
    assert dict(second.headers)["Ocp-Apim-Subscription-Key"] == "k"
    assert (await run("Function", {"function": {"id": "x"}})).code == "OperationNotAvailable"


MAIL = {"To": "a@x.test", "Subject": "S", "Body": "<p>B</p>", "Importance": "High",
        "Attachments": [{"Name": "a.txt", "ContentBytes": "aGk="}]}  # fmt: skip
BY_PATH = {"host": {"connection": {"name": "/subscriptions/s/connections/office365-1"}}, "method": "post",
           "path": "/v2/Mail", "body": MAIL}  # fmt: skip
BY_ID = {
    "host": {"apiId": "/x/apis/shared_office365", "connectionName": "shared_office365",
             "operationId": "SendEmailV2"},
    "parameters": {f"emailMessage/{name}": value for name, value in MAIL.items()},
}  # fmt: skip


@pytest.mark.parametrize(
    "action_type,inputs,name",
    [("ApiConnection", BY_PATH, "office365-1"), ("OpenApiConnection", BY_ID, "shared_office365")],
)
def test_managed_mail_becomes_our_email(action_type, inputs, name):
    from connectors.builtin.email.operations import SendEmail
    from runtime.targets import find_target

    target = find_target(action_type, inputs, "operation")
    assert (target.connector.id, target.operation.id, target.connection_name) == ("email", "sendEmail", name)
    mail = SendEmail.parse(target.parameters)
    assert (mail.to, mail.subject, mail.body_format, mail.importance) == ("a@x.test", "S", "HTML", "High")
    assert mail.attachments[0].content.data == b"hi"
    assert target.wrap({"x": 1}) == {"statusCode": 200, "headers": {}, "body": {"x": 1}}


@pytest.mark.parametrize(
    "api,path,fields",
    [
        ("sendmail", "/SendEmailV3", {"to": "a@x.test", "subject": "S", "text": "T"}),
        ("smtp", "/SendEmailV3", {"From": "me@x.test", "To": "a@x.test", "Subject": "S", "Body": "T"}),
        ("office365", "/v2/SharedMailbox/Mail", {"MailboxAddress": "me@x.test", "To": "a@x.test", "Subject": "S", "Body": "T"}),
    ],
)  # fmt: skip
def test_other_mail_connectors(api, path, fields):
    from runtime.targets import find_target

    host = {"connection": {"referenceName": api}}
    target = find_target(
        "ApiConnection", {"host": host, "method": "post", "path": path, "body": fields}, "operation"
    )
    given = target.parameters
    assert (given["to"], given["subject"], given["body"]) == ("a@x.test", "S", "T")
    assert given.get("from") == (None if api == "sendmail" else "me@x.test")


async def test_file_connectors_are_a_storage_connection_of_their_name(run):
    queries = {"folderPath": "/box/in", "name": "a.txt", "queryParametersSingleEncoded": True}
    host = {"connection": {"name": "/subscriptions/s/connections/azureblob"}}
    create = {
        "host": host,
        "method": "post",
        "path": "/v2/datasets/acc/files",
        "queries": queries,
        "body": "hi",
    }
    made = await run("ApiConnection", create)
    assert made.error is None
    assert (made.outputs["statusCode"], made.outputs["body"]["Path"]) == (200, "/box/in/a.txt")
    get = {"host": host, "method": "get", "path": "/datasets/default/GetFileContentByPath",
           "queries": {"path": "/box/in/a.txt", "inferContentType": True}}  # fmt: skip
    assert (await run("ApiConnection", get)).outputs["body"] == "hi"
    by_id = {"host": {"apiId": "/apis/shared_ftp", "connectionName": "files", "operationId": "GetFileContentByPath"},
             "parameters": {"path": "box/in/a.txt"}}  # fmt: skip
    assert (await run("OpenApiConnection", by_id)).outputs["body"] == "hi"


@pytest.mark.parametrize("name", ["sharepointonline", "onedriveforbusiness-1", "my-files", ""])
async def test_files_of_other_services_are_not_taken_for_files_here(run, name):
    """Their paths are those of the file connectors; only the connector's name tells them apart."""
    inputs = {
        "host": {"connection": {"name": f"/subscriptions/x/connections/{name}"}},
        "method": "post",
        "path": "/datasets/https%3A%2F%2Fx.sharepoint.com/files",
        "queries": {"folderPath": "/Docs", "name": "a.txt"},
        "body": "x",
    }
    outcome = await run("ApiConnection", inputs)
    assert outcome.code == "OperationNotAvailable"
    assert "has no counterpart here" in outcome.error["message"]


async def test_a_managed_connector_without_counterpart_says_so(run):
    inputs = {
        "host": {"connection": {"referenceName": "azuresentinel"}},
        "method": "post",
        "path": "/Incidents",
    }
    outcome = await run("ApiConnection", inputs)
    assert outcome.code == "OperationNotAvailable"
    assert (
        "'POST /Incidents' of the managed connector 'azuresentinel' has no counterpart"
        in outcome.error["message"]
    )
    assert (await run("RuleExecute", {})).code == "OperationNotAvailable"


class Key(Form):
    """A key."""

    key: Secret = Field(Secret(""), title="Key")


class Wait(Form):
    """A wait."""

    seconds: float = Field(0.0)
    fail: str = Field("")


ENDED = threading.Event()


@action("Wait in a thread", inputs=Wait, outputs=Wait, effect="write", at_most_once=True)
def wait_blocking(context, request):
    """Waits in a thread and says when it has ended."""
    time.sleep(request.seconds)
    ENDED.set()
    return request


@action("Wait on the loop", inputs=Wait, outputs=Wait, effect="none")
async def wait_async(context, request):
    """Waits on the loop, or fails with the text it was given."""
    context.logger.error("using %s", context.connection.key)
    await asyncio.sleep(request.seconds)
    if request.fail:
        raise RuntimeError(request.fail + str(context.connection.key))
    return request


async def nothing(context):
    return "Fine."


@pytest.fixture
def slow(monkeypatch):
    email = registry.find("email")
    operations = (wait_blocking, wait_async)
    connector = Connector("slow", "Slow", "Takes its time.", "#000000", email.icon, operations, Key, nothing)
    found = {**registry.installed(), "slow": connector}
    monkeypatch.setattr(registry, "installed", lambda: found)
    ENDED.clear()


async def test_a_time_limit_ends_an_async_operation(run, slow):
    outcome = await run(
        "ServiceProvider", provider("slow", "waitAsync", {"seconds": 5}, "slow"), timeout=0.05
    )
    assert (outcome.status, outcome.code) == ("TimedOut", "ActionTimedOut")
    assert "0.05 seconds" in outcome.error["message"]


async def test_a_thread_past_its_limit_is_abandoned_and_counted(run, slow):
    outcome = await run(
        "ServiceProvider", provider("slow", "waitBlocking", {"seconds": 0.3}, "slow"), timeout=0.05
    )
    assert outcome.status == "TimedOut"
    assert run.executor.abandoned == 1
    await asyncio.to_thread(ENDED.wait, 2)
    await asyncio.sleep(0.05)
    assert run.executor.abandoned == 0


async def test_cancelling_is_passed_on(run, slow):
    task = asyncio.create_task(run("ServiceProvider", provider("slow", "waitAsync", {"seconds": 5}, "slow")))
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_threads_of_one_connector_are_bounded(run, slow):
    started = time.monotonic()
    calls = [
        run("ServiceProvider", provider("slow", "waitBlocking", {"seconds": 0.1}, "slow")) for _ in range(16)
    ]
    outcomes = await asyncio.gather(*calls)
    assert {outcome.status for outcome in outcomes} == {"Succeeded"}
    assert time.monotonic() - started >= 0.2, "sixteen calls, eight at a time"


async def test_an_unexpected_failure_tells_neither_people_nor_the_log_a_secret(run, slow, caplog):
    outcome = await run("ServiceProvider", provider("slow", "waitAsync", {"fail": "secret-input"}, "slow"))
    assert outcome.code == "InternalServerError"
    assert "RuntimeError" in outcome.error["message"]
    for shown in (outcome.error["message"], caplog.text):
        assert "secret-input" not in shown
        assert "hidden-key" not in shown
    assert "using …" in caplog.text


async def test_an_incomplete_connection_is_told(tmp_path, slow):
    executor = OperationExecutor(
        network=lambda tenant: ScriptedNetwork(ok),
        folders=lambda tenant: Path(tmp_path),
        connections=Connections(mail=("email", {"port": 0})),
    )
    inputs = provider("email", "sendEmail", {"to": "a@x.test", "subject": "s"}, "mail")
    outcome = await executor.execute(Call(TENANT, {}, "r", "Mail", "ServiceProvider", inputs, "k"))
    assert outcome.code == "ConnectionInvalid"
    assert "Server is required." in outcome.error["message"]
    await executor.close()


def test_effects_are_declared(slow):
    assert effect_of("Http", {"method": "get", "uri": "x"}).kind == "read"
    assert effect_of("Http", {"method": "POST", "uri": "x"}).kind == "write"
    assert effect_of("ServiceProvider", provider("storage", "writeFile", {})).kind == "idempotent"
    assert effect_of("ServiceProvider", provider("slow", "waitBlocking", {})).at_most_once
    assert effect_of("Liquid", {}).kind == "none"


def test_what_people_see_holds_no_credentials():
    inputs = {
        "method": "GET",
        "headers": {"authorization": "Bearer x", "X-A": "1"},
        "authentication": {"type": "Basic", "username": "ana", "password": "pw"},
        "cookie": "a=b",
        "body": {"password": "is data"},
    }
    assert without_secrets("Http", inputs) == {
        "method": "GET",
        "headers": {"authorization": SANITIZED, "X-A": "1"},
        "authentication": {"type": "Basic", "username": "ana", "password": SANITIZED},
        "cookie": SANITIZED,
        "body": {"password": "is data"},
    }
    assert inputs["cookie"] == "a=b", "the inputs themselves stay as they are"
    subscription = {"subscribe": {"authentication": {"type": "Raw", "value": "x"}}}
    assert without_secrets("HttpWebhook", subscription)["subscribe"]["authentication"]["value"] == SANITIZED
    assert without_secrets("Compose", "text") == "text"


def test_a_secret_field_of_an_operation_is_not_shown(slow, monkeypatch):
    from dataclasses import replace

    connector = registry.installed()["slow"]
    operation = replace(connector.operations[0], inputs=Key)
    found = {"slow": replace(connector, operations=(operation,))}
    monkeypatch.setattr(registry, "installed", lambda: found)
    shown = without_secrets("ServiceProvider", provider("slow", "waitBlocking", {"Key": "k", "other": 1}))
    assert shown["parameters"] == {"Key": SANITIZED, "other": 1}


async def test_a_request_has_the_time_its_author_gives_it(run):
    configuration = {"requestOptions": {"timeout": "PT7S"}}
    await run("Http", {"method": "GET", "uri": "https://x.example"}, runtime_configuration=configuration)
    await run("Http", {"method": "GET", "uri": "https://x.example"})
    assert [round(request.timeout) for request in run.network.requests] == [7, 120]


async def test_an_error_over_secured_inputs_does_not_quote_them(run):
    uri = {"method": "GET", "uri": "https://t0p-secret.example/a"}

    def nowhere(request):
        raise unresolvable("t0p-secret.example")

    run.network.answer = nowhere
    shown = await run("Http", uri)
    assert "t0p-secret.example" in shown.error["message"]
    hidden = await run("Http", uri, secured=True)
    assert hidden.error["code"] == "UnresolvableHostName"
    assert "t0p-secret" not in hidden.error["message"]
    assert hidden.error["message"].endswith("could not be resolved.")


async def test_an_error_does_not_repeat_a_secret_of_the_connection(run, monkeypatch):
    class Account(Form):
        key: Secret = Field(title="Key")

    class Nothing(Form):
        pass

    @action("Refuse", inputs=Nothing, outputs=Nothing, effect="read")
    async def refuse(context, request):
        raise ConnectorError(f"The server said: bad key {context.connection.key}.", code="Refused")

    slow = Connector(
        id="slow", title="Slow", description="", color="#000000", icon=Path("x.svg"), connection=Account,
        operations=(refuse,),
    )  # fmt: skip
    found = {**registry.installed(), "slow": slow}
    monkeypatch.setattr(registry, "installed", lambda: found)
    outcome = await run("ServiceProvider", provider("slow", "refuse", {}, "slow"))
    assert outcome.error == {"code": "Refused", "message": "The server said: bad key …."}

"""The table of reference 5.5: what a caller of a callback URL gets."""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator

from designer.api import callbacks as application_module
from designer.asgi import application
from designer.tenants.models import Tenant
from designer.workflows import callbacks, doors, publishing, services
from designer.workflows.models import Workflow
from runtime import services as runtime
from tests.designer.conftest import Person

pytestmark = pytest.mark.django_db(transaction=True)

ORIGIN = "http://flows.example"
RESPONSE = {"type": "Response", "kind": "Http", "inputs": {"statusCode": 200}, "runAfter": {}}


def definition(trigger: dict[str, Any] | None = None, **actions: Any) -> str:
    triggers = {"manual": trigger or {"type": "Request", "kind": "Http", "inputs": {}}}
    return json.dumps({"definition": {"triggers": triggers, "actions": actions}})


class Call:
    """What came back."""

    def __init__(self, start: dict[str, Any], body: bytes) -> None:
        self.status: int = start["status"]
        self.headers = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
        self.body = body

    def problem(self, status: int, code: str) -> dict[str, Any]:
        assert self.status == status, self.body
        assert self.headers["content-type"] == "application/problem+json"
        document: dict[str, Any] = json.loads(self.body)
        assert (document["code"], document["status"]) == (code, status)
        assert document["error"]["code"] == code
        assert document["detail"].endswith(".")
        return document


async def call(
    url: str,
    method: str = "POST",
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    chunks: list[bytes] | None = None,
    expect_read: bool = True,
) -> Call:
    parts = urlsplit(url)
    given = {"host": "flows.example", **(headers or {})}
    scope = {
        "type": "http",
        "method": method,
        "path": parts.path,
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in given.items()],
        "scheme": "http",
    }
    app = ApplicationCommunicator(application, scope)
    if expect_read:
        pieces = chunks if chunks is not None else [body]
        for index, piece in enumerate(pieces):
            more = index + 1 < len(pieces)
            await app.send_input({"type": "http.request", "body": piece, "more_body": more})
    start = await app.receive_output(5)
    end = await app.receive_output(5)
    return Call(start, end["body"])


async def change_workflow(**fields: Any) -> None:
    workflow = await Workflow.objects.aget()
    for name, value in fields.items():
        setattr(workflow, name, value)
    await workflow.asave()


class FakeRuntime:
    """What the runtime is asked, and what it answers."""

    def __init__(self) -> None:
        self.arrivals: list[runtime.TriggerArrival] = []
        self.answer: Any = None
        self.waited: list[float] = []
        self.callbacks: list[tuple[uuid.UUID, str, Any]] = []
        self.known_tokens = {"token-of-the-run"}
        self.waiting_tenant: uuid.UUID | None = None

    async def receive(self, arrival: runtime.TriggerArrival) -> runtime.Receipt:
        self.arrivals.append(arrival)
        run_id = uuid.UUID(int=7)
        return runtime.Receipt(run_id, arrival.tenant_id, arrival.workflow_id, datetime.now(UTC))

    async def wait_for_response(self, receipt: runtime.Receipt, timeout: float) -> Any:
        self.waited.append(timeout)
        return self.answer

    async def callback(self, run_id: uuid.UUID, token: str, outputs: Any, *, request_id: str) -> bool:
        self.callbacks.append((run_id, token, outputs))
        return token in self.known_tokens

    def callback_tenant(self, run_id: uuid.UUID, token: str) -> uuid.UUID | None:
        return self.waiting_tenant if token in self.known_tokens else None


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests change rows behind the services' back, which the second of keeping would hide."""
    monkeypatch.setattr(doors, "KEPT_SECONDS", 0.0)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeRuntime:
    fake = FakeRuntime()
    for name in ("receive", "wait_for_response", "callback", "callback_tenant"):
        monkeypatch.setattr(runtime, name, getattr(fake, name))
    monkeypatch.setattr(runtime, "body_value", lambda tenant_id, text: json.loads(text))
    return fake


Published = Callable[..., Awaitable[str]]


@pytest.fixture
def published(alice: Person, armed, validator) -> Published:
    """Publishes a definition and gives its callback URL."""

    @sync_to_async
    def publish(text: str | None = None, name: str = "Orders") -> str:
        workflow = services.create(alice.actor, name, text=text or definition())
        publishing.publish(alice.actor, workflow)
        workflow = services.find(alice.tenant, workflow.pk)
        (address,) = callbacks.addresses(workflow, ORIGIN)
        return address.url

    return publish


def changed(url: str, **changes: str | None) -> str:
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | changes
    kept = urlencode({name: value for name, value in query.items() if value is not None})
    return f"{ORIGIN}{parts.path}?{kept}"


async def test_without_a_response_action_it_is_202_at_once(fake: FakeRuntime, published: Published):
    url = await published()
    got = await call(url, body=b'{"n": 1}', headers={"Content-Type": "application/json"})
    assert (got.status, got.body) == (202, b"")
    assert got.headers["x-ms-workflow-run-id"] == str(uuid.UUID(int=7))
    assert got.headers["x-ms-workflow-version"] == "1"
    assert got.headers["x-ms-workflow-name"] == "Orders"
    for name in (
        "x-ms-correlation-id",
        "x-ms-client-tracking-id",
        "x-ms-trigger-history-name",
        "x-ms-request-id",
    ):
        assert got.headers[name]
    (arrival,) = fake.arrivals
    assert (arrival.trigger, arrival.answer_by, arrival.kind) == ("manual", None, "callback")
    assert arrival.outputs["body"] == {"n": 1}
    assert fake.waited == []


class TestResponse:
    @pytest.fixture
    async def url(self, published: Published) -> str:
        return await published(definition(Response=RESPONSE))

    async def test_in_time_it_is_its_answer(self, fake: FakeRuntime, url: str):
        fake.answer = runtime.Answered(
            201, {"X-One": "1", "Content-Length": "99", "Set-Cookie": "a"}, {"a": 1.0}
        )
        got = await call(url)
        assert (got.status, got.body) == (201, b'{"a":1.0}')
        assert got.headers["x-one"] == "1"
        assert got.headers["content-type"] == "application/json; charset=utf-8"
        assert got.headers["content-length"] == "9"
        assert "set-cookie" not in got.headers
        assert fake.waited == [120.0]
        assert fake.arrivals[0].answer_by is not None

    @pytest.mark.parametrize(
        "body,sent,kind",
        [
            ("hello é", "hello é".encode(), "text/plain; charset=utf-8"),
            (None, b"", None),
            ({"$content-type": "image/png", "$content": "AAEC"}, b"\x00\x01\x02", "image/png"),
            ([1, "a", None], b'[1,"a",null]', "application/json; charset=utf-8"),
        ],
    )
    async def test_bodies(self, body: Any, sent: bytes, kind: str | None, fake: FakeRuntime, url: str):
        fake.answer = runtime.Answered(200, {}, body)
        got = await call(url)
        assert (got.body, got.headers.get("content-type")) == (sent, kind)

    async def test_untouched_json_goes_back_as_it_came(self, fake: FakeRuntime, url: str):
        fake.answer = runtime.Answered(200, {}, None, b'{ "a" : 1e3 }')
        got = await call(url)
        assert got.body == b'{ "a" : 1e3 }'
        assert got.headers["content-type"] == "application/json; charset=utf-8"

    async def test_a_header_cannot_start_another(self, fake: FakeRuntime, url: str):
        fake.answer = runtime.Answered(200, {"X-A": "b\r\nSet-Cookie: c=d", "Bad Name": "x"}, None)
        got = await call(url)
        assert got.headers["x-a"] == "b Set-Cookie: c=d"
        assert "bad name" not in got.headers

    async def test_too_late_is_504_and_the_run_goes_on(self, fake: FakeRuntime, url: str):
        fake.answer = runtime.Expired()
        assert "goes on" in (await call(url)).problem(504, "GatewayTimeout")["detail"]

    async def test_ended_without_it_is_502(self, fake: FakeRuntime, url: str):
        fake.answer = runtime.EndedWithout(uuid.UUID(int=7), "Failed")
        got = await call(url)
        assert "Failed" in got.problem(502, "NoResponse")["detail"]
        assert got.headers["x-ms-workflow-run-id"]

    async def test_a_condition_that_was_not_met_is_202(self, fake: FakeRuntime, url: str):
        fake.answer = runtime.EndedWithout(uuid.UUID(int=7), "filtered")
        assert (await call(url)).status == 202

    async def test_what_could_not_start_is_400(self, fake: FakeRuntime, url: str):
        fake.answer = runtime.EndedWithout(
            uuid.UUID(int=7), "rejected", "InvalidTemplate", "It cannot start."
        )
        (await call(url)).problem(400, "InvalidTemplate")

    async def test_nested_ones_count(self, fake: FakeRuntime, published: Published):
        url = await published(definition(Scope={"type": "Scope", "actions": {"R": RESPONSE}}), "Nested")
        fake.answer = runtime.Answered(200)
        await call(url)
        assert fake.waited

    async def test_with_split_on_nobody_waits(self, fake: FakeRuntime, published: Published):
        trigger = {"type": "Request", "inputs": {}, "splitOn": "@triggerBody()"}
        url = await published(definition(trigger, R=RESPONSE), "Split")
        assert (await call(url)).status == 202
        assert fake.waited == []

    async def test_headers_can_be_suppressed(self, fake: FakeRuntime, published: Published):
        response = {**RESPONSE, "operationOptions": "SuppressWorkflowHeadersOnResponse"}
        fake.answer = runtime.Answered(200)
        got = await call(await published(definition(R=response), "Silent"))
        assert not [name for name in got.headers if name.startswith("x-ms-")]


class TestAsynchronous:
    @pytest.fixture
    async def url(self, published: Published) -> str:
        return await published(definition(R={**RESPONSE, "operationOptions": "Asynchronous"}))

    async def first(self, url: str) -> str:
        got = await call(url)
        assert got.status == 202
        assert got.headers["retry-after"]
        location = got.headers["location"]
        assert location.startswith(ORIGIN)
        return location

    def snapshot(self, monkeypatch: pytest.MonkeyPatch, response: Any, ended: bool = False) -> None:
        run = SimpleNamespace(ended_at=datetime.now(UTC) if ended else None)
        found = {"run": run, "response": response}
        monkeypatch.setattr(runtime, "run_snapshot", lambda tenant_id, run_id: found)

    async def test_polling_gives_202_until_the_answer(self, fake: FakeRuntime, url: str, monkeypatch):
        location = await self.first(url)
        assert fake.waited == []
        assert fake.arrivals[0].answer_by is not None
        self.snapshot(monkeypatch, None)
        again = await call(location, "GET")
        assert (again.status, again.headers["location"]) == (202, location)
        self.snapshot(monkeypatch, {"status": 200, "headers": {"X-A": "b"}, "body": "done"})
        done = await call(location, "GET")
        assert (done.status, done.body, done.headers["x-a"]) == (200, b"done", "b")

    async def test_a_run_that_ended_without_it_is_502_and_one_not_kept_404(self, fake, url: str, monkeypatch):
        location = await self.first(url)
        (await call(location, "GET")).problem(404, "WorkflowRunNotFound")
        self.snapshot(monkeypatch, None, ended=True)
        (await call(location, "GET")).problem(502, "NoResponse")

    async def test_the_address_is_signed(self, fake: FakeRuntime, url: str, monkeypatch):
        location = await self.first(url)
        other = location.replace(str(uuid.UUID(int=7)), str(uuid.UUID(int=8)), 1)
        (await call(other, "GET")).problem(401, "DirectApiAuthorizationRequired")
        (await call(changed(location, sig="x"), "GET")).problem(401, "DirectApiAuthorizationRequired")


class TestSignature:
    @pytest.mark.parametrize(
        "change",
        [
            {"sig": "AAAA"},
            {"sig": None},
            {"sig": "é"},
            {"sp": "/triggers/other/run"},
            {"sp": None},
            {"sv": "2.0"},
        ],
    )
    async def test_changed_it_is_401(
        self, change: dict[str, str | None], fake: FakeRuntime, published: Published
    ):
        got = await call(changed((await published()), **change))
        got.problem(401, "DirectApiAuthorizationRequired")
        assert fake.arrivals == []

    async def test_it_is_checked_before_the_body_is_read(self, fake: FakeRuntime, published: Published):
        got = await call(changed((await published()), sig="AAAA"), expect_read=False)
        got.problem(401, "DirectApiAuthorizationRequired")

    async def test_another_workflows_signature_does_not_fit(self, fake: FakeRuntime, published: Published):
        first, second = await published(), await published(name="Other")
        query = urlsplit(first).query
        got = await call(f"{ORIGIN}{urlsplit(second).path}?{query}")
        got.problem(401, "DirectApiAuthorizationRequired")

    async def test_an_unknown_workflow_looks_the_same(self, fake: FakeRuntime, published: Published):
        url = await published()
        workflow_id = urlsplit(url).path.split("/")[2]
        got = await call(url.replace(workflow_id, str(uuid.uuid4())))
        got.problem(401, "DirectApiAuthorizationRequired")

    async def test_a_new_key_ends_the_old_urls(self, fake: FakeRuntime, published: Published):
        url = await published()
        await change_workflow(primary_key_generation=2)
        (await call(url)).problem(401, "DirectApiAuthorizationRequired")

    async def test_the_secondary_key_and_an_expiry_work(self, fake: FakeRuntime, published: Published):
        url = await published()
        workflow = await Workflow.objects.aget()
        _, secondary = callbacks.keys_of(workflow.pk, 1, 1)
        permission = callbacks.permission_of("manual")
        for delta, status in ((timedelta(hours=1), 202), (timedelta(hours=-1), 401)):
            expires = (datetime.now(UTC) + delta).isoformat()
            signature = callbacks.sign(secondary, workflow.pk, permission, "1.0", expires)
            assert (await call(changed(url, se=expires, sig=signature))).status == status

    async def test_the_reason_is_never_a_stored_secret(self, fake: FakeRuntime, published: Published, caplog):
        url = await published()
        signature = parse_qs(urlsplit(url).query)["sig"][0]
        await call(url)
        assert signature not in caplog.text


class TestRefusals:
    async def test_switched_off_is_404(self, fake: FakeRuntime, published: Published):
        url = await published()
        await change_workflow(enabled=False)
        (await call(url)).problem(404, "WorkflowTriggerIsNotEnabled")
        await change_workflow(enabled=True)
        got = await call(url)
        assert got.status == 202, got.body

    async def test_switching_off_is_seen_at_once_although_targets_are_kept(
        self, fake: FakeRuntime, published: Published, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(doors, "KEPT_SECONDS", 60.0)
        url = await published()
        assert (await call(url)).status == 202
        workflow = await Workflow.objects.aget()
        workflow.enabled = False
        await workflow.asave()
        (await call(url)).problem(404, "WorkflowTriggerIsNotEnabled")

    async def test_deleted_is_401_like_unknown(self, fake: FakeRuntime, published: Published):
        url = await published()
        await change_workflow(deleted_at=datetime.now(UTC))
        (await call(url)).problem(401, "DirectApiAuthorizationRequired")

    async def test_the_draft_alone_is_not_callable(self, fake: FakeRuntime, alice: Person):
        workflow = await Workflow.objects.acreate(
            tenant=alice.tenant, name="D", slug="d", draft_text=definition(), draft_sha256="x"
        )
        (address,) = callbacks.addresses(workflow, ORIGIN)
        (await call(address.url)).problem(404, "WorkflowTriggerIsNotEnabled")

    async def test_another_method_is_405(self, fake: FakeRuntime, published: Published):
        url = await published(definition({"type": "Request", "inputs": {"method": "PUT"}}))
        assert "PUT" in (await call(url, "POST")).problem(405, "TriggerRequestMethodNotValid")["detail"]
        assert (await call(url, "PUT")).status == 202

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "POST", "HEAD"])
    async def test_without_a_method_any_is_accepted(
        self, method: str, fake: FakeRuntime, published: Published
    ):
        assert (await call((await published()), method)).status == 202

    async def test_relative_paths(self, fake: FakeRuntime, published: Published):
        trigger = {"type": "Request", "inputs": {"method": "GET", "relativePath": "/c/{id}/o/{order}"}}
        url = await published(definition(trigger))
        assert "/c/{id}/o/{order}?" in url.replace("%7B", "{").replace("%7D", "}")
        filled = url.replace("{id}", "wow%25wee%3f").replace("{order}", "7")
        assert (await call(filled, "GET")).status == 202
        assert fake.arrivals[0].outputs["relativePathParameters"] == {"id": "wow%wee?", "order": "7"}
        for wrong in (
            filled.replace("/o/7", "/o"),
            filled.replace("/o/7", "/p/7"),
            filled.replace("/o/7", "/o/7/8"),
        ):
            (await call(wrong, "GET")).problem(404, "TriggerRelativePathNotValid")

    async def test_schema_is_enforced_only_when_asked_for(self, fake: FakeRuntime, published: Published):
        schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
        trigger = {"type": "Request", "inputs": {"schema": schema}}
        json_type = {"Content-Type": "application/json"}
        loose = await published(definition(trigger), "Loose")
        strict = await published(
            definition({**trigger, "operationOptions": "EnableSchemaValidation"}), "Strict"
        )
        assert (await call(loose, body=b'{"n":"x"}', headers=json_type)).status == 202
        for body in (b'{"n":"x"}', b"{}", b"[]"):
            got = await call(strict, body=body, headers=json_type)
            got.problem(400, "TriggerInputSchemaMismatch")
        assert (await call(strict, body=b'{"n":1}', headers=json_type)).status == 202

    @pytest.mark.parametrize(
        "body", [b"{", b"\xff\xfe", b"[" * 200_000, b"9" * 5_000], ids=["open", "bytes", "deep", "long"]
    )
    async def test_broken_json_is_400(self, body: bytes, fake: FakeRuntime, published: Published):
        got = await call((await published()), body=body, headers={"Content-Type": "application/json"})
        got.problem(400, "InvalidRequestContent")

    async def test_an_announced_size_is_refused_unread(
        self, fake: FakeRuntime, published: Published, settings
    ):
        settings.CALLBACK_BODY_LIMIT = 10
        got = await call((await published()), headers={"Content-Length": "11"}, expect_read=False)
        got.problem(413, "RequestEntityTooLarge")

    async def test_a_size_that_was_not_announced_too(self, fake: FakeRuntime, published: Published, settings):
        settings.CALLBACK_BODY_LIMIT = 10
        got = await call((await published()), chunks=[b"123456", b"123456", b"never read"])
        got.problem(413, "RequestEntityTooLarge")
        assert fake.arrivals == []

    async def test_an_organisation_may_set_a_lower_limit_for_itself_alone(
        self, fake: FakeRuntime, published: Published, alice: Person
    ):
        url = await published()
        await Tenant.objects.filter(pk=alice.tenant.pk).aupdate(body_limit=2_000)
        got = await call(url, chunks=[b"x" * 1_500, b"x" * 1_500, b"never read"])
        document = got.problem(413, "RequestEntityTooLarge")
        assert (document["limit"], "the limit of this organisation" in document["detail"]) == (2_000, True)
        announced = await call(url, headers={"Content-Length": "2001"}, expect_read=False)
        announced.problem(413, "RequestEntityTooLarge")
        assert fake.arrivals == []
        assert (await call(url, body=b"x" * 2_000)).status == 202

    @pytest.mark.parametrize(
        "path", ["/workflows/", "/workflows/x/triggers/y", "/callbacks/", "/workflows/1/run"]
    )
    async def test_other_addresses_are_404(self, path: str):
        (await call(ORIGIN + path)).problem(404, "NotFound")

    async def test_an_unknown_trigger_is_404(self, fake: FakeRuntime, published: Published):
        url = await published()
        workflow = await Workflow.objects.aget()
        key, _ = callbacks.keys_of(workflow.pk, 1, 1)
        permission = callbacks.permission_of("none")
        url = changed(url, sp=permission, sig=callbacks.sign(key, workflow.pk, permission, "1.0"))
        (await call(url.replace("/manual/", "/none/"))).problem(404, "WorkflowTriggerNotFound")

    async def test_too_many_at_once_is_429(self, fake: FakeRuntime, published: Published, monkeypatch):
        async def overloaded(arrival: runtime.TriggerArrival) -> runtime.Receipt:
            raise runtime.Overloaded

        monkeypatch.setattr(runtime, "receive", overloaded)
        got = await call(await published())
        got.problem(429, "WorkflowRequestsThrottled")
        assert got.headers["retry-after"]

    async def test_without_a_runtime_it_is_503(self, published: Published, monkeypatch):
        monkeypatch.setattr(runtime, "body_value", lambda tenant_id, text: None)
        (await call(await published())).problem(503, "ServiceUnavailable")

    async def test_a_defect_is_500_without_its_inside(
        self, fake: FakeRuntime, published: Published, monkeypatch
    ):
        async def broken(arrival: runtime.TriggerArrival) -> runtime.Receipt:
            raise RuntimeError("inside")

        monkeypatch.setattr(runtime, "receive", broken)
        got = await call(await published())
        assert "inside" not in json.dumps(got.problem(500, "InternalServerError"))


class TestOutputs:
    async def outputs(self, fake: FakeRuntime, url: str, **request: Any) -> Any:
        assert (await call(url, **request)).status == 202
        return fake.arrivals[-1].outputs

    async def test_headers_queries_and_no_body(self, fake: FakeRuntime, published: Published):
        url = (await published()) + "&q=1&q=two%20words&se2=x"
        outputs = await self.outputs(
            fake, url, method="GET", headers={"Authorization": "Bearer x", "X-Custom": "é"}
        )
        assert outputs["queries"] == {"q": "1,two words", "se2": "x"}
        assert outputs["headers"] == {"Host": "flows.example", "X-Custom": "é"}
        assert "body" not in outputs

    async def test_authorization_only_on_request(self, fake: FakeRuntime, published: Published):
        options = {"operationOptions": "IncludeAuthorizationHeadersInOutputs"}
        url = await published(definition({"type": "Request", "inputs": {}, **options}))
        outputs = await self.outputs(fake, url, headers={"Authorization": "Bearer x"})
        assert outputs["headers"]["Authorization"] == "Bearer x"

    @pytest.mark.parametrize(
        "kind,body,value",
        [
            ("application/json", b'\xef\xbb\xbf{"a":1.50}', {"a": 1.5}),
            ("application/json", b"null", None),
            ("application/vnd.x+json; charset=utf-8", b"[1]", [1]),
            ("text/csv", b"\xef\xbb\xbfa,b", "a,b"),
            (
                "application/octet-stream",
                b"\x00",
                {"$content-type": "application/octet-stream", "$content": "AA=="},
            ),
            ("application/xml", b"<a/>", {"$content-type": "application/xml", "$content": "PGEvPg=="}),
            (
                "application/x-www-form-urlencoded",
                b"a=1&b=x+y%21",
                {
                    "$content-type": "application/x-www-form-urlencoded",
                    "$content": "YT0xJmI9eCt5JTIx",
                    "$formdata": [{"key": "a", "value": "1"}, {"key": "b", "value": "x y!"}],
                },
            ),
        ],
    )
    async def test_bodies_by_content_type(
        self, kind: str, body: bytes, value: Any, fake: FakeRuntime, published: Published
    ):
        outputs = await self.outputs(fake, (await published()), body=body, headers={"Content-Type": kind})
        assert outputs["body"] == value

    async def test_text_without_a_type_is_text(self, fake: FakeRuntime, published: Published):
        assert (await self.outputs(fake, (await published()), body=b"hi"))["body"] == "hi"

    async def test_multipart(self, fake: FakeRuntime, published: Published):
        body = (
            b"--XX\r\nContent-Disposition: form-data; name=a\r\n\r\nhi\r\n"
            b"--XX\r\nContent-Type: text/plain\r\n\r\nthere\r\n--XX--\r\n"
        )
        headers = {"Content-Type": "multipart/form-data; boundary=XX"}
        outputs = await self.outputs(fake, (await published()), body=body, headers=headers)
        first, second = outputs["body"]["$multipart"]
        assert first["headers"]["Content-Length"] == "2"
        assert first["body"] == {"$content-type": "application/octet-stream", "$content": "aGk="}
        assert second["body"] == "there"

    async def test_the_callers_tracking_id(self, fake: FakeRuntime, published: Published):
        url = await published()
        got = await call(url, headers={"x-ms-client-tracking-id": "order-7"})
        assert got.headers["x-ms-client-tracking-id"] == "order-7"
        assert fake.arrivals[-1].client_tracking_id == "order-7"
        too_long = await call(url, headers={"x-ms-client-tracking-id": "x" * 129})
        too_long.problem(400, "ClientTrackingIdLengthLimitExceeded")


async def test_what_a_workflow_answers_has_no_part_in_our_pages(fake: FakeRuntime, published: Published):
    """A page of some author, opened by somebody who is signed in: it has scripts, but no origin."""
    url = await published(definition(Response=RESPONSE))
    given = {"Content-Type": "text/html", "Content-Security-Policy": "default-src *"}
    fake.answer = runtime.Answered(200, given, "<script>1</script>")
    policy = (await call(url)).headers["content-security-policy"].split()
    assert policy[0] == "sandbox"
    assert "allow-scripts" in policy
    assert "allow-same-origin" not in policy
    fake.answer = runtime.Answered(200, {"Content-Type": "application/pdf"}, "x")
    assert "content-security-policy" not in (await call(url)).headers


def test_the_addresses_of_a_workflow(alice: Person, armed, validator):
    trigger = {"type": "Request", "inputs": {"method": "GET"}}
    workflow = services.create(alice.actor, "Get", text=definition(trigger))
    (address,) = alice.get(f"workflows/{workflow.pk}/callbacks").json()
    assert address["method"] == "GET"
    assert address["url"].startswith("http://testserver/workflows/")
    assert address["curl"] == f"curl '{address['url']}'"


def test_versions_are_read_once(published: Published):
    assert len(application_module._entries) <= 512

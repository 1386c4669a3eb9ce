from __future__ import annotations

import base64
import io
import json
import uuid
import zipfile
from itertools import count

import pytest

from designer.tenants.models import AuditEntry
from designer.workflows import services
from designer.workflows.models import Workflow
from runtime import services as runtime
from runtime.models import Run
from tests.designer.conftest import REQUEST_DEFINITION, Person, problem_of


def test_a_blank_workflow_is_wrapped_and_listed(alice: Person):
    made = alice.post("workflows", {"name": "  Invoice   sync "})
    assert made.status_code == 201, made.content
    item = made.json()
    assert (item["name"], item["state"], item["triggerType"]) == ("Invoice sync", "draft", None)
    assert item["hasUnpublishedChanges"] is True
    assert item["owner"] == "Alice"
    assert item["health"] == [{"ok": 0, "failed": 0, "running": 0}] * 24
    text = Workflow.objects.get().draft_text
    assert json.loads(text)["kind"] == "Stateful"
    assert text.startswith('{\n  "definition": {\n')
    assert [found["id"] for found in alice.get("workflows").json()["items"]] == [item["id"]]


def test_every_write_leaves_an_audit_entry_with_its_request_id(alice: Person):
    made = alice.client.post(
        alice.path("workflows"),
        json.dumps({"name": "Audited"}),
        content_type="application/json",
        headers={"X-Request-Id": "from-the-caller-1"},
    )
    assert made["X-Request-Id"] == "from-the-caller-1"
    entry = AuditEntry.objects.get(action="workflow.create")
    assert (entry.actor, entry.request_id) == (alice.user, "from-the-caller-1")
    assert (entry.object_id, entry.object_name) == (made.json()["id"], "Audited")


def test_a_refused_write_leaves_nothing(alice: Person, workflow: Workflow):
    before = AuditEntry.objects.count()
    problem_of(alice.post("workflows", {"name": "orders"}), 400, "FieldsInvalid")
    assert Workflow.objects.count() == 1
    assert AuditEntry.objects.count() == before


def test_names_are_taken_whatever_their_case_and_free_again_after_deletion(alice: Person, workflow, armed):
    document = problem_of(alice.post("workflows", {"name": "ORDERS"}), 400, "FieldsInvalid")
    assert "ORDERS" in document["fieldErrors"]["name"][0]
    assert alice.delete(f"workflows/{workflow.pk}").status_code == 204
    assert alice.post("workflows", {"name": "ORDERS"}).status_code == 201


def test_two_tenants_may_use_one_name(alice: Person, charlie: Person, workflow):
    assert charlie.post("workflows", {"name": "Orders"}).status_code == 201


def test_text_is_kept_byte_for_byte_and_exported_as_it_is(alice: Person):
    text = '{ "actions":{ "B":1e3, "A": 1.0,"A":2 },\r\n\t"triggers": {}  }\n'
    made = alice.post("workflows", {"name": "Odd", "text": text})
    assert made.status_code == 201, made.content
    exported = alice.get(f"workflows/{made.json()['id']}/export")
    assert exported.content.decode() == text
    assert exported["Content-Disposition"] == 'attachment; filename="odd.json"'


@pytest.mark.parametrize(
    "text,word",
    [("{", "JSON"), ("[]", "an array"), ("", "JSON"), ('{"a":"\\ud800"', "JSON"), ("/* \x00 */ {}", "")],
)
def test_what_is_no_definition_is_refused(text: str, word: str, alice: Person):
    response = alice.post("workflows", {"name": "Bad", "text": text})
    assert response.status_code in {400, 422}
    assert word in response.json()["detail"] or response.json()["code"] == "FieldsInvalid"
    assert not Workflow.objects.exists()


def test_a_definition_too_large_is_413(alice: Person, settings):
    settings.DEFINITION_SIZE_LIMIT = 100
    response = alice.post("workflows", {"name": "Big", "text": json.dumps({"x": "y" * 100})})
    document = problem_of(response, 413, "TooLarge")
    assert "100" in document["detail"]


def test_rename_changes_name_and_slug(alice: Person, workflow: Workflow):
    answer = alice.patch(f"workflows/{workflow.pk}", {"name": "Order intake"})
    assert answer.json()["name"] == "Order intake"
    workflow.refresh_from_db()
    assert workflow.slug == "order-intake"


def test_a_copy_has_the_text_but_nothing_published(alice: Person, workflow: Workflow, armed, validator):
    alice.post(f"workflows/{workflow.pk}/publish", {"revision": 1})
    copy = alice.post(f"workflows/{workflow.pk}/duplicate").json()
    assert (copy["name"], copy["state"]) == ("Orders copy", "draft")
    assert alice.post(f"workflows/{workflow.pk}/duplicate").json()["name"] == "Orders copy 2"
    assert Workflow.objects.get(pk=copy["id"]).draft_text == workflow.draft_text


def test_enable_needs_a_version_and_disable_disarms(alice: Person, workflow: Workflow, armed, validator):
    problem_of(alice.post(f"workflows/{workflow.pk}/enable"), 409, "NothingPublished")
    alice.post(f"workflows/{workflow.pk}/publish", {"revision": 1})
    assert alice.post(f"workflows/{workflow.pk}/disable").json()["state"] == "off"
    assert armed[-1] == ("disarm", workflow.pk)
    assert alice.post(f"workflows/{workflow.pk}/enable").json()["state"] == "on"
    workflow.refresh_from_db()
    assert armed[-1] == ("arm", workflow.published_id)


class TestList:
    @pytest.fixture(autouse=True)
    def many(self, alice: Person) -> None:
        for number in range(60):
            services.create(alice.actor, f"Flow {number:02}")

    def names(self, alice: Person, query: str) -> list[str]:
        names, cursor = [], ""
        while True:
            answer = alice.get(f"workflows?{query}&cursor={cursor}").json()
            names += [item["name"] for item in answer["items"]]
            cursor = answer["nextCursor"]
            if cursor is None:
                return names

    def test_every_page_is_reached_once_by_name(self, alice: Person):
        assert self.names(alice, "sort=name") == [f"Flow {number:02}" for number in range(60)]

    def test_newest_change_first_is_the_usual_order(self, alice: Person):
        assert self.names(alice, "")[:2] == ["Flow 59", "Flow 58"]

    def test_search_and_status(self, alice: Person):
        assert self.names(alice, "search=flow 1") == [f"Flow {number}" for number in range(19, 9, -1)]
        assert self.names(alice, "status=on") == []
        assert len(self.names(alice, "status=draft")) == 60

    @pytest.mark.parametrize("query", ["sort=colour", "status=fast", "cursor=%25%25", "cursor=WyJhIl0"])
    def test_wrong_parameters_are_named(self, query: str, alice: Person):
        name = query.partition("=")[0]
        assert name in problem_of(alice.get(f"workflows?{query}"), 400, "FieldsInvalid")["fieldErrors"]

    def test_a_page_takes_a_fixed_number_of_queries(self, alice: Person, django_assert_max_num_queries):
        with django_assert_max_num_queries(9):
            assert len(alice.get("workflows").json()["items"]) == 50


def test_health_counts_runs_by_hour_and_names_the_last(alice: Person, workflow: Workflow, charlie: Person):
    from datetime import timedelta

    from django.utils import timezone

    now = timezone.now()

    numbers = count()

    def run(status: str, ago: timedelta, tenant=alice.tenant) -> Run:
        at = now - ago
        return Run.objects.create(
            id=uuid.UUID(int=runtime.first_id_at(at).int + next(numbers)),
            tenant=tenant,
            workflow=workflow,
            version_id=uuid.uuid4(),
            status=status,
            trigger="manual",
            origin="callback",
            started_at=at,
        )

    for status in ("Succeeded", "Succeeded", "Failed", "TimedOut", "Running"):
        newest = run(status, timedelta(seconds=0))
    run("Failed", timedelta(hours=2))
    run("Failed", timedelta(hours=30))
    run("Failed", timedelta(0), tenant=charlie.tenant)
    (item,) = alice.get("workflows").json()["items"]
    assert item["health"][-1] == {"ok": 2, "failed": 2, "running": 1}
    assert item["health"][-3] == {"ok": 0, "failed": 1, "running": 0}
    assert sum(hour["failed"] for hour in item["health"]) == 3
    assert item["lastRun"]["id"] == str(newest.pk)


class TestImport:
    def test_text_and_its_report(self, alice: Person, validator):
        answer = alice.post("workflows/import", {"filename": "orders.json", "content": REQUEST_DEFINITION})
        assert answer.status_code == 201, answer.content
        (result,) = answer.json()["workflows"]
        assert result["problems"] == []
        assert Workflow.objects.get(pk=result["id"]).draft_text == REQUEST_DEFINITION

    def test_a_package_with_two_workflows(self, alice: Person, validator):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("one/workflow.json", REQUEST_DEFINITION)
            archive.writestr("two/workflow.json", REQUEST_DEFINITION)
        content = base64.b64encode(packed.getvalue()).decode()
        answer = alice.post(
            "workflows/import", {"filename": "p.zip", "content": content, "encoding": "base64"}
        )
        assert answer.status_code == 201, answer.content
        assert {result["name"] for result in answer.json()["workflows"]} == {"one", "two"}

    @pytest.mark.parametrize(
        "filename,content",
        [("x.json", "{"), ("x.json", "[]"), ("x.zip", "PK\x03\x04"), ("x.json", '{"a": 1}')],
    )
    def test_what_cannot_be_read_is_one_clear_sentence(self, filename: str, content: str, alice: Person):
        answer = alice.post("workflows/import", {"filename": filename, "content": content})
        assert filename in problem_of(answer, 422, "TextRefused")["detail"]
        assert not Workflow.objects.exists()

    def test_broken_base64_is_named(self, alice: Person):
        body = {"filename": "x", "content": "***", "encoding": "base64"}
        problem_of(alice.post("workflows/import", body), 400, "FieldsInvalid")


class TestTemplates:
    def test_the_gallery_and_its_first_template(self, alice: Person):
        items = {item["id"]: item for item in alice.get("templates").json()}
        assert items["order-intake"]["triggerType"] == "Request"
        assert items["order-intake"]["connectors"] == ["http", "storage", "email"]
        detail = alice.get("templates/order-intake").json()
        assert {need["connector"] for need in detail["needs"]} == {"email", "storage"}
        assert {parameter["name"] for parameter in detail["parameters"]} == {"reviewFrom", "stockUrl"}

    def test_a_workflow_from_it_has_the_parameters(self, alice: Person):
        body = {"name": "Shop", "template": "order-intake", "parameters": {"reviewFrom": 250.5}}
        made = alice.post("workflows", body)
        assert made.status_code == 201, made.content
        text = Workflow.objects.get(pk=made.json()["id"]).draft_text
        assert json.loads(text)["definition"]["parameters"]["reviewFrom"]["defaultValue"] == 250.5

    def test_wrong_parameters_are_named(self, alice: Person):
        values = {"reviewFrom": "much", "nope": 1}
        body = {"name": "Shop", "template": "order-intake", "parameters": values}
        fields = problem_of(alice.post("workflows", body), 400, "FieldsInvalid")["fieldErrors"]
        assert set(fields) == {"parameters.reviewFrom", "parameters.nope"}

    def test_an_unknown_template_is_404(self, alice: Person):
        problem_of(alice.get("templates/none"), 404, "NotFound")
        problem_of(alice.post("workflows", {"name": "x", "template": "none"}), 404, "NotFound")


class TestRunNow:
    @pytest.fixture
    def arrivals(self, monkeypatch: pytest.MonkeyPatch) -> list[runtime.TriggerArrival]:
        found: list[runtime.TriggerArrival] = []

        def start_run(arrival: runtime.TriggerArrival) -> uuid.UUID:
            found.append(arrival)
            return uuid.uuid4()

        monkeypatch.setattr(runtime, "start_run", start_run)
        return found

    def test_the_draft_is_kept_once_per_text(self, alice: Person, workflow: Workflow, validator, arrivals):
        for _ in range(2):
            body = {"payload": {"n": 1.0}, "headers": {"X-A": "b"}}
            answer = alice.post(f"workflows/{workflow.pk}/run", body)
            assert answer.status_code == 202, answer.content
        (version,) = workflow.versions.all()
        assert (version.kind, version.number, version.text) == ("draft", None, workflow.draft_text)
        assert arrivals[1].version_id == version.pk
        assert arrivals[1].kind == "manual"
        assert arrivals[1].outputs == {
            "headers": {"X-A": "b", "Content-Type": "application/json"},
            "body": {"n": 1.0},
        }

    def test_without_a_payload_there_is_no_body(self, alice: Person, workflow, validator, arrivals):
        alice.post(f"workflows/{workflow.pk}/run", {})
        assert arrivals[0].outputs == {}

    def test_null_is_a_payload(self, alice: Person, workflow, validator, arrivals):
        alice.post(f"workflows/{workflow.pk}/run", {"payload": None})
        assert arrivals[0].outputs["body"] is None

    def test_the_published_version_needs_to_exist(self, alice: Person, workflow, validator, arrivals):
        answer = alice.post(f"workflows/{workflow.pk}/run", {"version": "published"})
        problem_of(answer, 409, "NothingPublished")
        assert not arrivals

    def test_a_draft_without_trigger_says_so(self, alice: Person, validator, arrivals):
        blank = services.create(alice.actor, "Blank")
        document = problem_of(alice.post(f"workflows/{blank.pk}/run"), 422, "NotRunnable")
        assert "no trigger" in document["detail"]

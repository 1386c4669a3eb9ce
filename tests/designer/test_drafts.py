"""Edits: each revision once, a repeated id once, a stale base never."""

from __future__ import annotations

import hashlib
import json

import pytest

from designer.tenants.models import AuditEntry
from designer.workflows import drafts, problems
from designer.workflows.models import Workflow
from tests.designer.conftest import FoundProblem, Person, problem_of

INPUTS = "/definition/actions/Compose/inputs"


def edit(text: str = '"hello"', at: str = INPUTS, name: str = "setInput") -> dict[str, object]:
    patch = [{"op": "set", "at": at, "text": text}]
    return {"name": name, "arguments": {"action": "Compose"}, "patch": patch}


def send(person: Person, workflow: Workflow, edit_id: str, base: int, *edits: dict[str, object]):
    body = {"id": edit_id, "base": base, "edits": list(edits)}
    return person.post(f"workflows/{workflow.pk}/draft/edits", body)


def test_an_edit_is_stored_and_hashed(alice: Person, workflow: Workflow):
    answer = send(alice, workflow, "e1", 1, edit())
    assert answer.status_code == 200, answer.content
    workflow.refresh_from_db()
    assert json.loads(workflow.draft_text)["definition"]["actions"]["Compose"]["inputs"] == "hello"
    assert answer.json() == {
        "revision": 2,
        "sha256": hashlib.sha256(workflow.draft_text.encode()).hexdigest(),
    }
    entry = AuditEntry.objects.get(action="draft.edit")
    assert entry.after == {"revision": 2, "edits": ["setInput"]}


def test_only_the_changed_member_changes(alice: Person, workflow: Workflow):
    before = workflow.draft_text
    send(alice, workflow, "e1", 1, edit())
    workflow.refresh_from_db()
    assert workflow.draft_text == before.replace('"@triggerBody()"', '"hello"')


def test_spelling_of_values_survives(alice: Person, workflow: Workflow):
    send(alice, workflow, "e1", 1, edit('{"a": 1e3, "b": 1.10, "c": 12345678901234567890}'))
    workflow.refresh_from_db()
    for spelled in ("1e3", "1.10", "12345678901234567890"):
        assert spelled in workflow.draft_text


def test_a_repeated_id_gets_the_first_answer(alice: Person, workflow: Workflow):
    first = send(alice, workflow, "e1", 1, edit()).json()
    send(alice, workflow, "e2", 2, edit('"later"'))
    again = send(alice, workflow, "e1", 1, edit())
    assert again.status_code == 200
    assert again.json() == first
    workflow.refresh_from_db()
    assert workflow.draft_revision == 3
    assert '"later"' in workflow.draft_text


def test_a_stale_base_gets_what_it_misses(alice: Person, bob: Person, workflow: Workflow):
    send(bob, workflow, "b1", 1, edit('"from bob"'))
    send(bob, workflow, "b2", 2, edit('"again"'))
    document = problem_of(send(alice, workflow, "a1", 1, edit('"from alice"')), 409, "StaleRevision")
    workflow.refresh_from_db()
    assert document["revision"] == 3
    assert document["text"] == workflow.draft_text
    assert document["sha256"] == workflow.draft_sha256
    assert [(item["revision"], item["id"], item["author"]) for item in document["missing"]] == [
        (2, "b1", "Bob"),
        (3, "b2", "Bob"),
    ]
    assert document["missing"][0]["edits"] == [edit('"from bob"')]
    assert "from alice" not in workflow.draft_text


def test_a_base_from_the_future_is_stale_as_well(alice: Person, workflow: Workflow):
    problem_of(send(alice, workflow, "a1", 7, edit()), 409, "StaleRevision")


def test_several_edits_are_all_or_nothing(alice: Person, workflow: Workflow):
    missing = edit(at="/definition/actions/None/inputs/x", name="setOther")
    document = problem_of(send(alice, workflow, "e1", 1, edit(), missing), 422, "PatchRefused")
    assert "setOther" in document["detail"]
    workflow.refresh_from_db()
    assert workflow.draft_revision == 1
    assert "hello" not in workflow.draft_text


@pytest.mark.parametrize(
    "patch",
    [
        [{"op": "set", "at": INPUTS, "text": "{"}],
        [{"op": "set", "at": "", "text": "[]"}],
        [{"op": "remove", "at": "/definition/nowhere"}],
        [{"op": "rename", "at": "/definition/actions", "name": "triggers"}],
    ],
)
def test_a_patch_that_does_not_fit_is_refused(patch, alice: Person, workflow: Workflow):
    answer = send(alice, workflow, "e1", 1, {"name": "x", "arguments": {}, "patch": patch})
    assert answer.status_code == 422, answer.content
    assert answer.json()["code"] in {"PatchRefused", "TextRefused"}
    workflow.refresh_from_db()
    assert workflow.draft_revision == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"id": "x", "base": -1, "edits": []},
        {"id": "x", "base": 1, "edits": [{"name": "n", "patch": [{"op": "explode", "at": ""}]}]},
        {"id": "y" * 65, "base": 1, "edits": []},
        {"id": "x", "base": 1, "edits": "no"},
    ],
)
def test_a_malformed_request_names_its_fields(body, alice: Person, workflow: Workflow):
    answer = alice.post(f"workflows/{workflow.pk}/draft/edits", body)
    assert problem_of(answer, 400, "FieldsInvalid")["fieldErrors"]


def test_too_much_at_once_is_413(alice: Person, workflow: Workflow, settings):
    settings.EDITS_SIZE_LIMIT = 50
    problem_of(send(alice, workflow, "e1", 1, edit()), 413, "TooLarge")


def test_a_draft_cannot_grow_beyond_the_limit(alice: Person, workflow: Workflow, settings):
    settings.DEFINITION_SIZE_LIMIT = len(workflow.draft_text) + 10
    problem_of(send(alice, workflow, "e1", 1, edit(json.dumps("x" * 100))), 413, "TooLarge")


def test_edits_can_be_listed_since_a_revision(alice: Person, workflow: Workflow):
    for number in range(1, 4):
        send(alice, workflow, f"e{number}", number, edit(f'"{number}"'))
    answer = alice.get(f"workflows/{workflow.pk}/draft/edits?since=2").json()
    assert [item["id"] for item in answer["items"]] == ["e2", "e3"]
    assert answer["revision"] == 4
    problem_of(alice.get(f"workflows/{workflow.pk}/draft/edits?since=x"), 400, "FieldsInvalid")


def test_opening_a_draft_is_one_answer(alice: Person, workflow: Workflow, validator: list[FoundProblem]):
    validator.append(FoundProblem("error", "X", "/actions/Compose/inputs", "The input is wrong."))
    answer = alice.get(f"workflows/{workflow.pk}/draft").json()
    assert answer["text"] == workflow.draft_text
    assert (answer["revision"], answer["sha256"]) == (1, workflow.draft_sha256)
    assert answer["workflow"]["id"] == str(workflow.pk)
    assert answer["problems"] == [
        {
            "severity": "error",
            "code": "X",
            "pointer": "/definition/actions/Compose/inputs",
            "message": "The input is wrong.",
            "action": "Compose",
            "range": None,
        }
    ]
    assert answer["manifests"]
    assert alice.get(f"workflows/{workflow.pk}/problems").json()["items"] == answer["problems"]


@pytest.mark.parametrize(
    "pointer,owner",
    [
        ("", None),
        ("/parameters/actions", None),
        ("/triggers/manual/inputs/schema", "manual"),
        ("/actions/If", "If"),
        ("/actions/If/actions/A/inputs/actions/x", "A"),
        ("/actions/If/else/actions/B", "B"),
        ("/actions/Switch/cases/actions/actions/C/inputs", "C"),
        ("/actions/Switch/default/actions/D", "D"),
        ("/actions/a~1b/runAfter", "a/b"),
    ],
)
def test_a_problem_belongs_to_the_innermost_action(pointer: str, owner: str | None):
    assert problems.owner_of(pointer) == owner


def test_the_list_knows_the_trigger_after_an_edit(alice: Person, workflow: Workflow):
    place = "/definition/triggers/manual"
    send(alice, workflow, "e1", 1, edit(json.dumps({"type": "recurrence"}), at=place))
    assert alice.get(f"workflows/{workflow.pk}").json()["triggerType"] == "Recurrence"
    send(alice, workflow, "e2", 2, edit("{}", at="/definition/triggers"))
    assert alice.get(f"workflows/{workflow.pk}").json()["triggerType"] is None


class TestVersions:
    def publish(self, person: Person, workflow: Workflow, revision: int, comment: str = ""):
        body = {"revision": revision, "comment": comment}
        return person.post(f"workflows/{workflow.pk}/publish", body)

    def test_publishing_numbers_versions_and_arms(self, alice: Person, workflow: Workflow, armed, validator):
        answer = self.publish(alice, workflow, 1, " first ")
        assert answer.status_code == 201, answer.content
        version = answer.json()["version"]
        assert (version["number"], version["comment"], version["current"]) == (1, "first", True)
        workflow.refresh_from_db()
        assert armed == [("arm", workflow.published_id)]
        assert alice.get(f"workflows/{workflow.pk}").json()["hasUnpublishedChanges"] is False
        send(alice, workflow, "e1", 1, edit())
        item = alice.get(f"workflows/{workflow.pk}").json()
        assert (item["hasUnpublishedChanges"], item["publishedVersion"], item["state"]) == (True, 1, "on")
        assert item["draftRevision"] == 2
        assert self.publish(alice, workflow, 2).json()["version"]["number"] == 2

    def test_a_disabled_workflow_is_published_but_not_armed(
        self, alice: Person, workflow: Workflow, armed, validator
    ):
        self.publish(alice, workflow, 1)
        alice.post(f"workflows/{workflow.pk}/disable")
        armed.clear()
        self.publish(alice, workflow, 1)
        assert armed == []

    def test_a_draft_with_errors_is_not_published(self, alice: Person, workflow: Workflow, armed, validator):
        validator.append(FoundProblem("warning", "W", "", "Careful."))
        validator.append(FoundProblem("error", "E", "/actions/Compose", "It cannot work."))
        document = problem_of(self.publish(alice, workflow, 1), 422, "PublishRefused")
        assert "It cannot work." in document["detail"]
        assert [item["code"] for item in document["problems"]] == ["E"]
        assert armed == []
        assert not workflow.versions.exists()

    def test_what_was_not_looked_at_is_not_published(self, alice, bob, workflow: Workflow, armed, validator):
        send(bob, workflow, "b1", 1, edit())
        problem_of(self.publish(alice, workflow, 1), 409, "StaleRevision")

    def test_versions_are_listed_read_and_restored(self, alice: Person, workflow: Workflow, armed, validator):
        original = workflow.draft_text
        self.publish(alice, workflow, 1)
        send(alice, workflow, "e1", 1, edit())
        self.publish(alice, workflow, 2)
        listed = alice.get(f"workflows/{workflow.pk}/versions").json()["items"]
        assert [(item["number"], item["current"]) for item in listed] == [(2, True), (1, False)]
        assert alice.get(f"workflows/{workflow.pk}/versions/1").json()["text"] == original
        restored = alice.post(f"workflows/{workflow.pk}/versions/1/restore")
        assert restored.json()["revision"] == 3
        workflow.refresh_from_db()
        assert workflow.draft_text == original
        assert workflow.published is not None
        assert workflow.published.number == 2
        (stored,) = drafts.edits_since(workflow, 2)
        assert json.loads(stored.edits)[0]["patch"][0]["at"] == INPUTS
        problem_of(alice.get(f"workflows/{workflow.pk}/versions/9"), 404, "NotFound")

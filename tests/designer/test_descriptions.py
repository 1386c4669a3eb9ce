"""What a workflow says of itself: part of its definition, shown and found in lists."""

from __future__ import annotations

import json

from designer.workflows import services
from designer.workflows.models import Workflow
from tests.designer.conftest import REQUEST_DEFINITION, Person
from tests.designer.test_problem_documents import problem_of
from tests.designer.test_tags import names
from tests.designer.test_uses import edited, published


def described(person: Person, workflow: Workflow, text: str) -> str:
    answer = person.patch(f"workflows/{workflow.pk}", {"description": text})
    assert answer.status_code == 200, answer.content
    said: str = answer.json()["description"]
    return said


def definition(person: Person, workflow: Workflow) -> dict[str, object]:
    found: dict[str, object] = json.loads(person.get(f"workflows/{workflow.pk}/export").content)["definition"]
    return found


def test_it_is_written_into_the_draft_and_found_by(
    alice: Person, bob: Person, charlie: Person, viewer: Person, workflow: Workflow
):
    services.create(alice.actor, "Other", text=REQUEST_DEFINITION)
    assert described(bob, workflow, "Takes what “shops” order\nand bills it.") == (
        "Takes what “shops” order\nand bills it."
    )
    assert definition(alice, workflow)["description"] == "Takes what “shops” order\nand bills it."
    assert names(viewer, "search=SHOPS") == ["Orders"]
    assert names(charlie, "search=shops") == []
    assert described(alice, workflow, "") == ""
    assert "description" not in definition(alice, workflow)
    problem_of(viewer.patch(f"workflows/{workflow.pk}", {"description": "x"}), 403, "PermissionRefused")
    problem_of(charlie.patch(f"workflows/{workflow.pk}", {"description": "x"}), 404, "NotFound")


def test_the_same_again_is_no_edit(alice: Person, workflow: Workflow):
    described(alice, workflow, "Once")
    revision = alice.get(f"workflows/{workflow.pk}/draft").json()["revision"]
    described(alice, workflow, "Once")
    assert alice.get(f"workflows/{workflow.pk}/draft").json()["revision"] == revision


def test_too_long_a_one_is_refused(alice: Person, workflow: Workflow):
    problem_of(alice.patch(f"workflows/{workflow.pk}", {"description": "x" * 257}), 400, "FieldsInvalid")
    assert described(alice, workflow, "x" * 256) == "x" * 256


def test_edits_of_the_text_are_followed(alice: Person, workflow: Workflow):
    edited(alice, workflow, {"op": "set", "at": "/definition/description", "text": '"By hand"'})
    assert alice.get(f"workflows/{workflow.pk}").json()["description"] == "By hand"
    edited(alice, workflow, {"op": "set", "at": "/definition/description", "text": "{}"})
    assert alice.get(f"workflows/{workflow.pk}").json()["description"] == ""


def test_copies_versions_and_imports_have_it(alice: Person, workflow: Workflow, validator, armed):
    described(alice, workflow, "Bills orders")
    assert alice.post(f"workflows/{workflow.pk}/duplicate", {}).json()["description"] == "Bills orders"
    published(alice, workflow)
    version = alice.get(f"workflows/{workflow.pk}/versions/1").json()
    assert json.loads(version["text"])["definition"]["description"] == "Bills orders"
    content = alice.get(f"workflows/{workflow.pk}/export").content.decode()
    answer = alice.post("workflows/import", {"filename": "bills.json", "content": content})
    (imported,) = answer.json()["workflows"]
    assert alice.get(f"workflows/{imported['id']}").json()["description"] == "Bills orders"


def test_characters_that_no_database_takes_do_not_matter(alice: Person):
    text = '{"definition": {"description": "a\\u0000\\ud800b", "triggers": {}, "actions": {}}}'
    assert services.create(alice.actor, "Odd", text=text).draft_description == "a?b"

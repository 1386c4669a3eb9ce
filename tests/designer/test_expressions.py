from __future__ import annotations

import uuid
from typing import Any

from designer.workflows.models import Workflow
from tests.designer.conftest import Person, problem_of


def ask(person: Person, workflow: Workflow, status: int = 200, **body: Any) -> Any:
    answer = person.post(f"workflows/{workflow.pk}/expressions/evaluate", body)
    assert answer.status_code == status, answer.content
    return answer.json()


def test_a_value_has_a_type_and_a_text(alice: Person, workflow: Workflow):
    sample = {"name": "Ana", "n": 12345678901234567890}
    assert ask(alice, workflow, template="Dear @{triggerBody()['name']}", sample=sample) == {
        "value": "Dear Ana",
        "text": "Dear Ana",
        "type": "String",
        "truncated": False,
    }
    found = ask(alice, workflow, template="@triggerBody()", sample=sample)
    assert (found["value"], found["type"]) == (sample, "Object")
    assert found["text"] == '{"name":"Ana","n":12345678901234567890}'
    assert ask(alice, workflow, template="@json('null')")["type"] == "Null"


def test_errors_are_answers(alice: Person, workflow: Workflow):
    assert ask(alice, workflow, template="@triggerBody()")["error"]["code"] == "NoData"
    assert "nope" in ask(alice, workflow, template="@nope()")["error"]["message"]
    assert ask(alice, workflow, template="x" * 70_000)["error"]["code"] == "TooLarge"


def test_large_values_are_cut(alice: Person, workflow: Workflow):
    found = ask(alice, workflow, template="@range(0, 20000)")
    assert found["value"] is None
    assert found["truncated"]
    assert len(found["text"]) == 2_000


def test_what_cannot_be_asked(alice: Person, viewer: Person, workflow: Workflow):
    path = f"workflows/{workflow.pk}/expressions/evaluate"
    problem_of(viewer.post(path, {"template": "x"}), 403, "PermissionRefused")
    problem_of(alice.post(path, {}), 400, "FieldsInvalid")
    problem_of(alice.post(path, {"template": "x", "repetition": "1-x"}), 400, "FieldsInvalid")
    problem_of(alice.post(path, {"template": "x", "run": str(uuid.uuid4())}), 404, "RunNotFound")


def test_many_at_once(alice: Person, charlie: Person, workflow: Workflow):
    path = f"workflows/{workflow.pk}/expressions/evaluate-all"
    body = {"templates": ["@triggerBody()['a']", "@nope()", {"b": "@triggerBody()['a']"}], "sample": {"a": 1}}
    items = alice.post(path, body).json()["items"]
    assert [item.get("value") for item in items] == [1, None, {"b": 1}]
    assert "nope" in items[1]["error"]["message"]
    problem_of(alice.post(path, {"templates": ["x"] * 201}), 400, "FieldsInvalid")
    problem_of(charlie.post(path, body), 404, "NotFound")


def test_many_large_values_are_cut_together(alice: Person, workflow: Workflow):
    path = f"workflows/{workflow.pk}/expressions/evaluate-all"
    items = alice.post(path, {"templates": ["@range(0, 10000)"] * 20}).json()["items"]
    whole = [item["value"] is not None for item in items]
    assert whole[0]
    assert not whole[-1]
    assert items[-1]["text"].startswith("[0,1,")

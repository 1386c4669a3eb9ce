"""Tags: set, kept apart by tenant, found by, copied and imported."""

from __future__ import annotations

import json

from designer.workflows import services
from designer.workflows.models import Workflow
from tests.designer.conftest import REQUEST_DEFINITION, Person
from tests.designer.test_problem_documents import problem_of


def names(person: Person, query: str) -> list[str]:
    return [item["name"] for item in person.get(f"workflows?sort=name&{query}").json()["items"]]


def tagged(person: Person, workflow: str, *tags: str) -> list[str]:
    answer = person.patch(f"workflows/{workflow}", {"tags": tags})
    assert answer.status_code == 200, answer.content
    found: list[str] = answer.json()["tags"]
    return found


def test_tags_are_set_listed_and_found_by(alice: Person, bob: Person, charlie: Person, workflow: Workflow):
    other = services.create(alice.actor, "Reminders", text=REQUEST_DEFINITION)
    assert tagged(bob, str(workflow.pk), "Finance", "  team  sales ", "FINANCE") == [
        "Finance",
        "team sales",
    ]
    assert tagged(alice, str(other.pk), "Finance") == ["Finance"]
    assert names(alice, "tag=finance") == ["Orders", "Reminders"]
    assert names(alice, "tag=team%20sales") == ["Orders"]
    assert names(alice, "tag=team") == []  # a whole one
    assert names(alice, "search=sales") == ["Orders"]
    assert names(alice, "trigger=Recurrence") == []
    assert alice.get("tags").json() == [
        {"name": "Finance", "workflows": 2},
        {"name": "team sales", "workflows": 1},
    ]
    assert charlie.get("tags").json() == []
    assert names(charlie, "tag=Finance") == []

    assert tagged(alice, str(workflow.pk)) == []
    assert [tag["workflows"] for tag in alice.get("tags").json()] == [1]
    assert "workflow.tag" in {entry["action"] for entry in alice.get("audit").json()["items"]}


def test_a_deleted_workflow_takes_its_tags_out_of_the_list(alice: Person, workflow: Workflow):
    tagged(alice, str(workflow.pk), "Old")
    alice.delete(f"workflows/{workflow.pk}")
    assert alice.get("tags").json() == []


def test_too_many_and_too_long_ones_are_refused_and_nothing_changes(alice: Person, workflow: Workflow):
    tagged(alice, str(workflow.pk), "Kept")
    for tags, sentence in (
        ([f"t{n}" for n in range(21)], "A workflow has at most 20 tags; these are 21."),
        (["x" * 61], f"A tag has at most 60 characters; “{'x' * 20}…” has 61."),
    ):
        answer = alice.patch(f"workflows/{workflow.pk}", {"name": "Renamed", "tags": tags})
        problem = problem_of(answer, 400, "FieldsInvalid")
        assert sentence in json.dumps(problem, ensure_ascii=False)
    item = alice.get(f"workflows/{workflow.pk}").json()
    assert (item["name"], item["tags"]) == ("Orders", ["Kept"])


def test_a_copy_has_the_tags_of_its_source(alice: Person, workflow: Workflow):
    tagged(alice, str(workflow.pk), "Finance")
    assert alice.post(f"workflows/{workflow.pk}/duplicate", {}).json()["tags"] == ["Finance"]


def test_an_imported_resource_brings_its_tags(alice: Person):
    definition = json.loads(REQUEST_DEFINITION)
    resource = {
        "type": "Microsoft.Logic/workflows",
        "name": "orders",
        "tags": {"env": "prod", "hidden-title": "Orders", "owner": "[resourceGroup().name]", "cost": ""},
        "properties": {"definition": definition.get("definition", definition)},
    }
    for content in (resource, {"contentVersion": "1.0.0.0", "resources": [resource]}):
        answer = alice.post("workflows/import", {"filename": "orders.json", "content": json.dumps(content)})
        (imported,) = answer.json()["workflows"]
        assert alice.get(f"workflows/{imported['id']}").json()["tags"] == ["cost", "env: prod"]

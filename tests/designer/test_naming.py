"""Workflows by name: to choose from, however many there are, and to show which one a text means."""

from __future__ import annotations

import uuid

import pytest

from designer.workflows import services
from designer.workflows.models import Workflow
from tests.designer.conftest import Person
from tests.designer.test_problem_documents import problem_of

SCHEDULED = '{"definition": {"triggers": {"Every": {"type": "Recurrence"}}, "actions": {}}}'


@pytest.fixture
def many(alice: Person) -> None:
    Workflow.objects.bulk_create(
        Workflow(tenant=alice.tenant, name=f"Flow {n:03}", slug=f"flow-{n:03}", draft_trigger="Request")
        for n in range(60)
    )


def names(person: Person, query: str) -> tuple[list[str], bool]:
    answer = person.get(f"workflow-names{query}").json()
    return [item["name"] for item in answer["items"]], answer["more"]


def test_all_that_there_are_can_be_found(viewer: Person, alice: Person, workflow: Workflow, many: None):
    first, more = names(viewer, "")
    assert (len(first), first[0], more) == (50, "Flow 000", True)
    assert names(viewer, "?search=w%20059") == (["Flow 059"], False)
    assert names(viewer, "?search=orders") == (["Orders"], False)
    assert names(viewer, f"?search=orders&except={workflow.pk}") == ([], False)
    services.create(alice.actor, "Orders by night", text=SCHEDULED)
    assert names(viewer, "?search=orders&trigger=recurrence") == (["Orders by night"], False)


def test_those_of_others_and_deleted_ones_are_not_offered(alice: Person, charlie: Person, workflow: Workflow):
    assert names(charlie, "") == ([], False)
    services.delete(alice.actor, workflow)
    assert names(alice, "") == ([], False)
    problem_of(alice.get("workflow-names?except=x"), 400, "FieldsInvalid")


@pytest.mark.parametrize("form", ["{id}", "{ID}", "{hex}", "oRDERS", "/subscriptions/1/workflows/orders"])
def test_a_workflow_is_known_by_whatever_a_run_would_call(viewer: Person, workflow: Workflow, form: str):
    given = form.format(id=workflow.pk, ID=str(workflow.pk).upper(), hex=workflow.pk.hex)
    answer = viewer.get(f"workflow-references?reference={given}&reference=Nobody").json()
    assert answer["items"] == [
        {"reference": given, "workflow": {"id": str(workflow.pk), "name": "Orders"}},
        {"reference": "Nobody", "workflow": None},
    ]


def test_the_id_goes_before_the_name(alice: Person, workflow: Workflow):
    services.create(alice.actor, str(workflow.pk))
    (item,) = alice.get(f"workflow-references?reference={workflow.pk}").json()["items"]
    assert item["workflow"]["name"] == "Orders"


def test_references_to_those_of_others_lead_nowhere(alice: Person, charlie: Person, workflow: Workflow):
    for reference in (str(workflow.pk), "Orders"):
        (item,) = charlie.get(f"workflow-references?reference={reference}").json()["items"]
        assert item["workflow"] is None
    query = "&".join(f"reference={uuid.uuid4()}" for _ in range(101))
    problem_of(alice.get(f"workflow-references?{query}"), 400, "FieldsInvalid")

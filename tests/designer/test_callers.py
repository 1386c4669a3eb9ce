"""Who calls a workflow: by whatever name, of one's own organisation, never itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from designer.workflows import services
from designer.workflows.models import Workflow
from tests.designer.conftest import Person
from tests.designer.test_problem_documents import problem_of
from tests.designer.test_uses import calling, edited, published, text


def called_by(person: Person, workflow: Workflow) -> int:
    one: int = person.get(f"workflows/{workflow.pk}").json()["calledBy"]
    listed = {item["id"]: item["calledBy"] for item in person.get("workflows").json()["items"]}
    assert listed[str(workflow.pk)] == one
    return one


def told(person: Person, workflow: Workflow) -> list[tuple[str, list[str]]]:
    items = person.get(f"workflows/{workflow.pk}/callers").json()["items"]
    return [(item["name"], item["actions"]) for item in items]


@pytest.mark.parametrize(
    "named",
    [
        lambda child: str(child.pk),
        lambda child: str(child.pk).upper(),
        lambda child: "oRDERS",
        lambda child: f"/subscriptions/1/workflows/{child.slug}",
    ],
)
def test_a_caller_is_known_by_whatever_it_calls(
    bob: Person, viewer: Person, workflow: Workflow, named: Callable[[Workflow], str]
):
    inner = {"type": "Scope", "actions": {"Second": calling(named(workflow))}, "runAfter": {}}
    services.create(bob.actor, "Caller", text=text(First=calling(named(workflow)), Around=inner))
    assert told(viewer, workflow) == [("Caller", ["First", "Second"])]
    assert called_by(viewer, workflow) == 1


def test_those_of_others_deleted_ones_and_itself_do_not_count(
    alice: Person, charlie: Person, workflow: Workflow
):
    services.create(charlie.actor, "Theirs", text=text(Call=calling(str(workflow.pk))))
    gone = services.create(alice.actor, "Gone", text=text(Call=calling("Orders")))
    alice.delete(f"workflows/{gone.pk}")
    edited(
        alice, workflow, {"op": "set", "at": "/definition/actions/Again", "text": '{"type": "Workflow", "inputs": '
        '{"host": {"workflow": {"id": "Orders"}}}, "runAfter": {}}'}
    )  # fmt: skip
    assert (told(alice, workflow), called_by(alice, workflow)) == ([], 0)
    problem_of(charlie.get(f"workflows/{workflow.pk}/callers"), 404, "NotFound")


def test_draft_and_published_version_are_told_apart(alice: Person, workflow: Workflow, validator, armed):
    caller = services.create(alice.actor, "Caller", text=text(Call=calling("Orders")))

    def only() -> tuple[bool, bool, str]:
        (item,) = alice.get(f"workflows/{workflow.pk}/callers").json()["items"]
        return item["draftOnly"], item["publishedOnly"], item["state"]

    assert only() == (True, False, "draft")
    published(alice, caller)
    assert only() == (False, False, "on")
    edited(alice, caller, {"op": "remove", "at": "/definition/actions/Call"})
    assert only() == (False, True, "on")
    assert called_by(alice, workflow) == 1
    published(alice, caller)
    assert (told(alice, workflow), called_by(alice, workflow)) == ([], 0)


def test_a_page_of_the_list_costs_one_query_for_all_callers(
    alice: Person, workflow: Workflow, django_assert_num_queries
):
    from designer.workflows import uses

    for number in range(5):
        services.create(alice.actor, f"Caller {number}", text=text(Call=calling("Orders")))
    everyone = list(alice.tenant.workflows.all())
    with django_assert_num_queries(1):
        assert uses.caller_counts(alice.tenant, everyone) == {workflow.pk: 5}

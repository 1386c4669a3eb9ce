"""What needs attention: only what fails now, only the tenant's own."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from itertools import count

import pytest
from django.utils import timezone

from connectors.models import Connection
from designer.workflows import services
from designer.workflows.models import Workflow
from runtime import services as runtime
from runtime.models import Run
from tests.designer.conftest import REQUEST_DEFINITION, Person

Ran = Callable[..., Run]


@pytest.fixture
def ran(alice: Person, workflow: Workflow) -> Ran:
    numbers = count()

    def run(status: str, minutes: float = 0, of: Workflow = workflow, person: Person = alice) -> Run:
        at = timezone.now() - timedelta(minutes=minutes)
        return Run.objects.create(
            id=uuid.UUID(int=runtime.first_id_at(at).int + next(numbers)), tenant=person.tenant,
            workflow_id=of.pk, version_id=uuid.uuid4(), status=status, trigger="manual", origin="callback",
            started_at=at, ended_at=None if status == "Running" else at, first_failed_action="Get_order",
            code="ActionFailed",
        )  # fmt: skip

    return run


def told(person: Person) -> list[tuple[str, int, int, bool]]:
    items = person.get("attention").json()["workflows"]
    return [(item["name"], item["failed"], item["ended"], item["last"]) for item in items]


def test_a_nightly_run_that_failed_is_told_until_one_succeeds(alice: Person, workflow: Workflow, ran: Ran):
    ran("Succeeded", 20 * 60)
    failure = ran("Failed", 8 * 60)
    assert told(alice) == [("Orders", 1, 2, True)]
    (item,) = alice.get("attention").json()["workflows"]
    assert (item["runId"], item["action"], item["code"]) == (str(failure.pk), "Get_order", "ActionFailed")
    ran("Running")
    assert told(alice) == [("Orders", 1, 2, True)]
    ran("Succeeded", 1)
    assert told(alice) == []


def test_many_failures_of_the_last_hour_are_told_though_the_last_run_went_well(alice: Person, ran: Ran):
    for minutes in (50, 40, 30):
        ran("Failed", minutes)
    for minutes in range(9):
        ran("Succeeded", minutes)
    assert told(alice) == [("Orders", 3, 12, False)]
    for _ in range(3):
        ran("Succeeded")
    assert told(alice) == []  # one in five: not more


def test_yesterday_and_deleted_workflows_are_not(alice: Person, workflow: Workflow, ran: Ran):
    ran("Failed", 25 * 60)
    assert told(alice) == []
    ran("Failed")
    assert len(told(alice)) == 1
    workflow.deleted_at = timezone.now()
    workflow.save(update_fields=["deleted_at"])
    assert told(alice) == []


def test_the_newest_failure_comes_first_and_others_see_nothing(
    alice: Person, charlie: Person, viewer: Person, ran: Ran
):
    ran("Failed", 10)
    other = services.create(alice.actor, "Invoices", text=REQUEST_DEFINITION)
    ran("Failed", 5, other)
    assert [name for name, *_ in told(alice)] == ["Invoices", "Orders"]
    assert told(viewer) == told(alice)
    assert told(charlie) == []


def test_a_connection_whose_test_failed(alice: Person, charlie: Person):
    for person, state in ((alice, "failing"), (alice, "ok"), (charlie, "failing")):
        Connection.objects.create(
            tenant=person.tenant, name=f"{person.role} {state}", connector="http", sealed_parameters=b"",
            state=state, state_message="401 Unauthorized", last_tested=timezone.now(),
        )  # fmt: skip
    (item,) = alice.get("attention").json()["connections"]
    assert (item["name"], item["message"]) == ("owner failing", "401 Unauthorized")

"""Lists, snapshots and the canvas never read what runs carry: asserted on the statements themselves."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from designer.workflows import publishing
from designer.workflows.models import Workflow
from runtime.models import Inbox, Run, Summary
from tests.designer.conftest import Person


@pytest.fixture
def run(workflow: Workflow, alice: Person) -> Run:
    publishing.publish(alice.actor, workflow)
    workflow.refresh_from_db()
    at = datetime.now(UTC)
    common: dict[str, Any] = {
        "tenant": workflow.tenant, "workflow": workflow, "version": workflow.published, "trigger": "manual",
    }  # fmt: skip
    run = Run.objects.create(**common, status="Succeeded", origin="callback", started_at=at, ended_at=at)
    Inbox.objects.create(**common, id=run.pk, kind="callback", state="started", record=b"")
    Summary.objects.create(run=run, tenant=workflow.tenant, seq=2, data=b"\x00\x80")
    return run


@pytest.mark.parametrize(
    "route",
    [
        "runs",
        "runs?status=Succeeded",
        "inbox",
        "workflows",
        "workflows/{workflow}",
        "workflows/{workflow}/versions",
        "runs/{run}",
    ],
)
def test_no_statement_touches_a_payload_a_journal_or_a_record(route: str, run: Run, alice: Person) -> None:
    address = route.format(workflow=run.workflow_id, run=run.pk)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        response = alice.get(address)
    assert response.status_code == 200, response.content
    assert seen.captured_queries
    for query in seen.captured_queries:
        for word in ("runtime_payload", "runtime_journalrow", '"record"', '"content"', '"memory"'):
            assert word not in query["sql"], (address, query["sql"])


def test_the_check_sees_what_it_looks_for(run: Run, alice: Person) -> None:
    with CaptureQueriesContext(connection) as seen:
        alice.get(f"runs/{run.pk}/content/{uuid.uuid4().hex}")
    assert any("runtime_payload" in query["sql"] for query in seen.captured_queries)

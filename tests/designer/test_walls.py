"""Row-level security on PostgreSQL: the second wall, asked with raw SQL behind the back of the first."""

from __future__ import annotations

import json
import statistics
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client

from designer.tenants import row_security, walls
from designer.tenants.models import AuditEntry, Tenant
from designer.workflows import services
from designer.workflows.models import Workflow
from runtime.models import Inbox, Run
from tests.designer.conftest import REQUEST_DEFINITION, Person, make_person, problem_of
from tests.designer.test_retention import put
from tests.runtime.stores import migrated, postgresql_database

pytestmark = [pytest.mark.postgresql, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def url(tmp_path_factory: Any, django_db_blocker: Any) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("walls")
    with django_db_blocker.unblock(), postgresql_database() as url, migrated(url, folder):
        yield url


@pytest.fixture
def role(url: str, settings: Any) -> Iterator[str]:
    """A role of this test's own, prepared; the wall is not raised yet."""
    name = f"millrace_t{uuid.uuid4().hex[:10]}"
    settings.WEB_ROLE = name
    call_command("roles")
    yield name
    walls.lower()
    with connection.cursor() as cursor:
        cursor.execute(f"DROP OWNED BY {name}; DROP ROLE {name}")


@pytest.fixture
def people(role: str) -> tuple[Person, Person]:
    """Alice and Charlie, each with a workflow, a run and an arrival."""
    found = []
    for name in ("alice", "charlie"):
        tenant = Tenant.objects.create(slug=f"{name}-{uuid.uuid4().hex[:6]}", name=name.title())
        person = make_person(f"{name}-{uuid.uuid4().hex[:6]}@x.example", tenant, "owner")
        workflow = services.create(person.actor, "Orders", text=REQUEST_DEFINITION)
        about = {"tenant": tenant, "workflow": workflow, "version_id": uuid.uuid4(), "trigger": "manual"}
        Run.objects.create(status="Succeeded", origin="callback", **about)
        Inbox.objects.create(state="rejected", kind="callback", record=b"", **about)
        found.append(person)
    walls.raise_()
    return found[0], found[1]


def raw(sql: str, *given: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return list(cursor.fetchall())


TABLES = ("workflows_workflow", "runtime_run", "runtime_inbox", "tenants_auditentry")


def test_a_query_without_a_tenant_finds_nothing(people: tuple[Person, Person]) -> None:
    assert raw("SELECT current_user")[0][0].startswith("millrace_t")
    for table in row_security.walled():
        assert raw(f"SELECT count(*) FROM {table}") == [(0,)], table
    assert not Workflow.objects.exists()
    with walls.everywhere():
        for table in TABLES:
            assert raw(f"SELECT count(*) FROM {table}")[0][0] >= 2, table


@pytest.mark.parametrize("table", TABLES)
def test_charlie_cannot_read_or_write_alices_rows_by_raw_sql(
    people: tuple[Person, Person], table: str
) -> None:
    alice, charlie = (person.tenant.pk for person in people)
    with walls.within(charlie):
        assert raw(f"SELECT DISTINCT tenant_id FROM {table}") == [(charlie,)]
        assert raw(f"SELECT 1 FROM {table} WHERE tenant_id = %s", alice) == []
        assert raw(f"UPDATE {table} SET id = id WHERE tenant_id = %s RETURNING id", alice) == []
        assert raw(f"DELETE FROM {table} WHERE tenant_id = %s RETURNING id", alice) == []
        if table != "workflows_workflow":
            with pytest.raises(DatabaseError, match="row-level security"):
                raw(f"UPDATE {table} SET tenant_id = %s RETURNING id", alice)
    with walls.within(alice):
        assert raw(f"SELECT count(*) FROM {table}")[0][0] >= 1


def test_tables_of_the_owner_and_single_ranges_are_out_of_reach(people: tuple[Person, Person]) -> None:
    with walls.everywhere(), pytest.raises(DatabaseError, match=r"must be owner|permission denied"):
        raw("ALTER TABLE runtime_run DISABLE ROW LEVEL SECURITY")


def _look_and_fail(tenant: uuid.UUID) -> None:
    with transaction.atomic(), walls.within(tenant):
        assert raw("SELECT DISTINCT tenant_id FROM runtime_run") == [(tenant,)]
        raise ZeroDivisionError


def test_the_scope_survives_a_savepoint_that_is_undone(people: tuple[Person, Person]) -> None:
    alice, charlie = (person.tenant.pk for person in people)
    with walls.within(alice), transaction.atomic():
        with pytest.raises(ZeroDivisionError):
            _look_and_fail(charlie)
        assert raw("SELECT DISTINCT tenant_id FROM runtime_run") == [(alice,)]
    with walls.within(charlie):
        assert raw("SELECT DISTINCT tenant_id FROM runtime_run") == [(charlie,)]
    assert raw("SELECT tenant_id FROM runtime_run") == []


def test_pages_and_api_work_behind_it(people: tuple[Person, Person], armed: Any) -> None:
    alice, charlie = people
    (workflow,) = json.loads(alice.get("workflows").content)["items"]
    assert len(json.loads(alice.get("runs").content)["items"]) == 1
    assert len(json.loads(alice.get("inbox").content)["items"]) == 1
    assert json.loads(alice.get(f"workflows/{workflow['id']}/draft").content)["revision"] >= 0
    assert put(alice, "settings", {"bodyLimit": 5_000}).status_code == 200
    assert put(alice, "retention", {"days": 5, "runs": 0}).status_code == 200
    made = alice.post("workflows", {"name": "Parcels", "text": REQUEST_DEFINITION})
    assert made.status_code == 201, made.content
    draft = json.loads(alice.get(f"workflows/{json.loads(made.content)['id']}/draft").content)
    published = alice.post(
        f"workflows/{json.loads(made.content)['id']}/publish", {"comment": "", "revision": draft["revision"]}
    )
    assert published.status_code in (200, 201), published.content
    invited = alice.post("invitations", {"email": "new@x.example", "role": "editor"})
    assert invited.status_code == 201, invited.content
    token = json.loads(invited.content)["url"].rpartition("token=")[2]
    joined = Client().post(
        "/api/v1/invitations/accept",
        json.dumps({"token": token, "name": "New", "password": "a long enough password"}),
        content_type="application/json",
    )
    assert joined.status_code in (200, 201), joined.content
    problem_of(charlie.get(f"workflows/{workflow['id']}"), 404, "NotFound")
    with walls.within(alice.tenant.pk):
        assert {"settings.change", "retention.change", "workflow.publish", "member.join"} <= set(
            AuditEntry.objects.values_list("action", flat=True)
        )


def test_what_it_costs(people: tuple[Person, Person]) -> None:
    alice, _ = people
    took: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(6):
        for behind in (True, False):
            walls.raise_() if behind else walls.lower()
            alice.get("runs")
            for _ in range(10):
                began = time.perf_counter()
                assert alice.get("runs").status_code == 200
                took[behind].append((time.perf_counter() - began) * 1000)
    with_wall, without = statistics.median(took[True]), statistics.median(took[False])
    print(f"list of runs: {without:.1f} ms without, {with_wall:.1f} ms behind the wall")
    assert with_wall < without * 3


def test_a_role_that_goes_around_it_is_refused(url: str, settings: Any) -> None:
    settings.WEB_ROLE = psycopg.conninfo.conninfo_to_dict(url)["user"]
    with pytest.raises(CommandError, match="goes around row-level security"):
        call_command("roles")
    settings.WEB_ROLE = "Robert'); --"
    with pytest.raises(CommandError, match="no name for a role"):
        call_command("roles")


def test_a_table_made_since_is_told(role: str) -> None:
    from designer import doctor

    assert next(doctor._wall()).state == "ok"
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE runtime_new (tenant_id uuid)")
        try:
            line = next(doctor._wall())
        finally:
            cursor.execute("DROP TABLE runtime_new")
    assert line.state == "trouble"
    assert "runtime_new" in line.sentence

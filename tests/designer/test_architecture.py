"""Rules that nobody should have to remember."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from django.core.management import call_command

from designer.api.routes import urlpatterns

ROOT = Path(__file__).resolve().parents[2]
# The few look-ups that cannot start at a tenant, and those that name it in every query.
NAMING = {"workflows/activity.py", "workflows/attention.py"}
DOORS = {"tenants/doors.py", "workflows/doors.py", *NAMING}


def modules() -> list[Path]:
    return [path for path in (ROOT / "designer").rglob("*.py") if "migrations" not in path.parts]


def naked_queries(source: str) -> list[int]:
    """Lines that ask a model's manager for rows instead of starting at a tenant."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute)
        and node.attr in {"objects", "_default_manager", "_base_manager"}
        and isinstance(node.value, (ast.Name, ast.Attribute))
    ]


def test_no_query_starts_anywhere_but_at_a_tenant():
    found = {
        f"{path.relative_to(ROOT)}:{line}"
        for path in modules()
        if str(path.relative_to(ROOT / "designer")) not in DOORS
        for line in naked_queries(path.read_text())
    }
    assert found == set()


def test_the_rule_finds_what_it_forbids():
    assert naked_queries("Workflow.objects.get(pk=1)") == [1]
    assert naked_queries("models.Workflow._default_manager.all()") == [1]
    assert naked_queries("tenant.workflows.get(pk=1)") == []


@pytest.mark.parametrize("module", sorted(NAMING))
def test_every_query_beside_the_doors_names_the_tenant(module: str):
    source = (ROOT / "designer" / module).read_text()
    queries = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".objects.filter")
    ]
    assert len(queries) == len(naked_queries(source))
    for query in queries:
        assert "tenant" in {keyword.arg for keyword in query.keywords}, ast.unparse(query)


def test_views_call_services_and_never_save():
    for path in (ROOT / "designer" / "api").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                assert node.func.attr not in {"save", "bulk_create", "atomic"}, f"{path.name}:{node.lineno}"


def test_modules_are_short():
    for path in modules():
        assert len(path.read_text().splitlines()) <= 600, path


def test_every_route_has_its_own_name_in_the_description():
    description = json.loads((ROOT / "frontend" / "openapi.json").read_text())
    ids = [operation["operationId"] for path in description["paths"].values() for operation in path.values()]
    assert len(ids) == len(set(ids))
    assert len(description["paths"]) == len(urlpatterns) - 1  # the description does not describe itself


def test_the_committed_description_is_the_code(tmp_path: Path):
    """When this fails: make api, and commit what changed."""
    fresh = tmp_path / "openapi.json"
    call_command("spectacular", "--file", str(fresh), "--format", "openapi-json", "--fail-on-warn")
    committed = ROOT / "frontend" / "openapi.json"
    assert json.loads(fresh.read_text()) == json.loads(committed.read_text())


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", "tenants", "workflows", "--check", "--dry-run", verbosity=0)

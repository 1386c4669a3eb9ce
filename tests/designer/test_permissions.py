"""Every route: strangers learn nothing, viewers change nothing, nobody signed out gets in."""

from __future__ import annotations

import json
import re
import uuid
from itertools import pairwise

import pytest
from django.test import Client
from django.urls import URLPattern

from designer.api.routes import urlpatterns
from designer.api.tenant_view import TenantView
from designer.tenants import policies
from designer.tenants.models import Tenant
from tests.designer.conftest import Person, make_person, problem_of

SOME_ID = str(uuid.UUID(int=0x0199AA0000007000_8000000000000001))
FILLED = {
    "workflow_id": SOME_ID,
    "run_id": SOME_ID,
    "connection_id": SOME_ID,
    "token_id": SOME_ID,
    "arrival_id": SOME_ID,
    "member_id": SOME_ID,
    "invitation_id": SOME_ID,
    "number": "1",
    "revision": "1",
    "name": "Compose",
    "content": "a" * 32,
    "connector": "http",
    "operation": "sendRequest",
    "template_id": "order-intake",
}


def tenant_routes() -> list[tuple[str, str, str]]:
    """(method, path below the tenant, verb) of every route that belongs to a tenant."""
    found = []
    for pattern in urlpatterns:
        assert isinstance(pattern, URLPattern)
        view = getattr(pattern.callback, "view_class", None)
        if view is None or not issubclass(view, TenantView):
            continue
        route = str(pattern.pattern).removeprefix("t/<slug:tenant>/")
        path = re.sub(r"<\w+:(\w+)>", lambda match: FILLED[match[1]], route)
        assert "<" not in path, path
        found += [(method, path, verb) for method, verb in view.verbs.items()]
    return found


ROUTES = tenant_routes()


def call(client: Client, method: str, slug: str, path: str):
    return client.generic(method, f"/api/v1/t/{slug}/{path}", "{}", content_type="application/json")


def test_there_are_routes_and_each_names_a_verb_of_the_table():
    assert len(ROUTES) > 40
    assert {verb for _, _, verb in ROUTES} <= policies.VERBS


@pytest.mark.parametrize("method,path,verb", ROUTES)
def test_signed_out_is_401(method: str, path: str, verb: str, acme, nobody: Client):
    problem_of(call(nobody, method, "acme", path), 401, "SignInRequired")


@pytest.mark.parametrize("method,path,verb", ROUTES)
def test_a_stranger_cannot_tell_a_tenant_from_none(method: str, path: str, verb: str, acme, charlie: Person):
    existing = problem_of(call(charlie.client, method, "acme", path), 404, "TenantNotFound")
    missing = problem_of(call(charlie.client, method, "no-such", path), 404, "TenantNotFound")
    assert existing["detail"] == missing["detail"]


@pytest.mark.parametrize("method,path,verb", [r for r in ROUTES if not policies.allows("viewer", r[2])])
def test_a_viewer_changes_nothing(method: str, path: str, verb: str, viewer: Person):
    document = problem_of(call(viewer.client, method, "acme", path), 403, "PermissionRefused")
    assert f"the role {dict(policies.ROLES)[policies.least_role(verb)]}" in document["detail"]


@pytest.mark.parametrize(
    "method,path,verb", [r for r in ROUTES if SOME_ID in r[1] and "runs/" not in r[1] and r[0] != "PATCH"]
)
def test_an_object_that_is_not_there_is_404(method: str, path: str, verb: str, alice: Person):
    body = json.dumps({"id": "x", "base": 1, "edits": [], "revision": 1, "name": "x", "parameters": {}})
    response = alice.client.generic(method, alice.path(path), body, content_type="application/json")
    problem_of(response, 404, "NotFound")


def test_another_tenants_objects_are_404_even_by_their_real_id(alice: Person, charlie: Person, workflow):
    for route in (
        f"workflows/{workflow.pk}",
        f"workflows/{workflow.pk}/draft",
        f"workflows/{workflow.pk}/export",
    ):
        problem_of(charlie.get(route), 404, "NotFound")
    problem_of(charlie.delete(f"workflows/{workflow.pk}"), 404, "NotFound")
    workflow.refresh_from_db()
    assert workflow.deleted_at is None


def test_bob_edits_but_does_not_manage_tokens(bob: Person):
    assert bob.get("workflows").status_code == 200
    problem_of(bob.get("tokens"), 403, "PermissionRefused")


def test_an_operator_runs_again_but_does_not_say_what_is_called(acme: Tenant, bob: Person) -> None:
    oscar = make_person("oscar@acme.example", acme, "operator")
    route = f"runs/{SOME_ID}/rerun"
    corrected = {"action": "Call", "inputs": {"method": "POST", "uri": "https://elsewhere.example"}}
    document = problem_of(oscar.post(route, corrected), 403, "PermissionRefused")
    assert "Editor" in document["detail"]
    problem_of(oscar.post(route, {"action": "Call"}), 404, "RunNotFound")
    problem_of(bob.post(route, corrected), 404, "RunNotFound")


def test_each_role_has_what_the_weaker_one_has():
    order = ["viewer", "operator", "editor", "admin", "owner"]
    for weaker, stronger in pairwise(order):
        assert policies.GRANTS[weaker] < policies.GRANTS[stronger]


def test_a_verb_outside_the_table_is_a_defect():
    with pytest.raises(ValueError, match=r"workflow\.fly"):
        policies.allows("owner", "workflow.fly")

"""Three people for every test: Alice owns the tenant, Bob edits in it, Charlie is in another one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from designer.tenants.actors import Actor
from designer.tenants.models import Tenant, User
from designer.workflows import problems, services
from designer.workflows.models import Workflow
from runtime import services as runtime
from tests.designer.started import Server, end_all, start

PASSWORD = "a long enough password"

REQUEST_DEFINITION = json.dumps(
    {
        "definition": {
            "contentVersion": "1.0.0.0",
            "triggers": {"manual": {"type": "Request", "kind": "Http", "inputs": {"method": "POST"}}},
            "actions": {"Compose": {"type": "Compose", "inputs": "@triggerBody()", "runAfter": {}}},
            "outputs": {},
        },
        "kind": "Stateful",
    },
    indent=2,
)


@dataclass
class Person:
    """A signed-in browser: `get`, `post` … speak JSON to the tenant's routes."""

    user: User
    tenant: Tenant
    role: str
    client: Client = field(default_factory=Client)

    def __post_init__(self) -> None:
        self.client.force_login(self.user)

    @property
    def actor(self) -> Actor:
        return Actor(self.user, self.tenant, self.role, "test-request", self.user.email)

    def path(self, route: str) -> str:
        return f"/api/v1/t/{self.tenant.slug}/{route}"

    def get(self, route: str) -> HttpResponse:
        return self.client.get(self.path(route))

    def post(self, route: str, body: Any = None) -> HttpResponse:
        return self.client.post(self.path(route), json.dumps(body or {}), content_type="application/json")

    def patch(self, route: str, body: Any) -> HttpResponse:
        return self.client.patch(self.path(route), json.dumps(body), content_type="application/json")

    def delete(self, route: str) -> HttpResponse:
        return self.client.delete(self.path(route))


def make_person(email: str, tenant: Tenant, role: str) -> Person:
    user = User.objects.create_user(email, PASSWORD, email.partition("@")[0].title())
    tenant.members.create(user=user, role=role)
    return Person(user, tenant, role)


@pytest.fixture(autouse=True)
def _data_folder(settings: Any, tmp_path: Any) -> None:
    settings.DATA = tmp_path
    settings.SECRET_KEY = "a secret key of the tests, long enough for everybody"
    # argon2 is meant to be slow; the tests of passwords use the real one.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def acme(db: None) -> Tenant:
    return Tenant.objects.create(slug="acme", name="Acme")


@pytest.fixture
def globex(db: None) -> Tenant:
    return Tenant.objects.create(slug="globex", name="Globex")


@pytest.fixture
def alice(acme: Tenant) -> Person:
    return make_person("alice@acme.example", acme, "owner")


@pytest.fixture
def bob(acme: Tenant) -> Person:
    return make_person("bob@acme.example", acme, "editor")


@pytest.fixture
def charlie(globex: Tenant) -> Person:
    return make_person("charlie@globex.example", globex, "owner")


@pytest.fixture
def viewer(acme: Tenant) -> Person:
    return make_person("vera@acme.example", acme, "viewer")


@pytest.fixture
def armed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, object]]:
    """What was asked of the runtime, e.g. ("arm", version id). Nothing is armed really."""
    calls: list[tuple[str, object]] = []
    monkeypatch.setattr(runtime, "arm", lambda version, callback_url=None: calls.append(("arm", version.pk)))
    monkeypatch.setattr(runtime, "disarm", lambda workflow: calls.append(("disarm", workflow.pk)))
    return calls


@dataclass
class FoundProblem:
    severity: str
    code: str
    pointer: str
    message: str
    start: int | None = None
    end: int | None = None


@pytest.fixture
def validator(monkeypatch: pytest.MonkeyPatch) -> list[FoundProblem]:
    """Stands in for the validator: whatever is put into the list is what it finds."""
    found: list[FoundProblem] = []
    problems._kept.clear()
    monkeypatch.setattr(runtime, "validate", lambda *given: list(found))
    return found


@pytest.fixture
def workflow(alice: Person) -> Workflow:
    return services.create(alice.actor, "Orders", text=REQUEST_DEFINITION)


@pytest.fixture
def make_workflow() -> Callable[[Person, str, str], Workflow]:
    def make(person: Person, name: str, text: str = REQUEST_DEFINITION) -> Workflow:
        return services.create(person.actor, name, text=text)

    return make


def problem_of(response: HttpResponse, status: int, code: str) -> dict[str, Any]:
    """The problem document of a refused request; fails unless it is one."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = json.loads(response.content)
    assert document["code"] == code
    assert document["status"] == status
    assert document["title"]
    assert document["detail"].endswith((".", "`", "E --tenant T")), document["detail"]
    assert document["requestId"]
    return document


@pytest.fixture
def nobody() -> Client:
    return Client()


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A folder for servers of the test's own, which end with it."""
    yield tmp_path / "var"
    end_all()


@pytest.fixture
def server(data: Path) -> Server:
    return start(data)

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from designer.live import bell
from designer.tenants import doors, setup
from designer.tenants.models import AuditEntry, SetupLink, SignInFailures, User
from tests.designer.conftest import PASSWORD, Person, problem_of

SESSION = "/api/v1/session"


def sign_in(client: Client, email: str, password: str, **headers: str):
    body = json.dumps({"email": email, "password": password})
    return client.post(SESSION, body, content_type="application/json", headers=headers)


@pytest.mark.django_db
def test_without_an_account_the_session_asks_for_set_up(nobody: Client):
    answer = nobody.get(SESSION).json()
    assert answer["user"] is None
    assert answer["tenants"] == []
    assert answer["setupNeeded"] is True
    assert answer["csrfToken"]


def test_signing_in_and_out(alice: Person, nobody: Client):
    answer = sign_in(nobody, " Alice@ACME.example ", PASSWORD)
    assert answer.status_code == 200
    assert answer.json()["user"]["email"] == "alice@acme.example"
    (tenant,) = answer.json()["tenants"]
    assert (tenant["slug"], tenant["role"]) == ("acme", "owner")
    assert "workflow.publish" in tenant["permissions"]
    assert nobody.get("/api/v1/t/acme/workflows").status_code == 200
    assert nobody.delete(SESSION).json()["user"] is None
    problem_of(nobody.get("/api/v1/t/acme/workflows"), 401, "SignInRequired")


def test_a_wrong_password_and_an_unknown_email_sound_the_same(alice: Person, nobody: Client):
    wrong = problem_of(sign_in(nobody, alice.user.email, "not it at all"), 401, "WrongCredentials")
    unknown = problem_of(sign_in(nobody, "zoe@acme.example", "not it at all"), 401, "WrongCredentials")
    assert wrong["detail"] == unknown["detail"] == "Email or password is not correct."


def test_guessing_is_slowed_down_and_the_lock_ends(alice: Person, nobody: Client):
    for _ in range(5):
        problem_of(sign_in(nobody, alice.user.email, "wrong"), 401, "WrongCredentials")
    refused = sign_in(nobody, alice.user.email, PASSWORD)
    document = problem_of(refused, 429, "TooManyAttempts")
    assert 0 < int(refused["Retry-After"]) <= 15 * 60
    assert document["retryAt"]
    SignInFailures.objects.update(window_started_at=timezone.now() - timedelta(minutes=16))
    assert sign_in(nobody, alice.user.email, PASSWORD).status_code == 200


def test_another_account_at_the_same_address_is_not_locked_out(alice: Person, bob: Person, nobody: Client):
    for _ in range(6):
        sign_in(nobody, alice.user.email, "wrong")
    assert sign_in(nobody, bob.user.email, PASSWORD).status_code == 200


def test_a_session_ends_by_itself(alice: Person, settings):
    settings.SESSION_COOKIE_AGE = -1
    client = Client()
    assert sign_in(client, alice.user.email, PASSWORD).status_code == 200
    problem_of(client.get("/api/v1/t/acme/workflows"), 401, "SignInRequired")


def test_a_closed_account_is_signed_out(alice: Person):
    User.objects.filter(pk=alice.user.pk).update(is_active=False)
    problem_of(alice.get("workflows"), 401, "SignInRequired")


def test_a_write_needs_the_csrf_token(alice: Person):
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice.user)
    body = json.dumps({"name": "New"})
    refused = client.post("/api/v1/t/acme/workflows", body, content_type="application/json")
    problem_of(refused, 403, "CsrfRefused")
    token = client.get(SESSION).json()["csrfToken"]
    headers = {"X-CSRFToken": token}
    made = client.post("/api/v1/t/acme/workflows", body, content_type="application/json", headers=headers)
    assert made.status_code == 201


def test_signing_in_needs_the_csrf_token_too(alice: Person):
    client = Client(enforce_csrf_checks=True)
    problem_of(sign_in(client, alice.user.email, PASSWORD), 403, "CsrfRefused")
    token = client.get(SESSION).json()["csrfToken"]
    assert sign_in(client, alice.user.email, PASSWORD, **{"X-CSRFToken": token}).status_code == 200


class TestSetUp:
    def use(self, client: Client, token: str, **changes: str):
        body = {
            "token": token,
            "email": "ann@x.example",
            "password": PASSWORD,
            "name": "Ann",
            "tenantName": "Ann & Co",
        }
        return client.post("/api/v1/setup", json.dumps({**body, **changes}), content_type="application/json")

    def test_the_link_makes_the_owner_and_signs_in(self, db, nobody: Client):
        token = setup.new_link()
        assert token
        answer = self.use(nobody, token)
        assert answer.status_code == 201, answer.content
        (tenant,) = answer.json()["tenants"]
        assert (tenant["slug"], tenant["name"], tenant["role"]) == ("ann-co", "Ann & Co", "owner")
        assert nobody.get("/api/v1/t/ann-co/workflows").status_code == 200
        entry = AuditEntry.objects.get(action="tenant.create")
        assert entry.actor_name == "ann@x.example"
        assert entry.request_id

    def test_it_works_once(self, db, nobody: Client):
        token = setup.new_link()
        assert token
        assert self.use(nobody, token).status_code == 201
        problem_of(self.use(Client(), token, email="eve@x.example"), 410, "SetupLinkInvalid")
        assert User.objects.count() == 1

    def test_it_expires(self, db, nobody: Client):
        token = setup.new_link()
        assert token
        SetupLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        problem_of(self.use(nobody, token), 410, "SetupLinkInvalid")

    def test_a_newer_link_replaces_the_older(self, db, nobody: Client):
        first, second = setup.new_link(), setup.new_link()
        assert first
        assert second
        problem_of(self.use(nobody, first), 410, "SetupLinkInvalid")
        assert self.use(nobody, second).status_code == 201

    def test_only_its_hash_is_stored(self, db):
        token = setup.new_link()
        assert token
        assert SetupLink.objects.get().token_hash == doors.hashed(token) != token

    def test_a_weak_password_does_not_use_it_up(self, db, nobody: Client):
        token = setup.new_link()
        assert token
        document = problem_of(self.use(nobody, token, password="short"), 400, "FieldsInvalid")
        assert document["fieldErrors"]["password"]
        assert self.use(nobody, token).status_code == 201

    def test_there_is_none_once_there_is_an_account(self, alice: Person):
        assert setup.new_link() is None


class TestTokens:
    def make(self, person: Person, role: str = "operator") -> dict[str, str]:
        answer = person.post("tokens", {"name": "CI", "role": role})
        assert answer.status_code == 201, answer.content
        return answer.json()

    def get(self, secret: str, route: str = "workflows"):
        return Client().get(f"/api/v1/t/acme/{route}", headers={"Authorization": f"Bearer {secret}"})

    def test_a_token_opens_its_tenant_and_is_shown_once(self, alice: Person):
        made = self.make(alice)
        assert self.get(made["token"]).status_code == 200
        (listed,) = alice.get("tokens").json()["items"]
        assert "token" not in listed
        assert listed["prefix"] == made["token"][:8]

    def test_it_has_no_more_than_its_role(self, alice: Person):
        made = self.make(alice, "viewer")
        answer = Client().post(
            "/api/v1/t/acme/workflows",
            json.dumps({"name": "x"}),
            content_type="application/json",
            headers={"Authorization": f"Bearer {made['token']}"},
        )
        problem_of(answer, 403, "PermissionRefused")

    def test_it_loses_what_its_maker_loses(self, alice: Person):
        made = self.make(alice, "owner")
        alice.tenant.members.update(role="viewer")
        problem_of(self.get(made["token"], "tokens"), 403, "PermissionRefused")

    def test_it_opens_no_other_tenant(self, alice: Person, charlie: Person):
        charlie.tenant.members.create(user=alice.user, role="owner")
        made = self.make(alice)
        answer = Client().get(
            "/api/v1/t/globex/workflows", headers={"Authorization": f"Bearer {made['token']}"}
        )
        problem_of(answer, 404, "TenantNotFound")

    def test_revoked_it_is_401(self, alice: Person):
        made = self.make(alice)
        assert alice.delete(f"tokens/{made['id']}").status_code == 204
        problem_of(self.get(made["token"]), 401, "SignInRequired")

    def test_sockets_opened_with_it_are_looked_at_when_it_is_revoked(
        self, alice: Person, monkeypatch: pytest.MonkeyPatch
    ):
        made = self.make(alice)
        rechecked: list[object] = []
        monkeypatch.setattr(bell, "recheck", rechecked.append)
        assert alice.delete(f"tokens/{made['id']}").status_code == 204
        assert rechecked == [alice.user.pk]

    def test_whoever_comes_back_finds_no_old_token(self, alice: Person, acme):
        from tests.designer.conftest import make_person

        admin = make_person("ada@acme.example", acme, "admin")
        made, kept = self.make(admin), self.make(alice)
        assert alice.delete(f"members/{acme.members.get(user=admin.user).pk}").status_code == 204
        acme.members.create(user=admin.user, role="admin")
        problem_of(self.get(made["token"]), 401, "SignInRequired")
        assert self.get(kept["token"]).status_code == 200

    def test_an_admin_cannot_make_an_owners_token(self, acme):
        from tests.designer.conftest import make_person

        admin = make_person("ada@acme.example", acme, "admin")
        problem_of(admin.post("tokens", {"name": "CI", "role": "owner"}), 400, "FieldsInvalid")


NEW = "another long password"


def change_password(client: Client, current: str, password: str):
    body = json.dumps({"current": current, "password": password})
    return client.put(SESSION + "/password", body, content_type="application/json")


def test_a_changed_password_signs_out_everywhere_else(alice: Person, nobody: Client):
    assert sign_in(nobody, alice.user.email, PASSWORD).status_code == 200
    answer = change_password(alice.client, PASSWORD, NEW)
    assert answer.status_code == 200, answer.content
    assert answer.json()["user"]["email"] == alice.user.email
    assert alice.get("workflows").status_code == 200, "this browser goes on"
    problem_of(nobody.get("/api/v1/t/acme/workflows"), 401, "SignInRequired")
    problem_of(sign_in(Client(), alice.user.email, PASSWORD), 401, "WrongCredentials")
    assert sign_in(Client(), alice.user.email, NEW).status_code == 200
    (entry,) = AuditEntry.objects.filter(action="password.change")
    assert (entry.object_name, entry.tenant) == (alice.user.email, alice.tenant)


def test_a_new_password_needs_the_present_one_and_strength(alice: Person):
    wrong = problem_of(change_password(alice.client, "not it at all", NEW), 400, "FieldsInvalid")
    assert wrong["fieldErrors"] == {"current": ["This is not your present password."]}
    short = problem_of(change_password(alice.client, PASSWORD, "short"), 400, "FieldsInvalid")
    assert list(short["fieldErrors"]) == ["password"]
    same = problem_of(change_password(alice.client, PASSWORD, PASSWORD), 400, "FieldsInvalid")
    assert list(same["fieldErrors"]) == ["password"]
    assert sign_in(Client(), alice.user.email, PASSWORD).status_code == 200


def test_the_present_password_is_not_guessed_in_an_open_browser(alice: Person):
    for _ in range(5):
        change_password(alice.client, "wrong", NEW)
    problem_of(change_password(alice.client, PASSWORD, NEW), 429, "TooManyAttempts")


def test_neither_strangers_nor_tokens_change_a_password(alice: Person, nobody: Client):
    problem_of(change_password(nobody, PASSWORD, NEW), 401, "SignInRequired")
    made = alice.post("tokens", {"name": "ci", "role": "owner"}).json()
    body = json.dumps({"current": PASSWORD, "password": NEW})
    headers = {"Authorization": f"Bearer {made['token']}"}
    refused = nobody.put(SESSION + "/password", body, content_type="application/json", headers=headers)
    problem_of(refused, 403, "PermissionRefused")
    assert sign_in(Client(), alice.user.email, PASSWORD).status_code == 200

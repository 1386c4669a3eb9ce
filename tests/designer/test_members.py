"""Members and invitations: who may join, as what, and who may not be lost."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from designer.tenants import policies
from designer.tenants.errors import PermissionRefused
from designer.tenants.models import Tenant, User
from tests.designer.conftest import PASSWORD, Person, problem_of

pytestmark = pytest.mark.django_db


def invited(person: Person, email: str = "dora@acme.example", role: str = "editor") -> str:
    answer = person.post("invitations", {"email": email, "role": role})
    assert answer.status_code == 201, answer.content
    return parse_qs(urlsplit(answer.json()["url"]).query)["token"][0]


def accept(client: Client, token: str, **more: str):
    body = json.dumps({"token": token, **more})
    return client.post("/api/v1/invitations/accept", body, content_type="application/json")


def test_an_invited_person_makes_an_account_and_is_in(alice: Person, nobody: Client):
    token = invited(alice)
    read = nobody.post(
        "/api/v1/invitations/read", json.dumps({"token": token}), content_type="application/json"
    )
    assert read.json() == {
        "tenantName": "Acme",
        "email": "dora@acme.example",
        "role": "editor",
        "hasAccount": False,
    }
    answer = accept(nobody, token, name="Dora", password=PASSWORD)
    assert answer.status_code == 201
    assert answer.json()["tenants"][0]["role"] == "editor"
    assert nobody.get(alice.path("workflows")).status_code == 200
    assert [one["email"] for one in alice.get("members").json()["items"]][-1] == "dora@acme.example"
    assert alice.get("invitations").json()["items"] == []


def test_a_link_works_once(alice: Person, nobody: Client):
    token = invited(alice)
    accept(nobody, token, name="Dora", password=PASSWORD)
    problem_of(accept(Client(), token, name="Eve", password=PASSWORD), 410, "InvitationInvalid")


def test_withdrawn_expired_replaced_and_made_up_links_do_not_work(
    alice: Person, acme: Tenant, nobody: Client
):
    withdrawn = invited(alice)
    identity = alice.get("invitations").json()["items"][0]["id"]
    assert alice.delete(f"invitations/{identity}").status_code == 204
    replaced = invited(alice, "other@acme.example")
    invited(alice, "other@acme.example", "viewer")
    expired = invited(alice, "late@acme.example")
    acme.invitations.filter(email="late@acme.example").update(
        expires_at=timezone.now() - timedelta(seconds=1)
    )
    for token in (withdrawn, replaced, expired, "made-up"):
        problem_of(accept(nobody, token, name="X", password=PASSWORD), 410, "InvitationInvalid")
    assert not User.objects.filter(email="dora@acme.example").exists()


def test_a_link_does_not_open_somebody_elses_account(alice: Person, charlie: Person, nobody: Client):
    token = invited(alice, charlie.user.email)
    refused = problem_of(accept(nobody, token, password="another long password"), 400, "FieldsInvalid")
    assert "Sign in as charlie@globex.example" in refused["detail"]
    joined = accept(charlie.client, token)
    assert [one["slug"] for one in joined.json()["tenants"]] == ["acme", "globex"]


def test_a_weak_password_is_refused(alice: Person, nobody: Client):
    token = invited(alice)
    problem_of(accept(nobody, token, name="Dora", password="short"), 400, "FieldsInvalid")
    assert accept(nobody, token, name="Dora", password=PASSWORD).status_code == 201


def test_nobody_gives_more_than_they_have(alice: Person, acme: Tenant, bob: Person):
    alice.patch(f"members/{acme.members.get(user=bob.user).pk}", {"role": "admin"})
    problem_of(bob.post("invitations", {"email": "x@acme.example", "role": "owner"}), 400, "FieldsInvalid")
    hers = acme.members.get(user=alice.user)
    problem_of(bob.patch(f"members/{hers.pk}", {"role": "viewer"}), 400, "FieldsInvalid")
    problem_of(bob.delete(f"members/{hers.pk}"), 400, "FieldsInvalid")


def test_the_last_owner_stays(alice: Person, acme: Tenant, bob: Person):
    hers = acme.members.get(user=alice.user)
    problem_of(alice.delete(f"members/{hers.pk}"), 409, "LastOwner")
    problem_of(alice.patch(f"members/{hers.pk}", {"role": "viewer"}), 409, "LastOwner")
    alice.patch(f"members/{acme.members.get(user=bob.user).pk}", {"role": "owner"})
    assert alice.delete(f"members/{hers.pk}").status_code == 204
    problem_of(alice.get("members"), 404, "TenantNotFound")


def test_a_removed_member_is_out_at_once(alice: Person, acme: Tenant, bob: Person):
    assert alice.delete(f"members/{acme.members.get(user=bob.user).pk}").status_code == 204
    problem_of(bob.get("workflows"), 404, "TenantNotFound")


def test_members_of_another_tenant_are_out_of_reach(alice: Person, charlie: Person, globex: Tenant):
    theirs = globex.members.get(user=charlie.user)
    problem_of(alice.patch(f"members/{theirs.pk}", {"role": "viewer"}), 404, "NotFound")
    problem_of(alice.delete(f"members/{theirs.pk}"), 404, "NotFound")


@pytest.mark.parametrize("verb", sorted(policies.VERBS - policies.GRANTS["viewer"]))
def test_a_refusal_says_in_words_what_takes_which_role_and_whom_to_ask(verb: str) -> None:
    said = str(PermissionRefused(verb, "viewer"))
    assert said.startswith("As Viewer of this organisation you may not ")
    assert verb not in said
    assert re.search(r"takes the role (Owner|(Operator|Editor|Administrator) or higher)\. Ask an ", said)

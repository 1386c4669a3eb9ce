"""Renewing a callback address: the old one is refused, the other key's goes on."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from asgiref.sync import sync_to_async

from designer.tenants.models import AuditEntry
from designer.workflows import publishing, services
from designer.workflows.models import Workflow
from tests.designer.conftest import Person, problem_of
from tests.designer.test_callbacks import ORIGIN, FakeRuntime, Published, call, definition
from tests.designer.test_callbacks import fake as fake
from tests.designer.test_callbacks import published as published

pytestmark = pytest.mark.django_db(transaction=True)


class TestRenewing:
    async def test_the_old_address_stops_and_the_other_one_goes_on(
        self, fake: FakeRuntime, published: Published, alice: Person
    ):
        old = await published()
        workflow = await Workflow.objects.aget()
        before = await sync_to_async(addresses_of)(alice, workflow)
        new = await sync_to_async(renewed)(alice, workflow, "primary")
        assert new["url"] != before["url"]
        assert new["secondUrl"] == before["secondUrl"]
        (await call(old)).problem(401, "DirectApiAuthorizationRequired")
        assert (await call(reachable(new["url"]))).status == 202
        assert (await call(reachable(new["secondUrl"]))).status == 202

    async def test_the_second_one_alone_is_renewed(
        self, fake: FakeRuntime, published: Published, alice: Person
    ):
        first = await published()
        workflow = await Workflow.objects.aget()
        second = (await sync_to_async(addresses_of)(alice, workflow))["secondUrl"]
        await sync_to_async(renewed)(alice, workflow, "secondary")
        (await call(reachable(second))).problem(401, "DirectApiAuthorizationRequired")
        assert (await call(first)).status == 202

    def test_it_leaves_an_audit_entry_without_the_address(self, alice: Person, armed, validator):
        workflow = services.create(alice.actor, "Get", text=definition())
        new = renewed(alice, workflow, "primary")
        entry = AuditEntry.objects.get(action="workflow.callbacks.renew")
        assert entry.after == {"key": "primary", "primary_key_generation": 2}
        assert parse_qs(urlsplit(new["url"]).query)["sig"][0] not in str(entry.__dict__)

    def test_editors_and_unknown_keys_are_refused(self, alice: Person, bob: Person, armed, validator):
        workflow = services.create(alice.actor, "Get", text=definition())
        route = f"workflows/{workflow.pk}/callbacks/renew"
        problem_of(bob.post(route, {"key": "primary"}), 403, "PermissionRefused")
        problem_of(alice.post(route, {"key": "third"}), 400, "FieldsInvalid")
        workflow.refresh_from_db()
        assert (workflow.primary_key_generation, workflow.secondary_key_generation) == (1, 1)

    def test_a_trigger_that_subscribed_subscribes_again(self, alice: Person, armed, validator):
        hook = {
            "type": "HttpWebhook",
            "inputs": {"subscribe": {"method": "POST", "uri": "https://example.com"}},
        }
        workflow = services.create(alice.actor, "Hook", text=definition(hook))
        publishing.publish(alice.actor, workflow)
        armed.clear()
        renewed(alice, workflow, "secondary")
        assert armed == []
        renewed(alice, workflow, "primary")
        workflow.refresh_from_db()
        assert armed == [("arm", workflow.published_id)]


def addresses_of(person: Person, workflow: Workflow) -> dict[str, str]:
    (address,) = person.get(f"workflows/{workflow.pk}/callbacks").json()
    return address


def renewed(person: Person, workflow: Workflow, key: str) -> dict[str, str]:
    response = person.post(f"workflows/{workflow.pk}/callbacks/renew", {"key": key})
    assert response.status_code == 200, response.content
    (address,) = response.json()
    return address


def reachable(url: str) -> str:
    """The test browser calls itself testserver; the callback application of these tests lives elsewhere."""
    return ORIGIN + url.partition("testserver")[2]

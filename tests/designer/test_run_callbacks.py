"""The one-shot addresses that runs wait at: who calls one is asked for the address first."""

from __future__ import annotations

import uuid

import pytest

from designer.tenants.models import Tenant
from runtime import services as runtime
from tests.designer.conftest import Person
from tests.designer.test_callbacks import ORIGIN, FakeRuntime, call

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeRuntime:
    fake = FakeRuntime()
    for name in ("callback", "callback_tenant"):
        monkeypatch.setattr(runtime, name, getattr(fake, name))
    return fake


class TestRunCallbacks:
    async def test_a_waiting_run_is_told_once(self, fake: FakeRuntime, alice: Person):
        fake.waiting_tenant = alice.tenant.pk
        run_id = uuid.uuid4()
        url = f"{ORIGIN}/callbacks/{run_id}/token-of-the-run?a=b"
        got = await call(url, body=b'{"ok": true}', headers={"Content-Type": "application/json"})
        assert got.status == 200
        ((told, token, outputs),) = fake.callbacks
        assert (told, token) == (run_id, "token-of-the-run")
        assert outputs["body"] == {"ok": True}
        assert outputs["queries"] == {"a": "b"}

    async def test_an_unknown_one_is_404(self, fake: FakeRuntime):
        (await call(f"{ORIGIN}/callbacks/{uuid.uuid4()}/some-other-token")).problem(404, "CallbackNotFound")

    async def test_no_body_is_read_for_an_unknown_one(self, fake: FakeRuntime):
        url = f"{ORIGIN}/callbacks/{uuid.uuid4()}/some-other-token"
        # The answer comes although no body has been given.
        (await call(url, expect_read=False)).problem(404, "CallbackNotFound")

    async def test_the_limit_of_the_organisation_holds(self, fake: FakeRuntime, alice: Person):
        fake.waiting_tenant = alice.tenant.pk
        await Tenant.objects.aupdate(body_limit=2048)
        url = f"{ORIGIN}/callbacks/{uuid.uuid4()}/token-of-the-run"
        (await call(url, body=b"x" * 2049)).problem(413, "RequestEntityTooLarge")
        assert (await call(url, body=b"x" * 2048)).status == 200

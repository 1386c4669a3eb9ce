"""Connections in the database: sealed, secrets write-only, tested against the real thing."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from connectors import registry, services
from connectors.models import Connection
from connectors.sdk import Connector, ConnectorError, Field, Form, FormError, Secret
from runtime import catalog

pytestmark = pytest.mark.django_db(transaction=True)
SERVER = {"host": "mail.example", "from": "a@x.test", "username": "ana", "password": "hunter2hunter2"}


@pytest.fixture(autouse=True)
def _settings(settings, tmp_path):
    settings.SECRET_KEY = "k" * 40
    settings.DATA = tmp_path


@pytest.fixture
def tenant():
    from designer.tenants.models import Tenant

    return Tenant.objects.create(slug="ana", name="Ana")


def test_parameters_are_sealed_and_secrets_do_not_come_back(tenant):
    connection = services.create(tenant.pk, " Mail ", "EMAIL", SERVER)
    stored = Connection.objects.get(pk=connection.pk)
    assert (stored.name, stored.connector, stored.state) == ("Mail", "email", "untested")
    assert b"hunter2" not in bytes(stored.sealed_parameters)
    assert b"mail.example" not in bytes(stored.sealed_parameters)
    shown = services.shown(stored)
    assert shown.secrets_set == ["password"]
    assert "password" not in shown.parameters
    assert shown.parameters["host"] == "mail.example"
    assert stored.open_parameters()["password"] == "hunter2hunter2"


def test_a_change_keeps_secrets_that_are_left_out(tenant):
    connection = services.create(tenant.pk, "Mail", "email", SERVER)
    rest = {name: value for name, value in SERVER.items() if name != "password"}
    services.change(connection, parameters={**rest, "from": "b@x.test"})
    assert connection.open_parameters()["password"] == "hunter2hunter2"
    assert connection.open_parameters()["from"] == "b@x.test"
    services.change(connection, name="Post", parameters={**rest, "password": "other"})
    assert connection.open_parameters()["password"] == "other"
    services.change(connection, parameters={**rest, "password": ""})
    assert services.shown(connection).secrets_set == []


@pytest.mark.parametrize("elsewhere", [{"host": "evil.example"}, {"port": 2525}, {"encryption": "None"}])
def test_a_secret_is_not_kept_for_another_place(tenant, elsewhere):
    """Otherwise whoever may change a connection has its password sent to a server of his own."""
    connection = services.create(tenant.pk, "Mail", "email", SERVER)
    rest = {name: value for name, value in SERVER.items() if name != "password"}
    with pytest.raises(FormError) as caught:
        services.change(connection, parameters={**rest, **elsewhere})
    (fault,) = caught.value.faults
    assert (fault.pointer, fault.message[:26]) == ("/parameters/password", "Enter 'Password' again, be")
    stored = Connection.objects.get(pk=connection.pk)
    assert stored.open_parameters()["host"] == "mail.example"
    services.change(connection, parameters={**rest, **elsewhere, "password": "another one"})
    services.change(connection, parameters={**rest, "password": ""})
    services.change(connection, parameters={**rest, **elsewhere})


def test_a_form_that_marks_no_destination_guards_its_secrets_with_every_member(tenant, monkeypatch):
    class Account(Form):
        address: str = Field(title="Address")
        note: str = Field("", title="Note")
        key: Secret = Field(title="Key")

    odd = Connector(
        id="odd",
        title="Odd",
        description="",
        color="#000000",
        icon=Path("x.svg"),
        connection=Account,
        operations=(),
    )
    found = registry.installed()
    monkeypatch.setattr(registry, "installed", lambda: {**found, "odd": odd})
    connection = services.create(tenant.pk, "Odd", "odd", {"address": "https://a.example", "key": "k1"})
    services.change(connection, parameters={"address": "https://a.example"})
    for changed in ({"address": "https://b.example"}, {"address": "https://a.example", "note": "x"}):
        with pytest.raises(FormError, match="Enter 'Key' again"):
            services.change(connection, parameters=changed)


@pytest.mark.parametrize(
    "name,connector,parameters,pointers",
    [
        ("", "email", SERVER, ["/name"]),
        ("a/b", "email", SERVER, ["/name"]),
        ("Mail", "nobody", {}, ["/connector"]),
        ("Mail", "http", {}, ["/connector"]),
        ("Mail", "email", {"port": 0}, ["/parameters/host", "/parameters/port", "/parameters/from"]),
    ],
)
def test_faults_name_the_field(tenant, name, connector, parameters, pointers):
    with pytest.raises(FormError) as caught:
        services.create(tenant.pk, name, connector, parameters)
    assert [fault.pointer for fault in caught.value.faults] == pointers


def test_a_name_is_taken_once_per_tenant_in_any_case(tenant):
    services.create(tenant.pk, "Mail", "email", SERVER)
    with pytest.raises(IntegrityError), transaction.atomic():
        services.create(tenant.pk, "mail", "storage", {})


async def test_the_executor_opens_only_the_tenants_own(tenant):
    from asgiref.sync import sync_to_async

    await sync_to_async(services.create)(tenant.pk, "Mail", "email", SERVER)
    email, storage = registry.find("email"), registry.find("storage")
    opened = await services.DatabaseConnections().parameters(str(tenant.pk), "MAIL", email)
    assert opened["password"] == "hunter2hunter2"
    with pytest.raises(ConnectorError, match="There is no Storage connection 'Mail'"):
        await services.DatabaseConnections().parameters(str(tenant.pk), "Mail", storage)
    other = "0190b3a0-0000-7000-8000-000000000001"
    with pytest.raises(ConnectorError):
        await services.DatabaseConnections().parameters(other, "Mail", email)


def test_a_row_copied_to_another_tenant_does_not_open(tenant):
    from connectors.secrets import SealBroken
    from designer.tenants.models import Tenant

    connection = services.create(tenant.pk, "Mail", "email", SERVER)
    other = Tenant.objects.create(slug="bob", name="Bob")
    Connection.objects.filter(pk=connection.pk).update(tenant=other)
    with pytest.raises(SealBroken):
        Connection.objects.get(pk=connection.pk).open_parameters()


def test_the_outcome_of_a_test_is_kept(tenant):
    good = services.create(tenant.pk, "Files", "storage", {})
    services.record_test(good, services.test(good))
    good.refresh_from_db()
    assert good.state == "ok"
    assert good.last_tested is not None
    assert good.state_message.startswith("The folder can be read and written")
    bad = services.create(tenant.pk, "Mail", "email", {**SERVER, "host": "169.254.169.254"})
    services.record_test(bad, services.test(bad))
    bad.refresh_from_db()
    assert bad.state == "failing"
    assert "not allowed" in bad.state_message
    services.change(bad, parameters=SERVER)
    assert bad.state == "untested", "new parameters have not been tested"


def test_choices_of_a_field(tenant):
    services.create(tenant.pk, "Files", "storage", {})
    folder = services.tenant_folder(tenant.pk)
    folder.mkdir(parents=True)
    (folder / "a.txt").write_text("x")
    found = catalog.list_values(tenant.pk, "storage", "readFile", field="path", connection="Files")
    assert found == [{"value": "a.txt", "title": "a.txt"}]
    with pytest.raises(ConnectorError, match="offers no choices"):
        catalog.list_values(tenant.pk, "storage", "writeFile", field="content", connection="Files")
    with pytest.raises(ConnectorError, match="Choose a connection"):
        catalog.list_values(tenant.pk, "storage", "readFile", field="path")


def test_the_migration_is_up_to_date():
    from django.core.management import call_command

    call_command("makemigrations", "connectors", check=True, dry_run=True, verbosity=0)

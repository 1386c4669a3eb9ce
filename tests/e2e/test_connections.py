"""A connection to a real mail server: made from the connector's form, tested, its secret never shown again."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from playwright.sync_api import Page, Route, expect

from tests.e2e.accessibility import findings
from tests.e2e.person import Person
from tests.e2e.test_building import saved
from tests.e2e.test_panel import drawn, shot
from tests.e2e.test_pasting import consumption, post

SECRET = "seven-herons-9"


def _authenticate(
    server: object, session: object, envelope: object, mechanism: str, data: object
) -> AuthResult:
    ok = isinstance(data, LoginPassword) and (data.login, data.password) == (b"orders", SECRET.encode())
    return AuthResult(success=ok, handled=False)  # aiosmtpd writes the answer


class _Inbox:
    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
        return "250 Message accepted for delivery"


@pytest.fixture
def mail_server() -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(
        _Inbox(),
        hostname="127.0.0.1",
        port=port,
        authenticator=_authenticate,
        auth_required=True,
        auth_require_tls=False,
    )
    controller.start()
    yield port
    controller.stop()


def test_mail_connection_is_made_tested_and_keeps_its_secret(ana: Person, mail_server: int) -> None:
    page = ana.go("/connections")
    page.get_by_role("button", name="New connection").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Email").click()
    dialog.get_by_label("Name", exact=False).first.fill("orders-mail")
    dialog.get_by_label("Server").fill("127.0.0.1")
    dialog.get_by_label("Port").fill(str(mail_server))
    dialog.get_by_role("combobox", name="Encryption").click()
    page.get_by_role("option", name="None").click()
    dialog.get_by_label("User name").fill("orders")
    dialog.get_by_role("textbox", name="Password").fill("wrong")
    dialog.get_by_label("From").fill("Shop <shop@example.com>")
    dialog.get_by_role("button", name="Save and test").click()
    expect(dialog.get_by_text("Saved, but the test failed.")).to_be_visible()

    dialog.get_by_role("button", name="Replace Password").click()
    dialog.get_by_role("textbox", name="Password").fill(SECRET)
    dialog.get_by_role("button", name="Save and test").click()
    expect(dialog.get_by_text("Saved, but the test failed.")).to_be_hidden()
    expect(dialog.get_by_role("status")).to_be_visible()
    dialog.get_by_role("button", name="Close").last.click()
    row = page.get_by_role("row", name="orders-mail")
    expect(row.get_by_text("Works")).to_be_visible()

    row.click()
    expect(page.get_by_text("Stored. It cannot be shown.")).to_be_visible()
    answers = json.dumps([ana.get("/connections"), ana.get("/connections/" + _id_of(ana, "orders-mail"))])
    assert SECRET not in answers
    assert SECRET not in page.content()
    page.keyboard.press("Escape")

    page.get_by_role("button", name="Actions for orders-mail").click()
    page.get_by_role("menuitem", name="Test now").click()
    expect(page.locator("[data-status], [role=status]").filter(has_text="orders-mail").first).to_be_visible()

    page.get_by_role("button", name="Actions for orders-mail").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("button", name="Delete connection").click()
    expect(page.get_by_role("row", name="orders-mail")).to_be_hidden()


def _id_of(ana: Person, name: str) -> str:
    found: str = next(item["id"] for item in ana.get("/connections")["items"] if item["name"] == name)
    return found


def test_all_actions_of_a_connection_get_another_one_at_once(page: Page, ana: Person) -> None:
    for name in ("harbour-mail", "harbour-post"):
        parameters = {"host": "127.0.0.1", "port": 25, "from": "shop@example.com"}
        ana.post("/connections", {"name": name, "connector": "email", "parameters": parameters})
    actions = {
        "Thank": post("harbour-mail") | {"runAfter": {}},
        "Warn": consumption("office365", "/v2/Mail") | {"runAfter": {"Thank": ["Succeeded"]}},
        "Tell_the_shop": post("harbour-mail") | {"runAfter": {"Warn": ["Succeeded"]}},
        "Rows": consumption("sql", "/datasets/default/rows") | {"runAfter": {"Tell_the_shop": ["Succeeded"]}},
    }
    workflow = drawn(ana, "Three services", actions)
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design")
    page.get_by_role("button", name="More for this workflow").click()
    page.get_by_role("menuitem", name="Connections…").click()
    dialog = page.get_by_role("dialog", name="Connections of this workflow")
    rows = dialog.get_by_role("listitem")
    mail, warned, sql = (
        rows.filter(has_text="harbour-mail"),
        rows.filter(has_text="Outlook"),
        rows.filter(has_text="SQL"),
    )
    expect(mail.get_by_text("Not tested")).to_be_visible()
    expect(warned.get_by_text("Not found")).to_be_visible()
    expect(sql.get_by_text("Not installed")).to_be_visible()
    assert findings(page) == []
    shot(page, "used-connections")

    mail.get_by_role("combobox", name="Instead of harbour-mail, use").click()
    page.get_by_role("option", name="harbour-post").click()
    expect(dialog.get_by_text("2 actions use “harbour-post” now.")).to_be_visible()
    expect(rows.filter(has_text="harbour-mail")).to_have_count(0)
    dialog.get_by_role("button", name="Undo").click()
    expect(rows.filter(has_text="harbour-mail")).to_be_visible()
    expect(rows.filter(has_text="harbour-post")).to_have_count(0)
    mail.get_by_role("combobox", name="Instead of harbour-mail, use").click()
    page.get_by_role("option", name="harbour-post").click()
    warned.get_by_role("combobox", name="Instead of office365, use").click()
    page.get_by_role("option", name="harbour-mail").click()
    expect(dialog.get_by_text("Warn uses “harbour-mail” now.")).to_be_visible()

    rows.filter(has_text="harbour-post").get_by_role("button", name="Thank").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("complementary", name="Thank")).to_be_visible()
    saved(page)
    stored = json.loads(ana.get(f"/workflows/{workflow}/draft")["text"])["actions"]
    inputs = {name: one["inputs"] for name, one in stored.items()}
    assert inputs["Thank"]["serviceProviderConfiguration"]["connectionName"] == "harbour-post"
    assert inputs["Tell_the_shop"]["serviceProviderConfiguration"]["connectionName"] == "harbour-post"
    assert inputs["Warn"]["host"] == {
        "connection": {"referenceName": "harbour-mail"},
        "apiId": "/apis/office365",
    }
    assert inputs["Rows"]["host"] == consumption("sql", "")["inputs"]["host"]  # type: ignore[index]


def test_a_managed_action_chooses_its_connection_in_the_panel(page: Page, ana: Person) -> None:
    parameters = {"host": "127.0.0.1", "port": 25, "from": "shop@example.com"}
    ana.post("/connections", {"name": "pier-mail", "connector": "email", "parameters": parameters})
    workflow = drawn(ana, "Outlook", {"Warn": consumption("office365", "/v2/Mail") | {"runAfter": {}}})
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design?node=Warn")
    panel = page.get_by_role("complementary", name="Warn")
    choice = panel.get_by_role("combobox", name="Connection")
    expect(choice).to_have_value("office365 (not found)")
    assert findings(page) == []
    shot(page, "managed-connection")
    choice.click()
    page.get_by_role("option", name="pier-mail").click()
    expect(choice).to_have_value("pier-mail")
    saved(page)
    assert '"referenceName": "pier-mail"' in ana.get(f"/workflows/{workflow}/draft")["text"]
    page.get_by_role("application", name="Workflow canvas").focus()
    page.keyboard.press("Control+z")
    expect(choice).to_have_value("office365 (not found)")

    # One that is made here is used here, also under a name of its own.
    panel.get_by_role("button", name="New").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Name", exact=False).first).to_have_value("office365")
    dialog.get_by_label("Name", exact=False).first.fill("jetty-mail")
    dialog.get_by_label("Server").fill("127.0.0.1")
    dialog.get_by_label("From").fill("shop@example.com")
    dialog.get_by_role("button", name="Save and test").click()
    expect(dialog.get_by_text("Saved, but the test failed.")).to_be_visible()
    dialog.get_by_role("button", name="Close").last.click()
    expect(choice).to_have_value(re.compile("^jetty-mail"))
    saved(page)
    assert '"referenceName": "jetty-mail"' in ana.get(f"/workflows/{workflow}/draft")["text"]


def test_the_only_connection_that_fits_is_chosen_already(page: Page, ana: Person) -> None:
    """Whatever the definition or the template calls it; it is shown, and another one can be chosen."""
    name = f"lighthouse-{time.monotonic_ns()}"
    ana.post("/connections", {"name": name, "connector": "storage", "parameters": {"folder": ""}})

    def only_this(route: Route) -> None:
        answer = route.fetch()
        items = [one for one in answer.json()["items"] if one["name"] == name]
        route.fulfill(response=answer, json={**answer.json(), "items": items})

    def narrowed(route: Route) -> None:
        if route.request.resource_type == "fetch":
            only_this(route)
        else:
            route.continue_()

    page.route(re.compile(r"/connections(\?.*)?$"), narrowed)
    ana.go("/templates/nightly-cleanup")
    page.get_by_role("button", name="Use this template").click()
    chosen = page.get_by_role("combobox", name="Connection in the place of storage")
    expect(chosen).to_have_value(name)
    chosen.click()
    expect(page.get_by_role("option")).to_have_text([name, "A new one…"])
    page.get_by_role("option", name=name).click()
    shot(page, "template-connection")
    page.get_by_role("textbox", name="Name", exact=True).fill(f"Clean {name}")
    page.get_by_role("button", name="Create and open").click()
    page.wait_for_url("**/design*")
    workflow = page.url.split("/w/")[1].split("/")[0]
    assert f'"connectionName": "{name}"' in ana.get(f"/workflows/{workflow}/draft")["text"]

    # Imported: the definition keeps what it says until somebody says otherwise, with one click.
    def keep(connection: str) -> dict[str, object]:
        provider = {
            "connectionName": connection,
            "operationId": "deleteFile",
            "serviceProviderId": "/serviceProviders/storage",
        }
        inputs = {"parameters": {"path": "a"}, "serviceProviderConfiguration": provider}
        return {"type": "ServiceProvider", "inputs": inputs, "runAfter": {}}

    workflow = drawn(
        ana, "From elsewhere", {"One": keep("north"), "Two": keep("south"), "Three": keep("west")}
    )
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design?node=One")
    panel = page.get_by_role("complementary", name="One")
    expect(panel.get_by_text("“north” is not here. One connection fits.")).to_be_visible()
    shot(page, "only-connection")
    assert findings(page) == []
    panel.get_by_role("button", name=f"Use “{name}”").click()
    expect(panel.get_by_role("combobox", name="Connection")).to_have_value(name)
    page.get_by_role("button", name=re.compile("problems?$")).first.click()
    south = page.get_by_role("region", name="Problems").get_by_role("listitem").filter(has_text="'south'")
    south.get_by_role("button", name=f"Use “{name}”").click()
    page.get_by_role("button", name="More for this workflow").click()
    page.get_by_role("menuitem", name="Connections…").click()
    dialog = page.get_by_role("dialog", name="Connections of this workflow")
    expect(dialog.get_by_role("combobox", name="Instead of west, use")).to_have_value(name)
    dialog.get_by_role("button", name="Use it").click()
    expect(dialog.get_by_text(f"Three uses “{name}” now.")).to_be_visible()
    dialog.get_by_role("button", name="Done").click()
    saved(page)
    assert ana.get(f"/workflows/{workflow}/draft")["text"].count(f'"connectionName": "{name}"') == 3

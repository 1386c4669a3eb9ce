"""Values below the fields: asked for over the tab's socket, over HTTP where that is away, from whichever source is chosen."""

from __future__ import annotations

import json

from playwright.sync_api import Page, Request, WebSocket, expect

from tests.e2e.person import Person
from tests.e2e.test_building import saved, wait_until
from tests.e2e.test_panel import drawn, shot

GREETING = {
    "Greet": {"type": "Compose", "inputs": "Dear @{triggerBody()?['name']}", "runAfter": {}},
    "Sign": {"type": "Compose", "inputs": "@outputs('Greet')", "runAfter": {"Greet": ["Succeeded"]}},
}


def over_http(page: Page) -> list[str]:
    """Addresses of previews asked for over HTTP."""
    asked: list[str] = []

    def note(request: Request) -> None:
        if "/expressions/" in request.url:
            asked.append(request.url)

    page.on("request", note)
    return asked


def over_socket(page: Page) -> list[str]:
    asked: list[str] = []

    def opened(socket: WebSocket) -> None:
        socket.on("framesent", lambda text: asked.append(str(text)) if '"eval"' in str(text) else None)

    page.on("websocket", opened)
    return asked


def test_values_come_over_the_socket(page: Page, ana: Person) -> None:
    workflow = drawn(ana, "Previewed", GREETING)
    ana.post(f"/workflows/{workflow}/run", {"version": "draft", "payload": {"name": "Ana"}})
    ana.newest_run(workflow, "Succeeded")
    heard: list[str | bytes] = []
    asked, requested = over_socket(page), over_http(page)
    page.on("websocket", lambda socket: socket.on("framereceived", lambda text: heard.append(text)))
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design?node=Greet")
    panel = page.get_by_role("complementary", name="Greet")
    preview = panel.locator("[data-field='/inputs']").get_by_text("Dear Ana")
    expect(preview).to_be_visible()
    panel.get_by_role("textbox", name="Inputs", exact=True).click()
    expect(page.locator(".cm-focused")).to_be_visible()
    wait_until(page, lambda: heard != [])
    requested.clear()  # the first may be asked before the socket is there
    page.keyboard.press("End")
    page.keyboard.type(", 12345")
    expect(panel.locator("[data-field='/inputs']").get_by_text("Dear Ana, 12345", exact=True)).to_be_visible()
    assert requested == []
    assert json.loads(asked[-1])["templates"] == ["Dear @{triggerBody()?['name']}, 12345"]


def test_without_a_socket_they_come_over_http(page: Page, ana: Person) -> None:
    workflow = drawn(ana, "Previewed elsewhere", GREETING)
    ana.post(f"/workflows/{workflow}/run", {"version": "draft", "payload": {"name": "Ana"}})
    ana.newest_run(workflow, "Succeeded")
    page.route_web_socket("**/ws/**", lambda route: route.close())
    requested = over_http(page)
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design?node=Greet")
    panel = page.get_by_role("complementary", name="Greet")
    expect(panel.locator("[data-field='/inputs']").get_by_text("Dear Ana")).to_be_visible()
    assert requested != []


def test_what_is_pinned_is_a_source_of_values(page: Page, ana: Person) -> None:
    pinned = {"staticResult": {"name": "Ask0", "staticResultOptions": "Enabled"}}
    call = {"method": "GET", "uri": "https://a.example"}
    actions = {
        "Ask": {"type": "Http", "inputs": call, "runAfter": {}, "runtimeConfiguration": pinned},
        "Say": {
            "type": "Compose",
            "inputs": "It is @{body('Ask')?['price']}",
            "runAfter": {"Ask": ["Succeeded"]},
        },
    }
    result = {"status": "Succeeded", "outputs": {"statusCode": 200, "body": {"price": 7}}}
    trigger = {"manual": {"type": "Request", "kind": "Http", "inputs": {}}}
    definition = {"triggers": trigger, "actions": actions, "staticResults": {"Ask0": result}}
    workflow = ana.workflow("Pinned", json.dumps(definition, indent=2), publish=False)
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design?node=Say")
    panel = page.get_by_role("complementary", name="Say")
    field = panel.locator("[data-field='/inputs']")
    expect(
        panel.get_by_role("button", name="what is pinned")
    ).to_be_visible()  # there is no run, and no sample
    expect(field.get_by_text("It is 7", exact=True)).to_be_visible()
    shot(page, "pinned-values")
    panel.get_by_role("button", name="Insert a value into Inputs").click()
    menu = page.get_by_role("dialog", name="Insert a value")
    menu.get_by_role("button", name="Ask").click()
    expect(menu.get_by_role("option", name="price")).to_contain_text("7")  # learned from the pin
    page.keyboard.press("Escape")

    # Another pin is another value, once the server has it.
    page.get_by_role("treeitem", name="Ask").click()
    page.get_by_role("complementary", name="Ask").get_by_role("tab", name="Test").click()
    page.get_by_role("switch", name="Use this result and call nothing").uncheck(force=True)
    saved(page)
    page.get_by_role("treeitem", name="Say").click()
    panel.get_by_role("tab", name="Parameters").click()
    expect(panel.get_by_role("button", name="nowhere yet")).to_be_visible()
    expect(field.get_by_text("It is 7", exact=True)).to_have_count(0)

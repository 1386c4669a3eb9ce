"""The panel: typing is not interrupted, the focus goes where the work goes on, retries are foretold."""

from __future__ import annotations

import json
import re

from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.e2e.accessibility import Scheme, findings, wear
from tests.e2e.conftest import SCREENSHOTS
from tests.e2e.person import Person
from tests.e2e.test_building import saved, wait_until

SCHEMA = "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#"


def drawn(ana: Person, name: str, actions: dict[str, object]) -> str:
    """A draft with these actions behind a trigger that is called; its id."""
    definition = {
        "$schema": SCHEMA,
        "contentVersion": "1.0.0.0",
        "triggers": {"manual": {"type": "Request", "kind": "Http", "inputs": {}}},
        "actions": actions,
        "outputs": {},
    }
    return ana.workflow(name, json.dumps(definition, indent=2), publish=False)


def shot(page: Page, name: str) -> None:
    """What it looks like, by day and by night."""
    SCREENSHOTS.mkdir(exist_ok=True)
    schemes: tuple[Scheme, ...] = ("light", "dark")
    for scheme in schemes:
        wear(page, scheme)
        page.screenshot(path=str(SCREENSHOTS / f"{name}-{scheme}.png"))
    wear(page, "light")


PARSE = {
    "Parse": {"type": "ParseJson", "inputs": {"content": "@triggerBody()", "schema": {}}, "runAfter": {}}
}


def test_code_is_typed_before_its_editor_has_come(page: Page, ana: Person) -> None:
    held: list[Route] = []
    page.route("**/assets/CodeEditor-*.js", lambda route: held.append(route))
    workflow = drawn(ana, "Code at once", PARSE)
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design?node=Parse")
    panel = page.get_by_role("complementary", name="Parse")
    field = panel.get_by_role("textbox", name="Schema", exact=True)
    field.click()
    expect(field).to_be_focused()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type('{"type": "object"}')
    for _ in "}":
        page.keyboard.press("ArrowLeft")

    assert held != [], "the editor must be fetched apart from the page"
    for route in held:
        route.continue_()
    editor = panel.locator(".cm-focused .cm-content")
    expect(editor).to_have_text('{"type": "object"}')
    page.keyboard.type(', "title": "Order"')  # text, focus and caret came along
    expect(editor).to_have_text('{"type": "object", "title": "Order"}')
    saved(page)
    assert '"title": "Order"' in ana.get(f"/workflows/{workflow}/draft")["text"]


def test_a_part_that_cannot_be_fetched_is_said_and_tried_again(context: BrowserContext, ana: Person) -> None:
    page = context.new_page()  # not the watched one: the browser itself logs the failed request
    page.route("**/assets/CodeEditor-*.js", lambda route: route.abort())
    workflow = drawn(ana, "Offline code", PARSE)
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design?node=Parse")
    panel = page.get_by_role("complementary", name="Parse")
    expect(panel.get_by_text("could not be loaded")).to_be_visible()
    expect(panel.get_by_role("textbox", name="Schema", exact=True)).to_be_editable()
    page.unroute("**/assets/CodeEditor-*.js")
    panel.get_by_role("button", name="Try again").click()
    expect(panel.locator(".cm-content")).to_be_visible()
    expect(panel.get_by_text("could not be loaded")).to_be_hidden()

    # Code of another page, without a network: said on the page, and complete when it comes.
    context.set_offline(True)
    page.get_by_role("link", name="Runs", exact=True).first.click()
    expect(page.get_by_text("The server did not answer.")).to_be_visible()
    context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    heading = page.get_by_role("heading", name="Runs", exact=True)
    expect(heading).to_be_visible()
    assert heading.bounding_box()["x"] > 80, "with its styles"  # type: ignore[index]

    # After an update of the server a part may be gone for good; the page of then names another build.
    page.route("**/assets/VersionsPage-*.js", lambda route: route.fulfill(status=404))
    newer = {"content_type": "text/html", "body": '<script type="module" src="/static/assets/index-2.js">'}
    page.route(re.compile(r":\d+/$"), lambda route: route.fulfill(**newer))
    with page.expect_navigation(url="**/versions", wait_until="load"):  # a whole page, and once only
        page.get_by_role("link", name="Versions").click()
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design")
    page.route("**/assets/PublishDoor-*.js", lambda route: route.fulfill(status=404))
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("A new version of Millrace is here")).to_be_visible()
    with page.expect_navigation():
        page.get_by_role("button", name="Reload").click()


def test_mistakes_are_said_in_a_pause_not_while_typing(page: Page, ana: Person) -> None:
    workflow = drawn(ana, "Quiet", {"Wait": {"type": "Compose", "inputs": "x", "runAfter": {}}})
    page.clock.install()
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design?node=Wait")
    panel = page.get_by_role("complementary", name="Wait")
    field = panel.locator("[data-field='/inputs']")
    panel.get_by_role("textbox", name="Inputs", exact=True).click()
    expect(panel.locator(".cm-focused")).to_be_visible()
    page.keyboard.press("ControlOrMeta+A")
    with page.expect_response(re.compile("/draft/edits$")):
        page.keyboard.insert_text("@outputs('Nowhere')")
    problem = field.get_by_text("Nowhere", exact=False).and_(field.locator("[data-held]"))
    expect(page.get_by_role("button", name=re.compile("1 problem"))).to_be_visible()
    # Somebody who goes on typing is not interrupted; by the page's clock, however slow the machine is.
    page.clock.pause_at(page.evaluate("Date.now() + 2000"))
    for _ in range(12):
        page.keyboard.type("x")
        page.clock.run_for(200)
        expect(problem).to_have_count(0)
    page.clock.resume()
    panel.get_by_role("textbox", name="Name").focus()
    expect(problem).to_be_visible()


def test_a_new_row_of_a_condition_has_the_focus(page: Page, ana: Person) -> None:
    condition = {
        "If_it_fits": {
            "type": "If",
            "expression": {"and": [{"equals": ["@triggerBody()", 1]}]},
            "actions": {},
            "runAfter": {},
        }
    }
    workflow = drawn(ana, "Rows", condition)
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design?node=If_it_fits")
    panel = page.get_by_role("complementary", name="If it fits")
    panel.get_by_role("button", name="Add row").click()
    expect(panel.get_by_role("textbox", name="Row 2: value")).to_be_focused()
    page.keyboard.type("north")
    saved(page)
    panel.get_by_role("button", name="Remove row 2").click()
    expect(panel.get_by_role("button", name="Add row")).to_be_focused()
    panel.get_by_role("button", name="Add group").click()
    expect(panel.get_by_role("textbox", name="Row 1: value").nth(1)).to_be_focused()


def test_retries_are_foretold(page: Page, ana: Person) -> None:
    call = {
        "type": "Http",
        "inputs": {
            "method": "GET",
            "uri": "https://example.com",
            "retryPolicy": {"type": "exponential", "count": 3, "interval": "PT10S"},
        },
        "limit": {"timeout": "PT30S"},
        "runAfter": {},
    }
    workflow = drawn(ana, "Retries", {"Call": call})
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design?node=Call&tab=settings")
    panel = page.get_by_role("complementary", name="Call")
    panel.get_by_role("button", name="Retry").click()
    tries = panel.get_by_role("list", name="Pauses between tries").get_by_role("listitem")
    expect(tries).to_have_text(
        [re.compile("after 5 s to 10 s"), re.compile("after 10 s to 20 s"), re.compile("after 20 s to 40 s")]
    )
    expect(panel.get_by_text("All pauses together: 35 s to 70 s")).to_be_visible()
    expect(panel.get_by_text("3 of 4").or_(panel.get_by_text("2 to 3 of 4"))).to_be_visible()
    panel.get_by_role("combobox", name="Policy").click()
    page.get_by_role("option", name="Never").click()
    expect(panel.get_by_text("the action fails at once")).to_be_visible()


MAIL = {
    "type": "ServiceProvider",
    "inputs": {
        "parameters": {
            "to": "ana@example.com",
            "subject": "Order",
            "body": "<h1>Hello @{triggerBody()?['name']}</h1><script>parent.document.title = 'taken'</script>",
            "attachments": [
                {"name": "first.txt", "content": "one"},
                {"name": "second.txt", "content": "two"},
            ],
        },
        "serviceProviderConfiguration": {
            "connectionName": "mail",
            "operationId": "sendEmail",
            "serviceProviderId": "/serviceProviders/email",
        },
    },
    "runAfter": {},
}


def test_a_list_of_objects_is_a_form_for_each(page: Page, ana: Person) -> None:
    workflow = drawn(ana, "Attachments", {"Mail": MAIL})
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design?node=Mail")
    panel = page.get_by_role("complementary", name="Mail")
    field = panel.locator("[data-field='/inputs/parameters/attachments']")
    field.get_by_role("button", name="1. first.txt").focus()
    page.keyboard.press("Alt+ArrowDown")  # the order is changed by keyboard, the focus goes along
    expect(field.get_by_role("button", name="2. first.txt")).to_be_focused()
    page.keyboard.press("Enter")
    name = field.get_by_role("textbox", name="File name")
    name.click()
    expect(panel.locator(".cm-focused")).to_be_visible()
    page.keyboard.press("End")
    page.keyboard.type(".bak")
    field.get_by_label("Content: file").set_input_files(
        {"name": "note.txt", "mimeType": "text/plain", "buffer": b"bytes \xff"}
    )
    expect(field.get_by_text("7 B, kept in the definition")).to_be_visible()
    field.get_by_role("button", name="Remove item 1").click()
    expect(field.get_by_role("button", name="Add item")).to_be_focused()
    field.get_by_label("Content: file").set_input_files(
        {"name": "big.bin", "mimeType": "application/octet-stream", "buffer": b"x" * 300_000}
    )
    expect(field.get_by_text("Put it into Storage")).to_be_visible()
    shot(page, "panel-items")
    saved(page)
    text = ana.get(f"/workflows/{workflow}/draft")["text"]
    assert json.loads(text)["actions"]["Mail"]["inputs"]["parameters"]["attachments"] == [
        {"name": "first.txt.bak", "content": {"$content-type": "text/plain", "$content": "Ynl0ZXMg/w=="}}
    ]
    field.get_by_role("button", name="Edit as JSON or expression").click()
    expect(field.get_by_role("textbox", name="Attachments")).to_be_visible()
    assert findings(page) == []


def test_html_is_shown_as_it_will_look_and_may_do_nothing(page: Page, ana: Person) -> None:
    workflow = drawn(ana, "Letter", {"Mail": MAIL})
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design?node=Mail&lens=sample")
    panel = page.get_by_role("complementary", name="Mail")
    panel.get_by_text("Preview", exact=True).click()
    frame = page.frame_locator("iframe[title='Body: preview']")
    expect(frame.get_by_role("heading", name="Hello")).to_be_visible()
    shot(page, "panel-html")
    expect(page).not_to_have_title("taken")


def test_a_schema_is_made_from_what_a_run_had(page: Page, ana: Person) -> None:
    parse = {
        "Parse": {"type": "ParseJson", "inputs": {"content": "@triggerBody()", "schema": {}}, "runAfter": {}}
    }
    workflow = drawn(ana, "Learns a schema", parse)
    draft = ana.get(f"/workflows/{workflow}/draft")
    ana.post(f"/workflows/{workflow}/publish", {"comment": "", "revision": draft["revision"]})
    ana.call(workflow, {"lines": [{"n": 1}, {"n": 2.5, "what": "lamp"}]})
    ana.newest_run(workflow, "Succeeded")
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design?node=Parse")
    panel = page.get_by_role("complementary", name="Parse")
    panel.get_by_role("button", name="Make it from a sample").click()
    dialog = page.get_by_role("dialog", name="Schema from a sample")
    dialog.get_by_role("button", name="Take it from the chosen run").click()
    expect(dialog.get_by_role("textbox", name="Sample")).to_contain_text("lamp")
    shot(page, "panel-schema")
    dialog.get_by_role("button", name="Use this schema").click()
    saved(page)
    schema = json.loads(ana.get(f"/workflows/{workflow}/draft")["text"])["actions"]["Parse"]["inputs"][
        "schema"
    ]
    assert schema["properties"]["lines"]["items"]["properties"] == {
        "n": {"type": "number"},
        "what": {"type": "string"},
    }


def test_line_breaks_stay_as_they_were_where_nothing_was_typed(page: Page, ana: Person) -> None:
    actions: dict[str, object] = {
        "Words": {"type": "Compose", "inputs": "one\r\ntwo @{utcNow()}\nthree\r\n", "runAfter": {}},
        "Other": {"type": "Compose", "inputs": 2, "runAfter": {"Words": ["Succeeded"]}},
    }
    workflow = drawn(ana, "Line breaks", actions)

    def text() -> str:
        return str(ana.get(f"/workflows/{workflow}/draft")["text"])

    before = text()
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design?node=Words")
    page.get_by_role("textbox", name="Inputs", exact=True).click()
    expect(page.locator(".cm-content:focus")).to_contain_text("three")
    # A later edit arrives after whatever looking at the field wrote.
    page.get_by_role("treeitem", name="Other").click()
    page.get_by_role("textbox", name="Inputs", exact=True).click()
    expect(page.locator(".cm-content:focus")).to_have_text("2")
    page.keyboard.insert_text("2")
    saved(page)
    wait_until(page, lambda: text() == before.replace('"inputs": 2,', '"inputs": 22,'))
    page.get_by_role("treeitem", name="Words").click()
    page.get_by_role("textbox", name="Inputs", exact=True).click()
    expect(page.locator(".cm-content:focus")).to_contain_text("three")
    page.keyboard.press("ControlOrMeta+Home")
    page.keyboard.insert_text("number ")
    wait_until(page, lambda: '"number one\\r\\ntwo @{utcNow()}\\nthree\\r\\n"' in text())
    saved(page)


def test_what_a_dialog_is_for_has_the_focus_and_nothing_is_blamed_twice(page: Page, ana: Person) -> None:
    for one in ana.get("/connections")["items"]:
        if one["connector"] == "email":  # of another test: there would be one to choose
            ana.remove(f"/connections/{one['id']}")
    actions: dict[str, object] = {
        "Parse": PARSE["Parse"],
        "Decide": {
            "type": "If",
            "expression": {"and": []},
            "actions": {},
            "runAfter": {"Parse": ["Succeeded"]},
        },
        "Mail": {
            "type": "ServiceProvider",
            "inputs": {
                "parameters": {"to": "", "subject": ""},
                "serviceProviderConfiguration": {
                    "connectionName": "",
                    "operationId": "sendEmail",
                    "serviceProviderId": "/serviceProviders/email",
                },
            },
            "runAfter": {"Decide": ["Succeeded"]},
        },
    }
    workflow = drawn(ana, "Newcomer", actions)
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design?node=Parse")
    page.get_by_role("button", name="Make it from a sample").click()
    dialog = page.get_by_role("dialog", name="Schema from a sample")
    expect(dialog.get_by_role("textbox", name="Sample")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)

    # A condition that says nothing yet has its first row, and that is no edit.
    page.get_by_role("treeitem", name="Decide").click()
    expect(page.get_by_role("textbox", name="Row 1: value")).to_be_visible()
    page.get_by_role("treeitem", name="Mail").click()
    panel = page.get_by_role("complementary", name="Mail")
    expect(panel.get_by_text("It needs a connection to Email.", exact=True)).to_be_visible()
    expect(panel.get_by_text("names no connection")).to_have_count(0)
    expect(panel.get_by_text("To is required; it is empty.", exact=True)).to_be_visible()
    assert '"expression": {\n        "and": []' in ana.get(f"/workflows/{workflow}/draft")["text"]

    panel.get_by_role("button", name="Create a connection").click()
    page.set_viewport_size({"width": 1280, "height": 560})
    dialog = page.get_by_role("dialog", name="New connection to Email")
    dialog.get_by_label("Server").fill("127.0.0.1")
    dialog.get_by_label("Port").fill("9")
    dialog.get_by_label("From").fill("shop@example.org")
    dialog.get_by_role("button", name="Save and test").click()
    said = dialog.get_by_text("Saved, but the test failed")
    expect(said).to_be_in_viewport(ratio=1)
    expect(dialog.get_by_role("button", name="Save and test")).to_be_in_viewport(ratio=1)
    shot(page, "connection-failed")
    assert findings(page) == []


def test_values_are_found_in_spite_of_slips_and_wrong_calls_are_said(page: Page, ana: Person) -> None:
    workflow = drawn(ana, "Finds", {"Word": {"type": "Compose", "inputs": "@toUper('a')", "runAfter": {}}})
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design?node=Word")
    panel = page.get_by_role("complementary", name="Word")
    expect(panel.get_by_text("Did you mean toUpper?")).to_be_visible()
    panel.get_by_role("button", name="Insert a value into Inputs").click()
    page.get_by_role("combobox", name="Search values and functions").fill("formatdatetme")
    expect(page.get_by_role("option").first).to_contain_text("formatDateTime")
    shot(page, "panel-tokens")


def test_a_file_is_chosen_in_the_tree_by_keyboard_and_by_name(page: Page, ana: Person) -> None:
    ana.post("/connections", {"name": "Files of trees", "connector": "storage", "parameters": {"folder": ""}})
    write = {
        "type": "ServiceProvider",
        "inputs": {
            "parameters": {"path": "@{triggerBody()?['path']}", "content": "x"},
            "serviceProviderConfiguration": {
                "connectionName": "Files of trees",
                "operationId": "writeFile",
                "serviceProviderId": "/serviceProviders/storage",
            },
        },
        "runAfter": {},
    }
    workflow = drawn(ana, "Files in trees", {"Write": write})
    draft = ana.get(f"/workflows/{workflow}/draft")
    ana.post(f"/workflows/{workflow}/publish", {"comment": "", "revision": draft["revision"]})
    for path in ("top.txt", "orders/2026/may.json", "orders/old.json"):
        ana.call(workflow, {"path": path})
        ana.newest_run(workflow, "Succeeded")
    asked: list[object] = []
    page.on("request", lambda one: asked.append(one.post_data_json) if one.url.endswith("/tree") else None)
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design?node=Write")
    panel = page.get_by_role("complementary", name="Write")
    panel.get_by_role("button", name="Browse for Path").click()
    tree = panel.get_by_role("tree", name="Path")
    expect(tree.get_by_role("treeitem")).to_have_text(["orders", "top.txt"])
    assert len(asked) == 1, "folders are asked for when they are opened"
    tree.focus()
    page.keyboard.press("ArrowRight")
    expect(tree.get_by_role("treeitem")).to_have_text(["orders", "2026", "old.json", "top.txt"])
    shot(page, "panel-tree")
    assert findings(page) == []
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(panel.get_by_role("button", name="Browse for Path")).to_be_focused()
    expect(panel.locator("[data-field='/inputs/parameters/path']")).to_contain_text("orders/old.json")
    page.keyboard.press("Enter")
    search = panel.get_by_role("combobox", name="Search in Path")
    expect(search).to_be_focused()
    page.keyboard.type("may")
    expect(tree.get_by_role("treeitem")).to_have_text(["orders/2026/may.json"])
    page.keyboard.press("Enter")
    saved(page)
    assert '"path": "orders/2026/may.json"' in ana.get(f"/workflows/{workflow}/draft")["text"]

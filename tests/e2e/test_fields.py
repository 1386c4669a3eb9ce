"""The fields of the panel: what is typed arrives, whatever the network does."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e import definitions
from tests.e2e.accessibility import findings
from tests.e2e.person import Person
from tests.e2e.serving import Upstream
from tests.e2e.test_building import add, new_workflow, saved, wait_until
from tests.e2e.test_panel import drawn, shot


def test_nothing_typed_is_lost_while_the_editor_is_fetched(page: Page, ana: Person) -> None:
    held: list[Route] = []
    page.route("**/assets/TokenEditor-*.js", lambda route: held.append(route))
    page.goto(f"/t/{ana.tenant}/workflows")
    new_workflow(page, "Typed at once")
    page.get_by_role("button", name="When it is called").click()
    add(page, "Compose")
    field = page.get_by_role("textbox", name="Inputs", exact=True)
    field.click()
    page.keyboard.type("Hello world")
    expect(field).to_have_value("Hello world")
    for _ in "world":
        page.keyboard.press("ArrowLeft")
    page.keyboard.type("big ")

    assert held != [], "the editor must be fetched apart from the page"
    for route in held:
        route.continue_()
    editor = page.locator(".cm-focused")
    expect(editor).to_have_text("Hello big world")
    page.keyboard.type("wide ")  # the caret came along
    expect(editor).to_have_text("Hello big wide world")
    saved(page)
    workflow = page.url.split("/w/")[1].split("/")[0]
    assert '"inputs": "Hello big wide world"' in ana.get(f"/workflows/{workflow}/draft")["text"]


ORDER = {"name": "Ana", "lines": [{"what": "a ladder"}, {"what": "a lamp"}]}


@pytest.fixture
def order_run(ana: Person, service: Upstream, request: pytest.FixtureRequest) -> str:
    """A workflow that has run once; its id."""
    workflow = ana.workflow(f"Orders {request.node.name}"[:80], definitions.orders(f"{service.url}/ok"))
    ana.call(workflow, ORDER)
    ana.newest_run(workflow, "Succeeded")
    service.received.clear()
    return workflow


def test_fields_show_their_values_of_a_run(page: Page, ana: Person, order_run: str) -> None:
    page.goto(f"/t/{ana.tenant}/w/{order_run}/design?node=Greet")
    panel = page.get_by_role("complementary", name="Greet")
    expect(panel.get_by_text("Ana bought a ladder")).to_be_visible()
    panel.get_by_role("button", name="Next turn").click()
    expect(panel.get_by_text("Ana bought a lamp")).to_be_visible()

    # While somebody types, the value follows; a mistake is said where it is.
    panel.get_by_role("textbox", name="Inputs", exact=True).click()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("@toUpper(items('Each_line')?['what'])")
    expect(panel.get_by_text("A LAMP")).to_be_visible()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.insert_text("@toUpper(items('Each_line')")
    page.keyboard.press("Escape")
    page.get_by_role("treeitem", name="Last").click()
    page.get_by_role("treeitem", name="Greet").click()
    expect(panel.get_by_text("A bracket is not closed")).to_be_visible()

    # What is secured is not shown anywhere.
    page.get_by_role("treeitem", name="Last").click()
    last = page.get_by_role("complementary", name="Last")
    expect(last.get_by_text("Hidden.")).to_be_visible()
    expect(last.get_by_text('{"customer":"Ana"}')).to_be_visible()
    expect(page.get_by_text("launch code")).to_have_count(0)


def test_the_menu_shows_values_of_the_run(page: Page, ana: Person, order_run: str) -> None:
    page.goto(f"/t/{ana.tenant}/w/{order_run}/design?node=Greet")
    page.get_by_role("button", name="Insert a value into Inputs").click()
    menu = page.get_by_role("dialog", name="Insert a value")
    expect(menu.get_by_role("option", name="what")).to_contain_text("a ladder")  # no schema tells of it
    page.keyboard.type("customer")
    expect(menu.get_by_role("option").first).to_contain_text("Ana")
    page.keyboard.press("Enter")
    expect(page.locator(".cm-focused")).to_contain_text("customer")


def test_one_action_is_tested_with_the_answers_of_a_run(
    page: Page, ana: Person, order_run: str, service: Upstream
) -> None:
    page.goto(f"/t/{ana.tenant}/w/{order_run}/design?node=Last&tab=test")
    panel = page.get_by_role("complementary", name="Last")
    panel.get_by_role("button", name="Test this action").click()
    outcome = panel.get_by_role("region", name="What the test gave")
    expect(outcome.get_by_text("Succeeded")).to_be_visible()
    assert service.received == [("POST", "/ok/last", {"customer": "Ana"})]

    panel.get_by_role("button", name="Run up to here").click()
    wait_until(page, lambda: len(service.received) >= 3)
    expect(outcome.get_by_text("Succeeded")).to_be_visible()
    assert [path for _, path, _ in service.received] == ["/ok/last", "/ok", "/ok/last"]

    # Pinned: from then on nobody is called.
    outcome.get_by_role("button", name="Pin these outputs").click()
    expect(panel.get_by_role("switch", name="Use this result and call nothing")).to_be_checked()
    saved(page)
    with page.expect_response("**/run"):
        panel.get_by_role("button", name="Test this action").click()
    ana.newest_run(order_run, "Succeeded")
    expect(outcome.get_by_text("Succeeded")).to_be_visible()
    assert len(service.received) == 3
    panel.get_by_role("tab", name="Output").click()
    expect(panel.get_by_text("reason")).to_be_visible()
    assert findings(page) == []


def test_pickers_know_the_tenant_s_workflows_and_every_time_zone(
    page: Page, ana: Person, order_run: str
) -> None:
    page.goto(f"/t/{ana.tenant}/workflows")
    new_workflow(page, "Calls another")
    page.get_by_role("button", name="On a schedule").click()
    panel = page.get_by_role("complementary")
    panel.get_by_role("combobox", name="Time zone").click()
    page.keyboard.type("nepal")
    page.get_by_role("option", name="(UTC+05:45) Nepal Standard Time").click()
    add(page, "Call workflow")
    panel.get_by_role("combobox", name="Workflow").click()
    page.keyboard.type("orders test_pickers")
    page.get_by_role("option", name="Orders test_pickers").click()
    saved(page)
    workflow = page.url.split("/w/")[1].split("/")[0]
    text = ana.get(f"/workflows/{workflow}/draft")["text"]
    assert "Nepal Standard Time" in text
    assert order_run in text


def test_a_schedule_is_put_together_and_shows_when_it_comes_round(page: Page, ana: Person) -> None:
    page.goto(f"/t/{ana.tenant}/workflows")
    new_workflow(page, "On Fridays")
    page.get_by_role("button", name="On a schedule").click()
    panel = page.get_by_role("complementary")
    ahead = panel.get_by_role("list", name="Next runs")
    expect(ahead.get_by_role("listitem").first).to_have_text("When it is published")
    panel.get_by_role("combobox", name="Unit").click()
    page.get_by_role("option", name="Week").click()
    panel.get_by_role("button", name="Fr", exact=True).click()
    panel.get_by_role("button", name="8 o’clock", exact=True).click()
    panel.get_by_role("button", name="17 o’clock").click()
    panel.get_by_role("textbox", name="At these minutes").fill("30, 5")
    panel.get_by_role("combobox", name="Time zone").click()
    page.keyboard.type("w. europe")
    page.get_by_role("option", name="W. Europe Standard Time").click()
    expect(panel.get_by_text("Next runs, by the clock of Europe/Berlin")).to_be_visible()
    expect(ahead.get_by_role("listitem")).to_have_count(10)
    said = ahead.get_by_role("listitem").all_inner_texts()
    assert all(line.startswith("Fri") for line in said), said
    assert {line.split(", ")[2][:5] for line in said} == {"08:05", "08:30", "17:05", "17:30"}

    panel.get_by_role("button", name="Add parameter").click()
    page.get_by_role("menuitem", name="Start time").click()
    panel.get_by_role("textbox", name="Start time").fill("2099-01-02T09:00")
    expect(ahead.get_by_role("listitem").first).to_contain_text("Fri, 2 Jan 2099, 17:05")
    expect(page.get_by_text("Every week on Fri at 08:05, 08:30", exact=False).first).to_be_visible()
    assert findings(page) == []
    saved(page)
    workflow = page.url.split("/w/")[1].split("/")[0]
    definition = json.loads(ana.get(f"/workflows/{workflow}/draft")["text"])["definition"]
    assert next(iter(definition["triggers"].values()))["recurrence"] == {
        "frequency": "Week",
        "interval": 1,
        "schedule": {"weekDays": ["Friday"], "hours": [8, 17], "minutes": [5, 30]},
        "timeZone": "W. Europe Standard Time",
        "startTime": "2099-01-02T09:00:00",
    }


SIGN_IN = {"type": "basic", "Username": "ana", "password": "in clear text", "note": "kept"}


def test_every_way_to_sign_in_has_its_form(page: Page, ana: Person) -> None:
    calls = {
        "Basic": SIGN_IN,
        "Client": {
            "type": "ActiveDirectoryOAuth",
            "tenant": "t",
            "audience": "a",
            "clientId": "c",
            "pfx": "AA==",
        },
        "Identity": {"type": "ManagedServiceIdentity", "audience": "https://a.example"},
        "Whole": "@parameters('signIn')",
        "Else": {"type": "Digest", "user": "x"},
    }
    definition = {
        "parameters": {"signIn": {"type": "Object", "defaultValue": {"type": "None"}}},
        "triggers": {"manual": {"type": "Request", "inputs": {}}},
        "actions": {
            name: {
                "type": "Http",
                "inputs": {"method": "GET", "uri": "https://a.example", "authentication": given},
                "runAfter": {},
            }
            for name, given in calls.items()
        },
    }
    text = json.dumps({"definition": definition, "kind": "Stateful"}, indent=2)
    workflow = ana.workflow("Signs in", text, publish=False)

    def stored() -> dict[str, Any]:
        saved(page)
        answer: str = ana.get(f"/workflows/{workflow}/draft")["text"]
        read: dict[str, Any] = json.loads(answer)["definition"]
        return read

    def inputs(name: str) -> Any:
        return stored()["actions"][name]["inputs"].get("authentication")

    def shown(name: str) -> Locator:
        page.goto(f"/t/{ana.tenant}/w/{workflow}/design?node={name}")
        return page.get_by_role("complementary", name=name)

    panel = shown("Client")
    panel.get_by_role("textbox", name="Authentication: Client id").click()
    page.keyboard.type("lient")
    assert inputs("Client") == {**calls["Client"], "clientId": "client"}  # type: ignore[dict-item]
    panel.get_by_text("Secret", exact=True).click()
    expect(panel.get_by_role("textbox", name="Authentication: Secret")).to_be_visible()

    expect(shown("Identity").get_by_text("has no managed identity", exact=False)).to_be_visible()
    expect(shown("Whole").get_by_role("textbox", name="Authentication: expression")).to_have_text("signIn")
    panel = shown("Else")
    expect(panel.get_by_text('"Digest"', exact=False)).to_be_visible()
    panel.get_by_role("combobox", name="Authentication").click()
    page.get_by_role("option", name="Authorization header").click()
    panel.get_by_role("textbox", name="Authentication: Value").click()
    page.keyboard.type("Bearer x")
    expect(panel.get_by_text("Kept as a secure parameter when you leave this field.")).to_be_visible()
    assert findings(page) == []
    shot(page, "secret-typed")
    assert inputs("Else") == {"type": "Raw"}
    panel.get_by_role("button", name="Write it into the workflow").click()
    expect(panel.get_by_text("Whoever may read the workflow reads this.")).to_be_visible()
    assert inputs("Else") == {"type": "Raw", "value": "Bearer x"}

    # A secret in clear text moves into a secure parameter; what nobody touched stays as it was written.
    panel = shown("Basic")
    panel.get_by_role("button", name="Keep it as a secure parameter").click()
    expect(page.get_by_text("Kept as the secure parameter Basic_password", exact=False)).to_be_visible()
    assert inputs("Basic") == {**SIGN_IN, "password": "@parameters('Basic_password')"}
    assert stored()["parameters"]["Basic_password"] == {"type": "SecureString"}
    assert ana.get(f"/workflows/{workflow}/values")["items"][0]["name"] == "Basic_password"
    assert findings(page) == []
    panel.get_by_role("combobox", name="Authentication").click()
    page.get_by_role("option", name="None").click()
    assert inputs("Basic") is None


def test_a_typed_secret_is_never_in_an_edit_of_the_draft(page: Page, ana: Person) -> None:
    call = {
        "method": "GET",
        "uri": "https://a.example",
        "authentication": {"type": "Basic", "username": "ana"},
    }
    actions: dict[str, object] = {"Call": {"type": "Http", "inputs": call, "runAfter": {}}}
    workflow = drawn(ana, "Types a secret", actions)
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design?node=Call")
    panel = page.get_by_role("complementary", name="Call")
    panel.get_by_role("textbox", name="Authentication: Password").click()
    expect(panel.locator(".cm-focused")).to_be_visible()
    page.keyboard.type("seven-herons-9")
    expect(panel.get_by_text("Kept as a secure parameter when you leave this field.")).to_be_visible()
    panel.get_by_role("textbox", name="Name", exact=True).focus()
    expect(page.get_by_text("Kept as the secure parameter Call_password", exact=False)).to_be_visible()
    saved(page)

    # Closing the panel is leaving the field too.
    panel.get_by_role("textbox", name="Authentication: Password").click()
    expect(panel.locator(".cm-focused")).to_be_visible()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.insert_text("eight-herons-10")
    expect(panel.get_by_text("Kept as a secure parameter when you leave this field.")).to_be_visible()
    panel.get_by_role("button", name="Close").click()
    # The parameter is this field's alone: another value of it, not another parameter.
    expect(
        page.get_by_text("The secure parameter Call_password has a new value.", exact=False)
    ).to_be_visible()
    saved(page)
    known = json.dumps(
        [ana.get(f"/workflows/{workflow}/draft"), ana.get(f"/workflows/{workflow}/draft/edits")]
    )
    assert "herons" not in known
    assert "@parameters('Call_password')" in known
    values = ana.get(f"/workflows/{workflow}/values")["items"]
    assert [(one["name"], one["secret"]) for one in values] == [("Call_password", True)]


def test_a_secret_in_clear_text_is_a_problem_with_a_remedy(page: Page, ana: Person) -> None:
    """It came with code or a paste, where no field could hold it back."""
    uri = "https://a.example/hook?code=twelve-cranes&page=2"
    call = {"method": "GET", "uri": uri, "headers": {"X-Api-Key": "six-cranes"}}
    workflow = drawn(ana, "Pastes a secret", {"Call": {"type": "Http", "inputs": call, "runAfter": {}}})
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design")
    page.get_by_role("button", name=re.compile("2 warnings|2 problems")).click()
    problems = page.get_by_role("region", name="Problems")
    remedy = problems.get_by_role("button", name="Keep as secure parameter")
    expect(remedy).to_have_count(2)
    remedy.first.click()
    remedy.first.click()
    expect(remedy).to_have_count(0)
    expect(page.get_by_text("stays in its history", exact=False)).to_have_count(2)
    assert findings(page) == []
    shot(page, "secret-remedy")
    expect(problems.get_by_text("Nothing stands in the way of publishing.")).to_be_visible()
    saved(page)
    stored = json.loads(ana.get(f"/workflows/{workflow}/draft")["text"])
    assert stored["actions"]["Call"]["inputs"] == {
        **call,
        "uri": "https://a.example/hook?code=@{parameters('Call_key')}&page=2",
        "headers": {"X-Api-Key": "@parameters('Call_X_Api_Key')"},
    }
    values = ana.get(f"/workflows/{workflow}/values")["items"]
    assert {one["name"]: one["secret"] for one in values} == {"Call_key": True, "Call_X_Api_Key": True}
    # One step to undo each: the member and its parameter.
    page.get_by_role("button", name=re.compile("^Undo")).click()
    page.get_by_role("button", name=re.compile("^Undo")).click()
    saved(page)
    assert json.loads(ana.get(f"/workflows/{workflow}/draft")["text"])["actions"]["Call"]["inputs"] == call


def test_a_function_s_signature_stands_above_its_arguments(page: Page, ana: Person, order_run: str) -> None:
    page.goto(f"/t/{ana.tenant}/w/{order_run}/design?node=Greet")
    page.get_by_role("textbox", name="Inputs", exact=True).click()  # at once: the functions come later
    expect(page.locator(".cm-focused")).to_be_visible()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("@addHours(utcNow(), ")
    expect(page.get_by_role("complementary").get_by_text("hours: int", exact=True)).to_be_visible()

    # A function from the menu waits for its arguments, with its signature above.
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.press("Delete")
    page.keyboard.press("/")
    page.get_by_role("combobox", name="Search values and functions").fill("addDays")
    page.keyboard.press("Enter")
    editor = page.locator(".cm-focused .cm-content")
    expect(editor).to_have_text("@addDays()")
    page.keyboard.insert_text("triggerBody()?['at'], 1")
    expect(editor).to_have_text("@addDays(triggerBody()?['at'], 1)")
    expect(page.get_by_role("complementary").get_by_text("days: int", exact=True)).to_be_visible()
    page.keyboard.press("End")
    editor.get_by_text("addDays", exact=False).first.hover(position={"x": 30, "y": 8})
    expect(page.get_by_text("(Date and time)", exact=False).first).to_be_visible()


def test_an_item_of_a_list_repeats_the_step_and_one_undo_takes_it_back(page: Page, ana: Person) -> None:
    item = {"type": "object", "properties": {"title": {"type": "string"}, "price": {"type": "number"}}}
    schema = {"type": "object", "properties": {"lines": {"type": "array", "items": item}}}
    parse = {"type": "ParseJson", "inputs": {"content": "@triggerBody()", "schema": schema}, "runAfter": {}}
    say = {"type": "Compose", "inputs": "", "runAfter": {"Order": ["Succeeded"]}}
    workflow = drawn(ana, "Repeats", {"Order": parse, "Say": say})
    before = ana.get(f"/workflows/{workflow}/draft")["text"]
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design?node=Say")
    panel = page.get_by_role("complementary", name="Say")
    panel.get_by_role("textbox", name="Inputs", exact=True).click()
    expect(panel.locator(".cm-focused")).to_be_visible()
    page.keyboard.press("/")
    menu = page.get_by_role("dialog", name="Insert a value")
    menu.get_by_role("button", name="Order").click()
    expect(menu.get_by_role("option").filter(has_text="Repeats this step for every item")).to_be_visible()
    expect(menu.get_by_role("option", name="price")).to_be_visible()
    assert findings(page) == []
    shot(page, "each-item")
    menu.get_by_role("option", name="title").click()
    expect(panel.locator(".cm-content")).to_contain_text("title")
    expect(page.locator("#card-For_each")).to_be_visible()
    expect(page.get_by_text("Say runs once for each item now, inside For each.")).to_be_visible()
    saved(page)
    actions = json.loads(ana.get(f"/workflows/{workflow}/draft")["text"])["actions"]
    loop = actions["For_each"]
    assert (loop["foreach"], loop["runAfter"]) == ("@body('Order')?['lines']", {"Order": ["Succeeded"]})
    assert loop["actions"]["Say"]["inputs"] == "@items('For_each')?['title']"

    # What is inserted next comes from the loop that is there.
    page.get_by_role("application", name="Workflow canvas").focus()
    panel.get_by_role("button", name="Insert a value into Inputs").click()
    menu.get_by_role("button", name="Order").click()
    expect(menu.get_by_role("option").filter(has_text="The item For each is at")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(page.locator("#card-For_each")).to_have_count(0)
    saved(page)
    assert ana.get(f"/workflows/{workflow}/draft")["text"] == before


def test_a_secret_that_is_a_default_moves_to_its_value(page: Page, ana: Person) -> None:
    """The edit says only that the default goes, and nothing brings it back into the draft."""
    definition = {
        "triggers": {"manual": {"type": "Request", "kind": "Http", "inputs": {}}},
        "parameters": {"key": {"type": "SecureString", "defaultValue": "nine-cranes"}},
        "actions": {"Key": {"type": "Compose", "inputs": "@parameters('key')", "runAfter": {}}},
    }
    workflow = ana.workflow(f"Default {time.monotonic_ns()}", json.dumps(definition, indent=2), publish=False)
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design")
    page.get_by_role("button", name="1 problem", exact=True).click()
    problems = page.get_by_role("region", name="Problems")
    problems.get_by_role("button", name="Move to its secret value").click()
    expect(
        page.get_by_text("Earlier versions and the draft’s history still hold it", exact=False)
    ).to_be_visible()
    expect(problems.get_by_text("Nothing stands in the way of publishing.")).to_be_visible()
    saved(page)
    assert json.loads(ana.get(f"/workflows/{workflow}/draft")["text"])["parameters"]["key"] == {
        "type": "SecureString"
    }
    assert "cranes" not in json.dumps(ana.get(f"/workflows/{workflow}/draft/edits"))
    values = ana.get(f"/workflows/{workflow}/values")["items"]
    assert [(one["name"], one["secret"]) for one in values] == [("key", True)]
    expect(page.get_by_role("button", name="Nothing to undo")).to_be_disabled()

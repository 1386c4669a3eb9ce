"""The canvas by pointer and by keyboard: connections, selections, commands, moving, copying between workflows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.definitions import SCHEMA
from tests.e2e.person import Person


def orders(**more: Any) -> str:
    def after(*names: str, status: str = "Succeeded") -> dict[str, list[str]]:
        return {name: [status] for name in names}

    actions: dict[str, Any] = {
        "Get_order": {"type": "Compose", "inputs": {"id": 4711, "note": "urgent parcel"}, "runAfter": {}},
        "Check_total": {
            "type": "If",
            "expression": {"and": [{"greater": ["@outputs('Get_order')?['total']", 100]}]},
            "actions": {"Approve": {"type": "Compose", "inputs": "yes", "runAfter": {}}},
            "else": {"actions": {}},
            "runAfter": after("Get_order"),
        },
        "Reserve": {"type": "Compose", "inputs": "stock", "runAfter": after("Check_total")},
        "Price": {"type": "Compose", "inputs": "price", "runAfter": after("Check_total")},
        "Tell_ops": {"type": "Compose", "inputs": "ops", "runAfter": after("Reserve", status="Failed")},
        "Answer": {"type": "Compose", "inputs": "done", "runAfter": after("Reserve")},
    }
    definition = {
        "$schema": SCHEMA,
        "contentVersion": "1.0.0.0",
        "triggers": {"manual": {"type": "Request", "kind": "Http", "inputs": {"schema": {}}}},
        "actions": actions | more,
        "outputs": {},
    }
    return json.dumps({"definition": definition, "kind": "Stateful"}, indent=2)


def card(page: Page, name: str) -> Locator:
    return page.locator(f"[id='card-{name}']")


def canvas(page: Page) -> Locator:
    return page.get_by_role("application", name="Workflow canvas")


def saved(page: Page) -> None:
    expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()


class Opened:
    def __init__(self, page: Page, ana: Person, name: str, text: str) -> None:
        self.page, self.ana = page, ana
        self.workflow = ana.workflow(name, text, publish=False)
        ana.go(f"/w/{self.workflow}/design")
        card(page, "Get_order").wait_for()
        canvas(page).focus()
        page.keyboard.press("1")
        page.wait_for_timeout(300)

    def actions(self) -> dict[str, Any]:
        self.page.wait_for_timeout(100)  # an edit is on its way before the page says so
        saved(self.page)
        text = self.ana.get(f"/workflows/{self.workflow}/draft")["text"]
        found: dict[str, Any] = json.loads(text)["definition"]["actions"]
        return found


@pytest.fixture
def drawn(page: Page, ana: Person, request: pytest.FixtureRequest) -> Opened:
    return Opened(page, ana, f"Canvas: {request.node.name}", orders())


def middle(at: Locator) -> tuple[float, float]:
    box = at.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def draw_from(page: Page, source: str) -> None:
    """Presses the handle below a card."""
    box = card(page, source).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] + 1)
    page.mouse.down()


def test_a_line_is_clicked_to_say_when_an_action_runs(page: Page, drawn: Opened) -> None:
    page.get_by_role("button", name="failed: Tell ops").click()
    editor = page.get_by_role("group", name="When Tell ops runs after Reserve")
    editor.get_by_label("Reserve timed out").check()
    expect(editor).to_contain_text("Runs after Reserve failed or timed out.")
    assert drawn.actions()["Tell_ops"]["runAfter"] == {"Reserve": ["Failed", "TimedOut"]}
    editor.get_by_role("button", name="In any case").click()
    assert len(drawn.actions()["Tell_ops"]["runAfter"]["Reserve"]) == 4
    editor.get_by_role("button", name="Remove").click()
    expect(editor).to_be_hidden()
    assert drawn.actions()["Tell_ops"]["runAfter"] == {}
    for _ in range(3):
        page.keyboard.press("Control+z")
    assert drawn.actions()["Tell_ops"]["runAfter"] == {"Reserve": ["Failed"]}


def test_a_connection_is_drawn_from_card_to_card(page: Page, drawn: Opened) -> None:
    draw_from(page, "Price")
    page.mouse.move(*middle(card(page, "Get_order")), steps=4)
    expect(page.get_by_text("the two would wait for each other")).to_be_visible()
    page.mouse.move(*middle(card(page, "Answer")), steps=4)
    expect(page.get_by_text("Answer also runs after Price")).to_be_visible()
    expect(card(page, "Approve")).to_have_attribute("data-link", "no")
    page.mouse.up()
    assert drawn.actions()["Answer"]["runAfter"] == {"Reserve": ["Succeeded"], "Price": ["Succeeded"]}

    draw_from(page, "Price")
    x, y = middle(card(page, "Price"))
    page.mouse.move(x + 180, y + 60, steps=4)
    page.mouse.up()
    expect(page.get_by_role("option").first).to_be_visible()  # the operation browser, for a parallel branch
    page.keyboard.type("Compose")
    page.keyboard.press("Enter")
    expect(card(page, "Compose")).to_be_visible()
    assert drawn.actions()["Compose"]["runAfter"] == {"Price": ["Succeeded"]}
    assert "Price" in drawn.actions()["Answer"]["runAfter"]


def test_a_frame_selects_and_wraps(page: Page, drawn: Opened) -> None:
    first, last = card(page, "Reserve").bounding_box(), card(page, "Answer").bounding_box()
    ops = card(page, "Tell_ops").bounding_box()
    assert first
    assert last
    assert ops
    left = min(ops["x"], last["x"], first["x"]) - 12
    right = max(ops["x"] + ops["width"], last["x"] + last["width"], first["x"] + first["width"]) + 4
    page.keyboard.down("Shift")
    page.mouse.move(left, first["y"] - 6)
    page.mouse.down()
    page.mouse.move(right, last["y"] + last["height"] + 6, steps=5)
    page.mouse.up()
    page.keyboard.up("Shift")
    bar = page.get_by_role("toolbar", name="Selection")
    expect(bar).to_contain_text("3 actions")
    bar.get_by_role("button", name="Wrap in").click()
    page.get_by_role("menuitem", name="Scope").click()
    actions = drawn.actions()
    assert list(actions["Scope"]["actions"]) == ["Reserve", "Tell_ops", "Answer"]
    assert actions["Scope"]["runAfter"] == {"Check_total": ["Succeeded"]}
    canvas(page).focus()
    page.keyboard.press("Control+Shift+G")
    assert "Scope" not in drawn.actions()


def test_what_is_no_block_says_why_it_cannot_be_wrapped(page: Page, drawn: Opened) -> None:
    card(page, "Get_order").click()
    card(page, "Answer").click(modifiers=["Shift"])
    page.get_by_role("toolbar", name="Selection").get_by_role("button", name="Wrap in").click()
    expect(page.get_by_text("runs after an action outside the selection")).to_be_visible()
    expect(page.get_by_role("menuitem", name="Scope")).to_be_disabled()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Clear the selection").click()
    expect(page.get_by_role("toolbar", name="Selection")).to_be_hidden()


def test_dragging_a_card_says_why_it_cannot_go_there(page: Page, drawn: Opened) -> None:
    page.mouse.move(*middle(card(page, "Get_order")))
    page.mouse.down()
    x, y = middle(card(page, "Answer"))
    page.mouse.move(x, y + 40, steps=8)
    expect(page.get_by_text("which would not come before it any more")).to_be_visible()
    page.mouse.up()
    assert drawn.actions()["Get_order"]["runAfter"] == {}
    page.mouse.move(*middle(card(page, "Answer")))
    page.mouse.down()
    target = canvas(page).get_by_role("button", name="Add an action", exact=True).bounding_box()
    assert target is not None
    page.mouse.move(target["x"] + target["width"] / 2, target["y"] + target["height"] / 2, steps=8)
    expect(page.get_by_text("Drop to move here")).to_be_visible()
    page.mouse.up()
    assert list(drawn.actions()["Check_total"]["else"]["actions"]) == ["Answer"]


def test_the_palette_runs_commands_and_finds_actions(page: Page, drawn: Opened) -> None:
    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="Search or run a command")
    expect(palette.get_by_role("option").first).to_be_visible()
    page.keyboard.type("wrap scope")
    expect(palette.get_by_role("option").first).to_contain_text("Select an action first.")
    page.keyboard.press("Escape")
    expect(palette).to_be_hidden()
    page.keyboard.press("Control+f")  # by what an action says, not only by its name
    page.keyboard.type("urgent parcel")
    option = page.get_by_role("option").first
    expect(option).to_contain_text("Get order")
    expect(option).to_contain_text("urgent parcel")
    page.keyboard.press("Enter")
    expect(card(page, "Get_order")).to_have_attribute("data-selected", "true")
    page.keyboard.press("Control+k")
    page.keyboard.type("wrap in a scope")
    page.keyboard.press("Enter")
    assert list(drawn.actions()["Scope"]["actions"]) == ["Get_order"]
    page.keyboard.press("Control+k")
    page.keyboard.type("keys of the")
    page.keyboard.press("Enter")
    sheet = page.get_by_role("dialog", name="Keys of the designer")
    expect(sheet.get_by_text("Ctrl+Shift+G")).to_be_visible()
    sheet.get_by_label("Search keys").fill("parallel")
    expect(sheet.get_by_text("Add a parallel branch")).to_be_visible()
    expect(sheet.get_by_text("Rename")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()


def test_an_action_is_moved_by_choosing_its_place(page: Page, drawn: Opened) -> None:
    card(page, "Answer").click()
    canvas(page).focus()
    page.keyboard.press("Control+m")
    page.keyboard.type("true of check")
    page.keyboard.press("Enter")
    assert list(drawn.actions()["Check_total"]["actions"]) == ["Answer", "Approve"]
    card(page, "Get_order").click()
    canvas(page).focus()
    page.keyboard.press("Control+m")
    page.keyboard.type("after check total")
    expect(page.get_by_role("option").first).to_contain_text("would not come before it any more")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()  # a closed place is not taken
    page.keyboard.press("Escape")


def test_everything_by_keyboard_alone(page: Page, drawn: Opened) -> None:
    canvas(page).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(card(page, "Get_order")).to_have_attribute("data-selected", "true")
    page.keyboard.press("Control+d")
    assert "Get_order_2" in drawn.actions()
    page.keyboard.press("Alt+ArrowDown")
    assert list(drawn.actions()["Get_order_2"]["runAfter"]) == []
    page.keyboard.press("y")
    expect(page.get_by_role("toolbar", name="Selection")).to_be_visible()
    page.keyboard.press("Escape")
    card(page, "Check_total").click()
    canvas(page).focus()
    page.keyboard.press("c")
    expect(card(page, "Approve")).to_be_hidden()
    page.reload()
    card(page, "Get_order").wait_for()
    expect(card(page, "Approve")).to_be_hidden()  # folded stays folded
    page.keyboard.press("Control+f")
    page.keyboard.type("approve")
    page.keyboard.press("Enter")
    expect(card(page, "Approve")).to_be_visible()  # going there unfolds it
    canvas(page).focus()
    page.keyboard.press("Shift+F10")
    page.get_by_role("menuitem", name="Duplicate").press("Enter")
    assert "Approve_2" in drawn.actions()["Check_total"]["actions"]
    page.keyboard.press("Delete")
    assert list(drawn.actions()["Check_total"]["actions"]) == ["Approve_2"]
    page.keyboard.press("m")
    page.get_by_role("group", name="Map of the workflow").press("ArrowDown")
    page.keyboard.press("Shift+?")


def test_copied_actions_are_wdl_and_find_the_connection_of_another_workflow(page: Page, ana: Person) -> None:
    mail = {
        "type": "ServiceProvider",
        "inputs": {
            "parameters": {"to": "a@example.com", "subject": "Hi", "body": "x"},
            "serviceProviderConfiguration": {
                "connectionName": "elsewhere",
                "operationId": "sendEmail",
                "serviceProviderId": "/serviceProviders/email",
            },
        },
        "runAfter": {"Get_order": ["Succeeded"]},
    }
    for name in ("post-room", "shop-mail"):  # of several it is not for us to choose one
        server = {"host": "127.0.0.1", "port": 25, "from": "shop@example.com"}
        ana.post("/connections", {"name": name, "connector": "email", "parameters": server})
    other = Opened(page, ana, "Copied to", orders())
    Opened(page, ana, "Copied from", orders(Mail=mail))
    card(page, "Mail").click()
    canvas(page).focus()
    page.keyboard.press("Control+c")
    copied: dict[str, Any] = json.loads(page.evaluate("navigator.clipboard.readText()"))
    assert list(copied["actions"]) == ["Mail"]
    ana.go(f"/w/{other.workflow}/design")
    card(page, "Answer").click()
    canvas(page).focus()
    page.keyboard.press("Control+v")
    page.get_by_role("dialog", name="Connections of what you paste").get_by_role(
        "button", name="Paste"
    ).click()
    expect(page.get_by_text("Choose a connection for what was pasted")).to_be_visible()
    pasted = other.actions()["Mail"]
    assert pasted["runAfter"] == {"Answer": ["Succeeded"]}
    assert pasted["inputs"]["serviceProviderConfiguration"]["connectionName"] == ""


def test_the_outline_has_the_menu_of_the_canvas(page: Page, drawn: Opened) -> None:
    outline = page.get_by_role("tree", name="Outline")
    outline.focus()
    page.keyboard.type("res")  # type-ahead
    expect(outline.get_by_role("treeitem", name="Reserve")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Shift+F10")
    page.get_by_role("menuitem", name="For each").press("Enter")
    assert list(drawn.actions()["For_each"]["actions"]) == ["Reserve"]
    outline.focus()
    page.keyboard.press("Control+Shift+G")
    assert "For_each" not in drawn.actions()


def test_several_triggers_and_what_nobody_knows_are_drawn(page: Page, ana: Person) -> None:
    text = json.loads(orders(Strange={"type": "Frobnicate", "inputs": {}, "runAfter": {}}))
    text["definition"]["triggers"] |= {
        "Hourly": {"type": "Recurrence", "recurrence": {"frequency": "Hour", "interval": 1}},
        "Odd": {"type": "CarrierPigeon", "inputs": {}},
    }
    Opened(page, ana, "Several triggers", json.dumps(text, indent=2))
    tops = [card(page, f"trigger:{name}").bounding_box() for name in ("manual", "Hourly", "Odd")]
    assert len({round(box["y"]) for box in tops if box is not None}) == 1
    expect(card(page, "trigger:Odd")).to_contain_text("Carrier pigeon")
    expect(card(page, "Strange")).to_contain_text("Frobnicate")


def test_far_away_cards_are_not_in_the_page_and_details_go_with_distance(page: Page, ana: Person) -> None:
    chain = {
        f"Step_{n}": {
            "type": "Compose",
            "inputs": n,
            "runAfter": {f"Step_{n - 1}": ["Succeeded"]} if n else {},
        }
        for n in range(300)
    }
    Opened(page, ana, "A long chain", orders(**chain))
    canvas(page).focus()
    page.keyboard.press("0")
    page.wait_for_timeout(400)
    assert page.locator("[id^='card-']").count() < 60
    page.keyboard.press("Control+f")
    page.keyboard.type("Step 299")
    page.keyboard.press("Enter")
    expect(card(page, "Step_299")).to_be_in_viewport()
    canvas(page).focus()
    page.keyboard.press("1")
    expect(canvas(page)).to_have_attribute("data-lod", "far")
    expect(card(page, "Step_299").get_by_text("Step 299")).to_be_hidden()
    assert page.locator("[id^='card-']").count() > 250

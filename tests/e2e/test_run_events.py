"""The drawer below the canvas: what happens in runs started from this tab, step by step."""

from __future__ import annotations

import json
import re

from playwright.sync_api import Page, expect

from tests.e2e.accessibility import findings, wear
from tests.e2e.person import Person
from tests.e2e.test_panel import shot

STEPS = {
    "Orders": {
        "type": "Compose",
        "inputs": [{"id": "A-1", "total": 12.5}, {"id": "A-2", "total": 7}],
        "runAfter": {},
    },
    "Each_order": {
        "type": "Foreach",
        "foreach": "@outputs('Orders')",
        "actions": {"Label": {"type": "Compose", "inputs": "Order @{item()?['id']}", "runAfter": {}}},
        "runAfter": {"Orders": ["Succeeded"]},
        "runtimeConfiguration": {"concurrency": {"repetitions": 1}},
    },
    "Parse_total": {
        "type": "Compose",
        "inputs": "@int(outputs('Orders')[0]?['id'])",
        "runAfter": {"Each_order": ["Succeeded"]},
    },
}


def workflow(ana: Person, name: str) -> str:
    trigger = {"type": "Recurrence", "recurrence": {"frequency": "Month", "interval": 1}}
    definition = {"triggers": {"Monthly": trigger}, "actions": STEPS}
    return ana.workflow(
        name, json.dumps({"definition": definition, "kind": "Stateful"}, indent=2), publish=False
    )


def test_a_run_is_followed_from_the_designer(page: Page, ana: Person) -> None:
    made = workflow(ana, "Followed below the canvas")
    page.goto(f"/t/{ana.tenant}/w/{made}/design")
    page.locator("#card-Orders").click()
    page.keyboard.press("Control+e")
    drawer = page.get_by_role("region", name="Debug", exact=True)
    expect(
        drawer.get_by_role("heading", name="Nothing was started from this tab yet", exact=True)
    ).to_be_visible()
    assert findings(page) == []
    drawer.get_by_role("button", name="Run the draft", exact=True).click()

    grid = drawer.get_by_role("treegrid", name="Events", exact=True)
    row = grid.get_by_role("row")
    expect(row.filter(has_text="Parse total")).to_contain_text("Failed")
    expect(row.filter(has_text=re.compile("^.*Run.*Draft"))).to_contain_text("Failed")
    expect(row.filter(has_text="turn 2")).to_contain_text("Succeeded")
    assert f"/w/{made}/design" in page.url, "who follows the run here is not taken away"
    page.mouse.move(0, 0)
    assert findings(page) == []
    wear(page, "dark")
    assert findings(page) == []
    shot(page, "events")

    # Filters: by status, by action, by text; the run stands above what fits.
    drawer.get_by_role("combobox", name="Status", exact=True).click()
    page.get_by_role("option", name="Failed", exact=True).click()
    expect(row).to_have_count(2)
    drawer.get_by_role("combobox", name="Status", exact=True).click()
    page.get_by_role("option", name="All statuses", exact=True).click()
    drawer.get_by_role("textbox", name="Search events", exact=True).fill("nowhere")
    expect(drawer.get_by_text("No events match.", exact=False)).to_be_visible()
    drawer.get_by_role("button", name="Clear filters", exact=True).click()
    drawer.get_by_role("combobox", name="Action", exact=True).click()
    page.get_by_role("option", name="Label", exact=True).click()
    expect(row).to_have_count(3)

    # By keyboard: the values of one turn, then its card with the values of that run.
    grid.focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    expect(grid).to_contain_text("Order A-2")
    assert findings(page) == []
    shot(page, "event-values")
    page.keyboard.press("Enter")
    panel = page.get_by_role("complementary", name="Label", exact=True)
    expect(panel.get_by_role("group", name="Turn of Each order", exact=True)).to_contain_text("turn 2 of 2")
    expect(page).to_have_url(re.compile(r"node=Label.*lens=[0-9a-f-]{36}"))

    # The key puts it away, and brings it back as it was; another page in between changes nothing.
    page.get_by_role("application").press("Control+e")
    expect(drawer).to_be_hidden()
    page.reload()
    page.get_by_role("application").press("Control+e")
    expect(row.filter(has_text="Parse total")).to_contain_text("Failed")
    drawer.get_by_role("button", name="Clear the events", exact=True).click()
    expect(
        drawer.get_by_role("heading", name="Nothing was started from this tab yet", exact=True)
    ).to_be_visible()


def test_a_test_of_an_action_is_followed_and_paused(page: Page, ana: Person) -> None:
    made = workflow(ana, "Tests below the canvas")
    page.goto(f"/t/{ana.tenant}/w/{made}/design?node=Orders&tab=test")
    panel = page.get_by_role("complementary", name="Orders", exact=True)
    panel.get_by_role("button", name="Run up to here", exact=True).click()
    page.get_by_role("application").press("Control+e")
    drawer = page.get_by_role("region", name="Debug", exact=True)
    row = drawer.get_by_role("treegrid", name="Events", exact=True).get_by_role("row")
    expect(row.filter(has_text="Up to Orders")).to_contain_text("Succeeded")
    expect(drawer.get_by_role("status").filter(has_text="1 event")).to_be_visible()

    drawer.get_by_role("button", name="Pause", exact=True).click()
    panel.get_by_role("button", name="Test this action", exact=True).click()
    expect(drawer.get_by_role("button", name=re.compile(r"Go on \(\d+ new\)"))).to_be_visible()
    expect(row).to_have_count(2)
    drawer.get_by_role("button", name=re.compile("Go on")).click()
    expect(row.filter(has_text="Test of Orders")).to_contain_text("Succeeded")
    expect(row).to_have_count(4)

    # The drawer is as high as one makes it, and stays so.
    line = page.get_by_role("separator", name="Height of the drawer", exact=True)
    line.focus()
    page.keyboard.press("ArrowUp")
    expect(line).to_have_attribute("aria-valuenow", "256")
    page.reload()
    expect(line).to_have_attribute("aria-valuenow", "256")

    # Problems are in the same place.
    page.get_by_role("tab", name="Debug", exact=True).press("ArrowLeft")
    expect(page.get_by_role("region", name="Problems", exact=True)).to_be_visible()
    expect(page.get_by_role("tab", name="Problems", exact=True)).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(drawer).to_be_visible()


def test_without_a_socket_events_are_asked_for(page: Page, ana: Person) -> None:
    made = workflow(ana, "Asked for below the canvas")
    page.route_web_socket("**/ws/**", lambda route: route.close())
    page.goto(f"/t/{ana.tenant}/w/{made}/design")
    page.locator("#card-Orders").click()
    page.keyboard.press("Control+e")
    drawer = page.get_by_role("region", name="Debug", exact=True)
    drawer.get_by_role("button", name="Run the draft", exact=True).click()
    expect(drawer.get_by_text("No live connection", exact=False)).to_be_visible()
    row = drawer.get_by_role("treegrid", name="Events", exact=True).get_by_role("row")
    expect(row.filter(has_text="Parse total")).to_contain_text("Failed")


def test_values_of_the_chosen_action_are_a_tree_or_a_table(page: Page, ana: Person) -> None:
    made = workflow(ana, "Data below the canvas")
    page.goto(f"/t/{ana.tenant}/w/{made}/design")
    page.get_by_role("application").press("Control+Shift+E")
    drawer = page.get_by_role("region", name="Data", exact=True)
    expect(drawer.get_by_role("heading", name="No action is chosen", exact=True)).to_be_visible()
    page.locator("#card-Orders").click()
    expect(drawer.get_by_role("heading", name="No run to look at", exact=True)).to_be_visible()
    run = ana.post(f"/workflows/{made}/run", {"version": "draft"})["runId"]
    ana.newest_run(made, "Failed")
    page.goto(f"/t/{ana.tenant}/w/{made}/design?node=Orders&lens={run}")
    expect(drawer.get_by_role("tree", name="Outputs", exact=True)).to_contain_text("A-2")
    drawer.get_by_role("combobox", name="Shown as", exact=True).click()
    page.get_by_role("option", name="Table", exact=True).click()
    table = drawer.get_by_role("region", name="Outputs as a table", exact=True)
    expect(table.get_by_role("columnheader")).to_have_text(["#", "id", "total"])
    expect(table.get_by_role("row").nth(1).get_by_role("cell")).to_have_text(["A-1", "12.5"])
    assert findings(page) == []
    wear(page, "dark")
    assert findings(page) == []
    shot(page, "data-drawer")

    # Another action, its inputs, the turn of its loop.
    page.locator("#card-Label").click()
    expect(drawer.get_by_label("Outputs", exact=True).get_by_text("Order A-1")).to_be_visible()
    drawer.get_by_role("button", name="Next turn", exact=True).click()
    expect(drawer.get_by_label("Outputs", exact=True).get_by_text("Order A-2")).to_be_visible()
    drawer.get_by_text("Inputs", exact=True).click()
    expect(drawer.get_by_label("Inputs", exact=True).get_by_text("Order A-2")).to_be_visible()

"""Keys and commands of the designer: each does its work, or says why it cannot."""

from __future__ import annotations

import json
import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.e2e import definitions
from tests.e2e.accessibility import findings
from tests.e2e.person import Person
from tests.e2e.test_building import wait_until
from tests.e2e.test_panel import shot


def draft(ana: Person, workflow: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ana.get(f"/workflows/{workflow}/draft")["text"])["definition"]
    return found


def said(page: Page, words: str) -> None:
    expect(page.get_by_role("status").filter(has_text=words)).to_be_visible()


def palette(page: Page, typed: str) -> Locator:
    page.keyboard.press("Control+k")
    opened = page.get_by_role("dialog", name="Search or run a command")
    expect(opened.get_by_role("combobox")).to_be_focused()
    page.keyboard.insert_text(typed)
    return opened


def test_keys_of_the_designer(page: Page, ana: Person) -> None:
    workflow = ana.workflow("Keys of one letter", definitions.texts("First", "Second"), publish=False)
    canvas = page.get_by_role("application", name="Workflow canvas")
    ana.go(f"/w/{workflow}/design")
    page.get_by_role("treeitem", name="manual").click()
    canvas.focus()
    page.keyboard.press("t")
    said(page, "this is a trigger")
    page.keyboard.press("ArrowDown")
    panel = page.get_by_role("complementary", name="First")
    expect(panel).to_be_visible()

    page.keyboard.press("p")
    said(page, "First cannot be pinned: there is no run with an output yet.")

    # The key leads to the button; only pressing that calls anything.
    page.keyboard.press("t")
    expect(panel.get_by_role("button", name="Test this action", exact=True)).to_be_focused()
    canvas.focus()
    page.keyboard.press("Shift+T")
    expect(panel.get_by_role("button", name="Run up to here", exact=True)).to_be_focused()
    assert ana.get(f"/runs?workflow={workflow}")["items"] == []

    ana.post(f"/workflows/{workflow}/run", {"version": "draft", "payload": {}})
    run = ana.newest_run(workflow, "Succeeded")
    page.reload()
    expect(panel.get_by_role("tab", name="Test", exact=True)).to_have_attribute("aria-selected", "true")
    canvas.focus()
    page.keyboard.press("p")
    said(page, "First is pinned to what it gave in the run shown.")
    wait_until(page, lambda: "staticResults" in draft(ana, workflow))
    assert draft(ana, workflow)["staticResults"]["First0"] == {"status": "Succeeded", "outputs": "first"}
    canvas.focus()
    page.keyboard.press("p")
    said(page, "First is not pinned any more")
    wait_until(page, lambda: "Disabled" in json.dumps(draft(ana, workflow)["actions"]["First"]))

    # The outline has the keys as well, but not where a name is being searched.
    page.keyboard.press("Escape")
    page.get_by_role("treeitem", name="Second").click()
    outline = page.locator("#outline")
    outline.focus()
    page.keyboard.press("l")
    menu = page.get_by_role("menu")
    expect(menu.get_by_role("menuitem", name="Show no values")).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu).to_have_count(0)
    expect(outline).to_be_focused()

    second = page.get_by_role("complementary", name="Second")
    second.get_by_role("textbox", name="Name").focus()
    page.keyboard.press("Control+i")
    expect(second).to_have_count(0)
    expect(outline).to_be_focused()  # not lost with the panel
    page.keyboard.press("Control+i")
    expect(second).to_be_visible()
    page.keyboard.press("Control+i")
    page.keyboard.press("Enter")
    expect(second).to_be_visible()  # what is opened is shown

    page.keyboard.press("Control+s")
    expect(
        page.get_by_role("status").filter(has_text="Saved: every change is kept as it is made.")
    ).to_be_visible()
    # A letter in a field is a letter.
    second.get_by_role("textbox", name="Name").focus()
    page.keyboard.press("End")
    page.keyboard.type(" pl")
    expect(second.get_by_role("textbox", name="Name")).to_have_value("Second pl")
    expect(page.get_by_role("menu")).to_have_count(0)
    page.keyboard.press("Escape")

    _signs_of_the_palette(page, ana, workflow, run["id"])


def _signs_of_the_palette(page: Page, ana: Person, workflow: str, run: str) -> None:
    opened = palette(page, "")
    expect(opened.get_by_text("Begin with")).to_be_visible()
    shot(page, "palette-signs")
    page.keyboard.insert_text("@sec")
    expect(opened.get_by_role("option")).to_have_count(1)
    expect(opened.get_by_role("option").first).to_contain_text("Go to Second")
    assert findings(page) == []
    page.keyboard.press("Escape")

    # Of all that holds the word, only the operation is asked for.
    opened = palette(page, "+compose")
    expect(opened.get_by_role("option").first).to_contain_text("Compose")
    shot(page, "palette-add")
    page.keyboard.press("Enter")
    expect(page.get_by_role("complementary", name="Compose", exact=True)).to_be_visible()
    wait_until(page, lambda: "Compose" in draft(ana, workflow)["actions"])
    assert draft(ana, workflow)["actions"]["Compose"]["runAfter"] == {"Second": ["Succeeded"]}

    opened = palette(page, "?arrows")
    expect(opened.get_by_role("option").first).to_contain_text("Arrows")
    page.keyboard.press("Escape")
    page.get_by_role("treeitem", name="manual").click()
    opened = palette(page, ">test this")
    expect(opened.get_by_role("option").first).to_contain_text("Select an action first: this is a trigger.")
    opened.get_by_role("button", name="# runs").click()
    opened.get_by_role("combobox").fill("#")
    expect(opened.get_by_role("option")).to_have_count(1)
    page.keyboard.insert_text(run)
    expect(opened.get_by_role("option").first).to_contain_text("Run of")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"/w/{workflow}/runs/{run}"))


def test_a_menu_that_is_closed_as_soon_as_it_is_seen_leaves_the_focus_where_it_was(
    page: Page, ana: Person
) -> None:
    workflow = ana.workflow("Quicker than a menu", definitions.texts("Collect"))
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design")
    button = page.get_by_role("button", name="More for this workflow", exact=True)
    button.focus()
    # Escape in the very moment in which the menu is there, before it can take the focus.
    button.evaluate(
        """(button) => {
            new MutationObserver((_, observer) => {
                if (document.querySelector('[role=menu]') === null) return;
                observer.disconnect();
                const escape = { key: 'Escape', bubbles: true, cancelable: true };
                document.activeElement.dispatchEvent(new KeyboardEvent('keydown', escape));
                window.escaped = true;
            }).observe(document.body, { childList: true, subtree: true });
            button.click();
        }"""
    )
    page.wait_for_function("() => window.escaped === true")
    expect(page.get_by_role("menu")).to_have_count(0)
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_have_count(0)
    expect(button).to_be_focused()

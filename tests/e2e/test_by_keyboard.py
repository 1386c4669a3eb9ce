"""HTTP → condition → email, without a mouse: once along the canvas, once in the outline alone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e import definitions
from tests.e2e.conftest import SCREENSHOTS
from tests.e2e.person import Person
from tests.e2e.test_building import designer_is_ready, saved

Timed = Callable[[str], None]

FOCUS = """() => {
    const at = document.activeElement;
    const labelled = at.getAttribute('aria-labelledby');
    const named = labelled && labelled.split(' ').map(id => document.getElementById(id)?.textContent ?? '').join(' ');
    return `${at.getAttribute('role') ?? at.tagName.toLowerCase()} ${at.getAttribute('aria-label') ?? named ?? at.labels?.[0]?.textContent ?? at.textContent}`;
}"""


def tab_to(page: Page, wanted: str, most: int = 60, keys: str = "Tab") -> None:
    """Presses Tab until the focus is on what is wanted: its role and its name."""
    seen = []
    for _ in range(most):
        page.keyboard.press(keys)
        now = str(page.evaluate(FOCUS))
        if re.search(wanted, now, re.IGNORECASE):
            return
        seen.append(now[:60])
    raise AssertionError(f"Tab never came to {wanted}:\n" + "\n".join(seen))


def choose(page: Page, operation: str) -> None:
    """In the operation browser, which has the focus."""
    expect(
        page.get_by_role("combobox", name=re.compile("search|operation", re.I)).or_(
            page.get_by_role("searchbox")
        )
    ).to_be_focused()
    page.keyboard.type(operation)
    expect(page.get_by_role("option").first).to_contain_text(operation)
    page.keyboard.press("Enter")
    expect(page.get_by_role("option")).to_have_count(0)


def enter(page: Page, label: str, text: str) -> None:
    """Into a field of the panel; its editor comes with the focus."""
    tab_to(page, f"textbox {label}")
    expect(page.locator(".cm-content:focus")).to_be_visible()
    page.keyboard.insert_text(text)


def actions_of(person: Person, workflow: str) -> dict[str, Any]:
    text = person.get(f"/workflows/{workflow}/draft")["text"]
    found: dict[str, Any] = json.loads(text)["definition"]["actions"]
    return found


def created(page: Page, ana: Person, name: str) -> str:
    """A blank workflow by keyboard, from the list of workflows."""
    if not any(one["connector"] == "email" for one in ana.get("/connections")["items"]):
        ana.post(
            "/connections",
            {
                "name": "email",
                "connector": "email",
                "parameters": {
                    "host": "127.0.0.1",
                    "port": 2525,
                    "encryption": "none",
                    "from": "shop@example.org",
                },
            },
        )
    ana.go("/workflows")
    expect(page.get_by_role("button", name="New workflow").first).to_be_visible()
    tab_to(page, "button New workflow")
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Blank")).to_be_visible()
    while not re.search("Blank", str(page.evaluate(FOCUS))):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_label("Name")).to_be_focused()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    designer_is_ready(page)
    # What was pressed last is gone with its dialog: the keyboard goes on inside the page.
    expect(page.locator("[data-canvas]")).to_be_focused()
    return re.search(r"/w/([0-9a-f-]+)/", page.url)[1]  # type: ignore[index]


def into_branch(page: Page, branch: str) -> None:
    """In the outline, which has the focus: to a branch's line."""
    for _ in range(12):
        line = page.locator("[role=treeitem][data-focused]")
        if line.inner_text().strip() == branch:
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"the outline never came to {branch}")


def fill_condition(page: Page) -> None:
    """In the panel of a condition: the total is greater than 100."""
    tab_to(page, "textbox Row 1: value|button Add row")
    if "Add row" in str(page.evaluate(FOCUS)):
        page.keyboard.press("Enter")
        tab_to(page, "textbox Row 1: value", keys="Shift+Tab")
    expect(page.locator(".cm-content:focus")).to_be_visible()
    page.keyboard.insert_text("@triggerBody()?['total']")
    tab_to(page, "combobox Row 1: comparison")
    page.keyboard.press("Enter")
    wanted = page.get_by_role("option", name="is greater than", exact=True)
    expect(wanted).to_be_visible()
    for _ in range(20):
        if wanted.get_attribute("data-combobox-selected") is not None:
            break
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(wanted).to_be_hidden()
    enter(page, "Row 1: compared with", "100")


def fill_email(page: Page) -> None:
    enter(page, "To", "ana@example.org")
    enter(page, "Subject", "A big order")
    enter(page, "Body", "Look at it.")


def check(page: Page, ana: Person, workflow: str) -> None:
    expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    actions = actions_of(ana, workflow)
    assert actions["Condition"]["expression"] == {"and": [{"greater": ["@triggerBody()?['total']", 100]}]}
    email = actions["Condition"]["actions"]["Send_an_email"]
    assert email["inputs"]["serviceProviderConfiguration"]["connectionName"] == "email"
    assert email["inputs"]["parameters"]["to"] == "ana@example.org"
    assert email["inputs"]["parameters"]["subject"] == "A big order"


def test_along_the_canvas(page: Page, ana: Person, timed: Timed) -> None:
    workflow = created(page, ana, "By keyboard")
    tab_to(page, "button When it is called")
    page.keyboard.press("Enter")
    expect(page.locator("[data-canvas]")).to_be_focused()
    page.keyboard.press("a")
    choose(page, "Condition")
    expect(page.locator("[data-canvas]")).to_be_focused()
    fill_condition(page)
    tab_to(page, "tree Outline", keys="Shift+Tab")
    into_branch(page, "True")
    page.keyboard.press("a")
    choose(page, "Send an email")
    fill_email(page)
    check(page, ana, workflow)
    page.screenshot(path=str(SCREENSHOTS / "keyboard.png"))
    timed("Request → condition → email, by keyboard alone")


def test_in_the_outline_alone(page: Page, ana: Person, timed: Timed) -> None:
    """The canvas is never entered: what is added, is added from the outline."""
    workflow = created(page, ana, "In the outline")
    tab_to(page, "button Add a trigger")
    page.keyboard.press("Enter")
    choose(page, "HTTP request")
    expect(page.locator("#outline")).to_be_focused()
    page.keyboard.press("a")
    choose(page, "Condition")
    expect(page.locator("#outline")).to_be_focused()
    fill_condition(page)
    tab_to(page, "tree Outline", keys="Shift+Tab")
    into_branch(page, "True")
    page.keyboard.press("Insert")
    choose(page, "Send an email")
    expect(page.locator("#outline")).to_be_focused()
    fill_email(page)
    check(page, ana, workflow)
    timed("Request → condition → email, in the outline alone")


def test_the_outline_moves_wraps_and_selects_and_one_region_is_an_application(
    page: Page, ana: Person
) -> None:
    """Keys of the sheet, pressed in the outline; the canvas is the only region that takes keys as an application does."""
    workflow = ana.workflow("Outlined", definitions.texts("First", "Second", "Third"), publish=False)
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design")
    designer_is_ready(page)
    expect(page.locator("[role=application]")).to_have_count(1)
    outline = page.get_by_role("tree", name="Outline")
    outline.get_by_role("treeitem", name="Third").click()
    outline.focus()
    canvas = page.get_by_role("application", name="Workflow canvas")
    card = page.get_by_role("group", name="Third", exact=True)
    assert canvas.get_attribute("aria-activedescendant") == card.get_attribute("id")
    # Moved by choosing its place: Ctrl+M, a few letters, Enter.
    page.keyboard.press("Control+m")
    page.keyboard.type("right after the trigger")
    page.keyboard.press("Enter")
    expect(outline.get_by_role("treeitem").nth(1)).to_contain_text("Third")
    outline.focus()
    page.keyboard.press("Control+g")
    expect(outline.get_by_role("treeitem", name="Scope")).to_be_visible()
    page.keyboard.press("Control+a")
    expect(outline.locator("[role=treeitem][aria-selected=true]")).to_have_count(
        outline.get_by_role("treeitem").count()
    )
    outline.get_by_role("treeitem", name="Second").click()
    outline.focus()
    page.keyboard.press("Control+d")
    expect(outline.get_by_role("treeitem")).to_have_count(6)
    page.keyboard.press("Control+z")
    expect(outline.get_by_role("treeitem")).to_have_count(5)
    saved(page)
    actions = actions_of(ana, workflow)
    assert actions["First"]["runAfter"] == {"Scope": ["Succeeded"]}
    assert list(actions["Scope"]["actions"]) == ["Third"]

"""The designer's dialogs at 200 % zoom and on a phone: nothing is cut off, every button can be reached."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from tests.e2e.conftest import SCREENSHOTS
from tests.e2e.person import Person
from tests.e2e.serving import Upstream
from tests.e2e.test_extracting import parcel

ZOOMED = ViewportSize(width=720, height=450)
PHONE = ViewportSize(width=390, height=844)


def fits(page: Page, dialog: Locator, name: str) -> None:
    """All of it is in the window, or can be scrolled there, and not sideways."""
    expect(dialog).to_be_visible()
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=str(SCREENSHOTS / f"small-{name}.png"), animations="disabled")
    size = page.viewport_size
    box = dialog.bounding_box()
    assert size is not None
    assert box is not None
    assert box["x"] >= 0, name
    assert box["x"] + box["width"] <= size["width"], name
    assert box["y"] >= 0, name
    assert box["y"] + box["height"] <= size["height"], name
    sideways = "(one) => [one, ...one.querySelectorAll('*')].filter((each) => ['auto', 'scroll'].includes(getComputedStyle(each).overflowX) && each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 0 && !each.closest('.cm-editor')).map((each) => each.className)"
    assert dialog.evaluate(sideways) == [], name
    for button in dialog.get_by_role("button").all():
        if button.is_visible() and button.is_enabled():
            button.click(trial=True)


@pytest.mark.parametrize("size", [ZOOMED, PHONE], ids=["zoomed", "phone"])
def test_dialogs_of_the_designer_fit(page: Page, ana: Person, service: Upstream, size: ViewportSize) -> None:
    kind = "zoomed" if size == ZOOMED else "phone"
    workflow = ana.workflow(f"In a small window, {kind}", parcel(service.url), publish=False)
    page.set_viewport_size(size)
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design?node=Label")
    expect(page.get_by_role("complementary", name="Label", exact=True)).to_be_visible()
    for typed, title in (
        ("Extract into", "Extract into a child workflow"),
        ("Publish", "Publish"),
        ("Run with a body", "Run with a body"),
        ("Parameters of", "Parameters"),
        ("Connections of", "Connections"),
        ("Save as template", "Save as template"),
        ("Keys of the designer", "Keys"),
    ):
        page.keyboard.press("Control+k")
        palette = page.get_by_role("dialog", name="Search or run a command")
        expect(palette.get_by_role("combobox")).to_be_focused()
        page.keyboard.type(typed)
        expect(palette.get_by_role("option").first).to_contain_text(typed)
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog", name=re.compile(title))
        fits(page, dialog, f"{kind}-{title.split()[0].lower()}")
        if typed == "Extract into":
            dialog.locator("form").evaluate("(form) => form.closest('section').scrollTo(0, 0)")
            create = dialog.get_by_role("button", name="Create", exact=True)
            expect(create).to_be_in_viewport(ratio=1)
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)


@pytest.mark.parametrize("size", [ZOOMED, PHONE], ids=["zoomed", "phone"])
def test_panel_of_several_and_drawer_fit(
    page: Page, ana: Person, service: Upstream, size: ViewportSize
) -> None:
    kind = "zoomed" if size == ZOOMED else "phone"
    workflow = ana.workflow(f"Several in a small window, {kind}", parcel(service.url), publish=False)
    ana.post(f"/workflows/{workflow}/run", {"version": "draft", "payload": {"id": "A-7"}})
    ana.newest_run(workflow, "Succeeded", "Failed")
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design")
    page.locator("#card-Label").click()
    page.get_by_role("application").press("Control+a")
    panel = page.get_by_role("complementary", name="3 actions", exact=True)
    page.set_viewport_size(size)
    apply = panel.get_by_role("button", name="Apply to 3 actions", exact=True)
    expect(apply).to_be_in_viewport(ratio=1)
    page.screenshot(path=str(SCREENSHOTS / f"small-{kind}-several.png"), animations="disabled")
    panel.get_by_role("button", name="Close", exact=True).click()
    if size == PHONE:
        page.keyboard.press("Control+b")  # there the outline lies over the rest
    page.keyboard.press("Control+e")
    drawer = page.get_by_role("region", name="Debug", exact=True)
    expect(drawer.get_by_role("button", name="Run the draft", exact=True)).to_be_visible()
    drawer.get_by_role("button", name="Run the draft", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Run", exact=True).click()
    grid = drawer.get_by_role("treegrid", name="Events", exact=True)
    expect(grid.get_by_role("row").first).to_be_visible()
    page.screenshot(path=str(SCREENSHOTS / f"small-{kind}-events.png"), animations="disabled")
    height = grid.evaluate("(one) => one.clientHeight")
    assert height >= 50, "there is room for rows"

"""The gallery of templates: narrowed by several connectors and by trigger, ordered, and a blank workflow beside it."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.e2e.accessibility import findings
from tests.e2e.person import Person
from tests.e2e.places import joined
from tests.e2e.test_panel import shot

BLANK = "Blank workflow An empty canvas: choose a trigger, then add one action after the other."


def _titles(page: Page) -> list[str]:
    return page.locator("#content a[href*='/templates/']").locator("span[class*=title]").all_inner_texts()


def test_templates_are_found_by_all_they_connect_to(page: Page, ana: Person) -> None:
    items: list[dict[str, Any]] = ana.get("/templates")
    mailing = [one["title"] for one in items if "email" in one["connectors"]]
    filing = [one["title"] for one in items if {"email", "storage"} <= set(one["connectors"])]
    assert 0 < len(filing) < len(mailing)
    page.goto(f"/t/{ana.tenant}/templates")
    connectors = page.get_by_role("combobox", name="Connectors", exact=True)
    connectors.click()
    page.get_by_role("option", name="Email", exact=True).click()
    expect(page).to_have_url(re.compile("connector=email$"))
    expect(page.get_by_text(f"{len(mailing)} templates", exact=True)).to_be_visible()
    page.get_by_role("option", name="Storage", exact=True).click()
    expect(page).to_have_url(re.compile("connector=email%2Cstorage$"))
    expect(page.get_by_role("status").filter(has_text=f"{len(filing)} template")).to_be_visible()
    page.keyboard.press("Escape")
    assert sorted(_titles(page)) == sorted(filing)
    assert findings(page) == []
    shot(page, "gallery-by-connectors")
    page.reload()
    expect(page.get_by_role("link", name=filing[0])).to_be_visible()
    assert sorted(_titles(page)) == sorted(filing)
    connectors.press("Backspace")
    expect(page).to_have_url(re.compile("connector=email$"))
    page.get_by_role("textbox", name="Search templates", exact=True).fill("nobody needs this")
    expect(page.get_by_role("heading", name="No template matches", exact=True)).to_be_visible()
    assert findings(page) == []
    page.get_by_role("button", name="Clear filters", exact=True).click()
    expect(page).to_have_url(re.compile("/templates$"))
    expect(page.get_by_text(f"{len(items)} templates", exact=True)).to_be_visible()


def test_by_trigger_and_by_name(page: Page, ana: Person) -> None:
    items: list[dict[str, Any]] = ana.get("/templates")
    scheduled = sorted(one["title"] for one in items if one["triggerType"] == "Recurrence")
    page.goto(f"/t/{ana.tenant}/templates")
    page.get_by_role("combobox", name="Trigger", exact=True).click()
    page.get_by_role("option", name="Schedule", exact=True).click()
    expect(page.get_by_text(f"{len(scheduled)} templates", exact=True)).to_be_visible()
    page.get_by_role("combobox", name="Order", exact=True).click()
    page.get_by_role("option", name="A–Z", exact=True).click()
    expect(page).to_have_url(re.compile("trigger=Schedule&sort=name$"))
    assert _titles(page) == scheduled
    expect(page.get_by_role("link", name=scheduled[0])).to_contain_text("By Millrace")
    page.get_by_role("link", name=scheduled[0]).click()
    expect(page.get_by_role("heading", name=scheduled[0], level=1)).to_be_visible()
    expect(page.get_by_text("By Millrace", exact=True)).to_be_visible()


def test_a_blank_workflow_beside_the_templates(page: Page, ana: Person) -> None:
    page.goto(f"/t/{ana.tenant}/templates")
    first = page.locator("#content").get_by_role("button", name=BLANK, exact=True)
    box, other = first.bounding_box(), page.get_by_role("link", name="Order intake").bounding_box()
    assert box is not None
    assert other is not None
    assert (box["y"], box["x"]) < (other["y"], other["x"])
    shot(page, "gallery")
    first.press("Enter")
    dialog = page.get_by_role("dialog", name="New workflow", exact=True)
    dialog.get_by_label("Name").fill("Begun in the gallery")
    dialog.get_by_role("button", name="Create and open", exact=True).click()
    page.wait_for_url("**/design**")


def test_who_only_looks_is_offered_no_blank_one(browser: Browser, ana: Person) -> None:
    viewer = joined(ana, browser, "vera.gallery@example.com", "Vera Lindqvist", "viewer")
    context = browser.new_context(base_url=ana.url, storage_state=viewer)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"/t/{ana.tenant}/templates")
    expect(page.get_by_role("link", name="Order intake")).to_be_visible()
    expect(page.get_by_role("button", name=BLANK, exact=True)).to_have_count(0)
    context.close()

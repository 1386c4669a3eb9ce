"""Settings of several chosen actions: what they share, set in one change, by mouse and by keyboard."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.e2e.accessibility import findings, wear
from tests.e2e.person import Person
from tests.e2e.places import joined
from tests.e2e.test_building import saved
from tests.e2e.test_extracting import choose
from tests.e2e.test_panel import drawn, shot

ACTIONS: dict[str, object] = {
    "Ask": {"type": "Http", "inputs": {"method": "GET", "uri": "https://a.example"}, "runAfter": {}},
    "Book": {
        "type": "Http",
        "inputs": {"method": "GET", "uri": "https://b.example", "retryPolicy": {"type": "none"}},
        "limit": {"timeout": "PT5M"},
        "runAfter": {"Ask": ["Succeeded"]},
    },
    "Note": {"type": "Compose", "inputs": "x", "runAfter": {"Book": ["Succeeded"]}},
}


def actions(ana: Person, workflow: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ana.get(f"/workflows/{workflow}/draft")["text"])
    return found.get("definition", found)["actions"]  # type: ignore[no-any-return]


def test_settings_of_several_actions_are_one_change(page: Page, ana: Person) -> None:
    workflow = drawn(ana, "Several at once", ACTIONS)
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design")
    choose(page, "Ask", "Book", "Note")
    panel = page.get_by_role("complementary", name="3 actions", exact=True)
    retry = panel.locator("[data-setting=retryPolicy]")
    expect(retry.get_by_role("button", name="Retry different values", exact=True)).to_be_visible()
    expect(panel.get_by_role("button", name="Apply to 3 actions", exact=True)).to_be_disabled()

    retry.get_by_role("button", name="Retry different values", exact=True).click()
    expect(retry).to_contain_text("Retry policy of 2 actions; 1 cannot have one: Note.")
    retry.get_by_role("combobox", name="Policy", exact=True).click()
    page.get_by_role("option", name="Fixed interval", exact=True).click()
    security = panel.locator("[data-setting=security]")
    security.get_by_role("button", name="Security", exact=True).click()
    security.get_by_role("checkbox", name="Hide outputs in the run history", exact=True).check()
    panel.locator("[data-setting=timeout]").get_by_role(
        "button", name="Timeout different values", exact=True
    ).click()
    assert findings(page) == []
    wear(page, "dark")
    assert findings(page) == []
    shot(page, "several")
    before = actions(ana, workflow)
    assert before == ACTIONS, "nothing is changed before it is applied"

    panel.get_by_role("button", name="Apply to 3 actions", exact=True).click()
    said = "Retry policy of 2 actions; 1 cannot have one: Note. Security of 3 actions."
    expect(page.get_by_text(said, exact=True)).to_be_visible()
    saved(page)
    after = actions(ana, workflow)
    policy = {"type": "fixed", "count": 4, "interval": "PT10S"}
    assert [after[name]["inputs"]["retryPolicy"] for name in ("Ask", "Book")] == [policy, policy]
    assert after["Note"]["inputs"] == "x"
    assert all("outputs" in one["runtimeConfiguration"]["secureData"]["properties"] for one in after.values())
    assert ["limit" in after[name] for name in ACTIONS] == [False, True, False], "what was left alone stays"

    page.get_by_role("application").press("Control+Z")
    expect(retry.get_by_role("button", name="Retry different values", exact=True)).to_be_visible()
    saved(page)
    assert actions(ana, workflow) == ACTIONS


def test_settings_of_several_actions_by_keyboard(page: Page, ana: Person) -> None:
    workflow = drawn(ana, "Several by keyboard", ACTIONS)
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design")
    page.locator("#card-Ask").click()
    page.get_by_role("application").press("Control+a")
    panel = page.get_by_role("complementary", name="3 actions", exact=True)
    head = panel.get_by_role("button", name="Run after", exact=False).first
    head.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(panel.get_by_role("checkbox", name="succeeded", exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(panel.get_by_role("checkbox", name="failed", exact=True)).to_be_checked()
    apply = panel.get_by_role("button", name="Apply to 3 actions", exact=True)
    apply.focus()
    page.keyboard.press("Enter")
    expect(apply).to_be_disabled()
    saved(page)
    after = actions(ana, workflow)
    assert after["Ask"]["runAfter"] == {}
    assert after["Book"]["runAfter"] == {"Ask": ["Succeeded", "Failed"]}
    assert after["Note"]["runAfter"] == {"Book": ["Succeeded", "Failed"]}

    # Ctrl+I puts the panel away and brings it back; Escape clears the selection.
    page.get_by_role("application").press("Control+i")
    expect(panel).to_be_hidden()
    page.get_by_role("application").press("Control+i")
    expect(panel).to_be_visible()
    page.get_by_role("application").press("Escape")
    expect(panel).to_be_hidden()


def test_who_may_only_look_sees_the_settings(ana: Person, browser: Browser) -> None:
    workflow = drawn(ana, "Several to look at", ACTIONS)
    viewer = joined(ana, browser, "vera.several@example.com", "Vera Lindqvist", "viewer")
    context = browser.new_context(base_url=ana.url, storage_state=viewer)  # type: ignore[arg-type]
    try:
        page = context.new_page()
        page.goto(f"/t/{ana.tenant}/w/{workflow}/design")
        choose(page, "Ask", "Book")
        panel = page.get_by_role("complementary", name="2 actions", exact=True)
        panel.get_by_role("button", name="Security", exact=True).click()
        boxes = panel.get_by_role("checkbox")
        expect(boxes).to_have_count(2)
        for box in boxes.all():
            expect(box).to_be_disabled()
        expect(panel.get_by_role("button", name="Apply", exact=False)).to_have_count(0)
        assert findings(page) == []
    finally:
        context.close()

"""A loop of 10,000 turns: it opens on the first that failed, and each of them is one step away."""

from __future__ import annotations

import re
import time

from playwright.sync_api import expect

from tests.e2e import definitions
from tests.e2e.person import Person

TURNS = 10_000
FAILED = (6122, 9099)


def test_ten_thousand_turns(ana: Person) -> None:
    workflow = ana.workflow("Ten thousand lines", definitions.loop())
    ana.call(workflow, {"lines": [{"quantity": "none" if at in FAILED else at} for at in range(TURNS)]})
    run = ana.newest_run(workflow, "Failed", seconds=120)

    begun = time.monotonic()
    page = ana.go(f"/w/{workflow}/runs/{run['id']}")
    panel = page.get_by_role("region", name="Quantity", exact=True)
    expect(page).to_have_url(re.compile(rf"iter={FAILED[0]}\b"))
    expect(panel.get_by_text("'none'").or_(panel.get_by_text("int")).first).to_be_visible()
    opened = time.monotonic() - begun

    turns = panel.get_by_role("region", name="Turns of For each line")
    expect(turns.get_by_text("of 10,000")).to_be_visible()
    panel.get_by_role("heading", name="Quantity").click()
    page.keyboard.press("Shift+Period")
    expect(page).to_have_url(re.compile(rf"iter={FAILED[1]}\b"))
    expect(turns.get_by_role("button", name="Next failed turn")).to_be_disabled()
    page.keyboard.press("Shift+Comma")
    expect(page).to_have_url(re.compile(rf"iter={FAILED[0]}\b"))

    panel.get_by_role("tab", name="Outputs").click()
    begun = time.monotonic()
    turns.get_by_label("Turn of For each line", exact=True).fill("9999")
    page.keyboard.press("Enter")
    value = panel.locator("pre[aria-label=Outputs]")
    expect(value).to_have_text("9998")
    jumped = time.monotonic() - begun
    panel.get_by_role("heading", name="Quantity").click()
    page.keyboard.press(".")
    expect(value).to_have_text("9999")
    page.keyboard.press(".")
    expect(page).to_have_url(re.compile(r"iter=9999\b"))

    turns.get_by_role("button", name="List all turns").click()
    listed = turns.get_by_role("list", name="Turns").get_by_role("button", name="Turn")
    expect(listed).to_have_count(100)
    turns.get_by_role("button", name="Load more").click()
    expect(listed).to_have_count(200)
    heap = page.context.new_cdp_session(page).send("Runtime.getHeapUsage")["usedSize"] / 1e6
    print(
        f"\n10,000 turns: open at the failure {opened:.2f} s, jump to one {jumped:.2f} s, heap {heap:.0f} MB"
    )
    assert heap < 150, "a tab keeps what it shows, not every turn"

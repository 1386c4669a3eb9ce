"""The inbox page: an arrival is sent through again with a corrected body, and stays as it came."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e import definitions
from tests.e2e.accessibility import findings
from tests.e2e.conftest import SCREENSHOTS
from tests.e2e.person import Person
from tests.e2e.serving import Upstream


def test_an_arrival_is_sent_through_with_another_body(ana: Person, service: Upstream) -> None:
    workflow = ana.workflow("Corrected arrival", definitions.background_call(f"{service.url}/ok"))
    ana.call(workflow, {"order": "8"})
    first = ana.newest_run(workflow, "Succeeded")
    page = ana.go(f"/inbox?arrival={first['id']}")
    page.get_by_role("dialog", name="Arrival").get_by_role("button", name="With another body…").click()
    dialog = page.get_by_role("dialog", name="Send it through with another body")
    body = dialog.get_by_role("textbox", name="Body")
    expect(body).to_contain_text('"order": "8"')
    dialog.screenshot(path=SCREENSHOTS / "arrival-other-body.png")
    assert findings(page) == []
    body.click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text('{"order": 12345678901234567890}')
    dialog.get_by_role("button", name="Send this body through").click()
    page.get_by_role("button", name="Show the run").click()
    expect(page).to_have_url(re.compile(rf"/w/{workflow}/runs/(?!{first['id']})"))
    expect(page.locator("header").nth(1).locator("[data-status=Succeeded]")).to_be_visible()
    second = page.url.partition("/runs/")[2].partition("?")[0]
    assert ana.get(f"/runs/{second}/trigger")["outputs"]["body"] == {"order": 12345678901234567890}
    assert ana.get(f"/inbox/{first['id']}")["outputs"]["body"] == {"order": "8"}

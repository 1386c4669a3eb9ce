"""The settings of an organisation: saved, still there after a reload, at work; forbidden for others."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import definitions
from tests.e2e.accessibility import findings
from tests.e2e.conftest import SCREENSHOTS, listen
from tests.e2e.person import Person
from tests.e2e.serving import Server


@pytest.fixture
def ana(browser: Browser, server: Server, account: dict[str, object]):
    context = browser.new_context(base_url=server.url, storage_state=account)  # type: ignore[arg-type]
    ana = Person(context.new_page(), server.url)
    ana.refresh_session()
    yield ana
    context.close()


def open_settings(page: Page, tenant: str) -> None:
    page.goto(f"/t/{tenant}/settings")
    expect(page.get_by_role("heading", name="Storage")).to_be_visible()


def choose(page: Page, label: str, choice: str) -> None:
    field = page.get_by_role("combobox", name=label).first
    field.click()
    page.get_by_role("option", name=re.compile(f"^{choice}")).click()


def test_retention_and_limits_are_saved_and_hold(ana: Person) -> None:
    page = ana.page
    said = listen(page)
    name = f"Kept for long {time.monotonic_ns()}"
    ana.workflow(name, definitions.call("http://127.0.0.1:9/never"))
    open_settings(page, ana.tenant)
    save = page.get_by_role("button", name="Save retention")
    expect(save).to_be_disabled()
    choose(page, "Finished runs stay", "A number of days")
    page.get_by_role("textbox", name="Finished runs stay: days after their end").fill("30")
    save.click()
    expect(page.get_by_text("Retention is saved")).to_be_visible()
    assert ana.get("/retention")["own"] == {"days": 30, "runs": None}

    page.get_by_role("combobox", name="Workflow", exact=True).click()
    page.keyboard.type(name)
    page.get_by_role("option", name=name).click()
    own = page.get_by_role("region", name="Settings of one workflow")
    expect(own.get_by_role("combobox", name="Finished runs stay")).to_have_value(
        "As the organisation says: 30 days"
    )
    own.get_by_role("combobox", name="Of each workflow").click()
    page.get_by_role("option", name="The newest ones only").click()
    own.get_by_role("textbox", name="Of each workflow: newest runs").fill("7")
    own.get_by_role("button", name="Save for this workflow").click()
    expect(own.get_by_role("button", name="Save for this workflow")).to_be_disabled()

    own.get_by_role("combobox", name="Its runs active at once").click()
    page.get_by_role("option", name="No more than").click()
    own.get_by_role("textbox", name="Its runs active at once: runs of this workflow").fill("3")
    own.get_by_role("button", name="Save limit of this workflow").click()
    expect(own.get_by_role("button", name="Save limit of this workflow")).to_be_disabled()
    [kept] = [one for one in ana.get("/workflows")["items"] if one["name"] == name]
    assert ana.get(f"/workflows/{kept['id']}/limits")["runsAtOnce"] == 3

    choose(page, "The body of a call may have", "Less than that")
    page.get_by_role("textbox", name="The body of a call may have: MB").fill("0.5")
    page.get_by_role("button", name="Save limits").click()
    expect(page.get_by_text("The limits are saved")).to_be_visible()
    assert ana.get("/settings")["bodyLimit"]["own"] == 524_288

    page.reload()
    expect(page.get_by_role("textbox", name="Finished runs stay: days after their end")).to_have_value("30")
    expect(page.get_by_role("textbox", name="The body of a call may have: MB")).to_have_value("0.5")
    choose(page, "The body of a call may have", "As much as")
    page.get_by_role("button", name="Save limits").click()
    expect(page.get_by_role("button", name="Save limits")).to_be_disabled()
    choose(page, "Finished runs stay", "As the installation")
    save.click()
    expect(save).to_be_disabled()
    assert ana.get("/settings")["bodyLimit"]["own"] is None
    assert said == []


def test_who_may_not_is_told_and_sees_no_way_there(ana: Person, browser: Browser, server: Server) -> None:
    """The server's refusal, shown: the page asks and is told no."""
    link = ana.post("/invitations", {"email": "edgar@example.com", "role": "editor"})["url"]
    context = browser.new_context(base_url=server.url)
    page = context.new_page()
    page.goto(link)
    page.get_by_label("Your name").fill("Edgar")
    page.get_by_role("textbox", name="Password").fill("a long enough password")
    page.get_by_role("button", name=re.compile("Join|Create")).click()
    expect(page.get_by_role("heading", name="Workflows")).to_be_visible()
    expect(page.get_by_role("link", name="Members")).to_be_visible()
    expect(page.get_by_role("link", name="Settings")).to_have_count(0)
    page.goto(f"/t/{ana.tenant}/settings")
    expect(page.get_by_text("You may not see this")).to_be_visible()
    expect(
        page.get_by_text(
            "As Editor of this organisation you may not see or change the settings of this organisation; that takes "
            "the role Administrator or higher. Ask an administrator or owner: Members lists them."
        )
    ).to_be_visible()
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=Path(SCREENSHOTS) / "settings-forbidden.png")
    assert findings(page) == []
    context.close()


def test_the_audit_trail_tells_who_changed_what(ana: Person) -> None:
    page = ana.page
    said = listen(page)
    workflow = ana.workflow("Audited", definitions.call("http://127.0.0.1:9/never"))
    open_settings(page, ana.tenant)
    page.get_by_role("link", name="audit trail").click()
    expect(page.get_by_role("heading", name="Audit trail")).to_be_visible()
    row = page.get_by_role("row", name="Published a workflow").filter(has_text="Audited")
    expect(row).to_contain_text("ana.kovac@example.com")
    assert findings(page) == []
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / "audit.png")
    page.get_by_role("combobox", name="Kind").click()
    page.get_by_role("option", name="Workflows").click()
    expect(page).to_have_url(re.compile("kind=workflow"))
    row.click()
    row.press("Enter")
    dialog = page.get_by_role("dialog", name="Published a workflow")
    expect(dialog.get_by_text(workflow)).to_be_visible()
    page.screenshot(path=SCREENSHOTS / "audit-entry.png")
    assert findings(page) == []
    dialog.get_by_role("button", name="Everything done to it").click()
    expect(page).to_have_url(re.compile("object=" + workflow))
    expect(page.get_by_role("row", name="Made a workflow").filter(has_text="Audited")).to_be_visible()
    expect(page.get_by_role("row", name="Made a workflow")).to_have_count(1)
    page.get_by_label("Person").fill("nobody")
    expect(page.get_by_text("Nothing matches")).to_be_visible()
    page.get_by_role("button", name="Clear filters").click()
    expect(row).to_be_visible()
    assert said == []

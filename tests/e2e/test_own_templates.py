"""A workflow becomes a template of the organisation: saved without its secrets, shown, used, renamed, deleted."""

from __future__ import annotations

import json

from playwright.sync_api import Page, expect

from tests.designer.templates.test_saving import KEY, PASSWORD, TOKEN, draft
from tests.e2e.accessibility import findings
from tests.e2e.person import Person


def test_save_show_use_rename_delete(page: Page, ana: Person) -> None:
    workflow = ana.workflow("Shop orders", draft(), publish=False)
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design")
    page.get_by_role("button", name="More for this workflow").click()
    page.get_by_role("menuitem", name="Save as template").click()
    dialog = page.get_by_role("dialog", name="Save as template")
    expect(dialog.get_by_text("4 secrets stand in clear text here.")).to_be_visible()
    dialog.get_by_label("What it does").fill("Tells somebody about every order.")
    dialog.get_by_role("checkbox", name="recipient").check()
    dialog.get_by_role("textbox", name="Question for recipient").fill("Whom to tell")
    assert findings(page) == []
    dialog.get_by_role("button", name="Save the template").click()
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Show it").click()

    expect(page.get_by_role("heading", name="Shop orders", level=1)).to_be_visible()
    expect(page.get_by_text("Saved by Ana Kovač")).to_be_visible()
    assert findings(page) == []
    template = page.url.rsplit("/", 1)[1].partition("?")[0]
    text = ana.get(f"/templates/{template}")["text"]
    assert [secret for secret in (KEY, TOKEN, PASSWORD) if secret in text] == []

    page.get_by_role("button", name="Use this template").click()
    use = page.get_by_role("dialog", name="New workflow: Shop orders")
    use.get_by_label("Name").fill("Made of it")
    use.get_by_label("Whom to tell").fill("bob@example.com")
    use.get_by_role("button", name="Create and open").click()
    page.wait_for_url("**/design**")
    expect(page.get_by_role("treeitem")).to_have_count(3)
    made = json.loads(ana.get(f"/workflows/{page.url.split('/w/')[1].split('/')[0]}/draft")["text"])
    assert made["definition"]["parameters"]["recipient"]["defaultValue"] == "bob@example.com"

    page.goto(f"/t/{ana.tenant}/templates?category=own")
    page.get_by_role("link", name="Shop orders").click()
    page.get_by_role("button", name="More for this template").click()
    page.get_by_role("menuitem", name="Rename").click()
    rename = page.get_by_role("dialog", name="Rename template")
    rename.get_by_label("Name").fill("Orders of a shop")
    rename.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Orders of a shop", level=1)).to_be_visible()
    page.get_by_role("button", name="More for this template").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("button", name="Delete the template").click()
    expect(page.get_by_role("heading", name="Templates", level=1)).to_be_visible()
    expect(page.get_by_role("link", name="Orders of a shop")).to_have_count(0)

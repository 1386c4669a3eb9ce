"""The overview of a workflow: how it stands, what starts it, what it uses, its newest runs."""

from __future__ import annotations

import json
import re
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.e2e import definitions
from tests.e2e.accessibility import findings
from tests.e2e.person import Person
from tests.e2e.places import NOBODY, joined
from tests.e2e.test_panel import shot


def _schedule(calls: str) -> str:
    """Every weekday at half past eight; it calls another workflow and writes a file."""
    parameters = {"path": "report.txt", "content": "@utcNow()"}
    file = {
        "type": "ServiceProvider",
        "inputs": {
            "parameters": parameters,
            "serviceProviderConfiguration": {
                "connectionName": "reports-of-overview",
                "operationId": "write-file",
                "serviceProviderId": "/serviceProviders/storage",
            },
        },
        "runAfter": {},
    }
    call = {"type": "Workflow", "inputs": {"host": {"workflow": {"id": calls}}, "body": {}}, "runAfter": {}}
    schedule = {"weekDays": ["Monday", "Tuesday"], "hours": ["8"], "minutes": [30]}
    recurrence = {"frequency": "Week", "interval": 1, "timeZone": "UTC", "schedule": schedule}
    definition: dict[str, Any] = {
        "$schema": "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#",
        "contentVersion": "1.0.0.0",
        "triggers": {"Every_morning": {"type": "Recurrence", "recurrence": recurrence}},
        "actions": {"Write_report": file, "Ask_the_other": call},
    }
    return json.dumps({"definition": definition})


def _look(page: Page, name: str) -> None:
    expect(page.locator("[role=status][aria-label^=Loading]")).to_have_count(0)
    assert findings(page) == []
    shot(page, name)


def test_what_is_called_by_its_address(page: Page, ana: Person) -> None:
    """Figures, address, newest runs, run now, renaming and the switch, from one page."""
    workflow = ana.workflow("Overlooked orders", definitions.texts("Collect", "Sort"))
    for order in range(7):
        ana.call(workflow, {"order": order})
    ana.newest_run(workflow, "Succeeded")
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design")
    page.get_by_role("navigation", name="Views of this workflow").get_by_role(
        "link", name="Overview", exact=True
    ).click()
    expect(page.get_by_role("heading", name="Overlooked orders", level=1)).to_be_visible()
    expect(page.get_by_text("7 runs", exact=True)).to_be_visible()
    expect(page.get_by_text("Version 1", exact=True)).to_be_visible()
    expect(page.get_by_text("As published", exact=True)).to_be_visible()
    card = page.get_by_role("region", name="Callback URL", exact=True)
    expect(card).to_contain_text("sig=••••••••")
    signature = ana.address(workflow).partition("sig=")[2]
    assert signature not in page.content()
    card.get_by_role("button", name="Show the signature", exact=True).click()
    expect(card).to_contain_text(f"sig={signature}")
    expect(card.get_by_role("button", name="Copy the curl command", exact=True)).to_be_visible()
    card.get_by_role("button", name="Hide the signature", exact=True).click()
    newest = page.get_by_role("region", name="Newest runs", exact=True)
    expect(newest.get_by_role("row")).to_have_count(6)
    _look(page, "overview")

    ana.call(workflow, {"order": 8})
    expect(page.get_by_text("8 runs", exact=True)).to_be_visible()

    page.get_by_role("button", name="Change the name", exact=True).click()
    page.get_by_role("textbox", name="Name", exact=True).fill("Orders seen again")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Orders seen again", level=1)).to_be_visible()
    expect(page.get_by_role("button", name="Change the name", exact=True)).to_be_focused()
    with page.expect_response("**/disable"):
        page.get_by_role("switch", name="On: Orders seen again", exact=True).click()
    expect(page.get_by_role("switch", name="Off: Orders seen again", exact=True)).to_be_visible()
    assert ana.get(f"/workflows/{workflow}")["state"] == "off"

    newest.get_by_role("link", name="All runs", exact=True).click()
    page.wait_for_url("**/runs")
    page.go_back()
    page.get_by_role("button", name="Run now", exact=True).click()
    page.wait_for_url(re.compile(f"/w/{workflow}/runs/[0-9a-f-]+"))


def test_a_run_is_opened_by_its_id(page: Page, ana: Person) -> None:
    one = ana.workflow("Opened by id", definitions.texts("Collect"))
    other = ana.workflow("Opened from elsewhere", definitions.texts("Collect"))
    ana.call(other)
    run = ana.newest_run(other, "Succeeded")["id"]
    page.goto(f"/t/{ana.tenant}/w/{one}/overview")
    expect(page.get_by_role("heading", name="No runs yet", exact=True)).to_be_visible()
    field = page.get_by_role("textbox", name="Open a run by its id", exact=True)
    field.fill("order 4711")
    field.press("Enter")
    expect(page.get_by_text("No id of a run is in this: one has 36 characters.", exact=True)).to_be_visible()
    assert findings(page) == []
    field.fill(f"run {run.upper()} ended")
    field.press("Enter")
    page.wait_for_url(f"**/w/{other}/runs/{run}")


def test_a_schedule_with_what_it_uses(page: Page, ana: Person) -> None:
    called = ana.workflow("Called by a schedule", definitions.texts("Collect"))
    ana.post(
        "/connections", {"name": "reports-of-overview", "connector": "storage", "parameters": {"folder": ""}}
    )
    workflow = ana.workflow("Report of the morning", _schedule(called))
    ana.post(f"/workflows/{workflow}/disable")
    ana.post(f"/workflows/{workflow}/enable")
    page.goto(f"/t/{ana.tenant}/w/{workflow}/overview")
    expect(page.get_by_text("Every week on Mon, Tue at 08:30 UTC", exact=True)).to_be_visible()
    expect(page.get_by_role("list", name="Next runs", exact=True).get_by_role("listitem")).to_have_count(5)
    expect(page.get_by_role("list", name="Connections", exact=True)).to_contain_text("reports-of-overview")
    _look(page, "overview-schedule")
    page.get_by_role("list", name="Workflows it calls", exact=True).get_by_role(
        "link", name="Called by a schedule"
    ).click()
    expect(page.get_by_role("heading", name="Called by a schedule", level=1)).to_be_visible()


def test_one_that_was_never_published(page: Page, ana: Person) -> None:
    workflow = ana.workflow("Never seen by anybody", definitions.texts("Collect"), publish=False)
    page.goto(f"/t/{ana.tenant}/w/{workflow}/overview")
    expect(page.get_by_text("Draft only: publish it to switch it on.", exact=True)).to_be_visible()
    expect(
        page.get_by_text("The callback URL works once the workflow is published.", exact=True)
    ).to_be_visible()
    _look(page, "overview-unpublished")
    blank = ana.post("/workflows", {"name": "Nothing in it to see"})["id"]
    page.goto(f"/t/{ana.tenant}/w/{blank}/overview")
    expect(page.get_by_text("It has no trigger yet, so nothing can start it.")).to_be_visible()
    assert findings(page) == []


def test_one_that_is_not_there(page: Page, ana: Person) -> None:
    page.goto(f"/t/{ana.tenant}/w/{NOBODY}/overview")
    expect(page.get_by_role("heading", name="It is not here", exact=True)).to_be_visible()
    page.locator("#content").get_by_role("link", name="All workflows", exact=True).click()
    page.wait_for_url("**/workflows")


def test_who_only_looks_sees_no_address_and_changes_nothing(browser: Browser, ana: Person) -> None:
    workflow = ana.workflow("Looked at only", definitions.texts("Collect"))
    signature = ana.address(workflow).partition("sig=")[2]
    viewer = joined(ana, browser, "vera.overview@example.com", "Vera Lindqvist", "viewer")
    context = browser.new_context(base_url=ana.url, storage_state=viewer)  # type: ignore[arg-type]
    page = context.new_page()
    answers: list[str] = []
    page.on("response", lambda answer: answers.append(answer.url))
    page.goto(f"/t/{ana.tenant}/w/{workflow}/overview")
    expect(
        page.get_by_text(
            "An owner, admin, editor or operator of this organisation can see the callback URL.", exact=True
        )
    ).to_be_visible()
    expect(page.get_by_role("heading", name="No runs yet", exact=True)).to_be_visible()
    assert signature not in page.content()
    assert [url for url in answers if url.endswith("/callbacks")] == []
    expect(page.get_by_role("button", name="Run now", exact=True)).to_be_disabled()
    expect(page.get_by_role("switch", name="On: Looked at only", exact=True)).to_be_disabled()
    expect(page.get_by_role("button", name="Change the name", exact=True)).to_have_count(0)
    context.close()


def test_a_description_is_written_once_and_seen_in_the_list(page: Page, ana: Person) -> None:
    workflow = ana.workflow("Described orders", definitions.big())
    page.goto(f"/t/{ana.tenant}/w/{workflow}/overview")
    about = page.get_by_role("region", name="About", exact=True)
    expect(about).to_contain_text("None yet")
    about.get_by_role("button", name="Change the description", exact=True).click()
    field = about.get_by_label("Description", exact=True)
    expect(field).to_be_focused()
    field.fill("Takes what the shop ordered and bills it before noon.")
    about.get_by_role("button", name="Save", exact=True).click()
    expect(about.get_by_role("button", name="Change the description", exact=True)).to_be_focused()
    expect(about).to_contain_text("bills it before noon.")
    expect(page.get_by_text("Has unpublished changes", exact=True)).to_be_visible()
    _look(page, "overview-described")
    page.goto(f"/t/{ana.tenant}/workflows?q=before+noon")
    row = page.get_by_role("row", name="Described orders")
    expect(
        row.get_by_title("Takes what the shop ordered and bills it before noon.", exact=True)
    ).to_be_visible()
    _look(page, "list-described")


def test_who_calls_it_is_listed_and_said_before_it_goes(page: Page, ana: Person) -> None:
    child = ana.workflow("Called pricing", definitions.big())
    caller = ana.workflow("Calling checkout", _schedule(child), publish=False)
    page.goto(f"/t/{ana.tenant}/w/{child}/overview")
    callers = page.get_by_role("list", name="Workflows that call it", exact=True)
    expect(callers.get_by_role("listitem")).to_have_text(["Calling checkoutAsk the other, only in its draft"])
    _look(page, "overview-callers")
    page.get_by_role("switch").press("Space")
    dialog = page.get_by_role("dialog", name="Turn off Called pricing?", exact=True)
    expect(dialog).to_contain_text("Another workflow calls it: Calling checkout.")
    _look(page, "overview-turn-off")
    dialog.get_by_role("button", name="Turn off", exact=True).click()
    expect(page.get_by_text("Off", exact=True)).to_be_visible()

    page.goto(f"/t/{ana.tenant}/workflows?q=called+pricing")
    page.get_by_role("button", name="Actions for Called pricing", exact=True).click()
    page.get_by_role("menuitem", name="Delete").click()
    dialog = page.get_by_role("dialog", name="Delete Called pricing?", exact=True)
    expect(dialog).to_contain_text("Another workflow calls it: Calling checkout.")
    dialog.get_by_role("button", name="Cancel", exact=True).click()

    page.goto(f"/t/{ana.tenant}/w/{child}/overview")
    callers.get_by_role("link", name="Ask the other", exact=True).click()
    page.wait_for_url(f"**/w/{caller}/design?node=Ask_the_other")

"""The main job without a template: draw on an empty canvas, publish, call, watch the run."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Callable

from playwright.sync_api import Page, Route, expect

from tests.e2e import definitions
from tests.e2e.accessibility import findings
from tests.e2e.conftest import SCREENSHOTS
from tests.e2e.person import Person, call


def new_workflow(page: Page, name: str) -> None:
    page.get_by_role("button", name="New workflow").first.click()
    page.get_by_role("menuitem", name="Blank").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_role("button", name="Create and open").click()
    designer_is_ready(page)


def designer_is_ready(page: Page) -> None:
    """The address changes first; the page before, its dialog too, stays until the designer is there."""
    page.wait_for_url("**/design**")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("application", name="Workflow canvas")).to_be_visible()


def add(page: Page, operation: str) -> None:
    """Through the plus below the last card and the operation browser, by keyboard."""
    page.get_by_role("button", name="Add an action", exact=True).last.click()
    page.keyboard.type(operation)
    expect(page.get_by_role("option").first).to_contain_text(operation)
    page.keyboard.press("Enter")


def enter(page: Page, label: str, text: str) -> None:
    """Types into a field of the panel, whichever editor it has."""
    field = page.get_by_role("textbox", name=label, exact=True)
    field.click()
    expect(page.locator(".cm-focused")).to_be_visible()  # the editor comes when a field is first entered
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.insert_text(text)


def saved(page: Page) -> None:
    expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()


def wait_until(page: Page, holds: Callable[[], bool]) -> None:
    for _ in range(400):
        if holds():
            return
        page.wait_for_timeout(50)
    raise AssertionError("It did not happen within twenty seconds.")


def test_draw_publish_call_and_watch(page: Page, ana: Person) -> None:
    page.goto(f"/t/{ana.tenant}/workflows")
    new_workflow(page, "Drawn by hand")
    page.get_by_role("button", name="When it is called").click()
    add(page, "Compose")
    enter(page, "Inputs", "Hello @{triggerBody()?['name']}")
    page.keyboard.press("Escape")
    add(page, "Response")
    enter(page, "Body", "@outputs('Compose')")
    saved(page)
    expect(page.get_by_role("treeitem")).to_have_count(3)

    page.reload()
    expect(page.get_by_role("treeitem")).to_have_count(3)
    expect(page.get_by_text("No problems")).to_be_visible()

    page.get_by_role("button", name="Publish").click()
    page.get_by_role("dialog").get_by_role("button", name="Publish").click()
    expect(page.get_by_text("is published")).to_be_visible()
    page.get_by_role("treeitem").first.click()
    page.get_by_role("button", name="Copy the curl command").click()
    command: str = page.evaluate("navigator.clipboard.readText()")
    request = urllib.request.Request(
        re.findall(r"'(http[^']+)'", command)[0],
        json.dumps({"name": "Ada"}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert (answer.status, answer.read().decode()) == (200, "Hello Ada")

    page.get_by_role("link", name="Runs", exact=True).last.click()
    page.get_by_role("row").filter(has_text="Drawn by hand").first.get_by_role("link").first.click()
    expect(page.get_by_text("2 of 2 actions")).to_be_visible()
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=str(SCREENSHOTS / "drawn.png"))


def test_who_leaves_right_after_choosing_a_card_is_not_called_back(page: Page, ana: Person) -> None:
    workflow = ana.workflow("Left in a hurry", definitions.texts("First", "Second"), publish=False)
    held: list[Route] = []
    page.route("**/assets/WorkflowRunsPage-*.js", lambda route: held.append(route))
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design")
    page.get_by_role("treeitem", name="Second").click()  # the address follows 200 ms later
    page.get_by_role("banner").get_by_role("link", name="Runs", exact=True).click()
    expect(page).to_have_url(re.compile(f"/w/{workflow}/runs$"))
    page.wait_for_timeout(400)
    assert held, "the page of runs must still be on its way"
    for route in held:
        route.continue_()
    expect(page.get_by_text("No runs yet")).to_be_visible()
    expect(page).to_have_url(re.compile(f"/w/{workflow}/runs$"))


def test_a_change_of_heart_can_be_taken_back(page: Page, ana: Person) -> None:
    page.goto(f"/t/{ana.tenant}/workflows")
    new_workflow(page, "Changed my mind")
    page.get_by_role("button", name="When it is called").click()
    add(page, "Compose")
    page.keyboard.press("Escape")
    page.get_by_role("treeitem", name="Compose").click()
    page.keyboard.press("Delete")
    expect(page.get_by_role("treeitem")).to_have_count(1)
    page.get_by_role("button", name=re.compile("^Undo")).click()
    expect(page.get_by_role("treeitem")).to_have_count(2)
    page.get_by_role("button", name=re.compile("^Redo")).click()
    expect(page.get_by_role("treeitem")).to_have_count(1)
    saved(page)


def test_a_reload_loses_no_edit_and_does_none_twice(page: Page, ana: Person) -> None:
    text = definitions.texts("First", "Second")
    workflow = ana.workflow("Reloaded at once", text, publish=False)
    held: list[Route] = []

    def swallow(route: Route) -> None:
        """The server gets it; the answer never comes."""
        if not held:
            route.fetch()
        held.append(route)

    page.route("**/draft/edits", swallow)
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design")
    add(page, "Compose")
    expect(page.get_by_role("treeitem")).to_have_count(4)
    while not held:
        page.wait_for_timeout(20)
    add(page, "Compose")  # waits for the answer to the first
    expect(page.get_by_role("treeitem")).to_have_count(5)
    page.unroute("**/draft/edits")
    page.reload()
    expect(page.get_by_role("treeitem").first).to_be_visible()
    expect(page.get_by_role("treeitem")).to_have_count(5)
    saved(page)  # what was kept is there by now, and what it shows is about that
    stored = json.loads(ana.get(f"/workflows/{workflow}/draft")["text"])
    assert len(stored["definition"]["actions"]) == 4


def test_a_callback_address_is_renewed(page: Page, ana: Person) -> None:
    workflow = ana.workflow("Renewed address", definitions.orders("http://127.0.0.1:9/never"))
    old, _ = ana.address(workflow), page.goto(f"/t/{ana.tenant}/w/{workflow}/design?node=manual")
    card = page.get_by_role("region", name="Callback URL")
    expect(card).to_be_visible()
    assert findings(page) == []
    card.get_by_text("Second").click()
    card.get_by_role("button", name="Copy the URL").click()
    expect(card.get_by_role("button", name="Copied")).to_be_visible()
    second: str = page.evaluate("navigator.clipboard.readText()")
    card.get_by_text("First").click()

    card.get_by_role("button", name="Renew the address").click()
    dialog = page.get_by_role("dialog", name="Renew the first address?")
    expect(dialog.get_by_role("button", name="Renew the address")).to_be_enabled()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert ana.address(workflow) == old
    card.get_by_role("button", name="Renew the address").click()
    dialog.get_by_role("button", name="Renew the address").click()
    expect(page.get_by_text("The old one starts nothing any more.")).to_be_visible()

    assert ana.address(workflow) != old
    assert [call(url)[0] for url in (old, second, ana.address(workflow))] == [401, 202, 202]

"""The headline: a run that failed goes on from the step that failed, with corrected data."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e import definitions
from tests.e2e.conftest import SCREENSHOTS
from tests.e2e.person import Person
from tests.e2e.serving import Upstream


def test_a_failed_run_goes_on_with_corrected_inputs(
    page: Page, ana: Person, service: Upstream, timed: Callable[[str], None]
) -> None:
    workflow = ana.workflow("Goes on", definitions.call(f"{service.url}/fail"))
    ana.call(workflow, {"order": 7})
    failed = ana.newest_run(workflow, "Failed")
    ana.go(f"/w/{workflow}/runs/{failed['id']}")
    page.get_by_role("button", name="Run again from here").click()
    dialog = page.get_by_role("dialog", name="Run again from Call parcel service")
    editor = dialog.get_by_role("textbox", name="Inputs")
    expect(editor).to_contain_text("/fail")
    SCREENSHOTS.mkdir(exist_ok=True)
    editor.click()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.insert_text(f'{{"method": "POST", "uri": "{service.url}/ok", "body": {{"order": 8}}}}')
    page.screenshot(path=str(SCREENSHOTS / "rerun-dialog.png"))
    dialog.get_by_role("button", name="Run with corrected inputs").click()
    page.wait_for_url(re.compile(rf"/runs/(?!{failed['id']})"))
    expect(page.get_by_role("link", name=f"Goes on from run {failed['id'][-8:]}")).to_be_visible()
    expect(page.get_by_text("3 of 3 actions")).to_be_visible()
    assert [(path, body) for _, path, body in service.received] == [
        ("/fail", {"order": 7}),
        ("/ok", {"order": 8}),
    ]
    timed("A failed run: see why, correct the data, go on from the step that failed")
    page.get_by_text("Timeline").click()
    order = page.get_by_role("row").filter(has_text="Order")
    expect(order).to_contain_text("taken over")
    page.screenshot(path=str(SCREENSHOTS / "rerun-timeline.png"))
    # Keyboard: down to the second row, open it.
    page.get_by_role("treegrid").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Call parcel service")).to_be_visible()


ORDERS = [{"to": "ok", "n": 0}, {"to": "ok", "n": 1}, {"to": "fail", "n": 2}, {"to": "ok", "n": 3}]


def test_one_turn_of_a_loop_goes_on_with_corrected_inputs(page: Page, ana: Person, service: Upstream) -> None:
    workflow = ana.workflow("One turn", definitions.each_call(service.url))
    ana.call(workflow, ORDERS)
    failed = ana.newest_run(workflow, "Failed")
    assert len(service.received) == 4
    ana.go(f"/w/{workflow}/runs/{failed['id']}?node=Book&iter=2")
    page.get_by_role("button", name="Run this turn again from here").click()
    dialog = page.get_by_role("dialog", name="Run again from Book, turn 3")
    expect(dialog.get_by_text("Happens again in this turn: Book")).to_be_visible()
    expect(dialog.get_by_text("the other turns stay as they are")).to_be_visible()
    editor = dialog.get_by_role("textbox", name="Inputs")
    expect(editor).to_contain_text("/fail")
    editor.click()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.insert_text(f'{{"method": "POST", "uri": "{service.url}/ok", "body": {{"n": 22}}}}')
    dialog.get_by_role("button", name="Run with corrected inputs").click()
    page.wait_for_url(re.compile(rf"/runs/(?!{failed['id']})"))
    done = ana.newest_run(workflow, "Succeeded")
    assert done["sourceRun"] == failed["id"]
    assert [body for _, _, body in service.received] == [*ORDERS, {"n": 22}]


def test_a_run_goes_on_with_a_newer_version_and_says_before_what_does_not_fit(
    page: Page, ana: Person, service: Upstream
) -> None:
    workflow = ana.workflow("Newer", definitions.call(f"{service.url}/fail"))
    ana.call(workflow, {"order": 7})
    failed = ana.newest_run(workflow, "Failed")
    ana.change(workflow, "/definition/actions/Order/inputs", {"order": "@triggerBody()?['order']"})
    ana.change(workflow, "/definition/actions/Call_parcel_service/inputs/uri", f"{service.url}/ok")
    ana.go(f"/w/{workflow}/runs/{failed['id']}")
    page.get_by_role("button", name="Run again from here").click()
    dialog = page.get_by_role("dialog", name="Run again from Call parcel service")
    expect(dialog.get_by_text("The results of 1 action are taken over")).to_be_visible()
    dialog.get_by_role("combobox", name="Go on with").click()
    page.get_by_role("option", name="Version 3, the newest").click()
    expect(dialog.get_by_text("Changed: “Order”")).to_be_visible()
    expect(dialog.get_by_text("Left as they are, version 3 works them out anew")).to_be_visible()
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=str(SCREENSHOTS / "rerun-version.png"))
    dialog.get_by_role("button", name="Run again", exact=True).click()
    page.wait_for_url(re.compile(rf"/runs/(?!{failed['id']})"))
    done = ana.newest_run(workflow, "Succeeded")
    assert (done["version"], done["sourceRun"]) == (3, failed["id"])
    assert [path for _, path, _ in service.received] == ["/fail", "/ok"]


def test_what_was_sent_to_the_caller_is_shown(page: Page, ana: Person, service: Upstream) -> None:
    workflow = ana.workflow("Answers", definitions.call(f"{service.url}/ok"))
    ana.call(workflow, {"order": 9})
    run = ana.newest_run(workflow, "Succeeded")
    ana.go(f"/w/{workflow}/runs/{run['id']}?node=manual")
    expect(page.get_by_role("heading", name="Answer to the caller: 200")).to_be_visible()

"""Runs as people see them: live, error first, cancelled, resubmitted, every turn of a loop."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e import definitions
from tests.e2e.accessibility import findings
from tests.e2e.conftest import SCREENSHOTS
from tests.e2e.person import Person, call
from tests.e2e.serving import Upstream

RUN_URL = re.compile(r"/runs/[0-9a-f-]{36}")


def test_run_is_watched_live_from_call_to_answer(ana: Person, service: Upstream) -> None:
    workflow = ana.workflow("Watched live", definitions.call(f"{service.url}/slow"))
    answers: list[tuple[int, object]] = []
    address = ana.address(workflow)
    caller = threading.Thread(target=lambda: answers.append(call(address, {"order": 4711})))
    page = ana.go(f"/w/{workflow}/runs")
    expect(page.get_by_text("No runs yet")).to_be_visible()
    caller.start()
    run_row = page.get_by_role("row").nth(1)
    expect(run_row.get_by_text("Running")).to_be_visible()
    run_row.get_by_role("link").click()
    expect(page).to_have_url(RUN_URL)
    header = page.locator("header").nth(1)
    expect(header.locator("[data-status=Running]")).to_be_visible()
    page.get_by_text("Outline", exact=True).click()
    tree = page.get_by_role("tree", name="Actions of this run")
    expect(tree.get_by_role("treeitem", name="Order")).to_contain_text("Succeeded")
    expect(tree.get_by_role("treeitem", name="Call parcel service")).to_contain_text("Running")
    service.released.set()
    expect(header.locator("[data-status=Succeeded]")).to_be_visible()
    expect(tree.get_by_role("treeitem", name="Response")).to_contain_text("Succeeded")
    caller.join(10)
    assert answers[0][0] == 200

    tree.get_by_role("treeitem", name="Order").click()
    page.get_by_role("tab", name="Outputs").click()
    expect(page.get_by_role("tree", name="Outputs")).to_contain_text("4711")


def test_failed_run_opens_on_what_failed(ana: Person, service: Upstream) -> None:
    workflow = ana.workflow("Fails", definitions.call(f"{service.url}/fail"))
    ana.call(workflow, {"order": 1})
    run = ana.newest_run(workflow, "Failed")
    page = ana.go(f"/w/{workflow}/runs/{run['id']}")
    panel = page.get_by_role("region", name="Call parcel service")
    expect(panel.get_by_role("heading", name="Call parcel service")).to_be_visible()
    expect(panel.locator("[data-status=Failed]").first).to_be_visible()
    expect(page.get_by_text("Call parcel service failed.")).to_be_visible()
    panel.get_by_role("button", name="Copy action tracking id").click()
    expect(panel.get_by_role("button", name="Copied")).to_be_visible()
    known = ana.get(f"/runs/{run['id']}/actions/Call_parcel_service")["trackingId"]
    assert page.evaluate("navigator.clipboard.readText()") == known
    expect(panel.get_by_role("button", name="Copy client tracking id")).to_be_visible()
    expect(panel.locator("time").first).not_to_contain_text("UTC")
    page.get_by_role("button", name="Local time. Show times in UTC").click()
    expect(panel.locator("time").first).to_contain_text("UTC")
    page.screenshot(path=SCREENSHOTS / "run-in-utc.png")
    panel.get_by_role("tab", name="Outputs").click()
    expect(panel.get_by_role("tree", name="Outputs")).to_contain_text("The parcel service refused.")
    panel.get_by_role("tab", name="Code").click()
    expect(panel.get_by_label("Definition of the action")).to_contain_text("retryPolicy")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    page.keyboard.press("]")
    expect(panel).to_be_visible()


def test_an_address_of_a_run_that_is_gone_says_why_and_leads_on(ana: Person) -> None:
    workflow = ana.workflow("Gone", definitions.loop())
    gone = "0199f000-8f00-7abc-8def-0123456789ab"
    page = ana.go(f"/w/{workflow}/runs/{gone}")
    expect(page.get_by_role("heading", name="This run is not here")).to_be_visible()
    main = page.get_by_role("main")
    for words in (gone, "It may have been removed.", "By its id it began Oct 17, 2025", "This is Acme."):
        expect(main).to_contain_text(words)
    assert findings(page) == []
    page.screenshot(path=SCREENSHOTS / "missing-run.png")
    page.get_by_role("link", name="Search all workflows").click()
    expect(page.get_by_role("heading", name="No runs match")).to_be_visible()
    page = ana.go(f"/w/{workflow}/runs/order-4711")
    expect(page.get_by_role("main")).to_contain_text("This is not the id of a run")


def test_cancel_ends_a_running_run(ana: Person, service: Upstream) -> None:
    workflow = ana.workflow("Cancelled by Ana", definitions.background_call(f"{service.url}/slow"))
    status, _ = ana.call(workflow)
    assert status == 202
    run = ana.newest_run(workflow, "Running")
    page = ana.go(f"/w/{workflow}/runs/{run['id']}")
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.locator("header").nth(1).locator("[data-status=Cancelled]")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel", exact=True)).to_be_hidden()


def test_resubmit_starts_a_new_run_with_the_same_data(ana: Person, service: Upstream) -> None:
    workflow = ana.workflow("Again", definitions.background_call(f"{service.url}/ok"))
    ana.call(workflow, {"order": 8})
    first = ana.newest_run(workflow, "Succeeded")
    page = ana.go(f"/w/{workflow}/runs/{first['id']}")
    page.get_by_role("button", name="Resubmit").click()
    expect(page).not_to_have_url(re.compile(first["id"]))
    expect(page.locator("header").nth(1).locator("[data-status=Succeeded]")).to_be_visible()
    assert len([got for got in service.received if got[1] == "/ok"]) == 2
    page.get_by_role("link", name="Runs", exact=True).first.click()
    expect(page.get_by_text("Repeats an earlier run")).to_have_count(1)


def test_a_run_is_repeated_with_other_data(ana: Person, service: Upstream) -> None:
    workflow = ana.workflow("Again, corrected", definitions.background_call(f"{service.url}/ok"))
    ana.call(workflow, {"order": 8, "big": 12345678901234567890})
    first = ana.newest_run(workflow, "Succeeded")
    page = ana.go(f"/w/{workflow}/runs/{first['id']}")
    page.get_by_role("button", name="Change the data and run again").click()
    dialog = page.get_by_role("dialog", name="Run again with other data")
    body = dialog.get_by_role("textbox", name="Body")
    expect(body).to_contain_text('"order": 8')
    body.click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type('{"order": 9, "big": 12345678901234567890')
    page.keyboard.press("ControlOrMeta+End")
    page.keyboard.press("Backspace")
    dialog.get_by_role("button", name="Run with this data").click()
    expect(dialog.get_by_text("The body is not JSON")).to_be_visible()
    expect(dialog.get_by_text("changed", exact=True)).to_be_visible()
    dialog.get_by_role("button", name="As it was").click()
    expect(body).to_contain_text('"order": 8')
    dialog.screenshot(path=SCREENSHOTS / "run-with-other-data.png")
    assert findings(page) == []
    body.click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text('{"order": 9, "big": 12345678901234567890}')
    dialog.get_by_role("button", name="Run with this data").click()
    expect(page).not_to_have_url(re.compile(first["id"]))
    expect(page.locator("header").nth(1).locator("[data-status=Succeeded]")).to_be_visible()
    second = page.url.partition("/runs/")[2].partition("?")[0]
    brought = ana.get(f"/runs/{second}/trigger")["outputs"]["body"]
    assert brought == {"order": 9, "big": 12345678901234567890}


def test_run_list_filters_by_status_in_the_address(ana: Person, service: Upstream) -> None:
    good = ana.workflow("Goes well", definitions.call(f"{service.url}/ok"))
    bad = ana.workflow("Goes wrong", definitions.call(f"{service.url}/fail"))
    ana.call(good)
    ana.call(bad)
    ana.newest_run(good, "Succeeded")
    ana.newest_run(bad, "Failed")
    page = ana.go("/runs")
    expect(page.get_by_role("row", name="Goes well")).to_be_visible()
    page.get_by_role("combobox", name="Status").click()
    page.get_by_role("option", name="Failed").click()
    expect(page).to_have_url(re.compile(r"status=Failed"))
    expect(page.get_by_role("row", name="Goes wrong")).to_contain_text("Call parcel service")
    expect(page.get_by_role("row", name="Goes well")).to_be_hidden()
    page.get_by_role("combobox", name="Time").click()
    page.get_by_role("option", name="Between…").click()
    expect(page).to_have_url(re.compile(r"since=2.*Z"))
    page.reload()
    expect(page.get_by_role("row", name="Goes wrong")).to_be_visible()
    expect(page.get_by_role("row", name="Goes well")).to_be_hidden()
    page.get_by_role("button", name="Local time. Show times in UTC").click()
    page.get_by_label("To", exact=True).fill("2020-01-01T10:00")
    expect(page).to_have_url(re.compile(r"until=2020-01-01T10(:|%3A)00"))
    expect(page.get_by_text("No runs match")).to_be_visible()
    page.get_by_role("button", name="Clear filters").click()
    expect(page.get_by_role("row", name="Goes well")).to_be_visible()
    expect(page.get_by_label("From", exact=True)).to_have_count(0)


def test_runs_are_found_by_what_is_inside_them(ana: Person, service: Upstream) -> None:
    workflow = ana.workflow("Searched inside", definitions.call(f"{service.url}/fail"))
    for number in (815, 4711):
        ana.call(workflow, {"order": number})
    ana.newest_run(workflow, "Failed")
    page = ana.go(f"/w/{workflow}/runs")
    expect(page.get_by_role("row")).to_have_count(3)
    page.get_by_role("button", name="More filters").click()
    text = page.get_by_role("textbox", name="Text in inputs and outputs")
    text.fill("4711")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("text=4711"))
    expect(page.get_by_role("row")).to_have_count(2)
    expect(page.get_by_text("All 2 runs that the other filters leave were looked through.")).to_be_visible()
    page.screenshot(path=SCREENSHOTS / "runs-searched-inside.png")
    assert findings(page) == []
    page.reload()
    expect(text).to_have_value("4711")
    expect(page.get_by_role("row")).to_have_count(2)
    action = page.get_by_role("textbox", name="Action", exact=True)
    action.fill("parcel service")
    page.get_by_role("combobox", name="Action status").click()
    page.get_by_role("option", name="Action succeeded").click()
    expect(page.get_by_role("heading", name="No runs match")).to_be_visible()
    page.get_by_role("button", name="Clear filters").click()
    expect(page.get_by_role("row")).to_have_count(3)
    expect(text).to_have_value("")
    longer = page.get_by_role("textbox", name="Longer than", exact=True)
    longer.fill("soon")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Write a time such as 30 s, 5 min or 2 h.")).to_be_visible()
    longer.fill("2 h")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("longer=7200"))
    expect(page.get_by_role("heading", name="No runs match")).to_be_visible()
    longer.fill("")
    page.keyboard.press("Enter")
    page.get_by_role("combobox", name="Version").click()
    page.get_by_role("option", name="Version 1").click()
    expect(page).to_have_url(re.compile("version=1"))
    expect(page.get_by_role("row")).to_have_count(3)
    page.get_by_role("combobox", name="Version").click()
    page.get_by_role("option", name="Draft and tests").click()
    expect(page.get_by_role("heading", name="No runs match")).to_be_visible()


def test_every_turn_of_a_loop_is_reachable(ana: Person) -> None:
    workflow = ana.workflow("Many lines", definitions.loop())
    lines = [{"quantity": "none" if at in {37, 120} else at} for at in range(150)]
    ana.call(workflow, {"lines": lines})
    run = ana.newest_run(workflow, "Failed")
    page = ana.go(f"/w/{workflow}/runs/{run['id']}?node=Quantity")
    turns = page.get_by_role("region", name="Turns of For each line")
    expect(turns.get_by_text("of 150")).to_be_visible()
    turns.get_by_role("button", name="2 failed").click()
    listed = turns.get_by_role("list", name="Turns")
    expect(listed.get_by_role("button")).to_have_count(2)
    listed.get_by_role("button", name="Turn 121").click()
    expect(page).to_have_url(re.compile(r"iter=120"))
    expect(
        page.get_by_role("region", name="Quantity")
        .get_by_text("'none'")
        .or_(page.get_by_role("region", name="Quantity").get_by_text("int"))
        .first
    ).to_be_visible()

    turns.get_by_label("Turn of For each line", exact=True).fill("100")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"iter=99"))
    page.get_by_role("tab", name="Outputs").click()
    value = page.locator("pre[aria-label=Outputs]")
    expect(value).to_have_text("99")
    page.get_by_role("heading", name="Quantity").click()
    page.keyboard.press(".")
    expect(page).to_have_url(re.compile(r"iter=100"))
    expect(value).to_have_text("100")


def test_big_values_are_offered_as_a_download(ana: Person) -> None:
    workflow = ana.workflow("Big value", definitions.big())
    ana.call(workflow, {"text": "x" * 2_000_000})
    run = ana.newest_run(workflow, "Succeeded")
    page = ana.go(f"/w/{workflow}/runs/{run['id']}?node=Copy&tab=outputs")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.path().stat().st_size > 2_000_000


def test_which_action_is_getting_slower(ana: Person, service: Upstream, timed: Callable[[str], None]) -> None:
    workflow = ana.workflow("Slower and slower", definitions.after(service.url))
    for milliseconds in (5, 5, 5, 5, 600, 600, 600, 600):
        assert ana.call(workflow, {"ms": milliseconds})[0] == 200
    page = ana.go(f"/w/{workflow}/runs")
    expect(page.get_by_role("row")).to_have_count(9)
    page.get_by_text("Grid", exact=True).click()
    grid = page.get_by_role("grid", name="Actions by run")
    row = grid.get_by_role("row").filter(has_text="Ask the carrier")
    expect(row).to_contain_text(re.compile(r"\d+\.\d× slower"))
    expect(grid.get_by_role("row").filter(has_text="Prepare")).not_to_contain_text("slower")
    timed("See which action is getting slower")
    page.get_by_role("combobox", name="Order of the actions").click()
    page.get_by_role("option", name="Getting slower first").click()
    expect(grid.get_by_role("row").nth(1)).to_contain_text("Ask the carrier")

    grid.focus()
    page.keyboard.press("ArrowLeft")
    expect(grid.locator("[data-active]")).to_have_attribute(
        "aria-label", re.compile("^Ask the carrier: Succeeded")
    )
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/runs/[0-9a-f-]{36}\?node=Ask_the_carrier"))
    expect(page.get_by_role("region", name="Ask the carrier")).to_be_visible()


def test_runs_are_found_and_many_are_started_again(ana: Person, service: Upstream) -> None:
    workflow = ana.workflow("Found again", definitions.call(f"{service.url}/fail"))
    for number in range(3):
        ana.call(workflow, {"order": number})
    ana.newest_run(workflow, "Failed")
    page = ana.go(f"/w/{workflow}/runs")
    expect(page.get_by_role("row")).to_have_count(4)
    search = page.get_by_role("textbox", name="Id, tracking id, failed action or error")
    search.fill("parcel service")
    expect(page).to_have_url(re.compile("search=parcel"))
    expect(page.get_by_role("row")).to_have_count(4)
    search.fill("nobody knows")
    expect(page.get_by_role("heading", name="No runs match")).to_be_visible()
    page.get_by_role("button", name="Clear filters").click()
    expect(page.get_by_role("row")).to_have_count(4)
    expect(search).to_have_value("")

    page = ana.go(f"/w/{workflow}/runs?status=Nonsense&span=oops")  # an address typed by hand
    expect(page.get_by_role("row")).to_have_count(4)

    calls = len(service.received)
    page.get_by_role("checkbox", name="Select all rows").check()
    tools = page.get_by_role("toolbar", name="Selected runs")
    expect(tools).to_contain_text("3 runs selected")
    expect(tools.get_by_role("button", name="Cancel", exact=True)).to_be_disabled()
    tools.get_by_role("button", name="Copy ids").click()
    expect(tools.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()").split()
    assert sorted(copied) == sorted(run["id"] for run in ana.get(f"/runs?workflow={workflow}")["items"])
    page.get_by_role("button", name="Actions for this run").first.click()
    page.get_by_role("menuitem", name="Copy id").click()
    expect(page.get_by_text("The id of the run was copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == copied[0]
    tools.get_by_role("button", name="Resubmit").click()
    page.get_by_role("dialog").get_by_role("button", name="Resubmit 3 runs").click()
    expect(page.get_by_text("3 runs started again.")).to_be_visible()
    expect(page.get_by_role("row")).to_have_count(7)
    expect(page.get_by_role("row").filter(has=page.locator("[data-status=Failed]"))).to_have_count(6)
    assert len(service.received) == calls + 3, "the service was called once more for each"

"""Runs beyond a limit, as people see them: Waiting in the list and on their page, then running, all live."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e import definitions
from tests.e2e.accessibility import findings
from tests.e2e.conftest import SCREENSHOTS
from tests.e2e.person import Person
from tests.e2e.serving import Upstream

SAID = "Waits until no other run of this trigger is active."


@pytest.fixture
def limited(ana: Person, service: Upstream, request: pytest.FixtureRequest) -> str:
    """A workflow of which one run may be active, and three that were called for."""
    workflow = ana.workflow(request.node.name, definitions.background_call(f"{service.url}/slow"))
    concurrency = {"concurrency": {"runs": 1, "maximumWaitingRuns": 10}}
    ana.change(workflow, "/definition/triggers/manual/runtimeConfiguration", concurrency)
    for number in range(3):
        assert ana.call(workflow, {"order": number})[0] == 202
        ana.newest_run(workflow, "Waiting" if number else "Running")
    return workflow


def test_who_waits_is_seen_and_begins_live(ana: Person, service: Upstream, limited: str) -> None:
    page = ana.go(f"/w/{limited}/runs")
    rows = page.get_by_role("row")
    expect(rows).to_have_count(4)
    expect(rows.nth(1).locator("[data-status=Waiting]")).to_be_visible()
    expect(rows.nth(2)).to_contain_text(SAID)
    expect(rows.nth(3).locator("[data-status=Running]")).to_be_visible()
    page.get_by_role("combobox", name="Status").click()
    page.get_by_role("option", name="Waiting", exact=True).click()
    expect(rows).to_have_count(3)
    page.screenshot(path=SCREENSHOTS / "waiting-list.png")
    assert findings(page) == []

    rows.nth(1).get_by_role("link").click()
    header = page.locator("header").nth(1)
    expect(header.locator("[data-status=Waiting]")).to_be_visible()
    bar = page.get_by_role("status").filter(has_text=SAID)
    expect(bar).to_contain_text("1 waits before it.")
    page.screenshot(path=SCREENSHOTS / "waiting-run.png")
    assert findings(page) == []
    service.released.set()
    expect(header.locator("[data-status=Succeeded]")).to_be_visible()
    expect(bar).to_be_hidden()


def test_who_waits_can_be_cancelled_and_starts_nothing(ana: Person, service: Upstream, limited: str) -> None:
    waiting = ana.newest_run(limited, "Waiting")
    page = ana.go(f"/w/{limited}/runs/{waiting['id']}")
    page.get_by_role("button", name="Cancel", exact=True).click()
    header = page.locator("header").nth(1)
    expect(header.locator("[data-status=Cancelled]")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="while it waited")).to_be_visible()
    service.released.set()
    ana.newest_run(limited, "Succeeded")
    assert len(ana.get(f"/runs?workflow={limited}")["items"]) == 2

"""A workflow is chosen by its name, however many there are."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import definitions
from tests.e2e.person import Person
from tests.e2e.test_building import saved

CALL = {"type": "Workflow", "inputs": {"host": {"workflow": {"id": ""}}}, "runAfter": {}}


@pytest.fixture
def last(ana: Person) -> Iterator[dict[str, str]]:
    """The last by name of more workflows than a list shows: `{"id", "name"}`."""
    text = definitions.texts("First")
    made = [ana.workflow(f"Many {n:02}", text, publish=False) for n in range(50)]
    name = f"Zebra {time.monotonic_ns()}"
    made.append(ana.workflow(name, text, publish=False))
    yield {"id": made[-1], "name": name}
    ana.post("/workflows/delete", {"workflows": made})


def test_the_last_of_many_is_found_by_typing(page: Page, ana: Person, last: dict[str, str]) -> None:
    text = json.dumps(
        {"definition": {"triggers": {"manual": {"type": "Request"}}, "actions": {"Call": CALL}}}
    )
    caller = ana.workflow(f"Calls one of many {time.monotonic_ns()}", text, publish=False)
    page.goto(f"/t/{ana.tenant}/w/{caller}/design?node=Call")
    panel = page.get_by_role("complementary", name="Call")
    field = panel.get_by_role("combobox", name="Workflow")
    field.click()
    expect(page.get_by_role("option", name="There are more: type a part of the name")).to_be_disabled()
    expect(page.get_by_role("option", name=last["name"])).to_have_count(0)
    field.press_sequentially("zebra")
    expect(page.get_by_role("option", name="Many 00")).to_have_count(0)
    page.get_by_role("option", name=last["name"]).click()
    expect(field).to_have_value(last["name"])
    saved(page)
    action = json.loads(ana.get(f"/workflows/{caller}/draft")["text"])["definition"]["actions"]["Call"]
    assert action["inputs"]["host"]["workflow"]["id"] == last["id"]

    # Known by its name also where it is not among the first; so on the overview.
    page.reload()
    expect(field).to_have_value(last["name"])
    field.click()
    expect(page.get_by_role("option", name="Many 00")).to_be_visible()
    page.keyboard.press("Escape")
    page.goto(f"/t/{ana.tenant}/w/{caller}/overview")
    expect(
        page.get_by_role("list", name="Workflows it calls").get_by_role("link", name=last["name"])
    ).to_be_visible()

    page.goto(f"/t/{ana.tenant}/settings")
    field = page.get_by_role("combobox", name="Workflow", exact=True)
    field.click()
    field.press_sequentially(last["name"])
    page.get_by_role("option", name=last["name"]).click()
    expect(page.get_by_role("region", name="Settings of one workflow")).to_contain_text(
        "Save for this workflow"
    )
    expect(field).to_have_value(last["name"])

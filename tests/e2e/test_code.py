"""The definition as text: what was typed is never lost, what was not typed never changed."""

from __future__ import annotations

import json
import time

from playwright.sync_api import Locator, Page, expect

from tests.e2e import definitions
from tests.e2e.person import Person
from tests.e2e.test_building import saved, wait_until


def code_of(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Definition")


def view(page: Page, name: str) -> None:
    page.get_by_role("radiogroup", name="View").locator("label").filter(has_text=name).click()


def test_text_that_does_not_parse_yet_waits_for_its_author(page: Page, ana: Person) -> None:
    workflow = ana.workflow(f"Half typed {time.monotonic_ns()}", definitions.texts("First"), publish=False)
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design?view=code")
    expect(code_of(page)).to_contain_text("First")
    code_of(page).click()
    page.keyboard.press("ControlOrMeta+Home")
    page.keyboard.type("half a thought ")
    said = page.get_by_text("The canvas shows the last valid state.")
    expect(said).to_be_visible()
    view(page, "Canvas")
    expect(page.locator("[data-broken]")).to_have_count(0)
    expect(page.get_by_role("application", name="Workflow canvas")).to_be_visible()
    view(page, "Code")
    expect(code_of(page)).to_contain_text("half a thought")
    expect(said).to_be_visible()
    places: list[str] = page.evaluate(
        "Object.keys(sessionStorage).filter((key) => key.startsWith('millrace:code:'))"
    )
    me = ana.refresh_session()["user"]["id"]
    assert [place.rpartition(":")[2] for place in places] == [me], "nobody else who signs in here sees it"
    page.reload()
    expect(code_of(page)).to_contain_text("half a thought")
    page.get_by_role("button", name="Discard my text").click()
    expect(code_of(page)).not_to_contain_text("half a thought")
    page.reload()
    expect(code_of(page)).to_contain_text("First")
    expect(code_of(page)).not_to_contain_text("half a thought")


def test_a_file_of_windows_keeps_its_line_ends(page: Page, ana: Person) -> None:
    text = definitions.texts("First", "Second")
    before = json.dumps(json.loads(text), indent=2).replace("\n", "\r\n")
    workflow = ana.workflow(f"Windows {time.monotonic_ns()}", before, publish=False)
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design?view=code")
    expect(code_of(page)).to_contain_text("Second")
    code_of(page).click()
    page.keyboard.press("ControlOrMeta+End")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("End")
    page.keyboard.insert_text(',\n  "metadata": {"by": "hand"}')

    def now() -> str:
        return str(ana.get(f"/workflows/{workflow}/draft")["text"])

    wait_until(page, lambda: '"by"' in now())
    saved(page)
    after = now()
    assert after.count("\n") == after.count("\r\n")
    assert json.loads(after).pop("metadata") == {"by": "hand"}
    assert all(line in after.splitlines() for line in before.splitlines()[:-2])

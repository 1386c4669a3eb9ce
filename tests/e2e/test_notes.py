"""Notes on the canvas, by keyboard and pointer; cases that change places."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.accessibility import findings
from tests.e2e.person import Person
from tests.e2e.test_building import saved

CASES = {
    "One": {"case": 1, "actions": {}},
    "Two": {"case": 2, "actions": {}},
    "Three": {"case": 3, "actions": {}},
}
DEFINITION = {
    "triggers": {"manual": {"type": "Request", "kind": "Http", "inputs": {}}},
    "actions": {
        "First": {"type": "Compose", "inputs": "x", "runAfter": {}},
        "Choose": {"type": "Switch", "expression": 1, "cases": CASES, "runAfter": {"First": ["Succeeded"]}},
    },
}


ZOOM = "new DOMMatrix(getComputedStyle(document.querySelector('.react-flow__viewport')).transform).a"


def definition_of(ana: Person, workflow: str) -> dict[str, Any]:
    definition: dict[str, Any] = json.loads(ana.get(f"/workflows/{workflow}/draft")["text"])["definition"]
    return definition


def test_a_note_is_written_moved_coloured_and_undone(page: Page, ana: Person) -> None:
    workflow = ana.workflow("Noted", json.dumps({"definition": DEFINITION}), publish=False)
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design")
    card = page.locator("#card-First")
    card.click()
    canvas = page.get_by_role("application", name="Workflow canvas")
    canvas.focus()
    page.keyboard.press("n")
    expect(page.get_by_role("textbox", name="Text of the note")).to_be_focused()
    page.keyboard.insert_text("Asks **twice**\n<b>as it is</b>")
    page.keyboard.press("Control+Enter")
    note = page.get_by_role("group", name="Note beside First: Asks twice")
    expect(note).to_be_focused()
    expect(note.get_by_text("<b>as it is</b>")).to_be_visible()
    expect(note.locator("strong")).to_have_text("twice")
    assert findings(page) == []
    saved(page)
    (kept,) = definition_of(ana, workflow)["metadata"]["notes"].values()
    assert (kept["anchor"], kept["content"]) == ("First", "Asks **twice**\n<b>as it is</b>")

    before = note.bounding_box()
    assert before is not None
    zoom: float = page.evaluate(ZOOM)
    page.keyboard.press("ArrowDown")
    page.mouse.move(before["x"] + 20, before["y"] + 18)
    page.mouse.down()
    page.mouse.move(before["x"] - 40, before["y"] + 108, steps=4)
    page.mouse.up()
    saved(page)
    (moved,) = definition_of(ana, workflow)["metadata"]["notes"].values()
    was, now = kept["metadata"]["position"], moved["metadata"]["position"]
    # Places are of the flow, the pointer's way is of the screen: the canvas may have been fitted to it.
    assert now["x"] - was["x"] == pytest.approx(-60 / zoom, abs=1.5)
    assert now["y"] - was["y"] == pytest.approx(8 + 90 / zoom, abs=1.5)

    note.get_by_role("button", name="Another colour").click()
    expect(note).to_have_attribute("data-color", "blue")
    for _ in range(4):  # colour, drag, arrow, the note itself
        page.get_by_role("button", name="Undo").click()
    expect(note).to_be_hidden()
    saved(page)
    assert "metadata" not in definition_of(ana, workflow)


def test_a_note_is_found_resized_and_shared(page: Page, ana: Person, context: BrowserContext) -> None:
    workflow = ana.workflow("Found", json.dumps({"definition": DEFINITION}), publish=False)
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design")
    page.locator("#card-First").click()
    page.get_by_role("application", name="Workflow canvas").focus()
    page.keyboard.press("n")
    expect(page.get_by_role("textbox", name="Text of the note")).to_be_focused()
    page.keyboard.insert_text("Ask the warehouse before ten")
    page.keyboard.press("Control+Enter")
    note = page.get_by_role("group", name="Note beside First: Ask the warehouse")
    expect(note).to_be_focused()
    saved(page)
    other = context.new_page()
    other.goto(f"/t/{ana.tenant}/w/{workflow}/design")
    theirs = other.get_by_role("group", name="Note beside First: Ask the warehouse")
    expect(theirs).to_be_visible()

    # Found by its text, and in the outline, both by keyboard.
    page.keyboard.press("Escape")
    page.keyboard.press("Control+p")
    page.keyboard.type("warehouse")
    expect(page.get_by_role("option").first).to_contain_text("Note beside First")
    page.keyboard.press("Enter")
    expect(note).to_be_focused()
    outline = page.get_by_role("tree", name="Outline")
    expect(outline.get_by_role("treeitem").last).to_contain_text(
        "Note beside First: Ask the warehouse before ten"
    )
    outline.focus()
    page.keyboard.press("End")
    assert findings(page) == []
    page.keyboard.press("Enter")
    expect(note).to_be_focused()

    # Resized by keyboard and by its handle; the other browser follows.
    for key in ("Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowDown"):
        page.keyboard.press(key)
    saved(page)
    (kept,) = definition_of(ana, workflow)["metadata"]["notes"].values()
    assert kept["metadata"]["width"] == 236
    tall = kept["metadata"]["height"]
    box = note.bounding_box()
    assert box is not None
    zoom: float = page.evaluate(ZOOM)
    corner = (box["x"] + box["width"] - 6, box["y"] + box["height"] - 6)
    page.mouse.move(*corner)
    page.mouse.down()
    page.mouse.move(corner[0] + 60 * zoom, corner[1] + 40 * zoom, steps=4)
    page.mouse.up()
    saved(page)
    (kept,) = definition_of(ana, workflow)["metadata"]["notes"].values()
    assert kept["metadata"]["width"] == pytest.approx(296, abs=2)
    assert kept["metadata"]["height"] == pytest.approx(tall + 40, abs=2)
    width = str(kept["metadata"]["width"])
    expect(theirs).to_have_css("width", f"{width}px")
    for _ in range(4):
        page.get_by_role("button", name="Undo: resized a note").click()
    expect(theirs).to_have_css("width", "220px")

    # Taken away in the outline; in the other browser too.
    outline.focus()
    page.keyboard.press("End")
    page.keyboard.press("Delete")
    expect(note).to_be_hidden()
    expect(theirs).to_be_hidden()


def test_cases_change_places(page: Page, ana: Person) -> None:
    workflow = ana.workflow("Cases", json.dumps({"definition": DEFINITION}), publish=False)
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design")
    page.get_by_text("= 2").hover()
    page.get_by_role("button", name="Move case Two to the left").click()
    saved(page)
    assert list(definition_of(ana, workflow)["actions"]["Choose"]["cases"]) == ["Two", "One", "Three"]
    outline = page.get_by_role("tree", name="Outline")
    outline.get_by_role("treeitem", name="One").click()
    expect(outline).to_be_focused()
    page.keyboard.press("Alt+ArrowDown")
    expect(page.get_by_role("treeitem").filter(has_text="Three")).to_have_count(1)
    saved(page)
    expect(page.get_by_role("button", name="Undo: moved a case of Choose")).to_be_enabled()
    assert list(definition_of(ana, workflow)["actions"]["Choose"]["cases"]) == ["Two", "Three", "One"]

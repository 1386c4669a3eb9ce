"""The list: search, state switch, new, import, duplicate, export, rename, delete."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from playwright.sync_api import expect

from tests.e2e import definitions
from tests.e2e.accessibility import findings
from tests.e2e.conftest import SCREENSHOTS
from tests.e2e.person import Person


def test_switch_search_rename_duplicate_and_delete(ana: Person) -> None:
    ana.workflow("Parcel label", definitions.big())
    page = ana.go("/workflows")
    row = page.get_by_role("row", name="Parcel label")
    switch = row.get_by_role("switch")
    expect(switch).to_be_checked()
    switch.press("Space")
    expect(row.get_by_text("Off", exact=True)).to_be_visible()

    page.keyboard.press("/")
    page.keyboard.type("parcel lab")
    expect(page).to_have_url(f"{ana.url}/t/{ana.tenant}/workflows?q=parcel+lab")
    expect(page.get_by_role("row")).to_have_count(2)
    page.get_by_label("Search workflows").fill("nothing is called this")
    expect(page.get_by_text("No workflows match")).to_be_visible()
    page.get_by_role("button", name="Clear filters").click()

    page.get_by_role("button", name="Actions for Parcel label").click()
    page.get_by_role("menuitem", name="Rename").click()
    page.get_by_role("textbox", name="Name").fill("Parcel labels")
    page.get_by_role("button", name="Rename", exact=True).click()
    expect(page.get_by_role("row", name="Parcel labels")).to_be_visible()

    page.get_by_role("button", name="Actions for Parcel labels").click()
    page.get_by_role("menuitem", name="Duplicate").click()
    expect(page.get_by_role("link", name="Parcel labels")).to_have_count(2)

    page.get_by_role("button", name="Actions for Parcel labels").last.click()
    page.get_by_role("menuitem", name="Delete").click()
    dialog = page.get_by_role("dialog")
    name = dialog.get_by_role("heading").inner_text().removeprefix("Delete ").removesuffix("?")
    expect(dialog.get_by_role("button", name="Delete workflow")).to_be_disabled()
    dialog.get_by_role("textbox").fill(name)
    dialog.get_by_role("button", name="Delete workflow").click()
    expect(page.get_by_role("link", name="Parcel labels")).to_have_count(1)


def test_export_gives_back_the_imported_bytes(ana: Person, tmp_path: Path) -> None:
    # Indentation, number spelling and member order of the file must survive.
    text = (
        definitions.big().replace('"contentVersion"', '"1": 1e3,\n    "contentVersion"').replace("  ", "    ")
    )
    file = tmp_path / "odd-format.json"
    file.write_text(text, encoding="utf-8")
    page = ana.go("/workflows")
    page.get_by_role("button", name="Import").click()
    page.locator("input[type=file]").set_input_files(file)
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("link", name="Open")).to_be_visible()
    dialog.get_by_role("button", name="Done").click()
    page.get_by_role("button", name="Actions for odd-format").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Export").click()
    assert Path(download.value.path()).read_bytes() == text.encode()


def test_import_of_nonsense_says_what_is_wrong(ana: Person, tmp_path: Path) -> None:
    file = tmp_path / "nonsense.json"
    file.write_text("{ this is not JSON", encoding="utf-8")
    page = ana.go("/workflows")
    page.get_by_role("button", name="Import").click()
    page.locator("input[type=file]").set_input_files(file)
    report = page.get_by_role("dialog").locator("[aria-live=polite]")
    expect(report).to_contain_text("nonsense.json")
    expect(report.locator("p")).not_to_be_empty()


def test_new_key_and_row_keys(ana: Person) -> None:
    ana.workflow("Keyboard first", definitions.big())
    page = ana.go("/workflows?q=keyboard")
    expect(page.get_by_role("row", name="Keyboard first")).to_be_visible()
    page.get_by_role("row", name="Keyboard first").focus()
    page.keyboard.press("e")
    expect(page.get_by_role("row", name="Keyboard first").get_by_text("Off", exact=True)).to_be_visible()
    page.keyboard.press("n")
    expect(page.get_by_role("dialog", name="New workflow")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("row", name="Keyboard first")).to_be_focused()
    actions = page.get_by_role("button", name="Actions for Keyboard first")
    actions.focus()
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name="Rename").press("Enter")
    expect(page.get_by_role("dialog").get_by_role("textbox")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(actions).to_be_focused()


def test_what_fails_stands_above_the_list_and_leads_to_the_run(ana: Person) -> None:
    broken = ana.workflow("Nightly export", definitions.call("http://127.0.0.1:1/"))
    ana.call(broken)
    run = ana.newest_run(broken, "Failed")["id"]
    page = ana.go("/workflows")
    attention = page.get_by_role("region", name="Needs attention")
    expect(attention).to_contain_text(re.compile("thing needs attention|things need attention"))
    line = attention.get_by_role("listitem").first  # the newest failure, whatever other tests have left
    expect(line).to_have_text(re.compile("^Nightly export failed at “Call parcel service” "))
    assert findings(page) == []
    page.screenshot(path=str(SCREENSHOTS / "attention.png"))
    attention.get_by_role("link", name="Nightly export", exact=True).click()
    page.wait_for_url(f"**/w/{broken}/runs/{run}*")


def test_tags_are_written_shown_and_filter_the_list(ana: Person) -> None:
    for name in ("Parcel invoices", "Parcel returns"):
        ana.workflow(name, definitions.big())
    page = ana.go("/workflows")
    row = page.get_by_role("row", name="Parcel invoices")
    row.get_by_role("button", name="Actions for Parcel invoices").click()
    page.get_by_role("menuitem", name="Tags…").click()
    dialog = page.get_by_role("dialog", name="Tags of Parcel invoices")
    field = dialog.get_by_label("Tags", exact=True)
    expect(field).to_be_focused()
    field.press_sequentially("Finance,warehouse 7")
    field.press("Enter")
    assert findings(page) == []
    page.screenshot(path=str(SCREENSHOTS / "tags-dialog.png"))
    dialog.get_by_role("button", name="Save tags").click()
    expect(dialog).to_have_count(0)

    row.get_by_role("link", name="Tag warehouse 7").click()
    page.wait_for_url("**/workflows?tag=*")
    expect(page.get_by_role("row", name="Parcel invoices")).to_be_visible()
    expect(page.get_by_role("row", name="Parcel returns")).to_have_count(0)
    expect(page.get_by_label("Tag", exact=True)).to_have_value("warehouse 7 (1)")
    assert findings(page) == []
    page.screenshot(path=str(SCREENSHOTS / "tags.png"))
    page.get_by_label("Tag", exact=True).click()
    page.get_by_role("option", name="Any tag").click()
    expect(page.get_by_role("row", name="Parcel returns")).to_be_visible()


def test_owner_and_connector_narrow_the_list_and_are_in_the_address(ana: Person) -> None:
    ana.workflow("Parcel caller", definitions.call("http://127.0.0.1:1/"))
    ana.workflow("Parcel thinker", definitions.big())
    page = ana.go("/workflows?q=parcel")
    expect(page.get_by_role("row", name="Parcel thinker")).to_be_visible()
    page.get_by_label("Connector", exact=True).click()
    page.get_by_role("option", name=re.compile(r"^HTTP \(\d+\)$")).click()
    page.wait_for_url("**/workflows?q=parcel&connector=http")
    expect(page.get_by_role("row", name="Parcel caller")).to_be_visible()
    expect(page.get_by_role("row", name="Parcel thinker")).to_have_count(0)
    page.get_by_label("Owner", exact=True).click()
    page.get_by_role("option", name=re.compile("^Ana Kovač, you")).click()
    page.wait_for_url("**/workflows?q=parcel&connector=http&owner=*")
    page.reload()
    expect(page.get_by_role("row", name="Parcel caller")).to_be_visible()
    expect(page.get_by_label("Connector", exact=True)).to_have_value(re.compile("^HTTP"))
    expect(page.get_by_label("Owner", exact=True)).to_have_value(re.compile("^Ana Kovač, you"))
    assert findings(page) == []

    page = ana.go("/workflows?q=parcel&connector=azuresentinel")
    expect(page.get_by_label("Connector", exact=True)).to_have_value("Microsoft Sentinel")
    expect(page.get_by_text("No workflows match")).to_be_visible()


def test_several_are_switched_tagged_exported_and_deleted_together(ana: Person, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        ana.workflow(f"Crate {number}", definitions.big())
    ana.workflow("Crate 4", definitions.big(), publish=False)
    page = ana.go("/workflows?q=crate&sort=name")
    bar = page.get_by_role("toolbar", name="Selected workflows")
    page.get_by_role("checkbox", name="Select Crate 1", exact=True).click()
    expect(bar.get_by_role("status")).to_have_text("1 workflow selected")
    page.get_by_role("checkbox", name="Select Crate 4", exact=True).click(modifiers=["Shift"])
    expect(bar.get_by_role("status")).to_have_text("4 workflows selected")
    page.get_by_role("row", name="Crate 2").focus()
    page.keyboard.press("x")
    expect(bar.get_by_role("status")).to_have_text("3 workflows selected")
    page.keyboard.press("x")
    expect(bar.get_by_role("button", name="Turn on (0)")).to_be_disabled()
    assert findings(page) == []
    page.screenshot(path=str(SCREENSHOTS / "several.png"))

    bar.get_by_role("button", name="Turn off (3)").click()
    dialog = page.get_by_role("dialog", name="Turn off 3 workflows?")
    expect(dialog).to_contain_text("1 of those selected is left out: 1 was never published.")
    assert findings(page) == []
    page.screenshot(path=str(SCREENSHOTS / "several-off.png"))
    dialog.get_by_role("button", name="Turn off 3 workflows").click()
    expect(page.get_by_text("3 workflows were turned off.")).to_be_visible()
    expect(bar.get_by_role("button", name="Turn on (3)")).to_be_enabled()

    bar.get_by_role("button", name="Tags…").click()
    dialog = page.get_by_role("dialog", name="Tags of 4 workflows")
    dialog.get_by_label("Add", exact=True).press_sequentially("wooden,")
    dialog.get_by_role("button", name="Change tags").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("link", name="Tag wooden")).to_have_count(4)

    with page.expect_download() as download:
        bar.get_by_role("button", name="Export").click()
    with zipfile.ZipFile(download.value.path()) as file:
        assert sorted(file.namelist()) == [f"Crate {number}.json" for number in (1, 2, 3, 4)]

    page.get_by_role("row", name="Crate 2").focus()
    page.keyboard.press("Escape")
    expect(bar).to_have_count(0)
    page.get_by_role("checkbox", name="Select all rows").check()
    bar.get_by_role("button", name="Delete…").click()
    dialog = page.get_by_role("dialog", name="Delete 4 workflows?")
    page.emulate_media(color_scheme="dark")
    assert findings(page) == []
    page.screenshot(path=str(SCREENSHOTS / "several-delete-dark.png"))
    expect(dialog.get_by_role("button", name="Delete 4 workflows")).to_be_disabled()
    # Somebody else was faster with one of them: the others go, and this one is told.
    gone = ana.get("/workflows?search=Crate%203")["items"][0]["id"]
    ana.post("/workflows/delete", {"workflows": [gone]})
    dialog.get_by_role("textbox").fill("delete 4 workflows")
    dialog.get_by_role("button", name="Delete 4 workflows").click()
    told = page.get_by_role("dialog", name="3 workflows deleted, 1 not")
    expect(told).to_contain_text("There is no workflow here. It may have been deleted.")
    page.screenshot(path=str(SCREENSHOTS / "several-told.png"))
    told.get_by_role("button", name="Close", exact=True).last.click()
    expect(page.get_by_text("No workflows match")).to_be_visible()

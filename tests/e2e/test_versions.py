"""Publishing by two authors, and the page of versions: compare any two, take one action or everything back, lose nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Browser, Page, expect

from tests.e2e import definitions
from tests.e2e.conftest import SCREENSHOTS
from tests.e2e.person import Person
from tests.e2e.serving import Server
from tests.e2e.test_together import joined, rename, write


def publish(page: Page, comment: str) -> None:
    page.get_by_role("button", name="Publish").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Comment").fill(comment)
    dialog.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("is published and answers").last).to_be_visible()
    expect(dialog).to_be_hidden()


def saved(page: Page) -> None:
    expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()


def test_publish_compare_and_take_back(
    page: Page, ana: Person, browser: Browser, server: Server, timed: Callable[[str], None]
) -> None:
    workflow = ana.workflow("Versioned", definitions.texts("First", "Second", "Third"))
    design = f"/t/{ana.tenant}/w/{workflow}/design"
    context = joined(browser, server, ana, "Bob", "editor")
    bob = context.pages[0]
    bob.goto(design)
    write(bob, "Second", "changed by Bob")
    rename(bob, "Third", "Last")
    saved(bob)
    context.close()
    page.goto(design)
    write(page, "First", "changed by Ana")
    saved(page)
    page.get_by_role("button", name="Publish").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Changed “First”")
    groups = [" ".join(one.split()) for one in dialog.get_by_role("list").all_inner_texts()]
    assert any("“First”" in one and "“Second”" not in one for one in groups), groups
    assert any("“Second”" in one and "to “Last”" in one for one in groups), groups
    expect(dialog.get_by_role("img", name="Ana Kovač")).to_be_visible()
    expect(dialog.get_by_role("img", name="Bob")).to_be_visible()
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=str(SCREENSHOTS / "publish.png"))
    dialog.get_by_role("button", name="Cancel").click()
    publish(page, "Both of us")

    ana.go(f"/w/{workflow}/versions")
    versions = page.get_by_role("list", name="Versions").get_by_role("listitem")
    expect(versions).to_have_count(3)
    expect(versions.nth(1)).to_contain_text("Version 2")
    expect(versions.nth(1)).to_contain_text("Both of us")
    versions.nth(1).click()
    detail = page.get_by_role("region", name="version 1 compared with version 2")
    expect(detail).to_contain_text("Changed “First”")
    page.get_by_text("Canvas", exact=True).click()
    expect(page.locator("#card-First")).to_have_attribute("data-change", "changed")
    expect(page.locator("#card-Last")).to_have_attribute("data-change", "renamed")
    expect(page.locator("#card-manual, [id='card-trigger:manual']").first).to_have_attribute(
        "data-change", "none"
    )
    page.screenshot(path=str(SCREENSHOTS / "versions-canvas.png"))
    page.get_by_text("Text", exact=True).click()
    expect(detail).to_contain_text("changed by Ana")
    page.get_by_text("Words", exact=True).click()

    # One action, as it was in version 1.
    page.get_by_role("button", name=re.compile("Restore.*First|Take.*First", re.I)).first.click()
    expect(page.get_by_text("is taken back in the draft")).to_be_visible()
    timed("Two people change and publish; one action is taken back to the version before")
    text = ana.get(f"/workflows/{workflow}/draft")["text"]
    assert "changed by Ana" not in text
    assert "changed by Bob" in text

    # Everything, as it was; what was published stays, and so does what the draft said.
    versions.nth(2).click()
    page.get_by_role("button", name="Restore as draft").click()
    page.get_by_role("dialog").get_by_role("button", name="Restore as draft").click()
    page.wait_for_url("**/design**")
    expect(page.get_by_role("treeitem", name="Third")).to_be_visible()
    assert "changed by Bob" not in ana.get(f"/workflows/{workflow}/draft")["text"]
    kept = ana.get(f"/workflows/{workflow}/versions")["items"]
    assert [(one["number"], one["current"]) for one in kept] == [(2, True), (1, False)]
    log = ana.get(f"/workflows/{workflow}/draft/edits?since=0")["items"]
    assert {one["author"] for one in log} == {"Ana Kovač", "Bob"}
    assert any("changed by Bob" in str(one["edits"]) for one in log)


def test_any_moment_of_the_draft_is_found_compared_and_taken_back(
    page: Page, ana: Person, browser: Browser, server: Server
) -> None:
    workflow = ana.workflow("Remembered", definitions.texts("First", "Second", "Third"))
    context = joined(browser, server, ana, "Bob", "editor")
    bob = context.pages[0]
    bob.goto(f"/t/{ana.tenant}/w/{workflow}/design")
    write(bob, "Second", "changed by Bob")
    rename(bob, "Third", "Last")
    saved(bob)
    context.close()

    ana.go(f"/w/{workflow}/versions")
    draft = page.get_by_role("list", name="Versions").get_by_role("listitem").first
    draft.get_by_role("button", name="2 changes that led to the draft").click()
    draft.get_by_role("button", name=re.compile("^2 changes.*Bob", re.S)).click()
    step = draft.get_by_role("button", name=re.compile("^Changed Inputs of Second"))
    step.click()
    expect(step).to_have_attribute("aria-current", "true")
    detail = page.get_by_role("region", name=re.compile("compared with"))
    expect(detail).to_contain_text("Changed “Second”")
    expect(detail).not_to_contain_text("Last")
    page.screenshot(path=str(SCREENSHOTS / "versions-history.png"))
    page.get_by_role("button", name="Restore as draft").click()
    page.get_by_role("dialog").get_by_role("button", name="Restore as draft").click()
    page.wait_for_url("**/design**")
    expect(page.get_by_role("treeitem", name="Third")).to_be_visible()  # before it was renamed
    assert "changed by Bob" in ana.get(f"/workflows/{workflow}/draft")["text"]
    page.keyboard.press("Control+Alt+z")
    page.wait_for_url("**/versions**")
    expect(draft.get_by_role("button", name="Went back to an earlier moment")).to_be_visible()

"""Two people on one draft, each in a browser of their own: nothing is lost, and each sees the other."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.e2e import definitions
from tests.e2e.accessibility import findings
from tests.e2e.conftest import SCREENSHOTS, listen
from tests.e2e.person import Person
from tests.e2e.serving import Server
from tests.e2e.test_building import wait_until
from tests.e2e.test_panel import shot

PASSWORD = "a long enough password"


def joined(browser: Browser, server: Server, owner: Person, name: str, role: str) -> BrowserContext:
    """A new member with a browser of their own, through an invitation."""
    email = f"{name.lower()}-{time.monotonic_ns()}@example.com"
    made = owner.post("/invitations", {"email": email, "role": role})
    context = browser.new_context(base_url=server.url, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(made["url"].replace(made["url"].split("/join")[0], server.url))
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create account and join").click()
    page.wait_for_url("**/workflows")
    return context


class Pair:
    """Ana and Bob with the same draft open."""

    def __init__(self, ana: Page, bob: Page, person: Person, workflow: str) -> None:
        self.ana, self.bob, self.person, self.workflow = ana, bob, person, workflow

    def text(self) -> str:
        draft: dict[str, Any] = self.person.get(f"/workflows/{self.workflow}/draft")
        return str(draft["text"])

    def open(self) -> None:
        for page in (self.ana, self.bob):
            page.goto(f"/t/{self.person.tenant}/w/{self.workflow}/design")
            expect(page.get_by_role("treeitem").first).to_be_visible()
        for page in (self.ana, self.bob):
            expect(others(page)).to_have_count(1)

    def agree(self) -> None:
        """Both saved, both show the server's actions."""
        for page in (self.ana, self.bob):
            expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
        expect(self.ana.get_by_role("treeitem")).to_have_count(self.bob.get_by_role("treeitem").count())
        assert names(self.ana) == names(self.bob)


def others(page: Page) -> Locator:
    return page.get_by_role("group", name="Also here").get_by_role("button")


def names(page: Page) -> list[str]:
    """What the outline lists, without marks of people."""
    return [
        str(one)
        for one in page.get_by_role("treeitem").evaluate_all(
            "items => items.map(item => [...item.querySelectorAll('span')].find(one => /name/.test(one.className))?.textContent ?? '')"
        )
    ]


def write(page: Page, action: str, text: str) -> None:
    """Types into the field Inputs of a Compose action."""
    page.get_by_role("treeitem", name=action).click()
    field = page.get_by_role("textbox", name="Inputs", exact=True)
    field.click()
    expect(page.locator(".cm-focused")).to_be_visible()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.insert_text(text)


def rename(page: Page, action: str, name: str) -> None:
    page.get_by_role("treeitem", name=action).click()
    page.locator("#outline").focus()
    page.keyboard.press("F2")
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type(name)
    page.keyboard.press("Enter")


@pytest.fixture
def pair(page: Page, ana: Person, browser: Browser, server: Server) -> Iterator[Pair]:
    context = joined(browser, server, ana, "Bob", "editor")
    his = context.pages[0]
    said = listen(his)
    workflow = ana.workflow(
        f"Together {time.monotonic_ns()}", definitions.texts("First", "Second", "Third"), publish=False
    )
    made = Pair(page, his, ana, workflow)
    made.open()
    yield made
    context.close()
    assert said == []


def test_each_sees_the_other_and_where_they_are(pair: Pair) -> None:
    expect(others(pair.ana).first).to_have_attribute("aria-label", re.compile("^Follow Bob, has this open"))
    pair.bob.get_by_role("treeitem", name="Second").click()
    expect(pair.ana.locator("#card-Second").get_by_text("Bob is here")).to_be_attached()
    expect(pair.ana.get_by_role("treeitem", name="Second").get_by_text("Bob is here")).to_be_attached()
    expect(pair.bob.locator("#card-Second").get_by_text("is here")).to_have_count(0)
    SCREENSHOTS.mkdir(exist_ok=True)
    pair.ana.screenshot(path=SCREENSHOTS / "together.png")
    pair.bob.get_by_role("link", name="Workflows").first.click()
    # Told at once: who only vanishes is forgotten after eleven seconds.
    expect(others(pair.ana)).to_have_count(0, timeout=9000)
    expect(pair.ana.locator("#card-Second").get_by_text("is here")).to_have_count(0)


def test_one_follows_the_other(pair: Pair) -> None:
    steps = [f"Step_{number}" for number in range(1, 31)]
    pair.workflow = pair.person.workflow(
        f"Followed {time.monotonic_ns()}", definitions.texts(*steps), publish=False
    )
    pair.open()
    ana, bob = pair.ana, pair.bob
    follow = others(ana).first
    band = ana.get_by_role("group", name="Following Bob", exact=True)
    said = ana.locator("#designer-said")
    first, last = ana.locator("[id='card-Step_1']"), ana.locator("[id='card-Step_30']")
    bob.locator("#outline").focus()

    # From the keyboard: the canvas goes along, what Ana has chosen stays as it is.
    follow.focus()
    ana.keyboard.press("Enter")
    expect(band).to_contain_text("who has chosen nothing")
    expect(follow).to_have_attribute("aria-pressed", "true")
    expect(last).not_to_be_in_viewport()
    bob.keyboard.press("End")
    expect(last).to_be_in_viewport()
    expect(band).to_contain_text("at Step 30")
    expect(said).to_contain_text("Following Bob, who is at Step 30.")
    expect(first).not_to_be_in_viewport()
    assert findings(ana) == []
    shot(ana, "following")
    bob.keyboard.press("Home")
    expect(first).to_be_in_viewport()
    expect(ana.locator("[data-selected=true]")).to_have_count(0)

    ana.keyboard.press("Escape")
    expect(band).to_have_count(0)
    expect(said).to_have_text("Not following Bob any more.")
    bob.keyboard.press("End")
    expect(follow).to_have_attribute("aria-label", "Follow Bob, at Step 30")
    expect(last).not_to_be_in_viewport()

    # Whatever Ana does herself ends it: a look around, a choice, an edit.
    def followed() -> None:
        follow.click()
        expect(band).to_be_visible()

    canvas = ana.get_by_role("application", name="Workflow canvas")
    followed()
    canvas.hover()
    ana.mouse.wheel(0, 40)
    expect(band).to_have_count(0)
    followed()
    ana.get_by_role("treeitem", name="Step 2", exact=True).click()
    expect(band).to_have_count(0)
    field = ana.get_by_role("textbox", name="Inputs", exact=True)
    field.click()
    expect(ana.locator(".cm-focused")).to_be_visible()
    followed()
    field.click()
    expect(band).to_be_visible()
    ana.keyboard.insert_text("mine ")
    expect(band).to_have_count(0)
    followed()
    band.get_by_role("button", name="Stop", exact=True).press("Enter")
    expect(band).to_have_count(0)
    expect(ana.locator("#outline")).to_be_focused()  # where the keyboard was last

    followed()
    bob.get_by_role("link", name="Workflows").first.click()
    expect(ana.get_by_role("status").filter(has_text="Bob has left. You follow nobody now.")).to_be_visible()
    expect(band).to_have_count(0)


def test_edits_meet_without_loss(pair: Pair, timed: Callable[[str], None]) -> None:
    # The flash is short: who looks now and then may miss it.
    pair.ana.evaluate("""() => {
        const look = () => { window.flashed ||= document.querySelector("#card-Third [data-flash]") !== null; };
        new MutationObserver(look).observe(document.body, {subtree: true, childList: true, attributes: true});
    }""")
    write(pair.ana, "First", "from Ana")
    write(pair.bob, "Third", "from Bob")
    wait_until(pair.ana, lambda: bool(pair.ana.evaluate("window.flashed")))
    expect(pair.ana.locator("#card-Third [data-flash]")).to_have_count(0)
    pair.agree()
    timed("Two people write in one draft and see each other's changes")
    assert "from Ana" in pair.text()
    assert "from Bob" in pair.text()


def test_the_same_field_at_once(pair: Pair) -> None:
    write(pair.ana, "Second", "Ana wrote this")
    write(pair.bob, "Second", "Bob wrote this")
    expect(pair.ana.get_by_text("in place of your")).to_be_visible()
    pair.agree()
    assert "Bob wrote this" in pair.text()
    pair.ana.get_by_role("button", name="Take mine back").click()
    pair.agree()
    assert "Ana wrote this" in pair.text()


def test_rename_meets_edit(pair: Pair) -> None:
    write(pair.ana, "Third", "after @{outputs('Second')}")
    pair.ana.get_by_role("treeitem", name="Second").click()
    rename(pair.bob, "Second", "Renamed by Bob")
    expect(pair.ana.get_by_role("treeitem", name="Renamed by Bob")).to_be_visible()
    # Ana's panel stays at the action, under its new name.
    expect(pair.ana.get_by_role("textbox", name="Inputs", exact=True)).to_be_visible()
    write(pair.ana, "Renamed by Bob", "kept")
    pair.agree()
    assert '"Renamed_by_Bob"' in pair.text()
    assert "after @{outputs('Renamed_by_Bob')}" in pair.text()
    assert "kept" in pair.text()


def test_delete_meets_edit(pair: Pair) -> None:
    write(pair.ana, "Second", "worth keeping")
    expect(pair.ana.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    expect(pair.bob.locator("#card-Second")).to_contain_text("worth keeping")
    pair.bob.get_by_role("treeitem", name="Second").click()
    pair.bob.locator("#outline").focus()
    pair.bob.keyboard.press("Delete")
    expect(pair.ana.get_by_text("Bob deleted Second while you were changing it.")).to_be_visible()
    pair.ana.get_by_role("button", name="Restore Second").click()
    expect(pair.bob.get_by_role("treeitem", name="Second")).to_be_visible()
    pair.agree()
    assert "worth keeping" in pair.text()


def test_publishing_is_seen_by_both_and_so_is_what_comes_after(pair: Pair) -> None:
    def standing(page: Page) -> Locator:
        return page.get_by_role("status").filter(has_text="Saved")

    write(pair.ana, "First", "for the first version")
    pair.agree()
    expect(standing(pair.ana)).to_contain_text("draft")
    pair.ana.get_by_role("button", name="Publish", exact=True).click()
    pair.ana.get_by_role("dialog").get_by_role("button", name="Publish", exact=True).click()
    for page in (pair.ana, pair.bob):
        expect(standing(page)).to_contain_text("version 1")
    write(pair.bob, "Second", "for the next version")
    for page in (pair.bob, pair.ana):
        expect(standing(page)).to_contain_text("unpublished changes")


def test_a_workflow_deleted_under_my_hands_can_be_taken_along(pair: Pair) -> None:
    write(pair.bob, "First", "only on this screen")
    pair.agree()
    pair.person.refresh_session()
    pair.person.remove(f"/workflows/{pair.workflow}")
    expect(pair.bob.get_by_role("alert")).to_contain_text("This workflow was deleted")
    expect(pair.bob.get_by_role("textbox", name="Definition")).to_contain_text("only on this screen")
    expect(pair.bob.get_by_role("button", name="Copy the definition")).to_be_visible()
    assert [one for one in findings(pair.bob) if one] == []


def test_who_signed_in_again_in_another_tab_loses_nothing(
    browser: Browser, server: Server, ana: Person
) -> None:
    context = joined(browser, server, ana, "Nora", "editor")
    workflow = ana.workflow(
        f"Two sign-ins {time.monotonic_ns()}", definitions.texts("First", "Second"), publish=False
    )
    here, there = context.new_page(), context.pages[0]
    here.goto(f"/t/{ana.tenant}/w/{workflow}/design")
    expect(here.get_by_role("treeitem").first).to_be_visible()
    email = there.evaluate("async () => (await (await fetch('/api/v1/session')).json()).user.email")
    there.get_by_role("button", name="account:").click()
    there.get_by_role("menuitem", name="Sign out").click()
    there.get_by_label("Email").fill(email)
    there.get_by_role("textbox", name="Password").fill(PASSWORD)
    there.get_by_role("button", name="Sign in", exact=True).click()
    there.wait_for_url("**/workflows")
    write(here, "First", "after the second sign-in")
    expect(here.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    expect(here.get_by_role("alert")).to_have_count(0)
    wait_until(here, lambda: "after the second sign-in" in ana.get(f"/workflows/{workflow}/draft")["text"])
    context.close()


def test_undo_is_mine_alone(pair: Pair) -> None:
    write(pair.ana, "First", "from Ana")
    write(pair.bob, "Third", "from Bob")
    pair.agree()
    pair.ana.get_by_role("button", name=re.compile("^Undo")).click()
    pair.agree()
    text = pair.text()
    assert "from Bob" in text
    assert "from Ana" not in text
    expect(
        pair.bob.get_by_role("button", name=re.compile("^Undo: changed Inputs of Third", re.I))
    ).to_be_visible()


def test_offline_for_a_while(pair: Pair) -> None:
    # The editor of fields comes a moment after the page; without it there is nothing to type into offline.
    write(pair.ana, "First", "before")
    pair.ana.context.set_offline(True)
    write(pair.ana, "First", "while offline @{outputs('Second')}")
    rename(pair.ana, "Third", "Last")
    expect(pair.ana.get_by_text("Offline, ")).to_be_visible()
    write(pair.bob, "Third", "meanwhile")
    rename(pair.bob, "Second", "Middle")
    expect(pair.bob.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    pair.ana.context.set_offline(False)
    pair.agree()
    text = pair.text()
    assert "while offline @{outputs('Middle')}" in text
    assert "meanwhile" in text
    assert '"Last"' in text
    assert '"Middle"' in text


def test_a_browser_that_vanishes_is_gone_in_seconds(pair: Pair) -> None:
    pair.bob.context.set_offline(True)
    pair.bob.close(run_before_unload=False)
    expect(others(pair.ana)).to_have_count(0, timeout=40_000)


def test_two_tabs_that_wait_for_the_network_lose_nothing(context: BrowserContext, ana: Person) -> None:
    workflow = ana.workflow(
        f"Two tabs {time.monotonic_ns()}", definitions.texts("First", "Second"), publish=False
    )
    address = f"/t/{ana.tenant}/w/{workflow}/design"
    unsent = re.compile(r"/draft/edits$")
    context.route(unsent, lambda route: route.abort())
    one, two = ana.page.context.new_page(), context.new_page()

    def double(page: Page, action: str) -> None:
        page.get_by_role("treeitem", name=action, exact=True).click()
        page.get_by_role("application", name="Workflow canvas").focus()
        page.keyboard.press("ControlOrMeta+d")
        expect(page.get_by_text("Offline, 1 change waits")).to_be_visible()

    for page in (one, two):
        page.goto(address)
        expect(page.get_by_role("treeitem").first).to_be_visible()
    double(one, "First")
    double(two, "Second")
    two.close()
    one.reload()
    # What the closed tab had is here as well: both wait still.
    expect(one.get_by_text("Offline, 2 changes wait")).to_be_visible()
    three = context.new_page()
    three.goto(address)
    expect(three.get_by_role("treeitem").first).to_be_visible()
    one.close()
    context.unroute(unsent)

    def actions() -> list[str]:
        draft: dict[str, Any] = ana.get(f"/workflows/{workflow}/draft")
        return sorted(json.loads(draft["text"])["definition"]["actions"])

    wait_until(three, lambda: len(actions()) == 4)
    expect(three.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    expect(three.get_by_role("treeitem")).to_have_count(5)
    assert three.evaluate("Object.keys(localStorage).filter(key => key.startsWith('millrace:edits'))") == []
    four = context.new_page()
    four.goto(address)
    expect(four.get_by_role("treeitem")).to_have_count(5)
    assert len(actions()) == 4

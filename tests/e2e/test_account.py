"""Signing in and out, the first account, the end of a session, other people's addresses."""

from __future__ import annotations

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.accessibility import findings
from tests.e2e.conftest import OWNER, SCREENSHOTS, listen
from tests.e2e.person import Person
from tests.e2e.serving import Server


def test_first_account_is_made_with_the_one_time_link(browser: Browser, fresh_server: Server) -> None:
    page = browser.new_page(base_url=fresh_server.url)
    said = listen(page)
    page.goto("/")
    expect(page.get_by_text("This page needs the one-time link")).to_be_visible()
    page.goto(f"/setup?token={fresh_server.setup_token}")
    page.get_by_label("Your name").fill(OWNER["name"])
    page.get_by_label("Email").fill(OWNER["email"])
    page.get_by_role("textbox", name="Password").fill(OWNER["password"])
    page.get_by_label("Organisation").fill("Acme")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", name="Workflows")).to_be_visible()
    expect(page.get_by_text("Your first workflow")).to_be_visible()
    assert said == []

    page.goto(f"/setup?token={fresh_server.setup_token}")
    expect(page.get_by_text("already has its first account")).to_be_visible()
    page.close()


def test_weak_password_is_refused_at_its_field(browser: Browser, fresh_server: Server) -> None:
    page = browser.new_page(base_url=fresh_server.url)
    page.goto(f"/setup?token={fresh_server.setup_token}")
    page.get_by_label("Your name").fill("Ana")
    page.get_by_label("Email").fill("ana@example.com")
    page.get_by_role("textbox", name="Password").fill("12345")
    page.get_by_label("Organisation").fill("Acme")
    page.get_by_role("button", name="Create account").click()
    field = page.get_by_role("textbox", name="Password")
    expect(field).to_have_attribute("aria-invalid", "true")
    page.close()


def test_wrong_password_then_right_one(browser: Browser, server: Server, account: dict[str, object]) -> None:
    page = browser.new_page(base_url=server.url)
    page.goto("/signin")
    page.get_by_label("Email").fill(OWNER["email"])
    page.get_by_role("textbox", name="Password").fill("not this one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("Email or password is not correct.")
    expect(page.get_by_label("Email")).to_be_focused()
    expect(page.get_by_label("Email")).to_have_value(OWNER["email"])
    page.get_by_role("textbox", name="Password").fill(OWNER["password"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Workflows")).to_be_visible()

    page.get_by_role("button", name="Account:").click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto("/t/acme/runs")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("Email").fill(OWNER["email"])
    page.get_by_role("textbox", name="Password").fill(OWNER["password"])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Runs", exact=True)).to_be_visible()
    page.close()


def test_expired_session_asks_in_place_and_keeps_what_was_typed(
    context: BrowserContext, server: Server, account: dict[str, object]
) -> None:
    page: Page = context.new_page()
    person = Person(page, server.url)
    person.refresh_session()
    person.go("/workflows")
    page.get_by_role("button", name="New workflow").click()
    page.get_by_role("menuitem", name="Blank").click()
    page.get_by_label("Name").fill("Typed before the session ended")
    context.clear_cookies(name="millrace_session")
    page.get_by_role("button", name="Create and open").click()
    dialog = page.get_by_role("dialog", name="Your session has ended")
    expect(dialog).to_be_visible()
    dialog.get_by_label("Email").fill(OWNER["email"])
    dialog.get_by_role("textbox", name="Password").fill(OWNER["password"])
    dialog.get_by_role("button", name="Sign in").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_label("Name")).to_have_value("Typed before the session ended")
    page.close()


def test_another_organisation_tells_nothing(ana: Person) -> None:
    ana.page.goto("/t/somebody-else/workflows")
    expect(ana.page.get_by_text("You have no access to this organisation")).to_be_visible()
    ana.page.goto("/nowhere")
    expect(ana.page.get_by_text("There is nothing at this address")).to_be_visible()


def test_a_password_is_changed_and_other_browsers_are_signed_out(browser: Browser, ana: Person) -> None:
    link: str = ana.post("/invitations", {"email": "dora@example.com", "role": "editor"})["url"]
    context = browser.new_context(base_url=ana.url)
    page = context.new_page()
    said = listen(page)
    page.goto(link)
    page.get_by_label("Your name").fill("Dora")
    page.get_by_role("textbox", name="Password").fill("the first long password")
    page.get_by_role("button", name="Create account and join").click()
    expect(page.get_by_role("heading", name="Workflows")).to_be_visible()
    elsewhere = browser.new_context(base_url=ana.url)
    _sign_in(elsewhere.new_page(), "dora@example.com", "the first long password")

    page.goto("/me")
    present, new = (page.get_by_role("textbox", name=name) for name in ("Present password", "New password"))
    change = page.get_by_role("button", name="Change password")
    present.fill("not this one")
    new.fill("the second long password")
    assert said == []
    change.click()
    expect(present).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("This is not your present password.")).to_be_visible()
    said.clear()  # The browser itself writes down that a request was refused.
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / "profile-password.png")
    assert findings(page) == []
    present.fill("the first long password")
    change.click()
    expect(page.get_by_text("Your password is changed.")).to_be_visible()
    assert said == []
    page.goto(f"/t/{ana.tenant}/workflows")
    expect(page.get_by_role("heading", name="Workflows")).to_be_visible()

    other = elsewhere.pages[0]
    other.goto(f"/t/{ana.tenant}/workflows")
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
    _sign_in(other, "dora@example.com", "the second long password")
    context.close()
    elsewhere.close()


def _sign_in(page: Page, email: str, password: str) -> None:
    page.goto("/signin")
    page.get_by_label("Email").fill(email)
    page.get_by_role("textbox", name="Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Workflows")).to_be_visible()

"""An API description as a file: its operations stand in the browser, and one of them is called."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.e2e import definitions
from tests.e2e.accessibility import findings
from tests.e2e.person import Person
from tests.e2e.serving import Upstream
from tests.e2e.test_building import saved


def description(url: str) -> dict[str, object]:
    order = {"type": "object", "properties": {"sku": {"type": "string", "example": "MR-1"}}}
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Parcel service", "version": "1"},
        "servers": [{"url": url}],
        "components": {"schemas": {"Order": order}},
        "paths": {
            "/ok/parcels": {
                "get": {"operationId": "listParcels"},
                "post": {"summary": "Book a parcel", "operationId": "bookParcel", "requestBody": body},
            }
        },
    }


def test_one_operation_of_an_api_is_used(
    ana: Person, service: Upstream, tmp_path: Path, timed: Callable[[str], None]
) -> None:
    workflow = ana.workflow("Uses an API", definitions.texts("Start"))
    wrong, right = tmp_path / "notes.json", tmp_path / "parcels.json"
    wrong.write_text("openapi: 3.0.3")
    right.write_text(json.dumps(description(service.url)))
    page = ana.go(f"/w/{workflow}/design")
    page.get_by_role("button", name="Add an action", exact=True).last.click()
    browser = page.get_by_role("dialog", name="Add an action")
    with page.expect_file_chooser() as chooser:
        browser.get_by_role("button", name="Operations of an API").click()
    chooser.value.set_files(wrong)
    expect(browser.get_by_role("alert")).to_contain_text("This is not JSON")
    with page.expect_file_chooser() as chooser:
        browser.get_by_role("button", name="Operations of an API").click()
    chooser.value.set_files(right)
    expect(browser.get_by_role("group", name="Parcel service").get_by_role("option")).to_have_count(2)
    expect(browser.get_by_role("alert")).to_have_count(0)
    assert findings(page) == []
    browser.get_by_role("combobox", name="Search operations").fill("book")
    expect(page.get_by_role("option").first).to_contain_text("Book a parcel")
    page.keyboard.press("Enter")
    expect(page.locator("#card-Book_a_parcel")).to_be_visible()
    saved(page)
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Run", exact=True).click()
    page.wait_for_url("**/runs/**")
    expect(page.locator("header").nth(1).locator("[data-status=Succeeded]")).to_be_visible()
    timed("Import an OpenAPI file and use one operation")
    assert service.received == [("POST", "/ok/parcels", {"sku": "MR-1"})]

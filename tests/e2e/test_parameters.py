"""The parameters of a workflow: declared, given a value, kept secret, read by runs."""

from __future__ import annotations

import json

from playwright.sync_api import Locator, Page, expect

from tests.e2e.accessibility import findings
from tests.e2e.person import Person
from tests.e2e.test_building import saved

SECRET = "k-4711-very-secret"


def workflow_text() -> str:
    definition = {
        "contentVersion": "1.0.0.0",
        "parameters": {"who": {"type": "String", "defaultValue": "nobody"}},
        "triggers": {"manual": {"type": "Request", "kind": "Http", "inputs": {}}},
        "actions": {
            "Answer": {
                "type": "Response",
                "inputs": {"statusCode": 200, "body": "Dear @{parameters('who')}"},
                "runAfter": {},
            }
        },
    }
    return json.dumps({"definition": definition, "kind": "Stateful"}, indent=2)


def test_a_parameter_is_declared_given_a_value_and_renamed(page: Page, ana: Person) -> None:
    workflow = ana.workflow("With parameters", workflow_text())
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design")
    page.get_by_role("button", name="More for this workflow").click()
    page.get_by_role("menuitem", name="Parameters…").click()
    dialog = page.get_by_role("dialog", name="Parameters of this workflow")
    dialog.get_by_role("button", name="who", exact=False).first.click()
    dialog.get_by_label("Value here").fill("Ana")
    dialog.get_by_role("button", name="Set the value").click()
    expect(dialog.get_by_text("Set. Publish, and runs have it.")).to_be_visible()

    name = dialog.get_by_role("textbox", name="Name")
    name.fill("customer")
    name.press("Enter")
    expect(dialog.get_by_text('String · "Ana"')).to_be_visible()

    dialog.get_by_role("button", name="Add a parameter").click()
    dialog.get_by_role("combobox", name="Type").click()
    page.get_by_role("option", name="SecureString").click()
    secret = dialog.get_by_label("Value here")
    expect(secret).to_have_attribute("type", "password")
    saved(page)
    secret.fill(SECRET)
    dialog.get_by_role("button", name="Set the value").click()
    expect(dialog.get_by_text("SecureString · value set")).to_be_visible()
    expect(secret).to_have_value("")
    assert findings(page) == []
    dialog.get_by_role("button", name="Done").click()

    draft = ana.get(f"/workflows/{workflow}/draft")["text"]
    assert "Dear @{parameters('customer')}" in draft
    assert SECRET not in draft
    assert SECRET not in json.dumps(ana.get(f"/workflows/{workflow}/values"))
    page.get_by_role("button", name="Publish", exact=True).click()
    publish = page.get_by_role("dialog", name="Publish version 2")
    expect(publish.get_by_text("Values of the workflow’s parameters")).to_be_visible()
    publish.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("Version 2 is published")).to_be_visible()
    assert ana.call(workflow) == (200, "Dear Ana")


def test_undoing_a_renaming_gives_the_parameter_its_value_back(page: Page, ana: Person) -> None:
    workflow = ana.workflow("Renamed and back", workflow_text(), publish=False)
    headers = {"X-CSRFToken": ana.csrf, "Origin": ana.url}
    route = f"{ana.url}/api/v1/t/{ana.tenant}/workflows/{workflow}/values"
    assert page.request.patch(route, data={"values": {"who": "Ana"}}, headers=headers).ok
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design")

    def parameters() -> Locator:
        page.get_by_role("button", name="More for this workflow").click()
        page.get_by_role("menuitem", name="Parameters…").click()
        return page.get_by_role("dialog", name="Parameters of this workflow")

    dialog = parameters()
    dialog.get_by_role("button", name="who", exact=False).first.click()
    name = dialog.get_by_role("textbox", name="Name")
    name.fill("customer")
    name.press("Enter")
    expect(dialog.get_by_text('String · "Ana"')).to_be_visible()
    dialog.get_by_role("button", name="Done").click()
    saved(page)
    assert [item["name"] for item in ana.get(f"/workflows/{workflow}/values")["items"]] == ["customer"]

    page.get_by_role("button", name="Undo: renamed parameter who to customer").click()
    saved(page)
    dialog = parameters()
    expect(dialog.get_by_role("button", name="who", exact=False).first).to_contain_text('String · "Ana"')
    assert [item["name"] for item in ana.get(f"/workflows/{workflow}/values")["items"]] == ["who"]


def test_the_problem_of_a_parameter_leads_to_it(page: Page, ana: Person) -> None:
    text = workflow_text().replace('"defaultValue": "nobody"', '"defaultValue": 5')
    workflow = ana.workflow("Wrong parameter", text, publish=False)
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design")
    page.get_by_role("button", name="1 problem").click()
    page.get_by_role("button", name="The default of the parameter 'who'").click()
    expect(page.get_by_role("dialog", name="Parameters of this workflow")).to_be_visible()

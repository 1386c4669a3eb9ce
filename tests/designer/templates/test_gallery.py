"""What is true of every template: it is complete, it validates, and some test runs it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from designer.workflows import templates
from designer.workflows.templates import Template
from runtime import catalog
from runtime.language import definition, validate
from runtime.language.values import loads

ALL = templates.all_templates()
CATEGORIES = {"Approvals", "Data", "Files", "Integration", "Monitoring", "Notifications", "Patterns"}


@pytest.mark.parametrize("template", ALL, ids=lambda template: template.id)
def test_has_no_problems(template: Template):
    connections = {need["connection"]: need["connector"] for need in template.needs}
    document = loads(template.text)
    assert isinstance(document, dict)
    found = validate.validate(template.text, parameters={}, connections={name: {} for name in connections})
    assert [(one.code, one.pointer, one.message) for one in found] == []
    read = definition.read(document["definition"])
    assert catalog.check(read, {name.lower(): connector for name, connector in connections.items()}) == []


@pytest.mark.parametrize("template", ALL, ids=lambda template: template.id)
def test_says_what_it_is(template: Template):
    item = template.item()
    assert 3 < len(template.title) <= 50
    assert not template.title.endswith(".")
    assert 60 <= len(template.summary) <= 220
    assert template.summary.endswith(".")
    assert template.category in CATEGORIES
    assert item["actions"] >= 3
    assert item["triggerType"] in {"Request", "Recurrence"}
    named = set(re.findall(r'"connectionName": "(\w+)"', template.text))
    assert named == {need["connection"] for need in template.needs}, "needs are the connections it names"
    assert all(need["title"] for need in template.needs)
    declared = set(definition.read(loads(template.text)["definition"]).raw["parameters"])  # type: ignore[call-overload,index]
    assert declared == {parameter["name"] for parameter in template.parameters}
    for parameter in template.parameters:
        assert parameter["title"]
        assert parameter["description"].endswith("."), parameter
        assert f"parameters('{parameter['name']}')" in template.text, "a parameter nobody reads"


def test_shows_the_connectors_it_uses():
    used = {template.id: template.item()["connectors"] for template in ALL}
    assert used["uptime-check"] == ["http", "storage", "email"]
    assert used["json-to-csv"] == ["javascript", "storage"]
    assert used["decision-email"] == ["email"]


def test_there_are_enough_and_no_two_of_a_name():
    assert len(ALL) >= 13
    assert len({template.title for template in ALL}) == len(ALL)


def test_each_is_run_by_a_test():
    here = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    elsewhere = {"order-intake"}  # test_order_intake.py, over real sockets
    unrun = [t.id for t in ALL if f'stage.run("{t.id}"' not in here and t.id not in elsewhere]
    assert unrun == []

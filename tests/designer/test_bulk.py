"""Many workflows at once: each its own outcome, nobody else's, nothing without permission."""

from __future__ import annotations

import base64
import io
import uuid
import zipfile
from typing import Any

import pytest

from designer.workflows import services
from designer.workflows.models import Workflow
from tests.designer.conftest import REQUEST_DEFINITION, Person, make_person
from tests.designer.test_problem_documents import problem_of
from tests.designer.test_tags import names
from tests.designer.test_uses import published


@pytest.fixture
def several(alice: Person, validator: Any, armed: Any) -> list[Workflow]:
    made = [services.create(alice.actor, name, text=REQUEST_DEFINITION) for name in ("One", "Two", "Three")]
    for workflow in made[:2]:
        published(alice, workflow)
    return made


def asked(person: Person, command: str, workflows: list[Workflow], **more: Any) -> list[str | None]:
    body = {"workflows": [str(workflow.pk) for workflow in workflows], **more}
    answer = person.post(f"workflows/{command}", body)
    assert answer.status_code == 200, answer.content
    items = answer.json()["items"]
    assert [item["workflow"] for item in items] == body["workflows"]
    return [item["problem"] for item in items]


def test_what_can_be_switched_is_and_the_rest_says_why(bob: Person, several: list[Workflow], armed: Any):
    armed.clear()
    assert asked(bob, "disable", several[:2]) == [None, None]
    assert names(bob, "status=off") == ["One", "Two"]
    first, second, third = asked(bob, "enable", several)
    assert (first, second) == (None, None)
    assert third == "Three has no published version yet. Publish the draft first."
    assert [what for what, _ in armed] == ["disarm", "disarm", "arm", "arm"]
    assert names(bob, "status=on") == ["One", "Two"]


def test_deleting_some_that_are_gone_or_of_others(
    alice: Person, bob: Person, charlie: Person, several: list[Workflow]
):
    foreign = services.create(charlie.actor, "Theirs", text=REQUEST_DEFINITION)
    alice.delete(f"workflows/{several[1].pk}")
    first, second, third = asked(bob, "delete", [several[0], several[1], foreign])
    assert first is None
    assert second == third == "There is no workflow here. It may have been deleted."
    assert names(bob, "") == ["Three"]
    assert names(charlie, "") == ["Theirs"]
    told = [entry for entry in alice.get("audit").json()["items"] if entry["action"] == "workflow.delete"]
    assert len(told) == 2


def test_tags_are_added_and_taken_away_beside_those_that_stay(bob: Person, several: list[Workflow]):
    bob.patch(f"workflows/{several[0].pk}", {"tags": ["Kept", "Old"]})
    bob.patch(f"workflows/{several[1].pk}", {"tags": [f"t{n}" for n in range(20)]})
    first, second, third = asked(bob, "tag", several, add=["New"], remove=["old", "t99"])
    assert (first, third) == (None, None)
    assert second == "A workflow has at most 20 tags; these are 21."
    found = {item["name"]: item["tags"] for item in bob.get("workflows").json()["items"]}
    assert (found["One"], found["Three"], len(found["Two"])) == (["Kept", "New"], ["New"], 20)
    body = {"workflows": [str(several[0].pk)], "add": ["x" * 61]}
    problem_of(bob.post("workflows/tag", body), 400, "FieldsInvalid")


def test_the_archive_has_every_draft_as_it_is_and_comes_in_again(
    viewer: Person, bob: Person, several: list[Workflow]
):
    services.create(bob.actor, "a/b: ü", text="{ }")
    items = viewer.get("workflows").json()["items"]
    answer = viewer.post("workflows/export", {"workflows": [item["id"] for item in items]})
    assert answer["Content-Type"] == "application/zip"
    data = answer.content
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert set(file.namelist()) == {"One.json", "Two.json", "Three.json", "a_b_ ü.json"}
        assert file.read("Two.json").decode() == REQUEST_DEFINITION
    for workflow in several:
        bob.delete(f"workflows/{workflow.pk}")
    content = base64.b64encode(data).decode()
    body = {"filename": "workflows.zip", "content": content, "encoding": "base64"}
    imported = bob.post("workflows/import", body).json()["workflows"]
    assert {item["name"] for item in imported} >= {"One", "Two", "Three"}


def test_an_archive_that_would_lack_one_is_refused(viewer: Person, charlie: Person, several: list[Workflow]):
    foreign = services.create(charlie.actor, "Theirs", text=REQUEST_DEFINITION)
    for other in (foreign.pk, uuid.uuid4()):
        body = {"workflows": [str(several[0].pk), str(other)]}
        problem_of(viewer.post("workflows/export", body), 404, "NotFound")


@pytest.mark.parametrize("command", ["enable", "disable", "delete", "tag"])
def test_a_viewer_changes_none(command: str, viewer: Person, several: list[Workflow]):
    body = {"workflows": [str(several[0].pk)]}
    problem_of(viewer.post(f"workflows/{command}", body), 403, "PermissionRefused")


def test_an_operator_switches_and_does_not_delete(several: list[Workflow]):
    operator = make_person("otto@acme.example", several[0].tenant, "operator")
    assert asked(operator, "disable", several[:1]) == [None]
    problem_of(
        operator.post("workflows/delete", {"workflows": [str(several[0].pk)]}), 403, "PermissionRefused"
    )


def test_how_many_at_once_is_bounded(bob: Person):
    for many in ([], [str(uuid.uuid4()) for _ in range(201)]):
        problem_of(bob.post("workflows/disable", {"workflows": many}), 400, "FieldsInvalid")

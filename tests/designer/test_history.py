"""The past of a draft: who did what, its text after any edit, and back to it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db.models import F

from designer.workflows import drafts, history
from designer.workflows.models import Workflow
from tests.designer.conftest import Person, problem_of
from tests.designer.test_drafts import edit, send


def path(workflow: Workflow, rest: str = "") -> str:
    return f"workflows/{workflow.pk}/draft/history{rest}"


def written(alice: Person, workflow: Workflow, count: int) -> list[str]:
    """Texts by revision; the first is of revision 1."""
    texts = [workflow.draft_text]
    for number in range(1, count + 1):
        assert send(alice, workflow, f"e{number}", number, edit(f'"{number}"')).status_code == 200
        workflow.refresh_from_db()
        texts.append(workflow.draft_text)
    return texts


@pytest.fixture
def every_third(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "KEPT_EVERY", 3)


@pytest.mark.usefixtures("every_third")
def test_every_moment_has_its_text(alice: Person, workflow: Workflow):
    texts = written(alice, workflow, 8)
    for revision, text in enumerate(texts, start=1):
        assert alice.get(path(workflow, f"/{revision}")).json()["text"] == text
    assert workflow.draft_texts.count() == 3  # 1, 3, 6


def test_a_version_is_as_good_as_a_kept_text(alice: Person, workflow: Workflow):
    texts = written(alice, workflow, 4)
    assert alice.post(f"workflows/{workflow.pk}/publish", {"comment": "", "revision": 5}).status_code == 201
    send(alice, workflow, "after", 5, edit('"after"'))
    workflow.refresh_from_db()
    workflow.draft_texts.all().delete()
    assert alice.get(path(workflow, "/5")).json()["text"] == texts[4]
    assert alice.get(path(workflow, "/6")).json()["text"] == workflow.draft_text
    assert problem_of(alice.get(path(workflow, "/4")), 404, "NotFound")["detail"].startswith(
        "Revision 4 of this draft"
    )


def test_who_did_what_newest_first_and_no_long_texts(alice: Person, bob: Person, workflow: Workflow):
    send(alice, workflow, "e1", 1, {**edit(), "arguments": {"action": "Compose", "text": "x" * 9_000}})
    send(bob, workflow, "e2", 2, edit('"two"'))
    items = alice.get(path(workflow)).json()["items"]
    assert [(item["revision"], item["edits"][0]["name"]) for item in items] == [
        (3, "setInput"),
        (2, "setInput"),
    ]
    assert items[0]["author"] != items[1]["author"]
    assert items[1]["edits"][0]["arguments"] == {"action": "Compose", "text": "x" * 200}
    assert "patch" not in items[0]["edits"][0]


def test_pages(alice: Person, workflow: Workflow):
    for number in range(1, 54):
        drafts.apply_edits(alice.actor, workflow, edit_id=f"e{number}", base=number, edits=[edit()])
    first = alice.get(path(workflow)).json()
    rest = alice.get(path(workflow) + f"?cursor={first['nextCursor']}").json()
    assert [item["revision"] for item in first["items"] + rest["items"]] == list(range(54, 1, -1))
    assert rest["nextCursor"] is None


def test_back_to_a_moment_is_an_edit_of_its_own(alice: Person, workflow: Workflow):
    texts = written(alice, workflow, 3)
    assert alice.post(path(workflow, "/2/restore"), {}).json()["revision"] == 5
    workflow.refresh_from_db()
    assert workflow.draft_text == texts[1]
    assert alice.get(path(workflow, "/4")).json()["text"] == texts[3]  # nothing of it is lost
    assert alice.get(path(workflow)).json()["items"][0]["edits"][0]["name"] == "restoreDraft"


def test_what_is_not_kept_is_said(alice: Person, workflow: Workflow):
    written(alice, workflow, 2)
    problem_of(alice.get(path(workflow, "/99")), 404, "NotFound")
    problem_of(alice.get(path(workflow, "/0")), 404, "NotFound")
    old = 2 * history.KEPT + timedelta(days=1)
    workflow.draft_texts.update(at=F("at") - old)
    workflow.draft_edits.update(at=F("at") - old)
    assert alice.get(path(workflow)).json()["items"] == []
    workflow.draft_revision = history.KEPT_EVERY
    history.keep(workflow)
    assert [kept.revision for kept in workflow.draft_texts.all()] == [history.KEPT_EVERY]


def test_a_text_that_does_not_come_out_as_it_was_is_not_shown(alice: Person, workflow: Workflow):
    written(alice, workflow, 3)
    stored = workflow.draft_edits.get(revision=2)
    stored.edits = json.dumps([edit('"other"')])
    stored.save(update_fields=["edits"])
    assert alice.get(path(workflow, "/2")).status_code == 404


def test_who_may(alice: Person, charlie: Person, viewer: Person, workflow: Workflow):
    written(alice, workflow, 2)
    assert viewer.get(path(workflow)).status_code == 200
    problem_of(viewer.post(path(workflow, "/2/restore")), 403, "PermissionRefused")
    for rest in ("", "/2"):
        problem_of(charlie.get(path(workflow, rest)), 404, "NotFound")
    problem_of(charlie.post(path(workflow, "/2/restore")), 404, "NotFound")

"""How long runs are kept, over the API: what is set, what is inherited, who may; and the purge command."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from designer.tenants.models import AuditEntry
from designer.workflows.models import Workflow
from runtime.models import Retention
from tests.designer.conftest import Person, problem_of

NONE = {"days": None, "runs": None}


def put(person: Person, route: str, body: Any) -> Any:
    return person.client.put(person.path(route), json.dumps(body), content_type="application/json")


def test_what_holds_follows_from_workflow_tenant_and_installation(alice: Person, workflow: Workflow) -> None:
    route = f"workflows/{workflow.pk}/retention"
    assert json.loads(alice.get("retention").content) == {
        "own": NONE, "inherited": {"days": 90, "runs": 0}, "effective": {"days": 90, "runs": 0},
    }  # fmt: skip
    put(alice, "retention", {"days": 30, "runs": 1000})
    found = json.loads(put(alice, route, {"days": None, "runs": 0}).content)
    assert found == {
        "own": {"days": None, "runs": 0}, "inherited": {"days": 30, "runs": 1000},
        "effective": {"days": 30, "runs": 0},
    }  # fmt: skip
    entry = AuditEntry.objects.filter(action="retention.change").latest("at")
    assert (entry.object_kind, entry.before, entry.after) == ("workflow", NONE, {"days": None, "runs": 0})
    put(alice, route, NONE)
    assert json.loads(alice.get(route).content)["effective"] == {"days": 30, "runs": 1000}
    assert Retention.objects.count() == 1


def test_only_owners_change_it_and_strangers_find_nothing(
    alice: Person, bob: Person, charlie: Person, workflow: Workflow
) -> None:
    problem_of(put(bob, "retention", {"days": 1, "runs": 0}), 403, "PermissionRefused")
    assert bob.get("retention").status_code == 200
    problem_of(charlie.get(f"workflows/{workflow.pk}/retention"), 404, "NotFound")
    problem_of(put(charlie, f"workflows/{workflow.pk}/retention", {"days": 1, "runs": 0}), 404, "NotFound")
    problem_of(put(alice, "retention", {"days": -1, "runs": 0}), 400, "FieldsInvalid")
    problem_of(put(alice, "retention", {"days": 1}), 400, "FieldsInvalid")
    assert not Retention.objects.exists()


@pytest.mark.parametrize("age", ["30", "x", "d", "1y"])
def test_a_wrong_age_is_refused_with_a_sentence(age: str, db: None) -> None:
    with pytest.raises(CommandError, match=f"--older-than {age} is no age"):
        call_command("purge", "--older-than", age)
